"""One column by itself: how much is missing, how many different cells, their middle, spread, shape and outliers."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from assay.core.shown import Shown
from assay.data.look.bins import Histogram, histogram
from assay.data.look.outliers import Outliers, outliers
from assay.data.look.values import Unit, shown_value, unit_of, values_of
from assay.data.schema import Column

SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
MOST_LEVELS = 10


@dataclass(frozen=True)
class Summary(Shown):
    """Of the finite values of a column (of a text: its length in characters; of a date: microseconds since 1970).

    quantiles: at SHARES.  sd: of the sample, None with one row.  infinite: cells that are no finite number.
    """

    unit: Unit
    mean: float
    sd: float | None
    quantiles: tuple[float, ...]
    zeros: int
    infinite: int

    def to_json(self) -> dict[str, Any]:
        told = {str(share): shown_value(value, self.unit) for share, value in zip(SHARES, self.quantiles, strict=True)}
        sd = self.sd if self.unit != "date" else None
        return {**asdict(self), "mean": shown_value(self.mean, self.unit), "sd": sd, "quantiles": told}


@dataclass(frozen=True)
class Levels(Shown):
    """top: (level, rows), the commonest first.  other_levels, other_rows: those that are not among them."""

    top: tuple[tuple[str, int], ...]
    other_levels: int
    other_rows: int

    def to_json(self) -> dict[str, Any]:
        top = [{"level": level, "rows": rows} for level, rows in self.top]
        return {"top": top, "other_levels": self.other_levels, "other_rows": self.other_rows}


@dataclass(frozen=True)
class ColumnLook(Shown):
    """distinct: different cells, missing ones aside; None for pixels.  summary, histogram, outliers: of numbers, dates, texts.

    levels: of categories.
    """

    name: str
    kind: str
    role: str
    rows: int
    missing: int
    distinct: int | None
    summary: Summary | None = None
    histogram: Histogram | None = None
    outliers: Outliers | None = None
    levels: Levels | None = None

    @property
    def missing_share(self) -> float:
        return self.missing / self.rows

    @property
    def is_constant(self) -> bool:
        return self.distinct == 1 and self.missing == 0

    def to_json(self) -> dict[str, Any]:
        parts = {name: getattr(self, name) for name in ("summary", "histogram", "outliers", "levels")}
        plain = {name: getattr(self, name) for name in ("name", "kind", "role", "rows", "missing", "missing_share", "distinct")}
        return {**plain, **{name: None if part is None else part.to_json() for name, part in parts.items()}}


def look_at_column(series: pl.Series, column: Column) -> ColumnLook:
    """Every cell is read: counts are exact.  A column of at least one row, in the form of a ``Dataset``."""
    rows, missing = len(series), series.null_count()
    known = ColumnLook(
        column.name, column.kind, column.role, rows, missing, None if column.kind == "number" else _distinct(series)
    )
    unit = unit_of(column.kind)
    if unit is not None:
        return _along_a_line(known, values_of(series, unit), unit, whole=column.whole or unit == "characters")
    if column.kind != "category":
        return known
    return replace(known, levels=_levels(series))


def _distinct(series: pl.Series) -> int | None:
    if isinstance(series.dtype, pl.Array):
        return None
    return series.n_unique() - (1 if series.null_count() else 0)


def _along_a_line(known: ColumnLook, values: np.ndarray, unit: Unit, *, whole: bool) -> ColumnLook:
    ordered = np.sort(values[np.isfinite(values)])
    if unit == "number":
        steps = int((ordered[1:] != ordered[:-1]).sum()) + (1 if len(ordered) else 0)
        known = replace(known, distinct=steps + sum(int((values == end).any()) for end in (-np.inf, np.inf)))
    if len(ordered) == 0:
        return known
    summary = _summary(ordered, unit, infinite=int(np.isinf(values).sum()))
    return replace(known, summary=summary, histogram=histogram(ordered, whole=whole), outliers=outliers(values, ordered))


def _summary(ordered: np.ndarray, unit: Unit, *, infinite: int) -> Summary:
    n, scale = len(ordered), 2.0 ** max(0, int(np.frexp(np.abs(ordered[[0, -1]]).max())[1]) - 400)
    parts = ordered / scale  # a power of two: squares of huge values do not overflow, and no digit is lost
    sd = float(parts.std(ddof=1)) * scale if n > 1 else None
    quantiles = np.quantile(parts, SHARES) * scale
    quantiles[[0, -1]] = ordered[[0, -1]]
    zeros = int(np.searchsorted(ordered, 0.0, "right") - np.searchsorted(ordered, 0.0, "left"))
    return Summary(unit, float(parts.mean()) * scale, sd, tuple(quantiles.tolist()), zeros, infinite)


def _levels(series: pl.Series) -> Levels:
    counts = series.drop_nulls().alias("level").value_counts(name="rows").sort(["rows", "level"], descending=[True, False])
    top = tuple((str(level), int(rows)) for level, rows in counts.head(MOST_LEVELS).iter_rows())
    rest = counts.slice(MOST_LEVELS)
    return Levels(top, rest.height, int(rest["rows"].sum()))
