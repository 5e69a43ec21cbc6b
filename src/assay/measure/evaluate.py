"""Every metric of every candidate with its interval, and every paired difference, from one set of resamples.

Binary ROC AUC over rows or groups takes DeLong's closed form; everything else the percentile bootstrap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from assay.measure.delong import Influence, difference_of, influence, interval_of
from assay.measure.interval import Estimand, Interval
from assay.measure.intervals import (
    Difference,
    bootstrap_difference,
    interval_at_end,
    no_difference,
    no_interval,
    percentile_interval,
)
from assay.measure.metric import Metric
from assay.measure.parts import Design, Part
from assay.measure.resample import Estimator
from assay.measure.resample import replicates as draw_replicates

__all__ = ["Difference", "Evaluation", "evaluate", "has_delong"]

Key = tuple[str, str]

UNIT_SCALE = frozenset({"accuracy", "balanced_accuracy", "precision", "recall", "f1", "mcc", "average_precision"})
"""Metrics that reach 1 when no unit is wrong: there a bootstrap has no spread, and an exact bound stands in."""


@dataclass(frozen=True)
class Evaluation:
    """What was measured; keys are (candidate, name of the metric).

    rarest: how many units of the rarest class were measured; all units where there are no classes.
    """

    design: Design
    level: float
    estimand: Estimand
    undefined: Mapping[Key, str] = field(repr=False)
    values: Mapping[Key, float] = field(repr=False)
    draws: Mapping[Key, np.ndarray] = field(repr=False)
    influences: Mapping[Key, Influence] = field(repr=False)
    rarest: int

    def interval(self, candidate: str, metric: str) -> Interval:
        """The value with its interval, or why there is none.  Raises KeyError for what was not measured."""
        key, n = (candidate, metric), self.design.n_independent
        if key in self.undefined:
            return no_interval(self.undefined[key], level=self.level, n=n, estimand=self.estimand)
        if key in self.influences:
            return interval_of(self.influences[key], self.design, level=self.level, estimand=self.estimand)
        value, draws = self.values[key], self.draws[key]
        if metric in UNIT_SCALE and value in (0.0, 1.0) and (draws == value).all():
            n_seen = n if metric == "accuracy" else min(n, self.rarest)
            return interval_at_end(value, n_seen, level=self.level, n=n, estimand=self.estimand)
        return percentile_interval(value, draws, level=self.level, n=n, estimand=self.estimand)

    def difference(self, a: str, b: str, metric: str) -> Difference:
        """a − b, paired: both on the same rows under the same resamples.  Raises KeyError for what was not measured."""
        left, right, n = (a, metric), (b, metric), self.design.n_independent
        for key in (left, right):
            if key in self.undefined:
                reason = f"{key[0]}: {self.undefined[key]}"
                return no_difference(reason, level=self.level, n=n, estimand=self.estimand)
        if left in self.influences and right in self.influences:
            found = self.influences[left], self.influences[right]
            return difference_of(*found, self.design, level=self.level, estimand=self.estimand)
        value, draws = self.values[left] - self.values[right], self.draws[left] - self.draws[right]
        return bootstrap_difference(value, draws, level=self.level, n=n, estimand=self.estimand)


def evaluate(
    candidates: Mapping[str, Sequence[Part]],
    metrics: Sequence[Metric],
    design: Design,
    *,
    level: float = 0.95,
    estimand: Estimand,
    replicates: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Measure every candidate by every metric.

    candidates: the parts of each; all candidates must be measured on the same units, fold by fold.
    level: of the intervals, between 0.5 and 1.  replicates: bootstrap resamples, the same for all.
    Raises ValueError for candidates measured on different units: what is not paired is not compared.
    """
    if not 0.5 < level < 1:
        raise ValueError(f"level={level} is no level of an interval; it lies between 0.5 and 1.")
    _check_same_units(candidates)
    undefined: dict[Key, str] = {}
    influences: dict[Key, Influence] = {}
    estimators: dict[Key, Estimator] = {}
    for candidate, parts in candidates.items():
        for metric in metrics:
            key, estimator = (candidate, metric.name), Estimator(metric, parts, design)
            if estimator.undefined is not None:
                undefined[key] = estimator.undefined
            elif metric.name == "roc_auc" and has_delong(parts, design):
                influences[key] = influence(parts, design)
            else:
                estimators[key] = estimator
    values = {key: estimator.estimate for key, estimator in estimators.items()}
    drawn = draw_replicates(list(estimators.values()), design, n_replicates=replicates, seed=seed)
    draws = {key: drawn[:, column] for column, key in enumerate(estimators)}
    return Evaluation(design, level, estimand, undefined, values, draws, influences, rarest_class(candidates, design))


def rarest_class(candidates: Mapping[str, Sequence[Part]], design: Design) -> int:
    """Units of the rarest class among the first repeat's parts (every candidate has the same); all of them without classes."""
    parts = next(iter(candidates.values()), [])
    targets = [part.truth["target"] for part in parts if part.repeat == parts[0].repeat and "target" in part.truth.arrays]
    if not targets or not all(np.issubdtype(target.dtype, np.integer) for target in targets):
        return len(design.units)
    return int(np.unique(np.concatenate(targets), return_counts=True)[1].min())


def has_delong(parts: Sequence[Part], design: Design) -> bool:
    """Whether DeLong's form holds: one score a row, and rows or groups that are independent (blocks in time are few)."""
    return design.kind in ("row", "group") and all(part.predictions["score"].ndim == 1 for part in parts)


def _check_same_units(candidates: Mapping[str, Sequence[Part]]) -> None:
    measured = {
        name: sorted((part.repeat, part.fold, part.units.tobytes()) for part in parts) for name, parts in candidates.items()
    }
    names = list(measured)
    for name in names[1:]:
        if measured[name] != measured[names[0]]:
            raise ValueError(f"{name!r} and {names[0]!r} were measured on different rows or folds; they cannot be compared.")
