"""What the samplers that make rows between rows of numbers have in common."""

from typing import Any

import numpy as np
import polars as pl
from sklearn.utils.validation import validate_data

from assay.balance.fill import with_new
from assay.balance.geometry import Plain, Search
from assay.balance.oversample.parents import Growing, Parents, joined
from assay.balance.samplers.base import BaseSampler, labels_below
from assay.balance.segments import is_sparse
from assay.balance.strategy import SamplingError


class Interpolator(BaseSampler):
    """``fit_resample`` for samplers whose new rows lie between two rows; ``_parents`` says which.

    exact, threads: see ``assay.balance.geometry.Search``.
    """

    _kind = "over"
    exact: bool | None
    threads: int | None

    def _parents(self, growing: Growing, n_new: int, rng: np.random.Generator) -> Parents:
        raise NotImplementedError

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """X: (n, d) numbers without NaN: array, csr or csc matrix, or frame of pandas or polars; y: (n,) labels.

        Returns both with the new rows at the end, of the types that came in; columns of whole numbers become float64,
        because a point between two whole numbers seldom is one.  Sets ``sampling_strategy_`` (label → rows asked for),
        ``parents_`` (which rows each new one lies between) and ``notes_`` (rules that applied, in words).
        Raises ValueError.
        """
        values, rows = self.grow(X, y)
        every = with_new(rows, self.parents_)
        if is_sparse(values):
            every = every.asformat(values.format)
        return as_given(every, X), labels_below(y, self.parents_.first)

    def grow(self, X: Any, y: Any) -> tuple[Any, Any]:
        """``fit_resample`` up to the making of rows: X as it was checked (n, d), and the same with a sparse one as csr."""
        self._check_settings()
        target = self._checked(X, y)
        values = validate_data(self, X=X, reset=False, accept_sparse=["csr", "csc"], dtype=[np.float64, np.float32])
        rows = values.tocsr() if is_sparse(values) else values
        rng, search = self._generator(), Search(self.exact, self.threads)
        codes = np.unique(target, return_inverse=True)[1]
        found = []
        for label, n_new in self.sampling_strategy_.items():
            own = np.flatnonzero(target == label)
            if n_new:
                found.append(self._parents(Growing(Plain(rows), codes, own, repr(label), search), n_new, rng))
        self.parents_ = joined(found)
        self.notes_ = self.parents_.notes
        return values, rows

    def _check_settings(self) -> None:
        """Raises SamplingError."""
        for name in ("k_neighbors", "n_neighbors", "m_neighbors"):
            if hasattr(self, name):
                check_whole(name, getattr(self, name))


def check_whole(name: str, value: Any, least: int = 1) -> None:
    """Raises SamplingError unless the setting is a whole number that is large enough."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise SamplingError(f"{name}={value!r} must be a whole number of at least {least}.")


def as_given(values: Any, given: Any) -> Any:
    """The matrix as a frame with the names and float dtypes of ``given`` where that is one."""
    if isinstance(given, pl.DataFrame):
        frame = pl.DataFrame(values, schema=given.columns)
        return frame.cast({name: dtype for name, dtype in given.schema.items() if dtype.is_float()})
    if hasattr(given, "iloc"):
        frame = type(given)(values, columns=given.columns)
        return frame.astype({name: dtype for name, dtype in given.dtypes.items() if dtype.kind == "f"})
    return values.tolist() if isinstance(given, list) else values
