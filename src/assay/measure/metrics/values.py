"""Metrics of a predicted number; RMSE and MAE are in the units of the target."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import as_weights, problem_with_rows, ratio, weighted_sum
from assay.measure.metrics.mean import MeanMetric
from assay.measure.payload import Predictions, Truth

_TASKS = frozenset({"regression"})


def _errors(truth: Truth, predictions: Predictions) -> np.ndarray:
    return np.asarray(predictions["value"] - truth["target"], dtype=np.float64)


def _squared_errors(truth: Truth, predictions: Predictions) -> np.ndarray:
    return np.asarray(_errors(truth, predictions) ** 2)


def _absolute_errors(truth: Truth, predictions: Predictions) -> np.ndarray:
    return np.asarray(np.abs(_errors(truth, predictions)))


@dataclass(frozen=True)
class RSquared:
    """Share of the target's variance that the predictions explain; 0 is the mean of the measured rows, below is worse."""

    name: str = "r2"
    title: str = "R²"
    needs: str = "value"
    greater_is_better: bool = True
    tasks: frozenset[str] = _TASKS
    across_folds: Literal["average", "pool"] = "pool"

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        problem = problem_with_rows(truth, predictions, self.needs)
        if problem is None and np.ptp(truth["target"]) == 0:
            return f"the target is the same in all {len(truth)} rows"
        return problem

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        target = np.asarray(truth["target"], dtype=np.float64)
        arrays = {"squared_error": _squared_errors(truth, predictions), "centred": target - target.mean()}
        return Statistics(len(truth), arrays)

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        weights, centred = as_weights(weights), statistics["centred"]
        squares = weighted_sum(weights, centred**2)
        spread = squares - ratio(weighted_sum(weights, centred) ** 2, weights.sum(axis=-1), empty=0.0)
        spread = np.where(spread > 1e-13 * squares, spread, 0.0)  # what rounding leaves of weights on one value
        return 1 - ratio(weighted_sum(weights, statistics["squared_error"]), spread)


RMSE = MeanMetric("rmse", "RMSE", "value", _TASKS, _squared_errors, of_mean=np.sqrt)
MAE = MeanMetric("mae", "MAE", "value", _TASKS, _absolute_errors)
R2 = RSquared()
