"""The answer over one column with all others held as they are in the row: a ceteris paribus curve.

It is about this row alone, and asks the model about rows that may not exist; ``assay explain`` has the curves over many rows.
Source: Goldstein et al. (2015) for the individual curve.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.report.numbers import number
from assay.serve.studio.trying_fields import Field, cell_text

POINTS = 41
MOST_LEVELS = 24

Says = Callable[[pl.DataFrame], np.ndarray]


@dataclass(frozen=True)
class WhatIf:
    """values: float64 (G,), the answer at each point.  at: float64 (G,), where the points stand on an axis.

    texts: the points in words.  ordered: whether there is something between two points.
    here: the place of the row itself among the points.  left_out: levels beyond the commonest.
    """

    column: str
    ordered: bool
    at: np.ndarray
    texts: tuple[str, ...]
    values: np.ndarray
    here: int | None
    left_out: int = 0

    def crossings(self, threshold: float | None) -> list[str]:
        """Between which two points the answer passes the threshold, as the later one in words; none where there is none."""
        if threshold is None or not self.ordered:
            return []
        above = self.values >= threshold
        return [self.texts[place + 1] for place in np.flatnonzero(above[1:] != above[:-1])]


def what_if(field: Field, row: pl.DataFrame, says: Says) -> WhatIf | None:
    """row: one line of features.  says: the answer of every line, (n,).  None for a column that no curve is drawn over."""
    if field.kind == "category" and field.levels:
        return _over_levels(field, row, says)
    if field.kind not in ("number", "date"):
        return None
    points = _points(field, row[field.name])
    if points is None:
        return None
    at = points.to_physical().cast(pl.Float64).to_numpy()
    values = says(_spread_out(row, points))
    own = row[field.name].to_physical().cast(pl.Float64)[0]
    here = None if own is None else int(np.flatnonzero(at == own)[0])
    return WhatIf(field.name, True, at, _texts(field, at), values, here)


def _texts(field: Field, at: np.ndarray) -> tuple[str, ...]:
    if field.kind == "date":
        days = at[-1] - at[0] > 41 * 86_400e6  # microseconds; then the hours of a point are chance
        return tuple(cell_text(field.column, value)[: 10 if days else None] for value in at.tolist())
    return tuple(number(value, 0 if field.column.whole else None) for value in at.tolist())


def _points(field: Field, own: pl.Series) -> pl.Series | None:
    """Evenly from end to end, and the row's own; None where the training rows' spread is not known or is a single value."""
    ends = (field.slider.low, field.slider.high) if field.slider is not None else field.ends
    if ends is None:
        return None
    known = own.to_physical().cast(pl.Float64).drop_nulls().to_list()
    low, high = min([ends[0], *known]), max([ends[1], *known])
    if not low < high:
        return None
    at = np.linspace(low, high, POINTS)
    if field.column.whole or field.kind == "date":
        at = np.rint(at)
    at = np.union1d(at, known)
    return pl.Series(field.name, at.astype(np.int64) if field.kind == "date" else at).cast(own.dtype)


def _over_levels(field: Field, row: pl.DataFrame, says: Says) -> WhatIf:
    own = row[field.name][0]
    levels = list(field.levels[:MOST_LEVELS])
    if own is not None and own not in levels:
        levels.append(own)
    values = says(_spread_out(row, pl.Series(field.name, levels, dtype=pl.String)))
    left_out = max(0, len(field.column.levels) - MOST_LEVELS)
    here = None if own is None else levels.index(own)
    return WhatIf(field.name, False, np.arange(len(levels), dtype=np.float64), tuple(levels), values, here, left_out)


def _spread_out(row: pl.DataFrame, points: pl.Series) -> pl.DataFrame:
    """The row as often as there are points, with one point each."""
    many = pl.concat([row] * len(points))
    return many.with_columns(points)
