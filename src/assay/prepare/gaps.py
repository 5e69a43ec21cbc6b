"""What stands for a missing number, when it is chosen apart from the scaling.

constant   a value that is given, in the column's own unit
median     that of the training rows
indicator  the median, and a flag beside it where training rows had gaps: not to be known can be the signal
native     NaN, for learners that know what to do with it
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Encoder, Part
from assay.prepare.logs import LogNumber
from assay.prepare.numbers import LARGEST, PlainNumber, ScaledNumber, beside_flag, number_parts, seen_of, values_of
from assay.prepare.quantiles import QuantileNumber
from assay.prepare.robust import RobustNumber

Missing = Literal["indicator", "constant", "median", "native"]


@dataclass(frozen=True)
class FilledNumber:
    """fill: what stands for a gap, or None: it stays NaN.  inner: the scaling, fitted without gaps."""

    KIND: ClassVar[str] = "filled-number"

    fill: float | None
    flags_missing: bool
    inner: Encoder

    @classmethod
    def fit(cls, series: pl.Series, how: Missing, constant: float, fit_inner: Callable[[pl.Series], Encoder]) -> Self:
        values = values_of(series)
        missing, seen = np.isnan(values), seen_of(values)
        if how == "native":
            return cls(None, False, fit_inner(pl.Series(values[~missing])))
        fill = constant if how == "constant" else float(np.median(seen)) if len(seen) else 0.0
        inner = fit_inner(pl.Series(np.where(missing, fill, values)))
        return cls(fill, how == "indicator" and bool(missing.any()), inner)

    @property
    def parts(self) -> tuple[Part, ...]:
        return number_parts(self.flags_missing)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 1 or 2)."""
        values = values_of(series)
        missing = np.isnan(values)
        scaled = np.asarray(self.inner.transform(pl.Series(np.where(missing, self.fill or 0.0, values))))[:, 0]
        return beside_flag(scaled if self.fill is not None else np.where(missing, np.nan, scaled), missing, self.flags_missing)

    def state(self) -> State:
        return {"kind": self.KIND, "fill": self.fill, "flags_missing": self.flags_missing, "inner": self.inner.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        fill, inner = checks.entry(state, "fill"), checks.entry(state, "inner")
        if fill is not None:
            fill = checks.real(state, "fill", low=-LARGEST, high=LARGEST)
        if not isinstance(inner, dict):
            raise BundleError("the saved model fills the gaps of a number that it does not hold.")
        encoder = SCALINGS[checks.choice(inner, "kind", SCALINGS)].from_state(inner)
        if encoder.parts != number_parts(False):
            raise BundleError("the saved model fills the gaps of a number that still flags its own.")
        return cls(fill, checks.flag(state, "flags_missing"), encoder)


SCALINGS: dict[str, type[Encoder]] = {
    encoder.KIND: encoder for encoder in (PlainNumber, ScaledNumber, RobustNumber, QuantileNumber, LogNumber)
}

NUMBERS: dict[str, type[Encoder]] = {**SCALINGS, FilledNumber.KIND: FilledNumber}
"""What one number can be made into without the target."""
