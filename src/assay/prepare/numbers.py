"""A column of numbers: standardised for models that add up, as it is for trees.

Missing values become the training median beside a 0/1 flag (linear), so that "not known"
can speak for itself; trees take NaN.  The flag exists only where training rows had gaps.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part

CLIP = 10.0
"""Standard deviations from the mean at which a standardised value stops: one mistyped amount must not steer a linear model."""

LARGEST = 1e37
"""Beyond this a value no longer fits the float32 that tree learners compare in; infinities are drawn in to it."""


def values_of(series: pl.Series) -> np.ndarray:
    """float64 (n,), missing as NaN."""
    return series.cast(pl.Float64).to_numpy().astype(np.float64)


def seen_of(values: np.ndarray) -> np.ndarray:
    """float64 (m,): what is known and finite, drawn in to LARGEST."""
    return np.asarray(np.clip(values[np.isfinite(values)], -LARGEST, LARGEST))


def number_parts(flags_missing: bool) -> tuple[Part, ...]:
    """What ``beside_flag`` makes: a number and, where there were gaps, a flag for them."""
    return (Part("number", 1), Part("one-hot", 1)) if flags_missing else (Part("number", 1),)


def beside_flag(scaled: np.ndarray, missing: np.ndarray, flags_missing: bool) -> np.ndarray:
    """float64 (n, 1 or 2) from scaled, float64 (n,), and missing, bool (n,)."""
    return np.column_stack([scaled, missing]) if flags_missing else scaled[:, None]


@dataclass(frozen=True)
class ScaledNumber:
    """(x - mean) / scale with gaps filled by ``fill``, and a flag for gaps where ``flags_missing``."""

    KIND: ClassVar[str] = "scaled-number"

    fill: float
    mean: float
    scale: float
    flags_missing: bool

    @classmethod
    def fit(cls, series: pl.Series) -> Self:
        values = values_of(series)
        missing = np.isnan(values)
        seen = seen_of(values)
        if not len(seen):
            return cls(0.0, 0.0, 1.0, bool(missing.any()))
        fill = float(np.median(seen))
        filled = np.where(np.isfinite(values), values, fill).clip(-LARGEST, LARGEST)
        spread = float(filled.std())
        mean = float(filled.mean())
        # a spread at the level of rounding is no spread: a constant column becomes zeros
        constant = not np.isfinite(spread) or spread <= 1e-12 * max(1.0, abs(mean))
        return cls(fill, fill if constant else mean, 1.0 if constant else spread, bool(missing.any()))

    @property
    def parts(self) -> tuple[Part, ...]:
        return number_parts(self.flags_missing)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 1 or 2)."""
        values = values_of(series)
        missing = np.isnan(values)
        scaled = np.clip((np.where(missing, self.fill, values) - self.mean) / self.scale, -CLIP, CLIP)
        return beside_flag(scaled, missing, self.flags_missing)

    def state(self) -> State:
        return {
            "kind": self.KIND,
            "fill": self.fill,
            "mean": self.mean,
            "scale": self.scale,
            "flags_missing": self.flags_missing,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        checks.choice(state, "kind", {cls.KIND})  # also stands within other states
        scale = checks.real(state, "scale", low=5e-324)
        return cls(checks.real(state, "fill"), checks.real(state, "mean"), scale, checks.flag(state, "flags_missing"))


@dataclass(frozen=True)
class PlainNumber:
    """The number itself, missing as NaN."""

    KIND: ClassVar[str] = "plain-number"

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("number", 1),)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 1)."""
        return np.asarray(np.clip(values_of(series), -LARGEST, LARGEST)[:, None])

    def state(self) -> State:
        return {"kind": self.KIND}

    @classmethod
    def from_state(cls, state: State) -> Self:  # noqa: ARG003  nothing to read: it has no settings
        return cls()
