"""When boosting stops: held-out rows gain nothing more, the budget is spent, or nobody wants it any more."""

import time
from dataclasses import dataclass, field

import numpy as np

from assay.recipes.learner import Budget, Context

MOST_TREES = 5000
"""Rounds times classes at most: beyond it prediction takes seconds and the model tens of megabytes."""

USUAL_RATE = 0.05


@dataclass(frozen=True, kw_only=True)
class Limits:
    """rounds: at most, or all of ``unwatched`` without held-out rows.  patience: rounds without a better loss."""

    rounds: int
    unwatched: int
    patience: int

    def most(self, *, watched: bool, trees_a_round: int, learning_rate: float = USUAL_RATE) -> int:
        """Rounds at most; in proportion more where the rate is smaller than usual."""
        wanted = (self.rounds if watched else self.unwatched) * max(1.0, USUAL_RATE / learning_rate)
        return min(round(wanted), max(1, MOST_TREES // trees_a_round))


@dataclass
class Pace:
    """Told of every round, knows the best one and whether to go on."""

    most: int
    patience: int
    budget: Budget
    context: Context
    best_round: int = 0
    best: float = np.inf
    began: float = field(default_factory=time.monotonic)

    def goes_on(self, done: int, loss: float | None) -> bool:
        """After round ``done`` (from 1); loss: on the held-out rows, None where there are none."""
        if loss is None or loss < self.best or self.best_round == 0:
            self.best, self.best_round = np.inf if loss is None else loss, done
        self.context.progress(done, self.most)
        return done < self.most and not (done - self.best_round >= self.patience or self.is_over())

    def is_over(self) -> bool:
        """Whether the time is up, or nobody wants more."""
        spent = self.budget.seconds is not None and time.monotonic() - self.began > self.budget.seconds
        return spent or self.context.cancelled()
