"""Metrics of a predicted number; RMSE and MAE are in the units of the target."""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from assay.core.errors import ConfigError
from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import problem_with_rows, ratio, weighted_sums
from assay.measure.metrics.mean import MeanMetric
from assay.measure.payload import Predictions, Truth

_TASKS = frozenset({"regression"})


def _errors(truth: Truth, predictions: Predictions) -> np.ndarray:
    return np.asarray(predictions["value"] - truth["target"], dtype=np.float64)


def _squared_errors(truth: Truth, predictions: Predictions) -> np.ndarray:
    return np.asarray(_errors(truth, predictions) ** 2)


def _absolute_errors(truth: Truth, predictions: Predictions) -> np.ndarray:
    return np.asarray(np.abs(_errors(truth, predictions)))


def _relative_errors(truth: Truth, predictions: Predictions) -> np.ndarray:
    target = np.asarray(truth["target"], dtype=np.float64)
    return np.asarray(_absolute_errors(truth, predictions) / np.abs(target))


def _zero_targets(truth: Truth, _predictions: Predictions) -> str | None:
    """An error in percent of nothing is no number; scikit-learn puts 2e-16 there, and one such row outweighs all others."""
    zeros = np.flatnonzero(truth["target"] == 0)
    if not len(zeros):
        return None
    return f"the target is 0 in {len(zeros)} of {len(truth)} rows (first: {int(truth.units[zeros[0]])}): no error relative to it"


def _tilted_errors(truth: Truth, predictions: Predictions, *, quantile: float) -> np.ndarray:
    short = -_errors(truth, predictions)
    return np.asarray(np.where(short > 0, quantile * short, (quantile - 1) * short))


def pinball(quantile: float) -> MeanMetric:
    """The loss that a prediction of this quantile of the target makes least, in the target's units.

    quantile: between 0 and 1; at 0.5 it is half the MAE.  Raises ConfigError for any other.
    Source: Koenker & Bassett (1978).
    """
    if not 0 < quantile < 1:
        raise ConfigError(f"pinball@{quantile:g}: a quantile lies between 0 and 1, such as pinball@0.9.")
    name, title = f"pinball@{quantile:.12g}", f"Pinball loss at {quantile:.12g}"
    return MeanMetric(name, title, "value", _TASKS, partial(_tilted_errors, quantile=quantile), shown=False)


@dataclass(frozen=True)
class RSquared:
    """Share of the target's variance that the predictions explain; 0 is the mean of the measured rows, below is worse."""

    name: str = "r2"
    title: str = "R²"
    needs: str = "value"
    greater_is_better: bool = True
    tasks: frozenset[str] = _TASKS
    across_folds: Literal["average", "pool"] = "pool"
    bounds: tuple[float, float] = (-np.inf, 1.0)
    by_class: bool = False
    exact_ends: bool = False
    by_row: bool = False
    prevalence_free: bool = False
    reads_counts: bool = True
    shown: bool = True

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        problem = problem_with_rows(truth, predictions, self.needs)
        if problem is None and np.ptp(truth["target"]) == 0:
            return f"the target is the same in all {len(truth)} rows"
        return problem

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        """terms: (3, n), the squared error, and the target about its plain mean and that squared."""
        target = np.asarray(truth["target"], dtype=np.float64)
        centred = target - target.mean()
        return Statistics(len(truth), {"terms": np.stack([_squared_errors(truth, predictions), centred, centred**2])})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        error, shift, squares, total = np.moveaxis(weighted_sums(weights, statistics["terms"]), -1, 0)
        return 1 - ratio(error, self._spread(shift, squares, total))

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        terms = statistics["terms"]
        error, shift, squares = np.sum(terms * weights, axis=1)
        total = weights.sum()
        spread = self._spread(shift, squares, total)
        if spread == 0:
            return np.full(statistics.n, np.nan)
        deviation = terms[2] - 2 * shift / total * terms[1] + (shift / total) ** 2
        return np.asarray(error / spread**2 * deviation - terms[0] / spread)

    def _spread(self, shift: np.ndarray, squares: np.ndarray, total: np.ndarray) -> np.ndarray:
        """The weighted sum of squares of the target about its weighted mean."""
        spread = squares - ratio(shift**2, total, empty=0.0)
        return np.where(spread > 1e-13 * squares, spread, 0.0)  # what rounding leaves of weights on one value


def _slope_of_root(mean: float) -> float:
    """0 at 0: where every error is 0, no weight changes the root of their mean."""
    return float(0.5 / np.sqrt(mean)) if mean > 0 else 0.0


RMSE = MeanMetric("rmse", "RMSE", "value", _TASKS, _squared_errors, of_mean=np.sqrt, slope=_slope_of_root, by_row=False)
MAE = MeanMetric("mae", "MAE", "value", _TASKS, _absolute_errors)
R2 = RSquared()
MAPE = MeanMetric("mape", "Mean absolute percentage error", "value", _TASKS, _relative_errors, unfit=_zero_targets, shown=False)
