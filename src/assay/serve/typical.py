"""Rows that stand for the training rows, made from what a saved model keeps of them: how each column was spread.

A column is drawn apart from the others.  For lines, scorecards and sums of shapes of one column nothing else matters; trees
are asked along their paths, where dependence between columns would change the shares.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from assay.core.seeds import generator
from assay.data.reference import BINS, MISSING, OTHER, Spread
from assay.data.schema import Column

ROWS = 512


def typical_rows(columns: Sequence[Column], reference: Sequence[Spread]) -> pl.DataFrame:
    """ROWS lines, each column spread as that of the training rows.  columns: numbers, categories and dates."""
    spreads = {spread.name: spread for spread in reference}
    return pl.DataFrame([_drawn(column, spreads[column.name]) for column in columns])


def _drawn(column: Column, spread: Spread) -> pl.Series:
    """The same every time: ROWS evenly spaced shares of the training rows, shuffled by the name of the column."""
    counts = spread.counts.astype(np.float64)
    counts[OTHER] = 0  # which levels those were is not kept
    if not counts.sum():
        counts[MISSING] = 1
    cuts = np.cumsum(counts) / counts.sum()
    shares = (np.arange(ROWS) + 0.5) / ROWS
    places = np.searchsorted(cuts, shares).clip(0, len(counts) - 1)
    into = ((shares - cuts[places]) * counts.sum() / np.maximum(counts[places], 1) + 1).clip(0, 1)  # of the way through a place
    order = generator(0, "typical-rows", column.name).permutation(ROWS)
    places, into = places[order], into[order]
    if column.kind == "category":
        levels = [None, None, *spread.levels]
        return pl.Series(column.name, [levels[place] for place in places], dtype=pl.String)
    bottoms, tops = _bins(column, spread)
    bins = np.maximum(places - OTHER - 1, 0)
    values = bottoms[bins] + into * (tops - bottoms)[bins]
    if column.whole or column.kind == "date":
        values = np.rint(values)
    series = pl.Series(column.name, np.where(places == MISSING, np.nan, values)).fill_nan(None)
    return series.cast(pl.Int64).cast(pl.Datetime("us")) if column.kind == "date" else series


def _bins(column: Column, spread: Spread) -> tuple[np.ndarray, np.ndarray]:
    """(bottoms, tops) of the bins; of few distinct values each is both."""
    n = spread.n_places - OTHER - 1
    tops = np.zeros(n)
    tops[: len(spread.edges)] = spread.edges
    last = spread.ends[1] if spread.ends else spread.edges[-1] if spread.edges else 0.0
    tops[len(spread.edges) :] = max(last, *spread.edges) if spread.edges else last
    first = min(spread.ends[0], tops[0]) if spread.ends else tops[0]
    bottoms = np.array([first, *tops[:-1]])
    return (tops, tops) if column.whole and len(spread.edges) < BINS - 1 else (bottoms, tops)
