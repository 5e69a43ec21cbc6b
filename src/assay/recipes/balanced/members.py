"""The members of an ensemble one after the other, until there are enough, the time is up, or nobody wants them any more."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from assay.recipes.learner import Budget, Context

Member = TypeVar("Member")


@dataclass(frozen=True)
class Going:
    """Whether to go on, asked with how many of ``wanted`` are made.

    began: of ``time.monotonic``.  The time that is up is soft: what is begun is ended, so there is always one.
    """

    wanted: int
    budget: Budget
    context: Context
    began: float

    @classmethod
    def now(cls, wanted: int, budget: Budget, context: Context) -> "Going":
        return cls(wanted, budget, context, time.monotonic())

    def __call__(self, made: int) -> bool:
        self.context.progress(made, self.wanted)
        if self.context.cancelled():
            return False
        return self.budget.seconds is None or time.monotonic() - self.began <= self.budget.seconds

    def note(self, made: int, what: str) -> tuple[str, ...]:
        """That the budget was spent first, or nothing.  what: they are called, such as "trees"."""
        if made >= self.wanted or self.context.cancelled() or self.budget.seconds is None:
            return ()
        return (f"the budget of {self.budget.seconds:g} s was spent after {made} of {self.wanted} {what}",)


def grown(make: Callable[[int], Member], going: Going, threads: int) -> list[Member]:
    """Members 0, 1, … as ``make`` makes them, ``threads`` at a time; one at least.

    Which members there are depends on the time, and never what a member is.
    """
    from joblib import Parallel, delayed

    members: list[Member] = []
    with Parallel(n_jobs=threads, prefer="threads") as parallel:
        while len(members) < going.wanted and (not members or going(len(members))):
            until = min(len(members) + max(threads, 1), going.wanted)
            members += parallel(delayed(make)(number) for number in range(len(members), until))
    going.context.progress(len(members), going.wanted)
    return members
