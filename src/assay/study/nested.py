"""Nested cross-validation of one candidate of a run: the interval after Bates, Hastie & Tibshirani (2024), by real fits.

Every repeat deals the development rows anew to K folds and fits the candidate with each fold left out, and with each pair
of folds left out: a model that lacks two folds stands in the inner cross-validation of either of them, so K (K + 1) / 2
fits do the work of K².  The locked rows are no part of it, and nothing is written into the run folder.

Labels are cut where the algorithm needs them to be: those of an outer fold by what the inner models said of the other rows,
so that nothing about the fold is known; those of an inner fold by the other inner folds.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from statistics import median
from typing import Any

import numpy as np

from assay.core.errors import ConfigError, DataError, StudyError
from assay.core.seeds import derive
from assay.core.shown import Shown
from assay.core.threads import usable_threads
from assay.measure.evaluate import evaluate
from assay.measure.interval import Interval
from assay.measure.metric import Metric
from assay.measure.nested import FEWEST_FOLDS, Errors, NestedError, OuterFold, errors_of, losses_of, nested_interval
from assay.measure.parts import Part, take
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import METRICS, metric_named
from assay.measure.threshold import choice_of_parts, cross_fitted_labels, with_labels
from assay.splits.cuts import Units, starving
from assay.splits.inner import inner_folds
from assay.splits.plan import Fold, Plan
from assay.study.cells import Candidate, Cell
from assay.study.pool import run_cells
from assay.study.scores import Scores
from assay.study.study import Progress
from assay.study.work import truth_of

PLAN_BYTES = 2**26
"""Of row numbers that are handed to the workers at a time."""


@dataclass(frozen=True)
class NestedScore(Shown):
    """error: what nested cross-validation found; its n counts rows or groups, as ``unit`` says.

    run: the interval that the run itself gives.  fits: how many were made.
    """

    candidate: str
    metric: Metric
    error: NestedError
    unit: str
    run: Interval
    fits: int

    def to_json(self) -> dict[str, Any]:
        own = {"name": self.candidate, "metric": self.metric.name, "unit": self.unit, "fits": self.fits}
        return {**own, **self.error.to_json(), "run_interval": self.run.to_json()}


@dataclass(frozen=True)
class NestedWork:
    """What is to be fitted; made and checked by ``prepare_nested``."""

    scores: Scores
    candidate: Candidate
    metric: Metric
    folds: int
    repeats: int
    seed: int

    @property
    def left_out(self) -> list[tuple[int, ...]]:
        """The folds that each fit of a repeat lacks: each alone, then each pair."""
        return [*((k,) for k in range(self.folds)), *combinations(range(self.folds), 2)]

    @property
    def fits(self) -> int:
        return self.repeats * len(self.left_out)

    @property
    def seconds(self) -> float:
        """About how long the fits take one after another, by how long those of the run took."""
        records = self.scores.records.values()
        taken = [one.seconds for one in records if one.cell.candidate == self.candidate and one.failure is None]
        return self.fits * (median(taken) if taken else 0.0)  # the first fit of a process also pays for its libraries

    @cached_property
    def rows(self) -> np.ndarray:
        """int64, rising: the rows that may be used; never a locked one."""
        return self.scores.plan.development

    def dealt(self, repeat: int) -> list[np.ndarray]:
        """The row numbers of each fold of a repeat; classes spread evenly, groups whole.  Raises DataError."""
        data, plan = self.scores.data, self.scores.plan
        groups = None if plan.groups is None else plan.groups[self.rows]
        target, has_classes = data.target[self.rows], data.question.is_classification
        seed = derive(self.seed, "nested cross-validation", repeat)
        pairs = inner_folds(target, classification=has_classes, groups=groups, time=None, folds=self.folds, seed=seed)
        if len(pairs) < self.folds:
            raise DataError(
                f"{self.folds} folds cannot be dealt, only {len(pairs)}: classes or groups are too few; pass folds={len(pairs)}."
            )
        held = [test for _, test in pairs]
        units = Units(len(target), target if has_classes else None, groups, labels=data.question.classes)
        for pair in combinations(range(self.folds), 2):
            out = np.sort(np.concatenate([held[k] for k in pair]))
            lack = starving(units, [(np.setdiff1d(np.arange(len(target)), out, assume_unique=True), out)])
            if lack is not None:
                raise DataError(f"with two of {self.folds} folds left out {lack.replace('of fold 0 ', '')}; pass more folds.")
        return [self.rows[test] for test in held]

    def plan(self, repeats: Sequence[int]) -> Plan:
        """The plan of some repeats, one fold a fit, in the order of ``left_out``."""
        folds = []
        for repeat in repeats:
            dealt = self.dealt(repeat)
            for number, lacking in enumerate(self.left_out):
                test = np.sort(np.concatenate([dealt[k] for k in lacking]))
                folds.append(Fold(repeat, number, np.setdiff1d(self.rows, test, assume_unique=True), test))
        plan = replace(self.scores.plan, folds=tuple(folds), seed=self.seed, scheme="k-fold")
        # The rest leave out two of these folds, and train on fewer rows.
        replace(plan, folds=tuple(fold for fold in folds if fold.fold < self.folds)).check()
        return plan


def prepare_nested(
    scores: Scores,
    name: str,
    *,
    metric: str | None = None,
    folds: int | None = None,
    repeats: int = 20,
    seed: int | None = None,
) -> NestedWork:
    """Check everything that can be checked before the first fit.

    name: a candidate that the run has measured.  metric: None for the run's own; it must be a mean over rows.
    folds: None for as many as the run has.  repeats: more of them make the standard error, not the rows, known better.
    seed: of folds and fits; None for the run's own.
    Raises StudyError for a candidate without a score, ConfigError for a metric that is no mean over rows, for rows in time
    order, and for other settings; DataError where so many folds cannot be dealt.
    """
    candidate = Candidate.parse(name)
    scores.interval(name)  # raises for a candidate that has no score
    chosen = _metric(scores, metric)
    folds = scores.settings.folds if folds is None else folds
    if scores.plan.unit == "time":
        raise ConfigError(
            "nested cross-validation leaves out any two folds and trains on all others, later rows among them; these rows are "
            "in time order, so read the run's own interval."
        )
    if folds < FEWEST_FOLDS:
        raise ConfigError(f"folds={folds}: nested cross-validation leaves out two at a time, and needs at least {FEWEST_FOLDS}.")
    if repeats < 1:
        raise ConfigError(f"repeats={repeats}: at least 1 is needed.")
    work = NestedWork(scores, candidate, chosen, folds, repeats, scores.settings.seed if seed is None else seed)
    work.dealt(0)
    return work


def run_nested(work: NestedWork, *, jobs: int | None = None, progress: Progress | None = None) -> NestedScore:
    """Fit, predict, and put it together; equal seeds give equal numbers whatever ``jobs`` is.

    jobs: worker processes (default: the cores).  Raises StudyError when a fit fails: an interval from the others would be of
    another recipe.
    """
    jobs = usable_threads() if jobs is None else jobs
    if jobs < 1:
        raise ConfigError(f"jobs={jobs}: at least 1.")
    progress = progress or Progress()
    progress.begin(work.fits, 0)
    truth = truth_of(work.scores.data, work.rows)
    folds: list[OuterFold] = []
    for plan in _batches(work):
        predictions = _predictions(work, plan, jobs, progress)
        for repeat in dict.fromkeys(fold.repeat for fold in plan.folds):
            folds += outer_folds(work, repeat, plan, predictions, truth)
    error = nested_interval(folds, level=work.scores.settings.level, bounds=work.metric.bounds, exact_ends=work.metric.exact_ends)
    return NestedScore(work.candidate.name, work.metric, error, work.scores.plan.unit, _of_the_run(work), work.fits)


def outer_folds(
    work: NestedWork, repeat: int, plan: Plan, predictions: dict[tuple[int, int], Predictions], truth: Truth
) -> list[OuterFold]:
    """What one repeat says.  predictions: by (repeat, fit); truth: of ``work.rows``."""
    number = {lacking: place for place, lacking in enumerate(work.left_out)}
    rows = [fold.test for fold in plan.folds if fold.repeat == repeat and fold.fold < work.folds]

    def part(held: int, lacking: tuple[int, ...]) -> Part:
        """What the model without these folds says of one of them."""
        said = predictions[repeat, number[lacking]]
        return Part(
            repeat,
            held,
            take(truth, np.searchsorted(truth.units, rows[held])),
            take(said, np.searchsorted(said.units, rows[held])),
        )

    found = []
    for k in range(work.folds):
        inner = [part(j, (min(j, k), max(j, k))) for j in range(work.folds) if j != k]
        inner, outer = _labelled(work, inner, part(k, (k,)))
        found.append(OuterFold(repeat, _errors(work, inner), _errors(work, [outer])))
    return found


def _labelled(work: NestedWork, inner: list[Part], outer: Part) -> tuple[list[Part], Part]:
    """With labels where the metric reads them (see the header)."""
    if work.metric.needs != "label":
        return inner, outer
    rule = work.scores.threshold_rule
    threshold = choice_of_parts(inner, rule).threshold if outer.predictions["probability"].ndim == 1 else rule.fallback
    return cross_fitted_labels(inner, rule), replace(outer, predictions=with_labels(outer.predictions, threshold))


def _errors(work: NestedWork, parts: Sequence[Part]) -> Errors:
    """Of the rows that have a weight."""
    units = np.concatenate([part.truth.units for part in parts])
    loss = np.concatenate([losses_of(work.metric, part.truth, part.predictions) for part in parts])
    weights = np.concatenate([part.truth.arrays.get("weight", np.ones(len(part.truth))) for part in parts])
    groups, kept = work.scores.plan.groups, weights > 0
    return errors_of(loss[kept], weights=weights[kept], groups=None if groups is None else groups[units[kept]])


def _batches(work: NestedWork) -> Iterator[Plan]:
    """Plans of as many repeats as may be handed to the workers at once."""
    at_once = max(1, PLAN_BYTES // (8 * len(work.rows) * len(work.left_out)))
    for start in range(0, work.repeats, at_once):
        yield work.plan(range(start, min(start + at_once, work.repeats)))


def _predictions(work: NestedWork, plan: Plan, jobs: int, progress: Progress) -> dict[tuple[int, int], Predictions]:
    load = replace(work.scores.workload(), plan=plan, seed=work.seed)
    cells = [Cell(work.candidate, fold.repeat, fold.fold) for fold in plan.folds]
    found = {}
    with closing(run_cells(load, cells, jobs=jobs, started=progress.started)) as outcomes:
        for outcome in outcomes:
            progress.finished(outcome)
            if outcome.predictions is None:
                reason = "" if outcome.failure is None else outcome.failure.reason
                lacking = " and ".join(str(k) for k in work.left_out[outcome.cell.fold])
                raise StudyError(
                    f"nested cross-validation of {work.candidate.name} stopped: the fit without fold {lacking} of repeat "
                    f"{outcome.cell.repeat} failed: {reason}"
                )
            found[outcome.cell.repeat, outcome.cell.fold] = outcome.predictions
    return found


def _metric(scores: Scores, name: str | None) -> Metric:
    """Raises ConfigError for a metric that is no mean over rows, and says which are."""
    metric = metric_named(scores.settings.metric if name is None else name)
    task = scores.data.question.name
    if task in metric.tasks and metric.by_row:
        return metric
    members = [METRICS.get(known) for known in METRICS.names()]
    fitting = ", ".join(one.name for one in members if task in one.tasks and one.by_row)
    what = f"is not for {task}" if task not in metric.tasks else "is no mean over rows, and the method is for such means"
    raise ConfigError(f"metric {metric.name!r} {what}; for nested cross-validation there are {fitting}.")


def _of_the_run(work: NestedWork) -> Interval:
    scores, name = work.scores, work.candidate.name
    settings = scores.settings
    evaluation = evaluate(
        {name: scores.parts[name]},
        [work.metric],
        scores.design,
        level=settings.level,
        estimand="this recipe",
        method=settings.interval,
        replicates=settings.replicates,
        seed=settings.seed,
    )
    return evaluation.interval(name, work.metric.name)
