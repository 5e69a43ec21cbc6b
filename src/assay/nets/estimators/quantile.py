"""A perceptron for quantiles of a number: how far above or below its median it may lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.nets.estimators.errors import SettingError
from assay.nets.estimators.mlp import DenseNet
from assay.nets.estimators.training import Goal
from assay.nets.estimators.values import ValueEstimator, unit_of
from assay.nets.losses.members import OfMean
from assay.nets.losses.pinball import Pinball

MEDIAN = 0.5


@dataclass(kw_only=True, eq=False, repr=False)
class QuantileMLPRegressor(DenseNet, ValueEstimator):
    """One output a level, trained by the pinball loss; ``predict`` is the median.

    quantiles: levels that rise within (0, 1), 0.5 among them.  What lies between two of them holds about their difference
    of the rows, if the net fits; to hold exactly for new rows, such a band needs conformal calibration on rows held out.
    Parameters: DenseNet, NetEstimator.  Source: Koenker & Bassett (1978).
    """

    quantiles: Sequence[float] = (0.05, 0.5, 0.95)

    def _levels(self) -> tuple[float, ...]:
        try:
            levels = tuple(float(level) for level in self.quantiles)
        except (TypeError, ValueError):
            raise SettingError(f"quantiles={self.quantiles!r} must be numbers, such as (0.05, 0.5, 0.95).") from None
        if MEDIAN not in levels:
            raise SettingError(f"quantiles={levels} need 0.5 among them: it is what predict() gives.")
        return levels

    def _goal(self, target: np.ndarray, weights: np.ndarray | None) -> Goal:
        self.quantiles_ = self._levels()
        loss = Pinball(self.quantiles_)
        return Goal(len(self.quantiles_), loss, OfMean(loss), *unit_of(target, weights))

    def predict_quantiles(self, X: Any) -> np.ndarray:
        """float64 (n, levels), rising in each row, in the target's unit."""
        return np.sort(self._values(X)[:, 0], axis=1)

    def predict(self, X: Any) -> np.ndarray:
        """float64 (n,): the median."""
        return np.asarray(self.predict_quantiles(X)[:, self.quantiles_.index(MEDIAN)])
