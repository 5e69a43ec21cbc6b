"""A column of dates: where in time, and where in the year, the week and the day.

Linear models get the time of year, week and day as points on a circle (December lies beside
January); trees get the plain parts and NaN for missing.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part
from assay.prepare.numbers import ScaledNumber

MICROSECONDS_A_YEAR = 365.2425 * 86_400e6


def _years(series: pl.Series) -> pl.Series:
    """Float64, years since 1970 with their fraction."""
    return series.cast(pl.Datetime("us")).to_physical().cast(pl.Float64) / MICROSECONDS_A_YEAR


def _parts(series: pl.Series) -> list[np.ndarray]:
    """Month 0-11, day of week 0-6 (Monday first), hour 0-24 with its fraction; float64 (n,), missing as NaN."""
    moments = series.cast(pl.Datetime("us"))
    month = moments.dt.month().cast(pl.Float64) - 1
    weekday = moments.dt.weekday().cast(pl.Float64) - 1
    hour = moments.dt.hour().cast(pl.Float64) + moments.dt.minute().cast(pl.Float64) / 60
    return [part.to_numpy().astype(np.float64) for part in (month, weekday, hour)]


@dataclass(frozen=True)
class CyclicDate:
    """Standardised years (with a flag for gaps), then sine and cosine of month, weekday and, if it varies, hour.

    A missing date lies at the centre of every circle.
    """

    KIND: ClassVar[str] = "cyclic-date"

    years: ScaledNumber
    has_hours: bool

    @classmethod
    def fit(cls, series: pl.Series) -> Self:
        hours = _parts(series)[2]
        return cls(ScaledNumber.fit(_years(series)), bool((hours > 0).any()))

    @property
    def parts(self) -> tuple[Part, ...]:
        return (*self.years.parts, Part("other", 6 if self.has_hours else 4))

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 5 to 8)."""
        circles = []
        for part, period in zip(_parts(series), (12, 7, 24), strict=True):
            angle = 2 * np.pi * part / period
            circles += [np.sin(angle), np.cos(angle)]
        turned = np.nan_to_num(np.column_stack(circles), nan=0.0)
        return np.hstack([self.years.transform(_years(series)), turned if self.has_hours else turned[:, :4]])

    def state(self) -> State:
        return {"kind": self.KIND, "years": self.years.state(), "has_hours": self.has_hours}

    @classmethod
    def from_state(cls, state: State) -> Self:
        return cls(ScaledNumber.from_state(checks.entry(state, "years")), checks.flag(state, "has_hours"))


@dataclass(frozen=True)
class DateParts:
    """Years since 1970, month, weekday, hour; NaN for missing."""

    KIND: ClassVar[str] = "date-parts"

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("number", 4),)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 4)."""
        return np.column_stack([_years(series).to_numpy().astype(np.float64), *_parts(series)])

    def state(self) -> State:
        return {"kind": self.KIND}

    @classmethod
    def from_state(cls, state: State) -> Self:  # noqa: ARG003  nothing to read: it has no settings
        return cls()


@dataclass(frozen=True)
class ScaledDateParts:
    """Years, month, weekday and hour, each standardised; a flag for gaps stands behind the years."""

    KIND: ClassVar[str] = "scaled-date-parts"

    scaled: tuple[ScaledNumber, ...]

    @classmethod
    def fit(cls, series: pl.Series) -> Self:
        columns = [_years(series).to_numpy().astype(np.float64), *_parts(series)]
        fitted = [ScaledNumber.fit(pl.Series(column)) for column in columns]
        return cls((fitted[0], *(replace(one, flags_missing=False) for one in fitted[1:])))

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(part for one in self.scaled for part in one.parts)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 4 or 5)."""
        columns = [_years(series).to_numpy().astype(np.float64), *_parts(series)]
        return np.hstack([one.transform(pl.Series(column)) for one, column in zip(self.scaled, columns, strict=True)])

    def state(self) -> State:
        return {"kind": self.KIND, "scaled": [one.state() for one in self.scaled]}

    @classmethod
    def from_state(cls, state: State) -> Self:
        saved = checks.states(state, "scaled", most=4)
        checks.whole({"parts": len(saved)}, "parts", low=4, high=4)
        return cls(tuple(ScaledNumber.from_state(one) for one in saved))
