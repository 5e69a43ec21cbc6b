"""Randomness and threads that a net needs globally, borrowed and given back.

torch's layers draw their first weights and their dropout from one global generator, and its
kernels read one global number of threads.  Nothing in Assay sets either for good.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def global_generators(device: str | torch.device = "cpu") -> list[torch.Generator]:
    """torch's own generators: the processor's, and the device's if it is another one."""
    where = torch.device(device)
    if where.type == "cpu":
        return [torch.default_generator]
    if where.type == "cuda":
        present = torch.cuda.current_device()  # asked in any case: it makes the generators
        own = torch.cuda.default_generators[present if where.index is None else where.index]
    else:
        own = torch.mps._get_default_mps_generator()
    return [torch.default_generator, own]


@contextmanager
def isolated(seed: int, device: str = "cpu") -> Iterator[None]:
    """Within it torch's global generators (the processor's, and the device's) start at ``seed``; after it they are as before."""
    before = [(generator, generator.get_state()) for generator in global_generators(device)]
    try:
        reseed(seed, device)
        yield
    finally:
        for generator, state in before:
            generator.set_state(state)


def reseed(seed: int, device: str = "cpu") -> None:
    """Start torch's global generators at ``seed``; only within ``isolated``, which gives them back."""
    for generator in global_generators(device):
        generator.manual_seed(seed)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Within it torch computes on ``count`` threads; after it on as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
