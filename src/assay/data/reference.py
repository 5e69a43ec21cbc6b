"""How the cells of the training rows were spread, kept with a model so that later rows can be held against them.

A number or a date falls into one of ten bins of as many training rows each, a category into its level, if it is one of the
most frequent; missing cells, and levels that are none of those, have places of their own.  Texts and pictures are there or
not.  The shift of a column is the population stability index, Σ (q - p) ln(q / p), and p is that of the chi-square test that
both sides come from one distribution.
Source: Siddiqi (2006), Credit Risk Scorecards, for the index; it has no scale of its own: with n rows a side and b places it
is about (b - 1) · 2 / n without any shift (Yurdakul & Naranjo 2020), so p and not a rule of thumb says whether it is one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError
from assay.core.shown import Shown
from assay.data.schema import Column, Schema

BINS = 10
MOST_LEVELS = 30
OUTER = (0.01, 0.99)
"""Quantiles kept beside the bins: the ends themselves would each be the cell of a single row."""
_HALF = 0.5  # rows added to every place, so that an empty one has a logarithm

MISSING, OTHER = 0, 1
"""Places of every column; those of its bins or levels follow."""


@dataclass(frozen=True)
class Spread(Shown):
    """One column.  edges: float64 (b - 1,), rising, between the bins of a number; of a category the levels.

    counts: int64 (2 + b,), training rows in each place.
    ends: of a number or a date the values at OUTER; empty for other kinds and where there is no finite value.
    """

    name: str
    kind: str
    edges: tuple[float, ...]
    levels: tuple[str, ...]
    counts: np.ndarray
    ends: tuple[float, ...] = ()

    @classmethod
    def of(cls, series: pl.Series, column: Column) -> Self:
        edges: tuple[float, ...] = ()
        levels: tuple[str, ...] = ()
        ends: tuple[float, ...] = ()
        if column.kind in ("number", "date"):
            edges, ends = _cuts(_numbers(series)), _ends(_numbers(series))
        elif column.kind == "category":
            frequent = series.drop_nulls().value_counts(sort=True)
            levels = tuple(sorted(frequent[column.name].head(MOST_LEVELS).to_list()))
        empty = cls(column.name, column.kind, edges, levels, np.zeros(0, np.int64))
        return cls(column.name, column.kind, edges, levels, empty.tally(series), ends)

    @property
    def n_places(self) -> int:
        return OTHER + 1 + (len(self.levels) if self.kind == "category" else len(self.edges) + 1)

    def tally(self, series: pl.Series) -> np.ndarray:
        """int64 (places,): how many cells fall into each."""
        if self.kind in ("number", "date"):
            return self.tally_cells(_numbers(series))
        if self.kind == "category":
            # levels are few and cells many: each level is looked up once
            found = series.cast(pl.String).value_counts()
            return self._counted(found[series.name].to_list(), found["count"].to_numpy())
        codes = np.where(series.is_null().to_numpy(), MISSING, OTHER + 1)
        return np.bincount(codes, minlength=self.n_places)

    def tally_cells(self, cells: np.ndarray | list[Any]) -> np.ndarray:
        """As ``tally``, of a number's values (NaN where one is missing) or a category's levels and None."""
        if isinstance(cells, list):
            found = Counter(cells)
            return self._counted(list(found), np.array(list(found.values()), np.int64))
        # the bin of an edge is the one below it, as with the quantiles that the edges are
        codes = OTHER + 1 + np.searchsorted(np.array(self.edges), cells, side="left")
        codes[np.isnan(cells)] = MISSING
        return np.bincount(codes, minlength=self.n_places)

    def _counted(self, levels: Sequence[str | None], counts: np.ndarray) -> np.ndarray:
        codes: dict[str | None, int] = {level: place for place, level in enumerate(self.levels, start=OTHER + 1)}
        codes[None] = MISSING
        tally = np.zeros(self.n_places, np.int64)
        np.add.at(tally, np.array([codes.get(level, OTHER) for level in levels], np.int64), counts)
        return tally

    def place_names(self) -> list[str]:
        """In words, in the order of the counts."""
        if self.kind == "category":
            return ["missing", "any other", *self.levels]
        if self.kind not in ("number", "date"):
            return ["missing", "any other", "there"]
        ends = [f"{edge:.6g}" for edge in self.edges]
        if not ends:
            return ["missing", "any other", "any"]
        inner = [f"{low} to {high}" for low, high in pairwise(ends)]
        return ["missing", "any other", f"up to {ends[0]}", *inner, f"above {ends[-1]}"]

    def to_json(self) -> dict[str, Any]:
        told = {
            "name": self.name,
            "kind": self.kind,
            "edges": list(self.edges),
            "levels": list(self.levels),
            "counts": self.counts.tolist(),
        }
        return {**told, "ends": list(self.ends)} if self.ends else told

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Raises BundleError for what ``to_json`` cannot have written."""
        try:
            counts = np.array(told["counts"], dtype=np.int64)
            edges = tuple(float(edge) for edge in told["edges"])
            levels = tuple(str(level) for level in told["levels"])
            ends = tuple(float(end) for end in told.get("ends", ()))  # models saved before there were any have none
            found = cls(str(told["name"]), str(told["kind"]), edges, levels, counts, ends)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise BundleError(f"the saved model's spread of a column cannot be read ({error}).") from error
        rising = all(low < high for low, high in pairwise(edges)) and bool(np.isfinite((*edges, *ends)).all())
        rising &= len(ends) in (0, 2) and list(ends) == sorted(ends)
        if counts.shape != (found.n_places,) or (counts < 0).any() or not rising or len(set(levels)) < len(levels):
            raise BundleError(f"the saved model's spread of column {found.name!r} does not hold together; save the model again.")
        return found


@dataclass(frozen=True)
class Shift(Shown):
    """How far one column has moved.  index: see the head of this file.  p: of no shift, for this column alone."""

    column: str
    rows: int
    index: float
    p: float
    moved: str
    """The place whose share changed most, in words."""
    share_before: float
    share_now: float

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


def spreads_of(frame: pl.DataFrame, schema: Schema, rows: np.ndarray) -> tuple[Spread, ...]:
    """Of every feature, over these rows."""
    return tuple(Spread.of(frame[column.name][rows], column) for column in schema.features)


def shift_of(spread: Spread, counts: np.ndarray) -> Shift | None:
    """Of the rows whose tally is given; None where there are none."""
    from scipy.special import chdtrc  # scipy.stats takes 50 MB for the same number

    before, now = spread.counts, counts
    rows = int(now.sum())
    if not rows or not before.sum():
        return None
    shares = [(side + _HALF) / (side + _HALF).sum() for side in (before, now)]
    index = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    there = (before + now) > 0
    both = np.stack([before[there], now[there]]).astype(np.float64)
    expected = both.sum(axis=1, keepdims=True) * both.sum(axis=0) / both.sum()
    freedom = int(there.sum()) - 1
    p = float(chdtrc(freedom, ((both - expected) ** 2 / expected).sum())) if freedom else 1.0
    apart = now / rows - before / before.sum()
    most = int(np.abs(apart).argmax())
    names = spread.place_names()
    return Shift(spread.name, rows, index, p, names[most], float(before[most] / before.sum()), float(now[most] / rows))


def _cuts(values: np.ndarray) -> tuple[float, ...]:
    """The values up to which each tenth of the finite ones goes; of few distinct values some fall together."""
    known = np.sort(values[np.isfinite(values)])
    if not len(known):
        return ()
    cuts = np.unique(known[[-(-len(known) * tenth // BINS) - 1 for tenth in range(1, BINS)]])
    return tuple(cuts[cuts < known[-1]].tolist())


def _ends(values: np.ndarray) -> tuple[float, ...]:
    """The values at OUTER among the finite ones, values that there are."""
    known = np.sort(values[np.isfinite(values)])
    return tuple(float(known[round(share * (len(known) - 1))]) for share in OUTER) if len(known) else ()


def _numbers(series: pl.Series) -> np.ndarray:
    """float64 (n,), missing as NaN; dates as microseconds."""
    return series.to_physical().cast(pl.Float64).to_numpy()
