"""Where the time goes: a source of cells that decides, whenever a worker is free, what is worth trying now.

1. The recipes of the ladder one after another, every fold of each.  The first fold says how long the others take; what
   would not be done in time is not begun.  How long dear ones take is judged by boosting before their first fold.
2. After two folds and each later one, a candidate whose 99 % interval lies below the leader is stopped.
3. When the ladder is through, the treatments that the user named are tried on the best recipe that can take them, and are
   stopped when they have lost against the same recipe without one.
4. Then the best recipe that can be tuned is tuned with as many trials as there is time for, then the next best; with a
   treatment where that made it better.
5. Time is kept back for what comes last: the refit of the members of the blend, intervals, the report.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from assay.measure.parts import Part
from assay.measure.payload import Truth
from assay.recipes.named import base_name
from assay.recipes.tuning.search import Search
from assay.splits.plan import Plan
from assay.study.budget.decisions import DecisionLog
from assay.study.budget.duration import said
from assay.study.budget.forms import recipe_of, tuned_form, untried_treatment
from assay.study.budget.ladder import TIMES_BOOSTING
from assay.study.budget.race import Referee, Runner
from assay.study.cells import NO_TREATMENT, Candidate, Cell, Outcome
from assay.study.pool import Order

OVERHEAD = 2.0
"""Seconds of intervals, verdicts and pages after the last fit, and a share of the budget for larger tables."""
OVERHEAD_SHARE = 0.05
MOST_KEPT_BACK = 0.4
"""Share of the budget that is kept back at most."""
FIRST_FOLD = 0.25
"""Share of the time left that the first fold of a candidate may take, about which nothing is known."""
LEAST_CAP = 5.0
LEAST_START = 0.05
"""Share of the budget that must be left for a recipe to be begun of which it is not known how long it takes."""
REFIT = 1.25
"""A refit sees all rows, a fold four fifths of them."""
FEWEST_TRIALS, MOST_TRIALS = 6, 60
TUNED_FIRST = 3
"""So many recipes are tuned, the best first."""
A_TRIAL = 0.6
"""Fits' worth that a trial of successive halving costs: see ``recipes.tuning.tune``."""


class Spending:
    """A source of cells (``study.pool.Source``).

    truth(fold): of its test rows.  joined(candidate): called before the first cell of each, so that it is on record.
    treatments: for each recipe those it is tried with, in their order.  slowed: how many times as long work takes here as on
    a machine that does nothing else.
    """

    def __init__(  # more than 8 arguments: what a race needs, each of one kind
        self,
        ladder: Sequence[str],
        plan: Plan,
        log: DecisionLog,
        referee: Referee,
        *,
        jobs: int,
        truth: Callable[[int], Truth],
        joined: Callable[[Candidate], None],
        treatments: Callable[[str], Sequence[str]] = lambda _recipe: (),
        slowed: float = 1.0,
    ) -> None:
        self.plan, self.log, self.referee, self.jobs = plan, log, referee, jobs
        self._truth, self._joined, self._treatments, self._slowed = truth, joined, treatments, slowed
        self._ladder = [name for name in ladder if name not in log.tried()]
        self.runners: dict[str, Runner] = {}
        self._values: dict[str, float] = {}
        self._in_flight: dict[Cell, Order] = {}

    def resume(self, kept: Mapping[str, dict[int, Part]], seconds: Mapping[str, list[float]]) -> None:
        """What the folder holds already: parts by candidate and place of the fold, and how long their fits took."""
        out = self.log.out()
        for name in self.log.tried():
            runner = Runner(name, parts=dict(kept.get(name, {})), seconds=list(seconds.get(name, [])), is_out=name in out)
            self.runners[name] = runner

    def next(self) -> Order | None:
        for runner in self.runners.values():
            place = self._next_fold(runner)
            if place is not None and self._is_affordable(runner):
                return self._order(runner, place)
        if self.log.ended:
            return None
        while self._ladder and self.left > LEAST_START * self.log.seconds:
            runner = self._begin(self._ladder.pop(0))
            place = self._next_fold(runner)
            if place is not None and self._is_affordable(runner, need=self._expected(runner.name)):
                return self._order(runner, place)
        if any(cell.candidate.treatment == NO_TREATMENT for cell in self._in_flight):
            return None  # who is treated and tuned depends on what is still awaited
        while (treated := untried_treatment(self._complete(), self.runners, self._treatments)) is not None:
            own, name = treated
            runner = self._begin(name)
            if self._is_affordable(runner, need=self._rounds() * (own.pace or 0.0)):
                return self._order(runner, 0)
        if self._in_flight:
            return None
        tuned = self._to_tune()
        if tuned is None:
            self.log.add("end", "", "nothing more was worth its time" if self.left > 0 else "the time was up")
            return None
        runner = self._begin(tuned)
        return self._order(runner, 0)

    def told(self, outcome: Outcome) -> None:
        order = self._in_flight.pop(outcome.cell)
        runner = self.runners[outcome.cell.candidate.name]
        if outcome.predictions is None:
            why = "" if outcome.failure is None else outcome.failure.reason.rstrip(".")
            late = order.most is not None and outcome.seconds >= order.most
            if not runner.is_out:
                self._out(runner, "pause" if late else "drop", f"a fold was {why}" if late else f"a fold failed: {why}")
            return
        place = self._place(outcome.cell)
        fold = self.plan.folds[place]
        runner.parts[place] = Part(fold.repeat, fold.fold, self._truth(place), outcome.predictions)
        runner.seconds.append(outcome.seconds)
        leader = self._rival(runner)
        if runner.is_out or leader is None or runner.is_complete(len(self.plan.folds)):
            return
        reason = self.referee.has_lost(runner, leader)
        if reason is not None:
            self._out(runner, "drop", reason)

    @property
    def left(self) -> float:
        """Seconds for fits."""
        return self.log.seconds - self.log.now - self._kept_back()

    def _kept_back(self) -> float:
        refits = sum(REFIT * (runner.pace or 0.0) for runner in self.runners.values() if not runner.is_out)
        wanted = self._slowed * (OVERHEAD + OVERHEAD_SHARE * self.log.seconds) + refits
        return min(wanted, MOST_KEPT_BACK * self.log.seconds)

    def _next_fold(self, runner: Runner) -> int | None:
        """The first fold that it has not been given; None where it is out or has been given all."""
        if runner.is_out:
            return None
        while runner.given in runner.parts:
            runner.given += 1
        return runner.given if runner.given < len(self.plan.folds) else None

    def _is_affordable(self, runner: Runner, need: float | None = None) -> bool:
        """Whether the next fold ends in time, or what takes ``need`` seconds; pauses the candidate where it does not."""
        what, wanted = ("its next fold", runner.pace or 0.0) if need is None else ("its folds", need)
        if wanted < self.left:
            return True
        why = f"{what} would take {said(wanted)}, and {said(max(0.0, self.left))} are left" if wanted else "the time was up"
        self._out(runner, "pause", why)
        return False

    def _order(self, runner: Runner, place: int) -> Order:
        fold = self.plan.folds[place]
        runner.given = place + 1
        most = self.left if runner.seconds else min(self.left, max(LEAST_CAP, FIRST_FOLD * self.left))
        order = Order(Cell(Candidate.parse(runner.name), fold.repeat, fold.fold), seconds=most, most=most)
        self._in_flight[order.cell] = order
        return order

    def _begin(self, name: str) -> Runner:
        self.log.add("try", name, "")
        self._joined(Candidate.parse(name))
        self.runners[name] = Runner(name)
        return self.runners[name]

    def _out(self, runner: Runner, what: Literal["drop", "pause"], reason: str) -> None:
        runner.is_out = True
        self.log.add(what, runner.name, reason)

    def _complete(self) -> list[Runner]:
        """Candidates with all folds, best first."""
        done = [one for one in self.runners.values() if one.is_complete(len(self.plan.folds))]
        return sorted(done, key=self._value, reverse=True)

    def _value(self, runner: Runner) -> float:
        """Of one with all folds: it does not change any more."""
        if runner.name not in self._values:
            self._values[runner.name] = self.referee.value(runner)
        return self._values[runner.name]

    def _rival(self, runner: Runner) -> Runner | None:
        """Whom it must not have lost against: of a treatment its recipe without one, else the leader."""
        candidate = Candidate.parse(runner.name)
        if candidate.treatment != NO_TREATMENT and candidate.recipe in self.runners:
            own = self.runners[candidate.recipe]
            return own if own.is_complete(len(self.plan.folds)) else None
        return next((one for one in self._complete() if one is not runner), None)

    def _to_tune(self) -> str | None:
        """The tuned form of the best recipe that has none yet and for which there is time."""
        tuned = {base_name(name) for name in self.runners if recipe_of(name).search is not None}
        forms: dict[str, Runner] = {}  # of each recipe the better one, with a treatment or without
        for runner in self._complete():
            if recipe_of(runner.name).search is None and recipe_of(runner.name).space:
                forms.setdefault(Candidate.parse(runner.name).recipe, runner)
        for recipe, runner in list(forms.items())[:TUNED_FIRST]:
            if recipe in tuned:
                continue
            trials = self._trials(runner)
            if trials >= FEWEST_TRIALS:
                return tuned_form(runner.name, Search("halving", min(trials, MOST_TRIALS)))
        return None

    def _expected(self, name: str) -> float | None:
        """Seconds that all folds of a dear recipe will take, judged by boosting's; None where nothing is known of it."""
        boosting = self.runners.get("boosting")
        if name not in TIMES_BOOSTING or boosting is None or not boosting.seconds:
            return None
        return TIMES_BOOSTING[name] * self._rounds() * min(boosting.seconds)  # the longest had its library to load

    def _rounds(self) -> float:
        """How many fits one after the other all folds of a candidate are, and its refit."""
        return -(-len(self.plan.folds) // self.jobs) + REFIT

    def _trials(self, runner: Runner) -> int:
        """As many as all folds and the refit have time for."""
        pace = max(runner.pace or 0.0, 0.01)
        return int((self.left / (self._rounds() * pace) - 1) / A_TRIAL)

    def _place(self, cell: Cell) -> int:
        return next(n for n, fold in enumerate(self.plan.folds) if (fold.repeat, fold.fold) == (cell.repeat, cell.fold))
