"""What of a column can be laid along a line: numbers, dates as microseconds, texts by their length."""

from typing import Literal

import numpy as np
import polars as pl

Unit = Literal["number", "date", "characters"]

_UNITS: dict[str, Unit] = {"number": "number", "date": "date", "text": "characters"}


def unit_of(kind: str) -> Unit | None:
    """What ``values_of`` gives for a kind; None for kinds that have no such values."""
    return _UNITS.get(kind)


def values_of(series: pl.Series, unit: Unit) -> np.ndarray:
    """float64 (n,), NaN missing; infinities stay."""
    if unit == "characters":
        series = series.str.len_chars()
    elif unit == "date":
        series = series.to_physical()
    return np.asarray(series.cast(pl.Float64).to_numpy(), dtype=np.float64)


def shown_value(value: float, unit: Unit) -> float | str:
    """A value as JSON has it: dates in the form 2024-12-31T10:00:00."""
    if unit != "date":
        return value
    return str(np.datetime64(round(value), "us").astype("datetime64[s]"))
