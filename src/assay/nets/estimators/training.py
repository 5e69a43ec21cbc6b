"""A call of the one training loop from an estimator's parameters."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields, replace
from itertools import count
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np
import torch
from torch import nn

from assay.core.names import did_you_mean
from assay.core.seeds import derive
from assay.nets.architectures import Spec
from assay.nets.estimators.errors import SettingError
from assay.nets.losses.row import RowLoss, at_epoch
from assay.nets.settings import Run, TrainSettings
from assay.nets.training.examples import Examples, mean_loss
from assay.nets.training.loop import Trained, train
from assay.nets.training.mix import Mixup
from assay.nets.training.work import Epoch, supervised

KINDS: dict[Any, tuple[type, str]] = {int: (Integral, "whole number"), float: (Real, "number"), str: (str, "text")}
"""What a parameter of this annotation may be, and what that is called."""


@dataclass(frozen=True)
class Goal:
    """outputs: of the net.  loss: what is minimised, from (n, outputs), or (n, members, outputs) for a net with members.

    judge: what the best epoch is chosen by, from the same.  center, scale: of a target that is a number; the net sees
    (target - center) / scale.
    """

    outputs: int
    loss: RowLoss
    judge: RowLoss
    center: float = 0.0
    scale: float = 1.0

    def examples(self, spec: Spec, matrix: np.ndarray, target: np.ndarray, weights: np.ndarray | None) -> Examples:
        """Rows as tensors in float32; class codes stay whole numbers."""
        codes = target.dtype.kind == "i"
        answers = target.astype(np.int64) if codes else ((target - self.center) / self.scale).astype(np.float32)
        each = None if weights is None else torch.from_numpy(weights.astype(np.float32))
        return Examples((spec.tensor(matrix).float(),), torch.from_numpy(answers), each)


def check_kinds(estimator: Any) -> None:
    """Raise SettingError for a parameter that is no number, or no text, where its annotation wants one.

    What may be of several kinds, or holds several values, is checked where it is used.
    """
    for parameter in fields(estimator):
        value, parts = getattr(estimator, parameter.name), _parts(parameter.type)
        named = [str if get_origin(part) is Literal else part for part in parts if part is not NoneType]
        optional = len(named) < len(parts)
        if len(named) > 1 or named[0] not in KINDS or (optional and value is None):
            continue
        kind, called = KINDS[named[0]]
        if isinstance(value, bool) or not isinstance(value, kind):
            raise SettingError(f"{parameter.name}={value!r} must be a {called}{' or None' if optional else ''}.")


def _parts(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def settings_of(estimator: Any, rows: int) -> TrainSettings:
    """The parameters of an estimator as checked settings. rows: those that are trained on.

    batch_size="auto" is the estimator's ``_most_rows``, or less so that an epoch has at least ``_fewest_steps`` steps.
    Raises SettingError, ConfigError.
    """
    if not 0 <= estimator.mixup < float("inf"):
        raise SettingError(f"mixup={estimator.mixup} must be finite and at least 0 (0 for none).")
    return TrainSettings(
        optimizer=estimator.optimizer,
        learning_rate=estimator.learning_rate,
        momentum=estimator.momentum,
        weight_decay=estimator.weight_decay,
        schedule=estimator.schedule,
        warm_up=estimator.warm_up,
        clip_norm=estimator.clip_norm,
        batch_size=_batch_size(estimator, rows),
        epochs=int(estimator.epochs),
        patience=None if estimator.patience is None else int(estimator.patience),
        ema=estimator.ema,
    )


def _batch_size(estimator: Any, rows: int) -> int:
    asked = estimator.batch_size
    if isinstance(asked, int | np.integer) and not isinstance(asked, bool):
        if asked > rows:
            raise SettingError(
                f"batch_size={asked} is above the {rows} rows that are trained on (without those of weight 0 and those held "
                'out for validation); use at most these, or "auto".'
            )
        return int(asked)
    if asked != "auto":
        hint = did_you_mean(asked, ("auto",)) if isinstance(asked, str) else "."
        raise SettingError(f'batch_size={asked!r} must be a whole number or "auto"{hint}')
    most: int = estimator._most_rows
    return max(1, min(most, rows // int(estimator._fewest_steps)))


def fitted(
    estimator: Any,
    model: nn.Module,
    goal: Goal,
    examples: tuple[Examples, Examples | None],
    settings: TrainSettings,
    *,
    seed: int,
) -> Trained:
    """Train ``model`` in place on the first of ``examples``; the second, if any, choose the best epoch."""
    training, held = examples
    mix = Mixup(float(estimator.mixup)) if estimator.mixup else None
    work = supervised(training.to(estimator.device), goal.loss, mix=mix, watch=Printing() if estimator.verbose else None)
    if held is None:
        settings = replace(settings, patience=None)
    else:
        work = replace(work, validate=_Judge(held.to(estimator.device), goal.judge, settings.epochs))
    threads = torch.get_num_threads() if estimator.threads is None else int(estimator.threads)
    return train(model, work, settings, seed=derive(seed, "training"), run=Run(device=estimator.device, threads=threads))


class _Judge:
    """The validation loss epoch by epoch: a loss that changes on the way is judged as it is in that epoch."""

    def __init__(self, examples: Examples, loss: RowLoss, epochs: int) -> None:
        self.examples, self.loss, self.epochs = examples, loss, epochs
        self.numbers: Iterator[int] = count()

    def __call__(self, model: nn.Module) -> float:
        return mean_loss(model, self.examples, at_epoch(self.loss, next(self.numbers), self.epochs))


class Printing:
    """A watch that prints a line after each epoch."""

    def __init__(self) -> None:
        self.numbers = count(1)

    def attached(self, model: nn.Module) -> AbstractContextManager[None]:  # noqa: ARG002
        return nullcontext()

    def wants(self, step: int) -> bool:  # noqa: ARG002
        return False

    def gradients(self, step: int, model: nn.Module) -> None:
        """Never asked for."""

    def epoch(self, record: Epoch) -> None:
        held = "" if record.validation_loss is None else f", validation loss {record.validation_loss:.4f}"
        print(f"epoch {next(self.numbers)}: training loss {record.train_loss:.4f}{held}, {record.seconds:.1f} s")
