"""The median error.  It has no derivative by the weight of a row (that would need the density of the errors), so that its
intervals come from the percentile bootstrap."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import problem_with_rows, vectors
from assay.measure.payload import Predictions, Truth


@dataclass(frozen=True)
class MedianAbsoluteError:
    """Half of the rows (of their weight) have no greater error, half no smaller one; between two such rows, their mean."""

    name: str = "median_absolute_error"
    title: str = "Median absolute error"
    needs: str = "value"
    greater_is_better: bool = False
    tasks: frozenset[str] = frozenset({"regression"})
    across_folds: Literal["average", "pool"] = "pool"
    bounds: tuple[float, float] = (0.0, np.inf)
    by_class: bool = False
    exact_ends: bool = False
    by_row: bool = False
    prevalence_free: bool = False
    reads_counts: bool = True
    shown: bool = False

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return problem_with_rows(truth, predictions, self.needs)

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        """order: the rows by rising error; errors: in that order."""
        errors = np.abs(np.asarray(predictions["value"] - truth["target"], dtype=np.float64))
        order = np.argsort(errors, kind="stable")
        return Statistics(len(truth), {"order": order, "errors": errors[order]})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        found = [weighted_median(statistics["errors"], row[statistics["order"]]) for row in vectors(weights)]
        return np.array(found, dtype=np.float64).reshape(np.shape(weights)[:-1])


def weighted_median(rising: np.ndarray, weights: np.ndarray) -> float:
    """Of values in rising order, both (n,); NaN where the weights sum to 0."""
    reached = np.cumsum(weights, dtype=np.float64)
    total = reached[-1]
    if not total > 0:
        return float("nan")
    half, room = total / 2, 1e-12 * total  # sums of the same weights in another order meet the half up to rounding
    low, high = np.searchsorted(reached, half - room, side="left"), np.searchsorted(reached, half + room, side="left")
    return float((rising[low] + rising[high]) / 2)


MEDIAN_ABSOLUTE_ERROR = MedianAbsoluteError()
