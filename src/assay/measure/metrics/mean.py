"""The form of the metrics that are a weighted mean of one number a unit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import problem_with_rows, weighted_mean
from assay.measure.payload import Predictions, Truth


def _one(_mean: float) -> float:
    return 1.0


def _nothing(_truth: Truth, _predictions: Predictions) -> str | None:
    return None


@dataclass(frozen=True)
class MeanMetric:
    """An error by unit, averaged.

    per_unit: (n,).  of_mean: what the mean is turned into, such as its root; slope: the derivative of that (a metric
    whose of_mean is not the mean itself is not by_row).  unfit: why these rows have no such number by unit, or None.
    """

    name: str
    title: str
    needs: str
    tasks: frozenset[str]
    per_unit: Callable[[Truth, Predictions], np.ndarray]
    of_mean: Callable[[np.ndarray], np.ndarray] = np.asarray
    slope: Callable[[float], float] = _one
    unfit: Callable[[Truth, Predictions], str | None] = _nothing
    bounds: tuple[float, float] = (0.0, np.inf)
    by_row: bool = True
    greater_is_better: bool = False
    across_folds: Literal["average", "pool"] = "pool"
    by_class: bool = False
    exact_ends: bool = False
    prevalence_free: bool = False
    reads_counts: bool = True
    shown: bool = True

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return problem_with_rows(truth, predictions, self.needs) or self.unfit(truth, predictions)

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        per_unit = np.asarray(self.per_unit(truth, predictions), dtype=np.float64)
        return Statistics(len(per_unit), {"per_unit": per_unit})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        return np.asarray(self.of_mean(weighted_mean(weights, statistics["per_unit"])))

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        per_unit, total = statistics["per_unit"], float(weights.sum())
        if total == 0:
            return np.full(statistics.n, np.nan)
        mean = float(np.sum(weights * per_unit)) / total
        return np.asarray(self.slope(mean) * (per_unit - mean) / total)


@dataclass(frozen=True)
class ShareMetric(MeanMetric):
    """A mean of numbers in [0, 1] that is a plain share of the units wherever none of them is a fraction."""

    bounds: tuple[float, float] = (0.0, 1.0)
    greater_is_better: bool = True
    exact_ends: bool = True

    def proportion(self, statistics: Statistics) -> tuple[int, int] | None:
        """(units that count, of how many), every unit counting once; None where one of them counts in part."""
        per_unit = statistics["per_unit"]
        whole = bool(((per_unit == 0) | (per_unit == 1)).all())
        return (int(per_unit.sum()), statistics.n) if whole else None
