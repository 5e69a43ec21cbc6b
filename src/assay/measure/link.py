"""The scale on which a metric is nearer to normal than on its own, after the bounds of its values.

Both bounds finite: the logit of the share of the way between them.  One bound: the log of the distance to it.  None: as it
is.  An interval made there and taken back stays within the bounds, and leans to the side where values can move.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit


@dataclass(frozen=True, slots=True)
class Link:
    """low, high: the bounds of the metric, infinite where there is none."""

    low: float
    high: float

    @property
    def name(self) -> str:
        """ "logit", "log" or "" for the metric's own scale."""
        if np.isfinite(self.low) and np.isfinite(self.high):
            return "logit"
        return "log" if np.isfinite(self.low) or np.isfinite(self.high) else ""

    def holds(self, value: float) -> bool:
        """Whether the value lies inside the bounds, where the scale is finite (a rounding error away from them at least)."""
        room = 1e-12 * max(1.0, abs(value))
        return self.low + room < value < self.high - room

    def forward(self, value: np.ndarray | float) -> np.ndarray:
        values = np.asarray(value, dtype=np.float64)
        if self.name == "logit":
            return np.asarray(logit((values - self.low) / (self.high - self.low)))
        if np.isfinite(self.low):
            return np.asarray(np.log(values - self.low))
        return np.asarray(-np.log(self.high - values)) if np.isfinite(self.high) else values

    def back(self, transformed: np.ndarray | float) -> np.ndarray:
        values = np.asarray(transformed, dtype=np.float64)
        if self.name == "logit":
            return np.asarray(self.low + (self.high - self.low) * expit(values))
        if np.isfinite(self.low):
            return np.asarray(self.low + np.exp(values))
        return np.asarray(self.high - np.exp(-values)) if np.isfinite(self.high) else values

    def slope(self, value: np.ndarray | float) -> np.ndarray:
        """The derivative of ``forward``."""
        values = np.asarray(value, dtype=np.float64)
        if self.name == "logit":
            return np.asarray((self.high - self.low) / ((values - self.low) * (self.high - values)))
        if np.isfinite(self.low):
            return np.asarray(1 / (values - self.low))
        return np.asarray(1 / (self.high - values)) if np.isfinite(self.high) else np.ones_like(values)
