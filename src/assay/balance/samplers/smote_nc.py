"""SMOTENC: SMOTE for tables of numbers and categories."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.balance.geometry import Plain, Search
from assay.balance.oversample.nominal_continuous import most_common, points
from assay.balance.oversample.parents import Growing, Parents, joined, mates_within
from assay.balance.samplers.base import BaseSampler, RandomState, labels_below, rows_of
from assay.balance.samplers.over import check_whole
from assay.balance.samplers.tables import appended, categorical_places, column_of, levels_of, numbers_of
from assay.balance.segments import is_sparse
from assay.balance.strategy import SamplingError, Strategy

PIECE = 65_536
"""Rows of a column whose spread is summed at once."""


class SMOTENC(BaseSampler):
    """As SMOTE, for numbers and categories: a new row has the categories that most neighbours of its first parent have.

    categorical_features: "auto" for a frame (whatever holds no numbers), or a mask, positions, or names of columns.
    sampling_strategy, random_state, k_neighbors, exact, threads: as in SMOTE.
    scale: numbers are divided by their standard deviation before distances are taken; False takes them as they stand,
        as imbalanced-learn does.
    A missing number stands at its column's median in distances; a new number is missing where a parent's is.  A missing
    category is a level of its own.
    Sets ``sampling_strategy_``, ``categorical_features_`` and ``continuous_features_`` (positions), ``parents_``,
    ``notes_``.
    Source: Chawla, Bowyer, Hall & Kegelmeyer (2002), section 6.1.
    """

    _kind = "over"

    def __init__(
        self,
        categorical_features: Any,
        *,
        sampling_strategy: Strategy = "auto",
        random_state: RandomState = None,
        k_neighbors: int = 5,
        scale: bool = True,
        exact: bool | None = None,
        threads: int | None = None,
    ) -> None:
        self.categorical_features = categorical_features
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state
        self.k_neighbors = k_neighbors
        self.scale = scale
        self.exact = exact
        self.threads = threads

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """X: (n, d) array or frame with both kinds of columns; y: (n,) labels.

        Returns both with the new rows at the end, of the types and dtypes that came in; a column of whole numbers stays
        one, and its new values are rounded.  Raises ValueError.
        """
        check_whole("k_neighbors", self.k_neighbors)
        if is_sparse(X):
            raise SamplingError(
                "SMOTENC takes no sparse matrix, whose categories could not be told from missing entries; pass a frame."
            )
        target = self._checked(X, y)
        table = np.array(X, dtype=object) if isinstance(X, list) else X
        self._find_columns(table)
        scale, filling = self._scales(table)
        rng, search = self._generator(), Search(self.exact, self.threads)
        pieces: list[NewRows] = []
        for label, n_new in self.sampling_strategy_.items():
            if n_new:
                own = np.flatnonzero(target == label)
                part = rows_of(table, own, new_index=True)
                pieces.append(self._made(part, n_new, own, scale, filling, repr(label), search, rng))
                del part  # its columns are held by the piece
        every = appended(table, [(len(piece), piece.column) for piece in pieces])
        self.parents_ = joined([piece.parents() for piece in pieces])
        del pieces
        self.notes_ = self.parents_.notes
        return every.tolist() if isinstance(X, list) else every, labels_below(y, self.parents_.first)

    def _find_columns(self, table: Any) -> None:
        places = categorical_places(table, self.categorical_features)
        self.categorical_features_ = places
        self.continuous_features_ = np.setdiff1d(np.arange(table.shape[1]), places)
        if not len(places):
            raise SamplingError("SMOTENC needs a column of categories, and categorical_features names none; use SMOTE.")
        if not len(self.continuous_features_):
            raise SamplingError("SMOTENC needs a column of numbers, and all columns are categories; use SMOTEN.")

    def _scales(self, table: Any) -> tuple[np.ndarray, np.ndarray]:
        """(scale, filling), float64 (p,) each, of the number columns over all rows."""
        scale, filling = np.ones(len(self.continuous_features_)), np.zeros(len(self.continuous_features_))
        for number, place in enumerate(self.continuous_features_):
            values = numbers_of(table, place)
            known = values[~np.isnan(values)] if np.isnan(values).any() else values
            if np.isinf(known).any():
                raise SamplingError(f"column {place} holds infinite numbers; remove or replace them.")
            if len(known):
                filling[number] = np.median(known) if len(known) < len(values) else 0.0
                spread = _spread(known)
                scale[number] = 1 / spread if self.scale and spread > 0 else 1.0
        return scale, filling

    def _made(  # more than 8 arguments: what the classes share is worked out once
        self,
        rows: Any,
        n_new: int,
        own: np.ndarray,
        scale: np.ndarray,
        filling: np.ndarray,
        label: str,
        search: Search,
        rng: np.random.Generator,
    ) -> "NewRows":
        """New rows of one class. rows: the class's part of the table.  own: int64 (n_own,) their positions in it."""
        numbers = {place: np.ascontiguousarray(numbers_of(rows, place)) for place in self.continuous_features_.tolist()}
        coded = {place: levels_of(rows, place) for place in self.categorical_features_.tolist()}
        near = Plain(points(list(numbers.values()), [codes for codes, _ in coded.values()], scale, filling))
        growing = Growing(near, np.zeros(len(own)), np.arange(len(own)), label, search)
        mates, notes = mates_within(growing, self.k_neighbors)
        base = rng.integers(0, len(own), n_new, dtype=np.int32)
        mate = mates[base, rng.integers(0, mates.shape[1], n_new, dtype=np.int32)]
        levels = {
            place: (rows_of(column_of(rows, place), examples, new_index=True), most_common(codes, mates, base, rng))
            for place, (codes, examples) in coded.items()
        }
        whole = frozenset(place for place in numbers if _is_whole(column_of(rows, place)))
        return NewRows(numbers, levels, whole, base, mate, rng.random(n_new), own, notes)


@dataclass(frozen=True)
class NewRows:
    """New rows of one class, whose columns are made when they are asked for, so that no two copies are held.

    numbers: the class's number columns by place.  levels: for each category column by place, the levels that the class has
    and which of them each new row gets, int (n_new,).  whole: places of the columns of whole numbers.
    base, mate: int32 (n_new,) rows of the class that a new one lies between.  own: int64 (n_own,) their positions in the table.
    """

    numbers: Mapping[int, np.ndarray]
    levels: Mapping[int, tuple[Any, np.ndarray]]
    whole: frozenset[int]
    base: np.ndarray
    mate: np.ndarray
    alpha: np.ndarray
    own: np.ndarray
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.base)

    def parents(self) -> Parents:
        own = self.own.astype(np.int32)
        return Parents(own[self.base], own[self.mate], self.alpha, self.notes)

    def column(self, place: int, part: slice) -> Any:
        if place in self.levels:
            known, which = self.levels[place]
            return rows_of(known, which[part], new_index=True)
        values = self.numbers[place]
        start = values[self.base[part]]
        made = start + self.alpha[part] * (values[self.mate[part]] - start)
        return np.rint(made) if place in self.whole else made


def _spread(values: np.ndarray) -> float:
    """The standard deviation (n in the denominator), in pieces: numpy's makes two more copies of the column."""
    middle, pieces = values.mean(), range(0, len(values), PIECE)
    return float(np.sqrt(sum(float(np.sum((values[at : at + PIECE] - middle) ** 2)) for at in pieces) / len(values)))


def _is_whole(column: Any) -> bool:
    kind = getattr(column.dtype, "kind", None)
    return kind in ("i", "u") if kind is not None else bool(column.dtype.is_integer())
