"""At which values of a column a curve is looked at: values that the rows hold, never ones in between levels or types."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.core.errors import ConfigError
from assay.data.schema import Column

MOST_POINTS = 20
MOST_LEVELS = 12
EDGES = (0.02, 0.98)
"""Quantiles at which the curve of a number begins and ends: beyond them there are too few rows to say anything."""

CURVED = frozenset({"number", "date", "category"})


@dataclass(frozen=True)
class Grid:
    """points: of the column's own type, rising (numbers, dates) or by frequency (levels).

    ordered: whether there is something between two points.  left_out: levels beyond the most frequent ones.
    at: float64 (G,), where a point stands on an axis.
    """

    column: str
    points: pl.Series
    ordered: bool
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.points)

    @property
    def at(self) -> np.ndarray:
        if not self.ordered:
            return np.arange(len(self), dtype=np.float64)
        return self.points.to_physical().cast(pl.Float64).to_numpy().astype(np.float64)

    @property
    def texts(self) -> list[str]:
        """The points as words; a missing level is "(missing)"."""
        return ["(missing)" if value is None else _text(value) for value in self.points.to_list()]


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def grid_of(features: pl.DataFrame, column: Column, *, most: int = MOST_POINTS) -> Grid:
    """Quantiles that occur in the rows, or levels.  Raises ConfigError for a text or a picture, and where all rows are alike."""
    if column.kind not in CURVED:
        raise ConfigError(f"column {column.name!r} is {column.kind}; curves are for numbers, dates and categories.")
    series = features[column.name]
    if column.kind == "category":
        counts = pl.DataFrame({"level": series}).group_by("level").len().sort(["len", "level"], descending=[True, False])
        points, more = counts["level"].head(MOST_LEVELS), max(0, counts.height - MOST_LEVELS)
        ordered = False
    else:
        points, more, ordered = _quantiles(series, most), 0, True
    if len(points) < 2:
        raise ConfigError(f"column {column.name!r} has {len(points)} value to look at among these rows; a curve needs two.")
    return Grid(column.name, points.alias(column.name), ordered, more)


def _quantiles(series: pl.Series, most: int) -> pl.Series:
    known = series.drop_nulls().sort()
    if not len(known):
        return known
    if known.n_unique() <= most:
        return known.unique().sort()
    places = np.round(np.linspace(*EDGES, most) * (len(known) - 1)).astype(np.int64)
    return known.gather(places.tolist()).unique().sort()


def set_to(features: pl.DataFrame, column: str, value: object) -> pl.DataFrame:
    """Every row with this value."""
    dtype = features.schema[column]
    return features.with_columns(pl.Series(column, [value], dtype=dtype).new_from_index(0, features.height).alias(column))
