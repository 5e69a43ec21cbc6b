"""All that changes while a net is trained, in one place: what a checkpoint is a copy of."""

from dataclasses import dataclass, field, fields
from math import isfinite
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from assay.nets.training.moving import Average, Mover
from assay.nets.training.work import Epoch

Stop = Literal["epochs", "patience", "seconds", "cancelled"]


@dataclass
class Progress:
    """Where a training stands, and what it has seen; all of it that is not weights.

    batches, rows: done in the present epoch (rows: this process's).  lost: the sum of the losses of these rows.
    rate: the learning rate of the last step.  seconds: of training, before a stop too.
    skipped: epochs of the plan that were passed over, because the last phase began early (see ``phases``).
    """

    epoch: int = 0
    batches: int = 0
    rows: int = 0
    lost: float = 0.0
    rate: float = 0.0
    history: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float | None = None
    stopped: Stop | None = None
    seconds: float = 0.0
    skipped: int = 0

    @property
    def planned(self) -> int:
        """The present epoch as the plan counts it, by which losses and learning rates change."""
        return self.epoch + self.skipped


@dataclass
class Standing:
    """best: the weights of the best epoch of the present phase so far; empty where there are no validation rows."""

    model: nn.Module
    movers: list[Mover]
    generator: torch.Generator
    average: Average | None
    device: torch.device
    best: dict[str, Tensor] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)


def progress_from(saved: Any, epochs: int) -> Progress:
    """A progress from JSON values. Raises ValueError, TypeError or KeyError for what no training of ``epochs`` leaves behind."""
    values = {each.name: saved[each.name] for each in fields(Progress)}
    values["history"] = [Epoch(**epoch) for epoch in saved["history"]]
    progress = Progress(**values)
    counts = (progress.epoch, progress.batches, progress.rows, progress.best_epoch, progress.skipped)
    numbers = [progress.lost, progress.rate, progress.seconds, progress.best_loss or 0.0]
    for epoch in progress.history:
        numbers += [epoch.train_loss, epoch.rate, epoch.seconds, epoch.validation_loss or 0.0]
    if not all(type(count) is int and count >= 0 for count in counts) or not all(map(isfinite, numbers)):
        raise ValueError("its progress holds numbers that are none")
    if not progress.best_epoch <= progress.epoch == len(progress.history) <= epochs:
        raise ValueError(f"its progress is of epoch {progress.epoch}, with {len(progress.history)} epochs in its history")
    if progress.planned > epochs:
        raise ValueError(f"its progress passes over {progress.skipped} epochs of {epochs}")
    if progress.stopped not in (None, *get_args(Stop)) or (progress.planned == epochs and progress.stopped is None):
        raise ValueError(f"its progress ends with {progress.stopped!r} after epoch {progress.epoch}")
    return progress
