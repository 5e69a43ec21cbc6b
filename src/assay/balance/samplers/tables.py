"""Tables with categories, whatever they came in: read a column of some rows, tell its levels apart, add rows of the same kind.

A table is a numpy array (of numbers or objects), or a frame of pandas or polars.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from assay.balance.strategy import SamplingError

Table = Any

NewRows = tuple[int, Callable[[int, slice], Any]]

PIECE = 65_536
"""New rows of an array that are made at once."""

ALL = slice(None)


def is_frame(table: Table) -> bool:
    return isinstance(table, pl.DataFrame) or hasattr(table, "iloc")


def column_of(table: Table, place: int) -> Any:
    """A column as an array (n,), or as a series of the frame's own library."""
    if isinstance(table, pl.DataFrame):
        return table.to_series(place)
    return table.iloc[:, place] if hasattr(table, "iloc") else table[:, place]


def numbers_of(table: Table, place: int) -> np.ndarray:
    """float64 (n,), missing as NaN.  Raises SamplingError for a column that holds no numbers."""
    column = column_of(table, place)
    try:
        if isinstance(column, pl.Series):
            return np.asarray(column.cast(pl.Float64).to_numpy())
        return np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise SamplingError(
            f"column {_name(table, place)!r} holds what is no number ({str(error)[:80]}); name it among categorical_features."
        ) from error


def levels_of(table: Table, place: int) -> tuple[np.ndarray, np.ndarray]:
    """(codes int64 (n,), examples int64 (n_levels,)): each row's level, and a row that has it; missing is a level."""
    column = column_of(table, place)
    if hasattr(column, "factorize"):
        codes = column.factorize(use_na_sentinel=False)[0]
    elif isinstance(column, pl.Series):
        numbered = column.alias("v").to_frame().with_row_index("row")
        codes = numbered.select(pl.col("row").first().over("v")).to_series().to_numpy()
    elif column.dtype.kind == "O":
        known: dict[Any, int] = {}
        codes = np.array([known.setdefault(None if value is None or value != value else value, len(known)) for value in column])
    else:
        codes = column
    _, examples, inverse = np.unique(codes, return_index=True, return_inverse=True)
    return inverse.astype(np.int64), examples.astype(np.int64)


def categorical_places(table: Table, wanted: Any) -> np.ndarray:
    """int64, rising: the columns meant by a mask, by positions, by names, or by "auto" (whatever holds no numbers).

    Raises SamplingError.
    """
    width = table.shape[1]
    if isinstance(wanted, str) and wanted == "auto":
        if not is_frame(table):
            raise SamplingError('categorical_features="auto" reads the types of a frame; name the columns of an array.')
        return np.array([place for place in range(width) if not _is_number(column_of(table, place).dtype)], dtype=np.int64)
    given = list(wanted) if isinstance(wanted, Sequence | np.ndarray) and not isinstance(wanted, str) else [wanted]
    if given and all(isinstance(one, bool | np.bool_) for one in given):
        if len(given) != width:
            raise SamplingError(f"categorical_features is a mask of {len(given)} columns, and the table has {width}.")
        return np.flatnonzero(given)
    names = list(table.columns) if is_frame(table) else []
    places = []
    for one in given:
        place = names.index(one) if one in names else one
        if not isinstance(place, int | np.integer) or not -width <= place < width:
            known = f"its columns are {', '.join(map(str, names[:8]))}" if names else f"it has {width} columns"
            raise SamplingError(f"categorical_features names {one!r}, which is no column of the table; {known}.")
        places.append(int(place) % width)
    return np.unique(np.array(places, dtype=np.int64))


def appended(table: Table, pieces: Sequence[NewRows]) -> Table:
    """The table and, below it, new rows, with the table's type and dtypes.

    pieces: how many rows, and a function to the values of their column at a place, of a part of the rows: a series of the
    frame's library, or an array.
    """
    if isinstance(table, pl.DataFrame):
        series = [
            pl.concat([table.to_series(place), *(pl.Series(name, column(place, ALL)).cast(dtype) for _, column in pieces)])
            for place, (name, dtype) in enumerate(table.schema.items())
        ]
        return pl.DataFrame(series)
    if hasattr(table, "iloc"):
        return _pandas_appended(table, pieces)
    n = len(table)
    every = np.empty((n + sum(n_new for n_new, _ in pieces), table.shape[1]), dtype=table.dtype)
    every[:n] = table
    for n_new, column in pieces:
        for start in range(0, n_new, PIECE):
            part = slice(start, min(start + PIECE, n_new))
            for place in range(table.shape[1]):
                every[n + part.start : n + part.stop, place] = column(place, part)
        n += n_new
    return every


def _pandas_appended(table: Table, pieces: Sequence[NewRows]) -> Table:
    import pandas as pd  # the table is one of its frames, so it is there

    whole = {}
    for place, dtype in enumerate(table.dtypes):
        below = [pd.Series(column(place, ALL)).astype(dtype) for _, column in pieces]
        whole[place] = pd.concat([table.iloc[:, place], *below], ignore_index=True)
    frame = pd.DataFrame(whole)
    frame.columns = table.columns
    return frame


def _name(table: Table, place: int) -> Any:
    return list(table.columns)[place] if is_frame(table) else int(place)


def _is_number(dtype: Any) -> bool:
    if isinstance(dtype, pl.DataType):
        return bool(dtype.is_numeric())
    return getattr(dtype, "kind", "O") in "iuf"
