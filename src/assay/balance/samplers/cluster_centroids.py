"""Cluster centroids: a class is replaced by the centres of as many clusters, or by one row of each."""

from typing import Any, Literal

import numpy as np
from scipy import sparse
from sklearn.base import clone

from assay.balance.samplers.base import RandomState, rows_of
from assay.balance.samplers.over import as_given
from assay.balance.samplers.under import Remover
from assay.balance.segments import is_sparse, stacked
from assay.balance.strategy import SamplingError, Strategy
from assay.balance.undersample.centroids import centres, representatives
from assay.balance.undersample.shrinking import Shrinking

Voting = Literal["auto", "hard", "soft"]


class ClusterCentroids(Remover):
    """The cluster centres of the chosen classes, every row of the others; in the order of the classes.

    sampling_strategy: see ``assay.balance.strategy.planned_counts``; "auto" lowers every class to the smallest.
    random_state: int for the same clusters every time, None for others each time; an ``estimator`` has its own.
    estimator: clusters the rows instead of k-means; needs the parameter ``n_clusters`` and sets ``cluster_centers_``.
    voting: "soft" takes the centres, which are no rows that anybody has seen; "hard" of each centre's rows the nearest to
        it; "auto" is "hard" for a sparse X, else "soft".
    threads: as in TomekLinks.
    Source: Yen & Lee (2009).
    """

    _kind = "under"
    exact = None

    def __init__(
        self,
        *,
        sampling_strategy: Strategy = "auto",
        random_state: RandomState = None,
        estimator: Any = None,
        voting: Voting = "auto",
        threads: int | None = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state
        self.estimator = estimator
        self.voting = voting
        self.threads = threads

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """X: (n, d) numbers without NaN: array, csr or csc matrix, or frame of pandas or polars; y: (n,) labels.

        Returns both of the types that came in; soft voting makes columns of whole numbers float64.  Sets
        ``sampling_strategy_`` (label → rows kept), ``voting_`` ("hard" or "soft") and, for hard voting,
        ``sample_indices_`` (n_out,), the position in X of each row.
        Raises ValueError.
        """
        self._check_settings()
        rows, planned, values = self._shrinking(X, y)
        for code, n in planned.items():
            if n < 1:
                raise SamplingError(f"sampling_strategy asks for 0 rows of class {rows.labels[code]}; a cluster has a centre.")
        self.voting_ = self.voting if self.voting != "auto" else "hard" if is_sparse(values) else "soft"
        rng = self._generator()
        taken, made = [], []
        for code in rows.codes:
            own = rows.rows_of(code)
            if code not in planned:
                taken.append(own)
                made.append(rows.points[own])
                continue
            middles = self._centres(rows, own, planned[code], int(rng.integers(2**31 - 1)))
            if self.voting_ == "hard":
                taken.append(representatives(rows.points, own, middles, rows.search))
            else:
                taken.append(own[: len(middles)])  # for their label alone
                made.append((sparse.csr_matrix(middles) if is_sparse(values) else middles).astype(values.dtype))
        sources = np.concatenate(taken).astype(np.int64)
        if self.voting_ == "hard":
            self.sample_indices_ = sources
            return rows_of(X, sources, new_index=True), rows_of(y, sources, new_index=True)
        every = stacked(made)
        return as_given(every.asformat(values.format) if is_sparse(values) else every, X), rows_of(y, sources, new_index=True)

    def _carried(self, weights: np.ndarray) -> np.ndarray:
        if self.voting_ == "soft":
            raise SamplingError("centres of soft voting are no rows and have no weights; pass voting='hard'.")
        return super()._carried(weights)

    def _centres(self, rows: Shrinking, own: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
        if self.estimator is None:
            return centres(rows.points, own, n_clusters, seed)
        self.estimator_ = clone(self.estimator).set_params(n_clusters=n_clusters).fit(rows.points[own])
        if not hasattr(self.estimator_, "cluster_centers_"):
            raise SamplingError(f"estimator={self.estimator!r} sets no cluster_centers_ when fitted; pass one that does.")
        return np.asarray(self.estimator_.cluster_centers_)

    def _check_settings(self) -> None:
        if self.voting not in ("auto", "hard", "soft"):
            raise SamplingError(f"voting={self.voting!r} must be 'auto', 'hard' or 'soft'.")
        if self.estimator is not None and "n_clusters" not in getattr(self.estimator, "get_params", dict)():
            raise SamplingError(f"estimator={self.estimator!r} has no parameter n_clusters; pass a clustering of scikit-learn.")
