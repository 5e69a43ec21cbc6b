"""How a net is trained and where: checked settings, without torch, so that recipes can hold them as data."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Literal, get_args

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.nets.schedules import RatePlan, Schedule

Optimizer = Literal["sgd", "rmsprop", "adam", "adamw"]
Precision = Literal["full", "mixed", "auto"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerGroup:
    """The parameters whose names begin with ``prefix``, and how they are trained.

    rate: their learning rate, as a factor of the training's; pretrained layers want a small one.
    thaw: the epoch (from 0) from which on they are trained, or None: never.  Until then they are frozen, the running
    statistics of their norm layers too.
    """

    prefix: str
    rate: float = 1.0
    thaw: int | None = 0

    def __post_init__(self) -> None:
        if not self.prefix:
            raise ConfigError("a layer group needs the prefix of its parameters' names, such as 'backbone.'.")
        if not (self.rate > 0 and isfinite(self.rate)) or (self.thaw is not None and self.thaw < 0):
            raise ConfigError(
                f"layer group {self.prefix!r}: rate={self.rate} must be above 0 and finite, thaw={self.thaw} at least 0 or None."
            )

    def frozen(self, epoch: int) -> bool:
        return self.thaw is None or epoch < self.thaw


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainSettings:
    """The settings of one training.

    optimizer: "sgd" (with ``momentum``, ``nesterov``), "rmsprop" (with ``momentum``), "adam", "adamw" (betas 0.9, 0.999).
    learning_rate: the highest one.  schedule, warm_up, drop, every: how it moves; see RatePlan.
    weight_decay: decoupled in adamw, L2 in the others; l1: of the sum of absolute weights.  Biases and norm layers are
    left alone by both.
    clip_norm: the gradient is shortened to this length, or None.
    batch_size: the most rows in a batch; batches are cut evenly, so the last one is not tiny.
    accumulate: batches whose gradients make one step, as if they were one batch.
    ema: decay of the moving average of the weights that is evaluated and kept in their place, or None.
    precision: "mixed" computes in 16 bits where that is safe (bfloat16 where the device has it), weights stay in 32; "auto" does
    so where the device has instructions for it, and computes in 32 bits elsewhere.
    patience: epochs without a better validation loss before training stops, or None for all epochs.
    groups: layers with a rate of their own, or frozen; the first whose prefix fits counts.
    """

    optimizer: Optimizer = "adamw"
    learning_rate: float = 1e-3
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.01
    l1: float = 0.0
    schedule: Schedule = "cosine"
    warm_up: float = 0.0
    drop: float = 0.1
    every: int = 10
    clip_norm: float | None = 1.0
    batch_size: int = 256
    accumulate: int = 1
    epochs: int = 40
    patience: int | None = 8
    ema: float | None = None
    precision: Precision = "full"
    groups: tuple[LayerGroup, ...] = ()

    def __post_init__(self) -> None:
        for name, value, known in (
            ("optimizer", self.optimizer, get_args(Optimizer)),
            ("schedule", self.schedule, get_args(Schedule)),
            ("precision", self.precision, get_args(Precision)),
        ):
            if value not in known:
                raise ConfigError(f"no {name} {value!r}{did_you_mean(value, known)}")
        for name, number in (("learning_rate", self.learning_rate), ("clip_norm", self.clip_norm), ("drop", self.drop)):
            if number is not None and not (number > 0 and isfinite(number)):
                raise ConfigError(f"{name}={number} must be above 0 and finite.")
        for name, number in (("weight_decay", self.weight_decay), ("l1", self.l1)):
            if not (number >= 0 and isfinite(number)):
                raise ConfigError(f"{name}={number} must be finite and not negative.")
        for name, number in (("momentum", self.momentum), ("warm_up", self.warm_up), ("ema", self.ema)):
            if number is not None and not 0 <= number < 1:
                raise ConfigError(f"{name}={number} is outside [0, 1).")
        for name, count in (("batch_size", self.batch_size), ("accumulate", self.accumulate), ("every", self.every)):
            if count < 1:
                raise ConfigError(f"{name}={count} must be at least 1.")
        if self.epochs < 1 or (self.patience is not None and self.patience < 1):
            raise ConfigError(f"epochs={self.epochs} and patience={self.patience} must be at least 1 (patience may be None).")
        if self.nesterov and (self.optimizer != "sgd" or not self.momentum):
            raise ConfigError(
                f"nesterov needs optimizer='sgd' with momentum above 0, not {self.optimizer!r} with {self.momentum}."
            )

    @property
    def rate_plan(self) -> RatePlan:
        return RatePlan(self.schedule, self.warm_up, self.drop, self.every)


def _ignore(_done: int, _total: int) -> None:
    return None


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Where a training is saved while it runs, and resumed from when it is found there.

    folder: of this training alone; made when needed.  seconds: between two saves; 0 saves after every step
    (several processes: after every epoch, since only there they surely stand at the same place).
    """

    folder: Path
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if not self.seconds >= 0:
            raise ConfigError(f"checkpoints every {self.seconds} seconds: must not be negative.")


@dataclass(frozen=True)
class Run:
    """Where and how long a training runs; nothing here changes its numbers but ``seconds`` (and the device's arithmetic).

    device: "cpu", "cuda" (or "cuda:1"), "mps".  threads: of the processor's kernels; part of the arithmetic too: sums over
    one and over two threads differ in their last bits.
    seconds: a soft limit, looked at between epochs; the first epoch is always finished.
    shard: under several processes, parameters, gradients and optimizer states are split among them instead of copied.
    progress(done, total) is called after each epoch (by the first process), cancelled() at least then, and about every second.
    """

    device: str = "cpu"
    threads: int = 1
    seconds: float | None = None
    checkpoints: Checkpoints | None = None
    shard: bool = False
    progress: Callable[[int, int], None] = field(default=_ignore)
    cancelled: Callable[[], bool] = field(default=_never)

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ConfigError(f"threads={self.threads} must be at least 1.")
