"""The same training on several processes, each with its share of every batch.

Start them with ``torchrun --nproc-per-node N script.py`` and train within ``joined()``.  The gradients
are those of the whole batch: what a process has learnt from its rows counts by how many they are, so
that N processes with a batch of B rows follow the curve of one process with the same B rows.  What a net takes from
the rows themselves, the mean and variance of a batch norm, each process takes from its own share.

torch.distributed's sharding takes a second to import and is imported where it is used.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from time import sleep
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn

from assay.core.errors import AssayError, ConfigError

PATIENCE = timedelta(minutes=10)
"""After so long without a word from the others a process gives up."""

LAST_WORDS = "assay/last-words"
"""Where a process that fails says why, to those that wait for its gradients."""

SETTLE_SECONDS = 0.2
"""Between the last exchange and the end of its threads: gloo waits for them with Python's lock in its hand, and a thread that
still tidies up a finished exchange waits for that lock (torch 2.13)."""


@dataclass(frozen=True, slots=True)
class World:
    """This process among ``size``; rank 0 writes files and is the one that reports."""

    rank: int = 0
    size: int = 1


ALONE = World()

Said = TypeVar("Said")


def world() -> World:
    """The processes that were joined, or this one alone."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return ALONE
    return World(distributed.get_rank(), distributed.get_world_size())


@contextmanager
def joined(device: str = "cpu") -> Iterator[tuple[World, str]]:
    """Within it this process is one of those that torchrun started; gives the world and this process's own device.

    Not started by torchrun, it is a world of one.  nccl joins GPUs, gloo processors.  A process that fails within it takes
    the others along: they raise ConfigError with its sentence.
    """
    if "WORLD_SIZE" not in os.environ:
        yield ALONE, device
        return
    from torch.distributed.rendezvous import rendezvous

    kind = torch.device(device).type
    own = f"cuda:{os.environ['LOCAL_RANK']}" if kind == "cuda" else device
    if kind == "cuda":
        torch.cuda.set_device(own)
    store, rank, size = next(rendezvous("env://", timeout=PATIENCE))
    backend = "nccl" if kind == "cuda" else "gloo"
    distributed.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=PATIENCE)
    try:
        yield world(), own
    except AssayError as error:
        with suppress(RuntimeError):  # the store was with a process that is gone already
            store.set(LAST_WORDS, f"process {rank} ended: {error}")
        raise
    except RuntimeError as error:
        if _is_cut_off(error):
            raise ConfigError(_last_words(store)) from error
        raise
    finally:
        sleep(SETTLE_SECONDS)
        distributed.destroy_process_group()


def _is_cut_off(error: RuntimeError) -> bool:
    """Whether torch said that another process is gone, for which it has no exception: gloo's words, and nccl's."""
    said = ("Connection closed by peer", "Connection reset by peer", "Broken pipe", "remote process exited")
    return any(words in str(error) for words in said)


def _last_words(store: Any) -> str:
    """Why another process is gone, as far as it could say so: one that was killed could not."""
    try:
        told = store.get(LAST_WORDS).decode() if store.check([LAST_WORDS]) else ""
    except RuntimeError:  # the store itself was with the process that is gone
        told = ""
    return told or "another process of this training has ended: look at what it printed, and start all of them again."


def spread(model: nn.Module, device: str, *, shard: bool, thaws: bool = False) -> nn.Module:
    """What to call in the model's place so that the processes' gradients become one; the model itself when alone.

    All start with the weights and buffers of the first process.  shard: the model's parameters become shards in place.
    thaws: some parameters give no gradients in some epochs.
    """
    if world().size == 1:
        return model
    if not shard:
        gpus = [device] if device.startswith("cuda") else None
        return nn.parallel.DistributedDataParallel(model, device_ids=gpus, find_unused_parameters=thaws)
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import FSDPModule, fully_shard

    if isinstance(model, FSDPModule):
        return model
    same_on_all(model.state_dict().values())
    mesh = init_device_mesh(torch.device(device).type, (world().size,))
    for child in model.children():
        if any(True for _ in child.parameters()):
            fully_shard(child, mesh=mesh)
    fully_shard(model, mesh=mesh)
    return model


@contextmanager
def silent(net: Any) -> Iterator[None]:
    """Within it a backward pass of the spread net adds to this process's own gradients and exchanges none."""
    if isinstance(net, nn.parallel.DistributedDataParallel):
        with net.no_sync():
            yield
        return
    net.set_requires_gradient_sync(False)
    try:
        yield
    finally:
        net.set_requires_gradient_sync(True)


def is_sharded(net: nn.Module) -> bool:
    """Whether each process holds a part of the parameters only."""
    return any(hasattr(parameter, "placements") for parameter in net.parameters())


def own_part(value: Tensor) -> Tensor:
    """This process's shard of a tensor, or all of it."""
    detached = value.detach()
    return detached.to_local() if hasattr(detached, "to_local") else detached


def whole(value: Tensor) -> Tensor:
    """A sharded tensor put together, on every process at once; any other one as it is."""
    return value.full_tensor() if hasattr(value, "full_tensor") else value


def sharded_like(value: Tensor, like: Any) -> Tensor:
    """A whole tensor, which every process holds, on the device of another one, and in shards if that one is."""
    if not hasattr(like, "placements"):
        return value.to(like.device)
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(value.to(like.device), like.device_mesh, like.placements, src_data_rank=None)


def total(value: Tensor) -> Tensor:
    """The sum over all processes, on each of them."""
    if world().size > 1:
        distributed.all_reduce(value)
    return value


def rows_of_all(rows: list[int], device: torch.device) -> int:
    """How many rows all processes have in these batches, given this one's share of each.

    Raises ConfigError, on all of them, where one has no row of a batch: its loss would not be a number.
    """
    shares = torch.tensor([sum(rows), rows.count(0)], dtype=torch.int64)
    counted, empty = total(shares.to(device)).tolist() if world().size > 1 else shares.tolist()
    if empty:
        raise ConfigError(
            f"a batch without rows ({counted} in this step, on {world().size} processes): use a larger batch_size, "
            "at least the number of processes."
        )
    return int(counted)


def differs(value: object, device: torch.device) -> bool:
    """Whether any process has another value than the first one; the same answer on all."""
    return bool(total(torch.tensor(int(agreed(value) != value), device=device)).item())


def same_on_all(tensors: Iterable[Tensor]) -> None:
    """Give every process the first one's: running statistics differ, each has seen other rows."""
    for value in tensors if world().size > 1 else ():
        distributed.broadcast(value, src=0)


def agreed(value: Said) -> Said:
    """What the first process says, on every one: clocks and last digits differ, and all must go the same way."""
    said = [value]
    if world().size > 1:
        distributed.broadcast_object_list(said, src=0)
    return said[0]
