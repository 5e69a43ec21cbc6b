"""A column of numbers by its logarithm on both sides of a shift: amounts that span many sizes.

    t = sign(x - shift) · log(1 + |x - shift| / unit)          (John & Draper 1980, with the power 0)

then standardised.  The shift is 0, the least or the largest value, and the unit is the distance from it within which a
twentieth, a quarter or half of the training rows lie, so that t is the same in cents and in millions: of these nine
whichever leaves the training rows least skewed.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part
from assay.prepare.numbers import LARGEST, ScaledNumber, seen_of, values_of

UNITS = (0.5, 0.25, 0.05)


@dataclass(frozen=True)
class LogNumber:
    """shift, unit: in the column's own unit, unit > 0.  scaled: of the logarithms, with the flag for gaps."""

    KIND: ClassVar[str] = "log-number"

    shift: float
    unit: float
    scaled: ScaledNumber

    @classmethod
    def fit(cls, series: pl.Series) -> Self:
        values = values_of(series)
        seen = seen_of(values)
        shift, unit = 0.0, 1.0
        if len(seen):
            shifts = dict.fromkeys((0.0, float(seen.min()), float(seen.max())))
            tried = [(place, unit) for place in shifts for unit in _units(seen, place)]
            shift, unit = min(tried, key=lambda pair: abs(_skewness(_logs(seen, *pair))))
        return cls(shift, unit, ScaledNumber.fit(pl.Series(_logs(values, shift, unit))))

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.scaled.parts

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 1 or 2)."""
        return self.scaled.transform(pl.Series(_logs(values_of(series), self.shift, self.unit)))

    def state(self) -> State:
        return {"kind": self.KIND, "shift": self.shift, "unit": self.unit, "scaled": self.scaled.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        shift = checks.real(state, "shift", low=-LARGEST, high=LARGEST)
        unit = checks.real(state, "unit", low=1 / LARGEST, high=2 * LARGEST)
        return cls(shift, unit, ScaledNumber.from_state(checks.entry(state, "scaled")))


def _logs(values: np.ndarray, shift: float, unit: float) -> np.ndarray:
    """float64 (n,), missing as NaN."""
    away = np.clip(values, -LARGEST, LARGEST) - shift
    return np.asarray(np.sign(away) * np.log1p(np.abs(away) / unit))


def _units(seen: np.ndarray, shift: float) -> list[float]:
    away = np.abs(seen - shift)
    if not (away > 0).any():
        return [1.0]
    return [max(float(unit), 1 / LARGEST) for unit in np.quantile(away[away > 0], UNITS)]


def _skewness(values: np.ndarray) -> float:
    around = values - values.mean()
    spread = float(np.sqrt((around**2).mean()))
    return float((around**3).mean()) / spread**3 if spread > 1e-12 * max(1.0, float(np.abs(values).max())) else 0.0
