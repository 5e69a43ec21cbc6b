"""Nets that answer with a number."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin

from assay.nets.estimators.base import NetEstimator
from assay.nets.estimators.errors import as_value_errors
from assay.nets.estimators.rows import Rows, read_rows, seed_of
from assay.nets.estimators.training import Goal
from assay.nets.losses.members import OfMean
from assay.nets.losses.named import loss_named


@dataclass(kw_only=True, eq=False, repr=False)
class ValueEstimator(RegressorMixin, NetEstimator):  # type: ignore[misc]
    """The net sees the target in units of its standard deviation, and predictions are in the target's own unit."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """X: (n, d) array of numbers, or frame of pandas or polars.  y: (n,) values, finite.

        sample_weight: (n,), at least 0; rows of weight 0 are left out.  Raises ValueError.
        """
        with as_value_errors():
            seed = seed_of(self.random_state)
            rows = read_rows(self, X, y, sample_weight, numeric=True)
            self._train(Rows(rows.frame, rows.target.astype(np.float64), rows.weights), classification=False, seed=seed)
        return self

    def _values(self, X: Any) -> np.ndarray:
        """float64 (n, members, outputs) in the target's unit."""
        return self._outputs(X) * self.goal_.scale + self.goal_.center


@dataclass(kw_only=True, eq=False, repr=False)
class NetRegressor(ValueEstimator):
    """loss: "mse" (the prediction is the mean), "mae" (the median) or "huber" (between them, delta one standard deviation)."""

    loss: str = "mse"

    def _goal(self, target: np.ndarray, weights: np.ndarray | None) -> Goal:
        loss = loss_named(self.loss)
        return Goal(1, self._per_member(loss), OfMean(loss), *unit_of(target, weights))

    def predict(self, X: Any) -> np.ndarray:
        """float64 (n,): the mean over members."""
        return np.asarray(self._values(X)[:, :, 0].mean(axis=1))


def unit_of(target: np.ndarray, weights: np.ndarray | None) -> tuple[float, float]:
    """Weighted mean and standard deviation; 1 in the place of the latter for a constant target."""
    largest = float(np.abs(target).max()) or 1.0  # squares of huge or tiny values do not fit into a number
    shares = target / largest
    center = float(np.average(shares, weights=weights))
    scale = float(np.sqrt(np.average((shares - center) ** 2, weights=weights)))
    return center * largest, scale * largest if scale > 0 else 1.0
