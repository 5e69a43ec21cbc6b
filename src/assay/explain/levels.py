"""An order of a category's levels in which neighbours have similar rows, so that going from one to the next asks little.

The distance of two levels is the sum over the other columns of how differently they are distributed there: the
Kolmogorov-Smirnov distance of numbers and dates, the total variation of categories.  The order is that along the first axis
of classical scaling of these distances.  Sources: Apley & Zhu (2020), as in their package ALEPlot; Torgerson (1952).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from assay.data.schema import Column
from assay.explain.grid import Grid

MOST_VALUES = 200


def level_order(grid: Grid, features: pl.DataFrame, columns: Sequence[Column]) -> Grid:
    """The grid with its levels in that order; it begins at the end with the more frequent level."""
    series = features[grid.column]
    masks = [(series.is_null() if level is None else series.eq_missing(level)).to_numpy() for level in grid.points.to_list()]
    distance = np.zeros((len(grid), len(grid)))
    for column in columns:
        if column.name == grid.column or column.kind not in ("number", "date", "category"):
            continue
        distance += _distances(_cumulative(features[column.name], column.kind, masks), is_ordered=column.kind != "category")
    order = np.argsort(_first_axis(distance), kind="stable")
    if order[0] > order[-1]:
        order = order[::-1]
    return Grid(grid.column, grid.points.gather(order.copy()), ordered=False, left_out=grid.left_out)


def _cumulative(series: pl.Series, kind: str, masks: Sequence[np.ndarray]) -> np.ndarray:
    """float64 (levels, v): the distribution of a column within each level, cumulative where its values have an order."""
    if kind == "category":
        codes = series.cast(pl.String).fill_null("\x00").rank("dense").cast(pl.Int64).to_numpy() - 1
        size = int(codes.max(initial=0)) + 1
        return np.stack([np.bincount(codes[mask], minlength=size) / max(mask.sum(), 1) for mask in masks])
    values = series.to_physical().cast(pl.Float64).to_numpy().astype(np.float64)
    known = values[np.isfinite(values)]
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, MOST_VALUES))) if len(known) else np.zeros(1)
    found = []
    for mask in masks:
        own = np.sort(values[mask & np.isfinite(values)])
        found.append(np.searchsorted(own, cuts, side="right") / max(len(own), 1))
    return np.stack(found)


def _distances(shares: np.ndarray, *, is_ordered: bool) -> np.ndarray:
    gaps = np.abs(shares[:, None, :] - shares[None, :, :])
    return np.asarray(gaps.max(axis=2) if is_ordered else gaps.sum(axis=2) / 2)


def _first_axis(distance: np.ndarray) -> np.ndarray:
    """float64 (levels,): the first axis of classical scaling; the order as it is where all are alike."""
    n = len(distance)
    centre = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-centre @ distance**2 @ centre / 2)
    if values[-1] <= 1e-12:
        return np.arange(n, dtype=np.float64)
    return np.asarray(np.round(vectors[:, -1] * np.sqrt(values[-1]), 9))
