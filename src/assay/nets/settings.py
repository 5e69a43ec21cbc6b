"""How a net is trained and where: checked settings, without torch, so that recipes can hold them as data."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import cos, pi
from typing import Literal, get_args

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean

Optimizer = Literal["adamw", "sgd"]
Schedule = Literal["constant", "cosine", "one-cycle"]

_WARM_SHARE, _START_DIVISOR, _END_DIVISOR = 0.3, 25.0, 1e4  # of one-cycle; torch's own values


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainSettings:
    """The settings of one training.

    learning_rate: the highest one.  schedule: how it moves over the steps; "constant", "cosine" (falls to 0), "one-cycle"
    (rises over the first 30 % of the steps, then falls to almost 0; Smith & Topin, 2018).
    momentum: of sgd; adamw uses 0.9 and 0.999.  weight_decay: decoupled in adamw, L2 in sgd; biases and
    norm layers are left alone.
    clip_norm: the gradient is shortened to this length, or None.
    batch_size: the most rows in a step; batches are cut evenly, so the last one is not tiny.
    patience: epochs without a better validation loss before training stops, or None for all epochs.
    """

    optimizer: Optimizer = "adamw"
    learning_rate: float = 1e-3
    momentum: float = 0.9
    weight_decay: float = 0.01
    schedule: Schedule = "cosine"
    clip_norm: float | None = 1.0
    batch_size: int = 256
    epochs: int = 40
    patience: int | None = 8

    def __post_init__(self) -> None:
        for name, value, known in (
            ("optimizer", self.optimizer, get_args(Optimizer)),
            ("schedule", self.schedule, get_args(Schedule)),
        ):
            if value not in known:
                raise ConfigError(f"no {name} {value!r}{did_you_mean(value, known)}")
        for name, number in (("learning_rate", self.learning_rate), ("clip_norm", self.clip_norm)):
            if number is not None and not number > 0:
                raise ConfigError(f"{name}={number} must be above 0.")
        if not self.weight_decay >= 0 or not 0 <= self.momentum < 1:
            raise ConfigError(f"weight_decay={self.weight_decay} must be >= 0, momentum={self.momentum} in [0, 1).")
        if self.batch_size < 1 or self.epochs < 1:
            raise ConfigError(f"batch_size={self.batch_size} and epochs={self.epochs} must be at least 1.")
        if self.patience is not None and self.patience < 1:
            raise ConfigError(f"patience={self.patience} must be at least 1, or None.")


def rate_factor(schedule: Schedule, step: int, steps: int) -> float:
    """What the learning rate is multiplied with in step 0 … steps - 1."""
    if schedule == "cosine":
        return 0.5 * (1 + cos(pi * step / steps))
    if schedule == "one-cycle":
        turn = max(_WARM_SHARE * steps - 1, 0.0)
        start, end = 1 / _START_DIVISOR, 1 / (_START_DIVISOR * _END_DIVISOR)
        if step <= turn:
            return _between(start, 1.0, step / turn if turn else 1.0)
        return _between(1.0, end, (step - turn) / max(steps - 1 - turn, 1e-12))
    return 1.0


def _between(first: float, last: float, share: float) -> float:
    return last + (first - last) / 2 * (1 + cos(pi * share))


def _ignore(_done: int, _total: int) -> None:
    return None


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Run:
    """Where and how long a training runs; nothing here changes its numbers but ``seconds`` (and the device's arithmetic).

    seconds: a soft limit, looked at between epochs; the first epoch is always finished.
    progress(done, total) and cancelled() are called between epochs.
    """

    device: str = "cpu"
    threads: int = 1
    seconds: float | None = None
    progress: Callable[[int, int], None] = field(default=_ignore)
    cancelled: Callable[[], bool] = field(default=_never)
