"""A script: trains a small net again and again, is killed on the way, goes on, and writes down how each training ended.

Every training runs in a process of its own, forked from this one, which never trains: torch starts only once.
Usage: python killed.py FOLDER
"""

import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import safetensors.torch
import torch
from torch import nn

from assay.nets.losses.categorical import CrossEntropy
from assay.nets.seeding import isolated
from assay.nets.settings import Checkpoints, Run, TrainSettings
from assay.nets.training import checkpoint
from assay.nets.training.examples import Examples
from assay.nets.training.loop import train
from assay.nets.training.mix import Mixup
from assay.nets.training.work import Validation, supervised

SETTINGS = TrainSettings(
    learning_rate=0.05, schedule="plateau", every=1, drop=0.5, batch_size=12, accumulate=2, epochs=5, ema=0.8, patience=None
)  # fmt: skip
STEPS = 15


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class Noise:
    """An augmentation that draws from both generators, and dies at one of its calls."""

    def __init__(self, dies_at=None):
        self.calls, self.dies_at = 0, dies_at

    def __call__(self, inputs, generator):
        self.calls += 1
        if self.calls == self.dies_at:
            die()
        return tuple(part + 0.1 * torch.randn(part.shape, generator=generator) + 0.1 * torch.rand(1) for part in inputs)


def rows(n, seed):
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(0, 3, (n,), generator=generator)
    return Examples((torch.randn(n, 4, generator=generator) + target[:, None],), target)


def end(folder, dies_at=None):
    """Train, from what is in the folder on, and write down how it ended."""
    with isolated(1):
        model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3))
    held = Validation(rows(40, 1), CrossEntropy())
    work = supervised(rows(57, 0), CrossEntropy(0.1), validation=held, augment=Noise(dies_at), mix=Mixup(0.2))
    trained = train(model, work, SETTINGS, seed=3, run=Run(checkpoints=Checkpoints(folder / "checkpoint", seconds=0.0)))
    (folder / "best").write_bytes(safetensors.torch.save(trained.model.state_dict()))
    (folder / "last").write_bytes(safetensors.torch.save(trained.last))
    said = [repr(replace(epoch, seconds=0.0)) for epoch in trained.history]
    (folder / "said").write_text(json.dumps([said, trained.best_epoch, trained.stopped]))


def die_while_writing(folder, write):
    """Killed when the checkpoint's file number ``write`` is half there, under the name it has until it is whole."""
    calls, whole = [], checkpoint.write_atomic

    def torn(path, content):
        calls.append(path)
        if len(calls) == write:
            path.with_name(f".{path.name}.{os.getpid()}.part").write_bytes(content[: len(content) // 2])
            die()
        whole(path, content)

    checkpoint.write_atomic = torn
    end(folder)


def forked(work, *arguments, killed_after=None):
    """The status with which a process that does this work ends."""
    child = os.fork()
    if not child:
        work(*arguments)
        os._exit(0)
    if killed_after is not None:
        time.sleep(killed_after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(top):
    statuses = {}

    def begun(name, *work, **how):
        (top / name).mkdir()
        first = forked(work[0], top / name, *work[1:], **how)
        statuses[name] = [first, forked(end, top / name)]

    torch.optim.AdamW([torch.zeros(1)], fused=True)  # its first one imports for seconds
    os.fsync = lambda _handle: None  # what is killed here is a process, not the machine
    started = time.monotonic()
    begun("whole", end)
    seconds = time.monotonic() - started
    for step in (1, 2, 10, 13):  # batches: of the first step, within one, between epochs
        begun(f"batch-{step}", end, step)
    for write in (1, 2, 8, 9):  # odd ones are the tensors, even ones the JSON
        begun(f"write-{write}", die_while_writing, write)
    for share in (0.3, 0.6, 0.8):
        begun(f"time-{share}", end, killed_after=share * seconds)
    (top / "statuses").write_text(json.dumps(statuses))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
