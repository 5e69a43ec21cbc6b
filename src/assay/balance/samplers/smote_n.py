"""SMOTEN: SMOTE for tables of categories alone."""

from typing import Any

import numpy as np
import polars as pl

from assay.balance.geometry import Search
from assay.balance.neighbours import lowered
from assay.balance.oversample.nominal import Combinations, class_shares, commonest_levels
from assay.balance.oversample.parents import Parents
from assay.balance.samplers.base import BaseSampler, RandomState, labels_below, rows_of
from assay.balance.samplers.over import check_whole
from assay.balance.samplers.tables import appended, column_of, levels_of
from assay.balance.segments import is_sparse
from assay.balance.strategy import SamplingError, Strategy


class SMOTEN(BaseSampler):
    """Every row once, then rows that have, in each column, the commonest level of a random row and its nearest neighbours.

    Every different value of a column is a level, numbers too; a missing value is one more.  Distances are those of the value
    difference metric over all rows and classes; of equally common levels the first in sorted order is taken, missing last.

    sampling_strategy, random_state, exact, threads: as in SMOTE.
    k_neighbors: how many nearest rows vote beside the row itself; a class with fewer others uses all (``notes_`` says so).
    Source: Chawla, Bowyer, Hall & Kegelmeyer (2002), section 6.2; Stanfill & Waltz (1986).
    """

    _kind = "over"

    def __init__(
        self,
        *,
        sampling_strategy: Strategy = "auto",
        random_state: RandomState = None,
        k_neighbors: int = 5,
        exact: bool | None = None,
        threads: int | None = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state
        self.k_neighbors = k_neighbors
        self.exact = exact
        self.threads = threads

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """X: (n, d) array of anything that can be told apart, csr or csc matrix (its numbers are levels, 0 too), list of
        rows, or frame of pandas or polars; y: (n,) labels.

        Returns both with the new rows at the end, of the types and dtypes that came in.  Raises ValueError.
        """
        check_whole("k_neighbors", self.k_neighbors)
        target = self._checked(X, y)
        table = _table(X)
        coded = [_sorted_levels(table, place) for place in range(table.shape[1])]
        codes = np.column_stack([column for column, _ in coded])
        classes = np.unique(target, return_inverse=True)[1]
        shares = class_shares(codes, classes)
        rng, search = self._generator(), Search(self.exact, self.threads)
        made, sources = [], [np.zeros(0, dtype=np.int64)]
        notes: list[str] = []
        for label, n_new in self.sampling_strategy_.items():
            if not n_new:
                continue
            own = np.flatnonzero(target == label)
            k, said = _usable(self.k_neighbors, len(own) - 1, label)
            notes += said
            combinations = Combinations.of(codes[own])
            base = rng.integers(0, len(own), n_new)
            levels = commonest_levels(combinations, shares, k, search)
            made.append(levels[combinations.of_row[base]])
            sources.append(own[base])
        self.notes_ = tuple(notes)
        new = np.concatenate(made) if made else codes[:0]
        first = np.concatenate(sources)
        self.parents_ = Parents(first, first, np.zeros(len(first)), self.notes_)

        def column(place: int, part: slice) -> Any:
            return rows_of(column_of(table, place), coded[place][1][new[part, place]], new_index=True)

        return _as_given(appended(table, [(len(new), column)]), X), labels_below(y, first)


def _usable(k: int, others: int, label: Any) -> tuple[int, tuple[str, ...]]:
    """k, lowered to the other rows there are, and what is said of it."""
    if not others:
        return 0, (f"class {label!r} has 1 row, which was copied: there is no other to vote.",)
    return lowered(k, others, "k_neighbors", f"class {label!r}")


def _table(given: Any) -> Any:
    if is_sparse(given):
        return given.toarray()
    if isinstance(given, list | tuple):
        given = np.array(given, dtype=object)
    table = given if isinstance(given, pl.DataFrame) or hasattr(given, "iloc") else np.asarray(given)
    if table.ndim != 2 if isinstance(table, np.ndarray) else not table.shape[1]:
        raise SamplingError(f"SMOTEN takes a table of rows and columns, and X has the shape {table.shape}.")
    return table


def _as_given(table: Any, given: Any) -> Any:
    if is_sparse(given):
        return type(given)(table)
    return table.tolist() if isinstance(given, list | tuple) else table


def _sorted_levels(table: Any, place: int) -> tuple[np.ndarray, np.ndarray]:
    """As ``levels_of``, the levels in sorted order; missing comes last."""
    codes, examples = levels_of(table, place)
    shown = rows_of(column_of(table, place), examples, new_index=True)
    if isinstance(shown, pl.Series) and shown.dtype in (pl.Categorical, pl.Enum):
        shown = shown.cast(pl.String)
    values = list(shown)
    present = [number for number, value in enumerate(values) if not _is_missing(value)]
    missing = [number for number, value in enumerate(values) if _is_missing(value)]
    try:
        present.sort(key=values.__getitem__)
    except TypeError:  # levels of several types
        present.sort(key=lambda number: (type(values[number]).__name__, str(values[number])))
    order = np.array([*present, *missing], dtype=np.int64)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], examples[order]


def _is_missing(value: Any) -> bool:
    try:
        return value is None or bool(value != value)  # NaN and its kin
    except TypeError:  # pandas.NA is neither
        return True
