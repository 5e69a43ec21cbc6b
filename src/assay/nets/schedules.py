"""How the learning rate moves over a training: pure functions of where the training stands, without torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi
from typing import Literal

Schedule = Literal["constant", "step", "cosine", "one-cycle", "plateau"]

_RISE, _START_DIVISOR, _END_DIVISOR = 0.3, 25.0, 1e4  # of one-cycle; torch's own values


@dataclass(frozen=True, slots=True)
class RatePlan:
    """The course of a learning rate, as a factor of the highest one.

    constant   stays.
    step       is multiplied with ``drop`` after every ``every`` epochs.
    cosine     falls to 0 along half a cosine.  Source: Loshchilov & Hutter (2017).
    one-cycle  rises over the first 30 % of the steps, then falls to almost 0.  Source: Smith & Topin (2018).
    plateau    is multiplied with ``drop`` whenever the watched loss has not fallen for ``every`` epochs.

    warm_up: the share of all steps over which the rate first rises in a line from 0 (one-cycle has its own rise).  cosine
    and one-cycle then run over the steps that are left; step and plateau count all epochs.
    """

    schedule: Schedule = "cosine"
    warm_up: float = 0.0
    drop: float = 0.1
    every: int = 10

    def factor(self, step: int, steps: int, drops: int = 0) -> float:
        """The factor of step 0 … steps - 1, after so many ``drops``."""
        rising = round(self.warm_up * steps)
        if step < rising:
            return (step + 1) / (rising + 1)
        if self.schedule == "cosine":
            return 0.5 * (1 + cos(pi * (step - rising) / (steps - rising)))
        if self.schedule == "one-cycle":
            return _one_cycle(step - rising, steps - rising)
        return float(self.drop**drops)

    def drops(self, losses: Sequence[float]) -> int:
        """How often the rate has dropped, given the watched losses of the epochs that are done."""
        if self.schedule == "step":
            return len(losses) // self.every
        return plateaus(losses, self.every) if self.schedule == "plateau" else 0


def plateaus(losses: Sequence[float], every: int) -> int:
    """How often ``every`` epochs in a row brought no new lowest loss; a wait begins anew after each.

    torch's ReduceLROnPlateau counts the epochs that it lets pass, so that this is its patience=every-1 with threshold=0:
    ``every`` and TrainSettings.patience both mean "this many epochs without a better one, and it happens".

    >>> plateaus([3.0, 2.0, 2.0, 2.5, 2.1, 2.2], every=2)
    2
    """
    found, waited, lowest = 0, 0, float("inf")
    for loss in losses:
        waited = 0 if loss < lowest else waited + 1
        lowest = min(lowest, loss)
        if waited == every:
            found, waited = found + 1, 0
    return found


def _one_cycle(step: int, steps: int) -> float:
    turn = max(_RISE * steps - 1, 0.0)
    start, end = 1 / _START_DIVISOR, 1 / (_START_DIVISOR * _END_DIVISOR)
    if step <= turn:
        return _between(start, 1.0, step / turn if turn else 1.0)
    return _between(1.0, end, (step - turn) / max(steps - 1 - turn, 1e-12))


def _between(first: float, last: float, share: float) -> float:
    return last + (first - last) / 2 * (1 + cos(pi * share))
