"""Metrics of a predicted number."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import as_weights, mean_statistics, problem_with_rows, ratio, weighted_mean, weighted_sum
from assay.measure.payload import Predictions, Truth


def _errors(truth: Truth, predictions: Predictions) -> np.ndarray:
    return np.asarray(predictions["value"] - truth["target"], dtype=np.float64)


@dataclass(frozen=True)
class Rmse:
    """Root of the mean squared error, in the target's units."""

    name: str = "rmse"
    title: str = "RMSE"
    needs: str = "value"
    greater_is_better: bool = False
    tasks: frozenset[str] = frozenset({"regression"})
    across_folds: Literal["average", "pool"] = "pool"

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return problem_with_rows(truth, predictions, self.needs)

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        return mean_statistics(_errors(truth, predictions) ** 2)

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        return np.asarray(np.sqrt(weighted_mean(weights, statistics["per_unit"])))


@dataclass(frozen=True)
class Mae:
    """Mean absolute error, in the target's units."""

    name: str = "mae"
    title: str = "MAE"
    needs: str = "value"
    greater_is_better: bool = False
    tasks: frozenset[str] = frozenset({"regression"})
    across_folds: Literal["average", "pool"] = "pool"

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return problem_with_rows(truth, predictions, self.needs)

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        return mean_statistics(np.abs(_errors(truth, predictions)))

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        return weighted_mean(weights, statistics["per_unit"])


@dataclass(frozen=True)
class RSquared:
    """Share of the target's variance that the predictions explain; 0 is the mean of the measured rows, below is worse."""

    name: str = "r2"
    title: str = "R²"
    needs: str = "value"
    greater_is_better: bool = True
    tasks: frozenset[str] = frozenset({"regression"})
    across_folds: Literal["average", "pool"] = "pool"

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        problem = problem_with_rows(truth, predictions, self.needs)
        if problem is None and np.ptp(truth["target"]) == 0:
            return f"the target is the same in all {len(truth)} rows"
        return problem

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        target = np.asarray(truth["target"], dtype=np.float64)
        arrays = {"squared_error": _errors(truth, predictions) ** 2, "centred": target - target.mean()}
        return Statistics(len(truth), arrays)

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        weights, centred = as_weights(weights), statistics["centred"]
        squares = weighted_sum(weights, centred**2)
        spread = squares - ratio(weighted_sum(weights, centred) ** 2, weights.sum(axis=-1), empty=0.0)
        spread = np.where(spread > 1e-13 * squares, spread, 0.0)  # what rounding leaves of weights on one value
        return 1 - ratio(weighted_sum(weights, statistics["squared_error"]), spread)


RMSE = Rmse()
MAE = Mae()
R2 = RSquared()
