"""Candidates on the way: how far each has come, how fast it is, and whether it can still win."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.measure.evaluate import Evaluation, evaluate
from assay.measure.metric import Metric
from assay.measure.parts import Part, design_of
from assay.measure.threshold import ThresholdRule, cross_fitted_labels
from assay.splits.plan import Plan

SURE = 0.99
"""Level of the interval by which a candidate is stopped: looking again after every fold is many looks."""

FEWEST_FOLDS = 2


@dataclass
class Runner:
    """One candidate. given: folds handed out.  parts: those that came back, by their place in the plan."""

    name: str
    given: int = 0
    parts: dict[int, Part] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    is_out: bool = False

    @property
    def pace(self) -> float | None:
        """Seconds a fold, None before the first came back."""
        return max(self.seconds) if self.seconds else None

    def is_complete(self, folds: int) -> bool:
        return len(self.parts) == folds


@dataclass(frozen=True)
class Referee:
    """Compares candidates on the folds that both have."""

    plan: Plan
    metric: Metric
    rule: ThresholdRule | None

    def value(self, runner: Runner) -> float:
        """Of the metric on the folds there are, turned so that more is better; -inf where it is undefined."""
        found = self._evaluation({runner.name: self._parts(runner, sorted(runner.parts))}).interval(runner.name, self.metric.name)
        sign = 1.0 if self.metric.greater_is_better else -1.0
        return -float("inf") if found.value is None else sign * found.value

    def has_lost(self, runner: Runner, leader: Runner) -> str | None:
        """Why it will not win any more, or None while it may."""
        common = sorted(runner.parts.keys() & leader.parts.keys())
        if len(common) < FEWEST_FOLDS:
            return None
        parts = {one.name: self._parts(one, common) for one in (runner, leader)}
        found = self._evaluation(parts).difference(runner.name, leader.name, self.metric.name).interval
        if found.value is None or found.low is None or found.high is None:
            return None
        worst = found.high if self.metric.greater_is_better else -found.low
        if worst >= 0:
            return None
        return (
            f"after {len(common)} of {len(self.plan.folds)} folds it is {found.value:+.4f} [{found.low:+.4f}, {found.high:+.4f}] "
            f"from {leader.name} in {self.metric.name} (at {SURE:.0%}), and will not win"
        )

    def _parts(self, runner: Runner, places: Sequence[int]) -> list[Part]:
        parts = [runner.parts[place] for place in places]
        return parts if self.rule is None else cross_fitted_labels(parts, self.rule, forward=self.plan.unit == "time")

    def _evaluation(self, parts: Mapping[str, list[Part]]) -> Evaluation:
        first = next(iter(parts.values()))
        design = design_of(first, kind=self.plan.unit, groups=self.plan.groups, time=self.plan.time)
        return evaluate(parts, [self.metric], design, level=SURE, estimand="this recipe")
