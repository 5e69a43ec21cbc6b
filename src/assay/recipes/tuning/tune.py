"""The search itself: settings are fitted on inner folds of the training rows, and the best by their mean loss are taken.

The settings that the recipe has are tried first, and stay unless others do better: so tuning starts from good ones.
Successive halving (Jamieson & Talwalkar 2016) gives most settings a third of the rows of one fold, the better third of these
one whole fold, and the best third of those all folds; the recipe's own settings go through every round.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assay.recipes.space import Space, Values
from assay.recipes.tuning.askers import asker_for
from assay.recipes.tuning.search import Search
from assay.recipes.tuning.trials import TrialLog, trial_key

Attempt = Callable[[Values, int, float], float]
"""(settings, number of an inner fold, share of its training rows) -> loss on its held rows.  Raises what the fit raises."""

KEPT = 3
"""One setting in so many goes on to the next round of halving."""

FIRST_SHARE = 1 / 3


@dataclass(frozen=True)
class Tuned:
    """values: the settings taken.  loss, usual_loss: mean over the inner folds, of these and of the recipe's own.

    trials: settings tried.  failed: those of them that could not be fitted.  stopped: before all were tried, by the clock.
    """

    values: Values
    loss: float
    usual_loss: float
    trials: int
    failed: int
    stopped: bool

    def sentence(self, search: Search, metric: str, folds: int) -> str:
        """What was tried, and what came of it."""
        tried = f"{search.method} tried {self.trials} settings on {folds} inner folds for {metric}"
        tried += ", until the time was up" if self.stopped else ""
        tried += f" ({self.failed} could not be fitted)" if self.failed else ""
        if self.loss >= self.usual_loss:
            return f"{tried}; none did better than the usual ones."
        values = ", ".join(
            f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in self.values.items()
        )
        return f"{tried}; the best were {values}."


@dataclass(frozen=True)
class _Trials:
    """One search under way. folds: how many inner folds there are.  ends: when the clock stops it, or infinite."""

    usual: Values
    attempt: Attempt
    folds: int
    log: TrialLog
    ends: float
    cancelled: Callable[[], bool]

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.ends or self.cancelled()

    def loss(self, values: Values, folds: Sequence[int], share: float = 1.0) -> float:
        """The mean over these folds; infinite where a fit fails."""
        found = [self._one(values, fold, share) for fold in folds]
        return math.fsum(found) / len(found)

    def _one(self, values: Values, fold: int, share: float) -> float:
        key = trial_key(values, fold, share)
        known = self.log.find(key)
        if known is not None:
            return known
        try:
            loss = self.attempt(values, fold, share)
        except Exception:
            if values == self.usual:  # then the recipe cannot be fitted here at all, and says why
                raise
            loss = math.inf  # settings at the edge of a space may be too much: they lose, and are counted
        loss = loss if math.isfinite(loss) else math.inf
        self.log.keep(key, loss)
        return loss


@dataclass(frozen=True)
class _Searched:
    """found: (settings, loss) of those that all folds measured, the usual ones first.  tried: with those dropped before."""

    found: list[tuple[Values, float]]
    tried: int
    stopped: bool


def tune(  # 9 arguments: the last four have defaults, and are the world's, not the search's
    space: Space,
    usual: Values,
    search: Search,
    attempt: Attempt,
    *,
    folds: int,
    seed: int,
    log: TrialLog | None = None,
    seconds: float | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Tuned:
    """usual: the settings that the recipe has.  folds: inner folds there are.  seconds: a limit of the whole search, or None.

    The usual settings are always measured, whatever the clock says; what their fit raises is raised.
    """
    log = log or TrialLog()
    log.read()
    ends = math.inf if seconds is None else time.monotonic() + seconds
    trials = _Trials(usual, attempt, folds, log, ends, cancelled)
    searched = (_halved if search.method == "halving" else _one_by_one)(space, search, trials, seed)
    usual_loss = searched.found[0][1]
    values, loss = min(searched.found, key=lambda one: one[1])  # of equal ones the first
    failed = sum(math.isinf(loss) for _, loss in searched.found)
    return Tuned(values, loss, usual_loss, searched.tried, failed, searched.stopped)


def _one_by_one(space: Space, search: Search, trials: _Trials, seed: int) -> _Searched:
    asker = asker_for(search, space, trials.usual, seed)
    found: list[tuple[Values, float]] = []
    while len(found) < search.trials:
        if found and trials.is_over:
            return _Searched(found, len(found), stopped=True)
        values = asker.ask()
        if values is None:
            break
        loss = trials.loss(values, range(trials.folds))
        asker.tell(loss)
        found.append((values, loss))
    return _Searched(found, len(found), stopped=False)


def _halved(space: Space, search: Search, trials: _Trials, seed: int) -> _Searched:
    asker = asker_for(search, space, trials.usual, seed)
    left: list[Values] = []
    while len(left) < search.trials and (values := asker.ask()) is not None:
        left.append(values)
    tried, stopped = len(left), False
    for share in (FIRST_SHARE, 1.0):
        if len(left) <= KEPT:
            break
        measured = _until_over(left, trials, [0], share)
        stopped = stopped or len(measured) < len(left)
        order = sorted(range(1, len(measured)), key=lambda place: measured[place][1])
        kept = sorted([0, *order[: math.ceil(len(left) / KEPT) - 1]])
        left = [measured[place][0] for place in kept]
    found = _until_over(left, trials, range(trials.folds), 1.0)
    return _Searched(found, tried, stopped or len(found) < len(left))


def _until_over(left: list[Values], trials: _Trials, folds: Sequence[int], share: float) -> list[tuple[Values, float]]:
    """The loss of each of these settings, or of as many as the clock lets; of the first in any case."""
    found: list[tuple[Values, float]] = []
    for values in left:
        if found and trials.is_over:
            break
        found.append((values, trials.loss(values, folds, share)))
    return found
