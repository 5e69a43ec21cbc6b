"""A column cut into parts: quantile bins of a number, levels of a category; missing cells are a part of their own.

What a rate is taken along, and what one column is compared with another by.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from assay.core.shown import Shown
from assay.data.look.values import Unit, shown_value, unit_of, values_of

BINS = 10


@dataclass(frozen=True)
class Part(Shown):
    """One part.

    what: "range" of values low … high that are there, "value" one of them (low), "level" by its name, "other" as many levels
    taken together, "missing".
    """

    what: Literal["range", "value", "level", "other", "missing"]
    unit: Unit | None = None
    low: float | None = None
    high: float | None = None
    level: str | None = None
    levels: int = 0

    def to_json(self) -> dict[str, Any]:
        ends = {
            end: value if value is None or self.unit is None or not np.isfinite(value) else shown_value(value, self.unit)
            for end, value in (("low", self.low), ("high", self.high))
        }
        told = {**asdict(self), **ends}
        return {name: str(value) if isinstance(value, float) and np.isinf(value) else value for name, value in told.items()}


@dataclass(frozen=True)
class Parted:
    """codes: int64 (n,), the place of each row's part in ``parts``; every part has a row."""

    codes: np.ndarray
    parts: tuple[Part, ...]


def parted(series: pl.Series, kind: str, *, most_levels: int, fewest_rows: int = 1) -> Parted | None:
    """most_levels, fewest_rows: of a category; rarer levels are taken together.  None for kinds that cannot be cut."""
    unit = unit_of(kind)
    if unit is not None:
        return parted_values(values_of(series, unit), unit)
    if kind != "category":
        return None
    return parted_levels(series, most_levels, fewest_rows)


def parted_values(values: np.ndarray, unit: Unit) -> Parted:
    """Ten bins of equal share; a value that a tenth of the cells have is a part, and each is where there are at most ten.

    values: float64 (n,), NaN missing.

    >>> [(part.low, part.high) for part in parted_values(np.array([0.0] * 90 + list(range(1, 13))), "number").parts]
    [(0.0, 0.0), (1.0, 12.0)]
    """
    is_missing = np.isnan(values)
    present = values[~is_missing]
    codes = np.zeros(len(values), dtype=np.int64)
    parts: list[Part] = []
    if len(present):
        ordered = np.sort(present)
        inner = _inner_edges(ordered)
        codes[~is_missing] = np.searchsorted(inner, present, side="right")
        starts = np.concatenate([[0], np.searchsorted(ordered, inner, side="left")])
        ends = np.append(starts[1:], len(ordered)) - 1
        for low, high in zip(ordered[starts].tolist(), ordered[ends].tolist(), strict=True):
            parts.append(Part("value", unit, low, low) if low == high else Part("range", unit, low, high))
    if is_missing.any():
        codes[is_missing] = len(parts)
        parts.append(Part("missing"))
    return Parted(codes, tuple(parts))


def _inner_edges(ordered: np.ndarray) -> np.ndarray:
    """The first value of each bin but the first; values of the column above its least, so that infinities do no harm."""
    n = len(ordered)
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    distinct, counts = ordered[first], np.diff(np.append(first, n))
    if len(distinct) <= BINS:
        return distinct[1:]
    edges = ordered[np.ceil(np.arange(1, BINS) * n / BINS).astype(np.int64) - 1]
    heavy = np.flatnonzero(counts * BINS >= n)
    after = distinct[heavy[heavy + 1 < len(distinct)] + 1]
    firm = np.unique(np.concatenate([distinct[heavy], after]))
    # A quantile close to a firm edge would cut off a few rows only.
    starts, firm_starts = np.searchsorted(ordered, edges), np.searchsorted(ordered, firm)
    near = (np.abs(starts[:, None] - firm_starts[None, :]) * 2 * BINS < n).any(axis=1)
    found = np.unique(np.concatenate([edges[~near], firm]))
    return np.asarray(found[found > distinct[0]])


def parted_levels(series: pl.Series, most: int, fewest_rows: int = 1) -> Parted:
    """The ``most`` commonest levels of ``fewest_rows`` or more, the others together, missing cells.  series: of strings."""
    counts = series.drop_nulls().alias("level").value_counts(name="rows").sort(["rows", "level"], descending=[True, False])
    kept = [level for level, rows in counts.head(most).iter_rows() if rows >= fewest_rows]
    if counts.height - len(kept) == 1 and len(kept) == most:
        kept = counts["level"].to_list()  # a single level is no group of others
    parts = [Part("level", level=level) for level in kept]
    other = counts.height - len(kept)
    if other:
        parts.append(Part("other", levels=other))
    missing = len(parts)
    codes = pl.Series(np.full(len(series), len(kept), dtype=np.int64))
    if kept:
        codes = series.replace_strict(kept, list(range(len(kept))), default=len(kept), return_dtype=pl.Int64)
    found = codes.to_numpy().copy()
    if series.null_count():
        found[series.is_null().to_numpy()] = missing
        parts.append(Part("missing"))
    return Parted(found, tuple(parts))
