"""A column of numbers by its quartiles, with tails that bend instead of breaking off.

t = (x - median) / (upper - lower quartile), then t / √(1 + (t / 3)²), which is t near 0 and never leaves (-3, 3).  Where
the quartiles coincide, half the range stands in for their distance.
Source: Holzmüller, Grinsztajn & Steinwart (2024), Better by default (RealMLP), section 3.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part
from assay.prepare.numbers import LARGEST, beside_flag, number_parts, seen_of, values_of

BEND = 3.0
FARTHEST = 1e9
"""Scaled values beyond this are at ±BEND to every digit; their squares must stay finite."""


@dataclass(frozen=True)
class RobustNumber:
    """center: the training median, which stands for gaps too.  scale: > 0."""

    KIND: ClassVar[str] = "robust-number"

    center: float
    scale: float
    flags_missing: bool

    @classmethod
    def fit(cls, series: pl.Series) -> Self:
        values = values_of(series)
        seen, flags = seen_of(values), bool(np.isnan(values).any())
        if not len(seen):
            return cls(0.0, 1.0, flags)
        low, lower, center, upper, high = np.quantile(seen, [0, 0.25, 0.5, 0.75, 1])
        scale = float(upper - lower) or float(high - low) / 2
        if scale == 0.0 or high - low <= 1e-12 * max(abs(low), abs(high)):
            scale = LARGEST  # a range at the level of rounding is none: the column is 0, and next to 0 for later values
        return cls(float(center), scale, flags)

    @property
    def parts(self) -> tuple[Part, ...]:
        return number_parts(self.flags_missing)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 1 or 2)."""
        values = values_of(series)
        missing = np.isnan(values)
        known = np.clip(np.where(missing, self.center, values), -LARGEST, LARGEST)
        with np.errstate(over="ignore"):  # a scale next to 0 makes infinities, which the next line draws in
            scaled = np.clip((known - self.center) / self.scale, -FARTHEST, FARTHEST)
        return beside_flag(scaled / np.sqrt(1 + (scaled / BEND) ** 2), missing, self.flags_missing)

    def state(self) -> State:
        return {"kind": self.KIND, "center": self.center, "scale": self.scale, "flags_missing": self.flags_missing}

    @classmethod
    def from_state(cls, state: State) -> Self:
        center = checks.real(state, "center", low=-LARGEST, high=LARGEST)
        return cls(center, checks.real(state, "scale", low=5e-324), checks.flag(state, "flags_missing"))
