"""Rows on which a graph and the model it was made of must say the same.

They are made from the model alone: cells at which it does something else than beside them (thresholds of trees, edges of
bins, means, where values are cut off), the floats next to these, missing cells, every level and texts that are none.  Inputs
are float64, so that rows on a threshold must go the same way too; only where a number is first put on a scale of logarithms or
quantiles may the last digit of that differ, and no cells are put on thresholds behind such a scale.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from assay.bundle.model import Model
from assay.bundle.onnx.cells import unseen
from assay.core.seeds import generator
from assay.data.schema import Column

ROWS = 240
MOST_POINTS = 80
MISSING_SHARE = 0.1
LARGEST = 1e30


def rows_of(model: Model, points: Mapping[str, list[float]]) -> pl.DataFrame:
    """Every feature column; those that are neither numbers nor categories are empty."""
    draw = generator(0, "onnx", "rows")
    known = {spread.name: spread.edges for spread in model.reference}
    columns = []
    for column in model.fitted.schema.features:
        if column.kind == "number":
            told = [*points.get(column.name, []), *known.get(column.name, ())]
            columns.append(_numbers(column, told, draw))
        else:
            columns.append(_texts(column, draw))
    return pl.DataFrame(columns)


def _numbers(column: Column, told: list[float], draw: np.random.Generator) -> pl.Series:
    found = np.unique(np.array([value for value in told if abs(value) < LARGEST], dtype=np.float64))
    if len(found) > MOST_POINTS:
        found = draw.choice(found, MOST_POINTS, replace=False)
    middle = (np.sort(found)[1:] + np.sort(found)[:-1]) / 2
    near = np.concatenate([np.nextafter(found, -np.inf), np.nextafter(found, np.inf)])
    cells = draw.choice(np.concatenate([found, near, middle, [0.0, 1.0, -1.0, 1e6, -1e6]]), ROWS)
    missing = draw.random(ROWS) < MISSING_SHARE
    return pl.Series(column.name, np.where(missing, np.nan, cells)).fill_nan(None)


def _texts(column: Column, draw: np.random.Generator) -> pl.Series:
    """Each level once at least, where there are not too many of them."""
    if column.kind != "category":
        return pl.Series(column.name, [None] * ROWS, dtype=pl.String)
    pool: list[str | None] = [*column.levels, None, unseen(column.levels)]
    first = [pool[place] for place in draw.permutation(len(pool))[:ROWS]]
    rest = [pool[place] for place in draw.integers(0, len(pool), ROWS - len(first))]
    return pl.Series(column.name, [*rest, *first], dtype=pl.String)
