"""A typed column as floating-point numbers, and back: what all fitted densities read and write.

Numbers and dates are their values, categories and booleans the positions of their levels; a missing value is NaN.  A column
whose values all lie on a lattice (whole numbers, two decimals, days) gets values of that lattice back, so that a whole number
never becomes a fraction and no new row is told apart by its digits.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from assay.core.errors import DataError

Kind = Literal["number", "date", "category", "boolean", "empty"]

MOST_LEVELS = 1000
"""A category of more levels is a text or an identifier, which no density describes."""

FEW_VALUES = 20
ROWS_A_VALUE = 5
LEAST_FILLED = 0.25
"""A number is one of few values (a grade, a rate that was published) if it has ROWS_A_VALUE rows for each of them, and either at
most FEW_VALUES, or fewer than a share LEAST_FILLED of what its lattice has between the smallest and the largest."""

SPIKE_SHARE = 0.05
SPIKE_ROWS = 5
"""Share and number of rows from which on one value of a number may be a fact (nothing spent, never called) and no draw."""

MOST_DECIMALS = 6
LARGEST = 1e37
LARGEST_WHOLE = 2.0**62


@dataclass(frozen=True)
class CodedColumn:
    """values: float64 (n,), NaN where missing.  levels: of a category or boolean, in the column's own type; else None.

    step: the lattice that all values lie on (multiples of ``step``), or None.  gap: what stands for a missing value.
    """

    name: str
    dtype: pl.DataType
    kind: Kind
    values: np.ndarray
    levels: pl.Series | None = None
    step: float | None = None
    gap: float | None = None

    @property
    def present(self) -> np.ndarray:
        """bool (n,)."""
        return np.asarray(~np.isnan(self.values))

    @property
    def is_number(self) -> bool:
        """Numbers and dates: values with a distance between them."""
        return self.kind in ("number", "date")

    def decode(self, values: np.ndarray) -> pl.Series:
        """A series of the column's name and type. values: float64 (m,), codes of levels for a category; NaN is missing."""
        missing = np.isnan(values)
        if self.levels is not None:
            codes = pl.Series(np.where(missing, 0, np.rint(np.nan_to_num(values))).astype(np.int64))
            series = self.levels.gather(codes.set(pl.Series(missing), None))
        elif self.kind == "empty" or missing.all():
            series = pl.Series([self.gap] * len(values), dtype=self.dtype)
        else:
            known = on_lattice(np.where(missing, 0.0, values), self.step)
            plain = pl.Series(np.rint(known).astype(np.int64) if self._is_physical_integer else known)
            series = plain.set(pl.Series(missing), None).cast(self.dtype)
        return (series if self.gap is None else series.fill_null(self.gap)).alias(self.name)

    @property
    def _is_physical_integer(self) -> bool:
        return self.dtype.is_integer() or self.dtype.is_temporal()


def code_table(frame: pl.DataFrame, purpose: str) -> tuple[CodedColumn, ...]:
    """The columns of a frame in its order; ``purpose`` opens the sentence of an error.

    Raises DataError for a column that is no number, date, category or boolean, and for infinite or enormous numbers.
    """
    return tuple(_coded(series, purpose) for series in frame.get_columns())


def check_levels(frame: pl.DataFrame, purpose: str) -> None:
    """Raises DataError for a category of more than MOST_LEVELS levels: it is a text or an identifier."""
    for series in frame.get_columns():
        if _kind(series.dtype) == "category" and (found := series.n_unique()) > MOST_LEVELS:
            raise DataError(
                f"column {series.name!r} has {found} different values; {purpose} makes categories of at most {MOST_LEVELS} "
                "levels, and no texts: drop the column, or use random-oversample."
            )


def reordered(column: CodedColumn, order: np.ndarray) -> CodedColumn:
    """The same category with its levels in another order. order: int (n_levels,), positions in the old order."""
    assert column.levels is not None
    rank = np.empty(len(order))
    rank[order] = np.arange(len(order))
    codes = np.nan_to_num(column.values).astype(np.int64)
    return replace(column, values=np.where(column.present, rank[codes], np.nan), levels=column.levels.gather(order))


def has_few_values(values: np.ndarray, step: float | None) -> bool:
    """Whether numbers (n,), none missing, are so few different ones that they are as good as codes.  step: their lattice."""
    found = np.unique(values)
    if len(found) * ROWS_A_VALUE > len(values):
        return False
    return len(found) <= FEW_VALUES or step is None or len(found) < LEAST_FILLED * ((found[-1] - found[0]) / step + 1)


def spikes_of(values: np.ndarray, step: float | None) -> np.ndarray:
    """float64 (k,), rising: the values that so many rows share that they may be facts beside a density.

    On a lattice neighbours share rows too, so there a spike must have three times the rows of the median of itself and two
    values on either side.
    """
    found, counts = np.unique(values, return_counts=True)
    is_spike = (counts >= SPIKE_ROWS) & (counts >= SPIKE_SHARE * len(values))
    if step is not None and len(found) > 1:
        padded = np.pad(counts, 2, mode="reflect" if len(found) > 2 else "edge")
        is_spike &= counts >= 3 * np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
    return np.asarray(found[is_spike])


def on_lattice(values: np.ndarray, step: float | None) -> np.ndarray:
    """The nearest multiples of ``step``; None leaves the values as they are."""
    if step is None:
        return values
    if step >= 1:
        return np.asarray(np.rint(values / step) * step)
    per_unit = round(1 / step)  # dividing by 10 gives the 0.3 that a file holds, multiplying by 0.1 does not
    return np.asarray(np.rint(values * per_unit) / per_unit)


def reflected(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values beyond an end folded back at it (Silverman 1986, section 2.10), so that no mass leaves what was seen."""
    back = np.where(values < low, 2 * low - values, np.where(values > high, 2 * high - values, values))
    return np.clip(back, low, high)


def _coded(series: pl.Series, purpose: str) -> CodedColumn:
    kind = _kind(series.dtype)
    if kind is None:
        raise DataError(
            f"{purpose} makes numbers, categories and dates, and column {series.name!r} is of kind image ({series.dtype}); "
            "drop it, or use random-oversample."
        )
    if series.null_count() == len(series):
        return CodedColumn(series.name, series.dtype, "empty", np.full(len(series), np.nan))
    if kind in ("category", "boolean"):
        texts = series.cast(pl.String)
        levels = series.gather(texts.arg_unique()).drop_nulls()
        levels = levels.gather(levels.cast(pl.String).arg_sort())
        codes = texts.replace_strict(levels.cast(pl.String), np.arange(len(levels)), default=None, return_dtype=pl.Float64)
        return CodedColumn(series.name, series.dtype, kind, codes.fill_null(np.nan).to_numpy(), levels)
    values = (series.to_physical() if kind == "date" else series).cast(pl.Float64)
    gap = float("nan") if series.dtype.is_float() and not series.null_count() and values.is_nan().any() else None
    coded = values.fill_null(np.nan).to_numpy()
    known = coded[~np.isnan(coded)]
    bound = LARGEST_WHOLE if series.dtype.is_integer() else LARGEST
    if beyond := int((np.abs(known) > bound).sum()):
        raise DataError(
            f"column {series.name!r} holds {beyond} numbers that are infinite or beyond {bound:g}, to which {purpose} cannot fit "
            "a density; mend them, or drop the column."
        )
    if not len(known):
        return CodedColumn(series.name, series.dtype, "empty", coded, gap=gap)
    step = _calendar_step(known, series.dtype) if kind == "date" else _decimal_step(known)
    return CodedColumn(series.name, series.dtype, kind, coded, step=step, gap=gap)


def _kind(dtype: pl.DataType) -> Kind | None:
    if dtype.is_numeric():
        return "number"
    if dtype.is_temporal():
        return "date"
    if dtype == pl.Boolean:
        return "boolean"
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return "category"
    return "empty" if dtype == pl.Null else None


def _decimal_step(values: np.ndarray) -> float | None:
    """The largest power of ten of which all values are multiples; None if they have more than MOST_DECIMALS decimals."""
    top = float(np.abs(values).max())
    if top == 0:
        return 1.0
    if (values == np.rint(values)).all():
        step = 1.0
        while step * 10 <= top and (np.fmod(values, step * 10) == 0).all():
            step *= 10
        return step
    for decimals in range(1, MOST_DECIMALS + 1):
        scaled = values * 10.0**decimals
        if top * 10.0**decimals > 2.0**50:
            return None
        if (np.abs(scaled - np.rint(scaled)) <= 1e-9 * np.maximum(np.abs(scaled), 1.0)).all():
            return float(10.0**-decimals)
    return None


def _calendar_step(values: np.ndarray, dtype: pl.DataType) -> float:
    """The longest of day, hour, minute, second, … down to the type's own unit of which all moments are multiples."""
    if dtype == pl.Date:
        return 1.0
    unit = getattr(dtype, "time_unit", None) or "ns"
    second = {"ms": 1e3, "us": 1e6, "ns": 1e9}[unit]
    for step in (86400 * second, 3600 * second, 60 * second, second, second / 1e3, second / 1e6):
        if step >= 1 and (np.fmod(values, step) == 0).all():
            return float(step)
    return 1.0
