"""What the samplers that leave rows out by where they lie have in common."""

from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from assay.balance.geometry import Plain, Points, Search
from assay.balance.samplers.base import BaseSampler, rows_of
from assay.balance.samplers.over import check_whole
from assay.balance.segments import is_sparse
from assay.balance.strategy import SamplingError
from assay.balance.undersample.shrinking import Kept, Shrinking


class Remover(BaseSampler):
    """``fit_resample`` for samplers that leave rows out; ``_kept`` says which stay.

    exact, threads: see ``assay.balance.geometry.Search``.
    """

    exact: bool | None
    threads: int | None

    def _kept(self, rows: Shrinking, planned: dict[int, int]) -> Kept:
        """planned: ``sampling_strategy_`` by code."""
        raise NotImplementedError

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """X: (n, d) numbers without NaN: array, csr or csc matrix, or frame of pandas or polars; y: (n,) labels.

        Returns both without the rows that are left out, of the types and dtypes that came in; rows of pandas keep their
        labels.  Sets ``sampling_strategy_`` (of the classes that may shrink), ``sample_indices_`` (n_out,), the position
        in X of each row, and ``notes_`` (rules that applied, in words).
        Raises ValueError.
        """
        self._check_settings()
        rows, planned, _ = self._shrinking(X, y)
        self._choose(rows, planned)
        return rows_of(X, self.sample_indices_, new_index=False), rows_of(y, self.sample_indices_, new_index=False)

    def choose_from(self, X: Any, values: Points, target: np.ndarray) -> None:
        """``fit_resample`` without the taking of rows, for rows that are checked already: sets ``sample_indices_``.

        X: whose columns ``values`` (n, d) has.  target: (n,) labels.  Raises ValueError.
        """
        self._check_settings()
        self._planned(X, target)
        self._choose(*self._by_code(values, target))

    def _choose(self, rows: Shrinking, planned: dict[int, int]) -> None:
        kept = self._kept(rows, planned)
        if not len(kept.rows):
            raise SamplingError(
                f"{type(self).__name__} would leave none of the {len(rows.target)} rows: each has a neighbour of another class; "
                "choose fewer classes or fewer neighbours."
            )
        self.sample_indices_ = kept.rows.astype(np.int64)
        self.notes_ = kept.notes

    def _shrinking(self, X: Any, y: Any) -> tuple[Shrinking, dict[int, int], Any]:
        """The rows as the methods want them, ``sampling_strategy_`` by code, and X as it was checked."""
        target = self._checked(X, y)
        values = validate_data(self, X=X, reset=False, accept_sparse=["csr", "csc"], dtype=[np.float64, np.float32])
        return *self._by_code(values.tocsr() if is_sparse(values) else values, target), values

    def _by_code(self, points: Points, target: np.ndarray) -> tuple[Shrinking, dict[int, int]]:
        labels, codes = np.unique(target, return_inverse=True)
        code_of = {label: code for code, label in enumerate(labels.tolist())}
        names = tuple(repr(label) for label in code_of)
        rows = Shrinking(Plain(points), codes, names, Search(self.exact, self.threads))
        return rows, {code_of[label]: n for label, n in self.sampling_strategy_.items()}

    def _check_settings(self) -> None:
        """Raises SamplingError."""
        for name in ("n_neighbors", "n_neighbors_ver3", "n_seeds_S"):
            if getattr(self, name, None) is not None:
                check_whole(name, getattr(self, name))
