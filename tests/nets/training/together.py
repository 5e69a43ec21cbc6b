"""A script: trains small nets on two processes at once, and writes down how each training ended on each of them.

The processes of a world are forked from this one, which never trains, so that torch starts only once; they find each other
as those of torchrun do, by the same environment variables.  Under torchrun itself the script is one of the two.
Usage: python together.py FOLDER CASE...
"""

import json
import os
import signal
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import safetensors.torch
import torch
from torch import nn
from torch.distributed import TCPStore

from assay.core.errors import AssayError
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.seeding import isolated
from assay.nets.settings import Checkpoints, LayerGroup, Run, TrainSettings
from assay.nets.training import checkpoint
from assay.nets.training.distribute import joined, whole
from assay.nets.training.examples import Examples
from assay.nets.training.finder import find_learning_rate
from assay.nets.training.loop import train
from assay.nets.training.work import Objective, Validation, Work, supervised

SIZE = 2
PLAIN = TrainSettings(
    optimizer="sgd",
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=0.0,
    schedule="constant",
    clip_norm=None,
    batch_size=16,
    epochs=3,
    patience=None,
)
ALL = TrainSettings(
    learning_rate=0.02, weight_decay=0.1, l1=0.003, warm_up=0.2, clip_norm=0.5, batch_size=10, accumulate=2, epochs=4, ema=0.8
)  # fmt: skip
THAWING = replace(
    PLAIN,
    optimizer="adam",
    learning_rate=0.01,
    epochs=4,
    groups=(LayerGroup(prefix="0.", thaw=2), LayerGroup(prefix="1.", thaw=1, rate=0.3)),
)


@dataclass(frozen=True)
class Case:
    """One training.  fault: what happens on the way, in the words of ``Trouble``.  again: whether it is begun a second time."""

    settings: TrainSettings = PLAIN
    shard: bool = False
    weighted: bool = False
    norm: type[nn.Module] = nn.LayerNorm
    fault: str = ""
    again: bool = False
    changes: dict = field(default_factory=dict)


CURVES = {
    "plain": Case(),
    "all": Case(ALL, weighted=True),
    "thawing": Case(THAWING),
    "mixed": Case(replace(PLAIN, precision="mixed")),
    "rmsprop": Case(replace(PLAIN, optimizer="rmsprop", learning_rate=0.005)),
}
CASES = {
    **CURVES,
    **{f"shard {name}": replace(case, shard=True) for name, case in CURVES.items()},
    "batch norm": Case(norm=nn.BatchNorm1d),
    "batch norm average": Case(ALL, norm=nn.BatchNorm1d),
    **{
        f"{shard}killed {when}": Case(ALL, shard=bool(shard), weighted=True, fault=f"killed {when}", again=True)
        for shard in ("", "shard ")
        for when in ("batch 12", "epoch 2", "epoch 3")
    },
    "class": Case(fault="class"),
    "nan on one": Case(fault="nan 1"),
    "nan on the first": Case(fault="nan 0"),
    "memory on one": Case(fault="memory 1"),
    "rows": Case(replace(PLAIN, batch_size=1)),
    "folders": Case(fault="folders", again=True),
    "adversaries": Case(fault="adversaries"),
    "finder": Case(fault="finder"),
}


def rows(n, seed, weighted=False):
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(0, 3, (n,), generator=generator)
    weights = torch.linspace(0.2, 3.0, n) if weighted else None
    return Examples((torch.randn(n, 4, generator=generator) + target[:, None],), target, weights)


def first_net(norm=nn.LayerNorm):
    with isolated(1):
        return nn.Sequential(nn.Linear(4, 8), norm(8), nn.Tanh(), nn.Linear(8, 3))


class Trouble:
    """An augmentation, and a hook for progress, that make the training of this process end."""

    def __init__(self, fault, rank):
        self.what, _, rest = fault.partition(" ")
        self.rest, self.rank, self.calls = rest, rank, 0

    def augment(self, inputs, _generator):
        self.calls += 1
        if self.what == "killed" and self.rest == f"batch {self.calls}" and self.rank == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.what in ("nan", "memory") and self.rest == str(self.rank) and self.calls == 3:
            if self.what == "memory":
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return (inputs[0] * float("nan"),)
        return inputs

    def progress(self, done, _total):
        if self.what == "killed" and self.rest == f"epoch {done}":
            os.kill(os.getpid(), signal.SIGKILL)


def trained(case, folder=None, rank=0):
    """The case, by this process or by its share."""
    examples, trouble = rows(50, 0, case.weighted), Trouble(case.fault, rank)
    if case.fault == "class":
        examples.target[7] = 3
    held = Validation(rows(40, 1, case.weighted), CrossEntropy())
    work = supervised(examples, CrossEntropy(0.1), validation=held, augment=trouble.augment)
    if case.fault == "adversaries":
        work = Work(work.batches, (Objective(work.objectives[0].loss, moves="0."),))
    checkpoints = None
    if folder is not None:
        own = f"checkpoint-{rank}" if case.fault == "folders" else "checkpoint"
        checkpoints = Checkpoints(folder / own, seconds=0.0)
    run = Run(checkpoints=checkpoints, shard=case.shard, progress=trouble.progress)
    model = first_net(case.norm)
    if case.fault == "finder":
        find_learning_rate(model, work, case.settings, seed=3, run=run)
    return train(model, work, case.settings, seed=3, run=run)


def member(case, folder):
    """One process of a world: trains its share, and writes down in ``folder`` how that ended."""
    written, write = [], checkpoint.write_atomic

    def counted(path, content):
        written.append(path.name)
        write(path, content)

    checkpoint.write_atomic = counted
    rank = int(os.environ["RANK"])
    end = folder / f"end-{rank}"
    try:
        with joined() as (world, device):
            assert (world.size, world.rank, device) == (SIZE, rank, "cpu")
            done = trained(case, folder, rank)
            best = {name: whole(value).contiguous() for name, value in done.model.state_dict().items()}
            last = {name: whole(value).contiguous() for name, value in done.last.items()}
            parts = sum(
                value.to_local().numel() if case.shard else value.numel()
                for value in (v.detach() for v in done.model.parameters())
            )
    except AssayError as error:
        end.write_text(json.dumps({"said": str(error), "written": written}))
        print(error, file=sys.stderr)
        return 1
    end.with_suffix(".best").write_bytes(safetensors.torch.save(best))
    end.with_suffix(".last").write_bytes(safetensors.torch.save(last))
    said = [[epoch.train_loss, epoch.validation_loss, epoch.rate] for epoch in done.history]
    end.write_text(
        json.dumps({"history": said, "best": done.best_epoch, "stop": done.stopped, "written": written, "parts": parts})
    )
    return 0


def forked(case, folder, patience=60.0):
    """The statuses of the processes of one world; those that do not end are ended.

    As under torchrun the store by which they find each other is with neither of them.
    """
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(store.port), "WORLD_SIZE": str(SIZE)}
    place["TORCHELASTIC_USE_AGENT_STORE"] = "True"
    children = []
    for rank in range(SIZE):
        child = os.fork()
        if not child:
            os.environ.update(place, RANK=str(rank), LOCAL_RANK=str(rank))
            with (folder / f"errors-{rank}").open("w") as errors:
                os.dup2(errors.fileno(), 2)
            status = 70
            try:
                status = member(case, folder)
            finally:
                sys.excepthook(*sys.exc_info()) if status == 70 else None
                os._exit(status)
        children.append(child)
    return [waited(child, time.monotonic() + patience) for child in children]


def waited(child, until):
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "endless"


def main(top, names):
    if "RANK" in os.environ:
        return member(CASES[names[0]], top)
    import torch._dynamo  # with these before the fork each process need not do it
    import torch.distributed.fsdp
    import torch.distributed.tensor

    torch.optim.AdamW([torch.zeros(1)], fused=True)  # its first one imports for seconds
    os.fsync = lambda _handle: None  # what is killed here is a process, not the machine
    for name in names:
        case, folder = CASES[name], top / name
        folder.mkdir()
        statuses = [forked(case, folder)]
        if case.again:
            statuses.append(forked(case if case.fault == "folders" else replace(case, fault=""), folder))
        (folder / "statuses").write_text(json.dumps(statuses))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), sys.argv[2:]))
