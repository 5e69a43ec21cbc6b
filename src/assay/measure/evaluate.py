"""Every metric of every candidate with its interval, and every paired difference.

Which method makes an interval unless another is asked for: the closed form of ``wald`` for a metric that knows its
influences; Wilson's for a plain proportion of independent rows; the percentile bootstrap for anything else.  The reasons
are measured in docs/coverage.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.core.shown import Shown
from assay.measure.interval import Estimand, Interval
from assay.measure.intervals import (
    Difference,
    bootstrap_difference,
    no_difference,
    no_interval,
)
from assay.measure.linear import Linear, linearise
from assay.measure.metric import HasInfluence, HasProportion, Metric
from assay.measure.parts import Design, Part, pool
from assay.measure.proportion import proportion_interval
from assay.measure.resample import Estimator
from assay.measure.resample import replicates as draw_replicates
from assay.measure.resampled import Resampling, resampled_interval, spread_by_models
from assay.measure.wald import UNSEEN_BETWEEN, Claim, wald_difference, wald_interval

__all__ = ["METHODS", "Difference", "Evaluation", "evaluate"]

Key = tuple[str, str]

MOST_KEPT = 1_000_000
"""Rows up to which the statistics of every metric are kept."""

METHODS: tuple[str, ...] = ("default", "percentile", "bca", "studentized", "stratified", "wilson", "clopper-pearson")
"""What can be asked for; where a method does not apply to a metric, its default stands in."""


@dataclass(frozen=True)
class Evaluation(Shown):
    """What was measured; keys are (candidate, name of the metric).

    evidence: independent units (of the rarest class) behind each candidate's measured rows.  stratified: as ``design``,
    with clusters drawn within their class, or None.
    """

    design: Design
    level: float
    estimand: Estimand
    method: str
    undefined: Mapping[Key, str] = field(repr=False)
    estimators: Mapping[Key, Estimator] = field(repr=False)
    evidence: int
    replicates: int
    seed: int
    stratified: Design | None = field(default=None, repr=False)

    def interval(self, candidate: str, metric: str) -> Interval:
        """The value with its interval, or why there is none.  Raises KeyError for what was not measured."""
        key = (candidate, metric)
        if key in self.undefined:
            return no_interval(self.undefined[key], level=self.level, n=self.design.n_independent, estimand=self.estimand)
        if key not in self._made:
            self._made[key] = self._make(key, self.estimators[key])
            self._let_go(self.estimators[key])
        return self._made[key]

    def difference(self, a: str, b: str, metric: str) -> Difference:
        """a − b, paired: both on the same rows under the same resamples.  Raises KeyError for what was not measured."""
        left, right, n = (a, metric), (b, metric), self.design.n_independent
        for key in (left, right):
            if key in self.undefined:
                reason = f"{key[0]}: {self.undefined[key]}"
                return no_difference(reason, level=self.level, n=n, estimand=self.estimand)
        estimator = self.estimators[left]
        if self._resampled(estimator.metric):
            value = estimator.estimate - self.estimators[right].estimate
            draws = self._draws[left] - self._draws[right]
            if self.estimand == "this recipe" and isinstance(estimator.metric, HasInfluence):
                linear = self._linear(metric)
                draws = value + (draws - value) * spread_by_models(linear[a].minus(linear[b]), UNSEEN_BETWEEN)
            return bootstrap_difference(value, draws, level=self.level, n=n, estimand=self.estimand)
        linear = self._linear(metric)
        return wald_difference(linear[a], linear[b], self._claim(estimator.metric))

    def _resampled(self, metric: Metric) -> bool:
        """Whether the bootstrap is asked for, or the only thing there is."""
        if getattr(metric, "resampling_fails", False):
            return False
        return not isinstance(metric, HasInfluence) or self.method in ("percentile", "bca", "studentized", "stratified")

    def _claim(self, metric: Metric) -> Claim:
        n = self.design.n_independent
        n_seen = min(n, self.evidence) if metric.by_class else n
        return Claim(metric, self.level, self.estimand, n, n_seen)

    @cached_property
    def _made(self) -> dict[Key, Interval]:
        """The intervals that were asked for so far."""
        return {}

    def _make(self, key: Key, estimator: Estimator) -> Interval:
        metric, n = estimator.metric, self.design.n_independent
        proportion = self._proportion(estimator)
        if proportion is not None and (self.method != "default" or 0 < proportion[0] < proportion[1]):
            kind = self.method if self.method in ("wilson", "clopper-pearson") else "wilson"
            return proportion_interval(*proportion, kind=kind, level=self.level, n=n, estimand=self.estimand)
        if not self._resampled(metric):
            return wald_interval(linearise(estimator), self._claim(metric))
        how = Resampling(self.method, self.replicates, self.seed, within_classes=self._drawn_by_class(metric))
        return resampled_interval(estimator, self._draws[key], how, self._claim(metric))

    def _proportion(self, estimator: Estimator) -> tuple[int, int] | None:
        """(hits, of) where the value is a share of independent rows that one model answered, each counting once."""
        metric, parts = estimator.metric, estimator.parts
        if self.method in ("percentile", "bca", "studentized", "stratified") or not isinstance(metric, HasProportion):
            return None
        one_model = self.design.kind == "row" and len(parts) == 1 and self.estimand == "this model"
        if not one_model or "weight" in parts[0].truth.arrays:
            return None
        return metric.proportion(estimator.blocks[0].statistics)

    def _drawn_by_class(self, metric: Metric) -> bool:
        return self.method == "stratified" and self.stratified is not None and metric.prevalence_free

    @cached_property
    def _draws(self) -> dict[Key, np.ndarray]:
        """The resamples of every metric that needs them, under the same draws for all candidates."""
        drawn: dict[Key, np.ndarray] = {}
        for by_class in (False, True):
            wanted = {
                key: one
                for key, one in self.estimators.items()
                if self._resampled(one.metric) and self._drawn_by_class(one.metric) == by_class
            }
            design = self.stratified if by_class and self.stratified is not None else self.design
            placed = [replace(one, design=design) for one in wanted.values()]
            columns = draw_replicates(placed, design, n_replicates=self.replicates, seed=self.seed)
            drawn |= {key: columns[:, column] for column, key in enumerate(wanted)}
        return drawn

    def _linear(self, metric: str) -> dict[str, Linear]:
        """Of every candidate that has a value; the last metric asked for is kept, since they are as long as the data."""
        if metric not in self._kept:
            self._kept.clear()
            found = {}
            for (candidate, name), estimator in self.estimators.items():
                if name == metric:
                    found[candidate] = linearise(estimator)
                    self._let_go(estimator)
            self._kept[metric] = found
        return self._kept[metric]

    def _let_go(self, estimator: Estimator) -> None:
        """Of many rows the statistics of all metrics would take more memory than computing them again takes time."""
        if len(self.design.units) > MOST_KEPT:
            estimator.let_go()

    @cached_property
    def _kept(self) -> dict[str, dict[str, Linear]]:
        return {}


def evaluate(
    candidates: Mapping[str, Sequence[Part]],
    metrics: Sequence[Metric],
    design: Design,
    *,
    level: float = 0.95,
    estimand: Estimand,
    method: str = "default",
    replicates: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Measure every candidate by every metric.

    candidates: the parts of each; all candidates must be measured on the same units, fold by fold.
    level: of the intervals, between 0.5 and 1.  method: one of METHODS.  replicates: bootstrap resamples, the same for all.
    Raises ValueError for candidates measured on different units: what is not paired is not compared.  ConfigError for a
    method that is none, and for stratified resampling of anything but independent rows.
    """
    if not 0.5 < level < 1:
        raise ValueError(f"level={level} is no level of an interval; it lies between 0.5 and 1.")
    if method not in METHODS:
        raise ConfigError(f"no interval method {method!r}{did_you_mean(method, METHODS)}")
    _check_same_units(candidates)
    undefined: dict[Key, str] = {}
    estimators: dict[Key, Estimator] = {}
    for candidate, parts in candidates.items():
        pooled = pool(parts) if any(metric.across_folds != "average" for metric in metrics) else None
        for metric in metrics:
            estimator = Estimator(metric, parts, design, pooled)
            if estimator.undefined is not None:
                undefined[candidate, metric.name] = estimator.undefined
            else:
                estimators[candidate, metric.name] = estimator
    first = next(iter(candidates.values()), [])
    stratified = by_class(first, design) if method == "stratified" else None
    return Evaluation(
        design, level, estimand, method, undefined, estimators, evidence(first, design), replicates, seed, stratified
    )


def evidence(parts: Sequence[Part], design: Design) -> int:
    """Independent units of the rarest class among the first repeat's parts; all units where there are no classes.

    Two classes in clusters: how many pairs of a positive and a negative can be formed in which no cluster occurs twice.
    """
    classes = _classes(parts, design)
    if classes is None:
        return design.n_independent
    codes, clusters = classes
    if design.clusters is None:
        counts = np.bincount(codes - codes.min())
        return int(counts[counts > 0].min())
    holding = [np.unique(clusters[codes == code]) for code in np.unique(codes)]
    fewest = min(len(found) for found in holding)
    return min(fewest, len(np.union1d(*holding)) // 2) if len(holding) == 2 else fewest


def by_class(parts: Sequence[Part], design: Design) -> Design:
    """The design with rows drawn within their class.  Raises ConfigError where rows are not what is drawn."""
    classes = _classes(parts, design)
    if classes is None or design.kind != "row":
        raise ConfigError("stratified resampling draws independent rows within their class; here there are no such rows.")
    strata = np.zeros(len(design.units), np.int64)
    strata[classes[1]] = classes[0]
    return replace(design, strata=strata)


def _classes(parts: Sequence[Part], design: Design) -> tuple[np.ndarray, np.ndarray] | None:
    """(class, cluster) of every unit of the first repeat, or None without classes."""
    once = [part for part in parts if part.repeat == parts[0].repeat and part.paired and part.truth.offsets is None]
    targets = [part.truth["target"] for part in once if "target" in part.truth.arrays]
    if not targets or len(targets) < len(once) or not all(np.issubdtype(target.dtype, np.integer) for target in targets):
        return None
    rows = np.concatenate([design.positions(part.units) for part in once])
    return np.concatenate(targets), design.cluster_codes[rows]


def _check_same_units(candidates: Mapping[str, Sequence[Part]]) -> None:
    measured = {
        name: sorted((part.repeat, part.fold, part.units.tobytes()) for part in parts) for name, parts in candidates.items()
    }
    names = list(measured)
    for name in names[1:]:
        if measured[name] != measured[names[0]]:
            raise ValueError(f"{name!r} and {names[0]!r} were measured on different rows or folds; they cannot be compared.")
