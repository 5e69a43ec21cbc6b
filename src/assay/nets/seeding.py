"""Randomness and threads that a net needs globally, borrowed and given back.

torch's layers draw their first weights and their dropout from one global generator, and its
kernels read one global number of threads.  Nothing in Assay sets either for good.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def isolated(seed: int, device: str = "cpu") -> Iterator[None]:
    """Within it torch's global generators (the processor's, and the device's) start at ``seed``; after it they are as before."""
    where = torch.device(device)
    processor = torch.get_rng_state()
    accelerator = torch.get_device_module(where).get_rng_state() if where.type != "cpu" else None
    try:
        torch.default_generator.manual_seed(seed)
        if accelerator is not None:
            torch.get_device_module(where).manual_seed(seed)
        yield
    finally:
        torch.set_rng_state(processor)
        if accelerator is not None:
            torch.get_device_module(where).set_rng_state(accelerator)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Within it torch computes on ``count`` threads; after it on as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
