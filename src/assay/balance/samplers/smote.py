"""SMOTE: new rows on the segments between neighbours of one class."""

from typing import Any

import numpy as np
import polars as pl
from sklearn.utils.validation import validate_data

from assay.balance.samplers.base import BaseSampler, RandomState, rows_of
from assay.balance.segments import between, draw_pairs, is_sparse, nearest_within, stacked
from assay.balance.strategy import SamplingError, Strategy


class SMOTE(BaseSampler):
    """Every row once, then x + α (n − x): x a random row of the class, n one of its nearest, α uniform in [0, 1).

    sampling_strategy: see ``assay.balance.strategy.planned_counts``; "auto" raises every class to the largest.
    random_state: int for the same rows every time, None for others each time.
    k_neighbors: how many nearest rows of the same class n is drawn from; the class needs one row more.
    Sets ``sampling_strategy_`` (label → rows made).

    Distances are taken as the numbers stand: scale X first.  Columns of codes would be interpolated, too: for a table
    with categories use the treatment "smote" of a study.
    Source: Chawla, Bowyer, Hall & Kegelmeyer (2002).
    """

    _kind = "over"

    def __init__(self, *, sampling_strategy: Strategy = "auto", random_state: RandomState = None, k_neighbors: int = 5) -> None:
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state
        self.k_neighbors = k_neighbors

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """X: (n, d) numbers without NaN: array, csr or csc matrix, or frame of pandas or polars; y: (n,) labels.

        Returns both with the new rows at the end, of the types that came in; columns of whole numbers become float64,
        because a point between two whole numbers seldom is one.  Raises ValueError.
        """
        if not isinstance(self.k_neighbors, int | np.integer) or self.k_neighbors < 1:
            raise SamplingError(f"k_neighbors={self.k_neighbors!r} must be a whole number of at least 1.")
        target = self._checked(X, y)
        values = validate_data(self, X=X, reset=False, accept_sparse=["csr", "csc"], dtype=[np.float64, np.float32])
        rows = values.tocsr() if is_sparse(values) else values
        rng = self._generator()
        made, sources = [], [np.arange(len(target))]
        for label, n_new in self.sampling_strategy_.items():
            own = np.flatnonzero(target == label)
            if n_new == 0:
                continue
            if len(own) <= self.k_neighbors:
                raise SamplingError(
                    f"class {label!r} has {len(own)} rows, k_neighbors={self.k_neighbors} needs {self.k_neighbors + 1}; "
                    + (f"pass k_neighbors={len(own) - 1}." if len(own) > 1 else "use RandomOverSampler.")
                )
            base, mate, alpha = draw_pairs(nearest_within(rows[own], int(self.k_neighbors)), n_new, rng)
            made.append(between(rows[own[base]], rows[own[mate]], alpha))
            sources.append(own[base])
        every = stacked([rows, *made])
        if is_sparse(values):
            every = every.asformat(values.format)
        return _as_given(every, X), rows_of(y, np.concatenate(sources), new_index=True)


def _as_given(values: Any, given: Any) -> Any:
    """The matrix as a frame with the names and float dtypes of ``given`` where that is one."""
    if isinstance(given, pl.DataFrame):
        frame = pl.DataFrame(values, schema=given.columns)
        return frame.cast({name: dtype for name, dtype in given.schema.items() if dtype.is_float()})
    if hasattr(given, "iloc"):
        frame = type(given)(values, columns=given.columns)
        return frame.astype({name: dtype for name, dtype in given.dtypes.items() if dtype.kind == "f"})
    return values.tolist() if isinstance(given, list) else values
