"""K-means-SMOTE: SMOTE where the class is at home, most of it where its rows are sparse."""

from typing import Any, Literal

import numpy as np

from assay.balance.geometry import Points
from assay.balance.oversample.kmeans import kmeans_smote, small_batch_kmeans
from assay.balance.oversample.parents import Growing, Parents
from assay.balance.samplers.base import RandomState
from assay.balance.samplers.over import Interpolator, check_whole
from assay.balance.strategy import SamplingError, Strategy

CLUSTERS = 8


class KMeansSMOTE(Interpolator):
    """As SMOTE, within clusters in which the class is common, and more in those where its rows lie far apart.

    sampling_strategy, random_state, exact, threads: as in SMOTE.
    k_neighbors: how many nearest rows of the class in the cluster; clusters with no more than these are left out.
    kmeans_estimator: a number of clusters, or a clusterer with ``fit_predict``, which is cloned; None takes
        sklearn.cluster.MiniBatchKMeans of 8 clusters, or of as many as there are rows.
    cluster_balance_threshold: the least share of the class in a cluster that is grown in; "auto" takes half of the class's
        part of all rows to be made (0.5 where one class grows: seldom met, so lower it where classes are far from even).
    density_exponent: of the mean distance between rows of the class in a cluster; "auto" rises with their number.

    Each cluster's part is rounded up, so a few rows more may be made than ``sampling_strategy`` asks for.
    Sets ``kmeans_estimator_`` (fitted) and ``cluster_balance_threshold_``.
    Raises SamplingError where no cluster has enough rows of the class.
    Source: Last, Douzas & Bacao (2017).
    """

    def __init__(
        self,
        *,
        sampling_strategy: Strategy = "auto",
        random_state: RandomState = None,
        k_neighbors: int = 2,
        kmeans_estimator: Any = None,
        cluster_balance_threshold: float | Literal["auto"] = "auto",
        density_exponent: float | Literal["auto"] = "auto",
        exact: bool | None = None,
        threads: int | None = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state
        self.k_neighbors = k_neighbors
        self.kmeans_estimator = kmeans_estimator
        self.cluster_balance_threshold = cluster_balance_threshold
        self.density_exponent = density_exponent
        self.exact = exact
        self.threads = threads

    def _check_settings(self) -> None:
        super()._check_settings()
        for name in ("cluster_balance_threshold", "density_exponent"):
            value = getattr(self, name)
            is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool) and np.isfinite(value)
            if not is_number and not (isinstance(value, str) and value == "auto"):
                raise SamplingError(f'{name}={value!r} must be a number or "auto".')
        estimator = self.kmeans_estimator
        if isinstance(estimator, int | np.integer):
            check_whole("kmeans_estimator", estimator)
        elif estimator is not None and not hasattr(estimator, "fit_predict"):
            raise SamplingError(f"kmeans_estimator={estimator!r} must be a number of clusters or a clusterer with fit_predict.")

    def _parents(self, growing: Growing, n_new: int, rng: np.random.Generator) -> Parents:
        labels = self._labels(growing.geometry.around(growing.own), rng)
        threshold: float
        if getattr(self.kmeans_estimator_, "n_clusters", None) == 1:
            threshold = 0.0
        elif isinstance(self.cluster_balance_threshold, str):
            threshold = n_new / sum(self.sampling_strategy_.values()) / 2
        else:
            threshold = float(self.cluster_balance_threshold)
        self.cluster_balance_threshold_ = threshold
        exponent = None if isinstance(self.density_exponent, str) else float(self.density_exponent)
        made = kmeans_smote(
            growing, n_new, rng, k=self.k_neighbors, labels=labels, threshold=threshold, exponent=exponent, rounded_up=True
        )
        if not len(made):
            raise SamplingError(made.notes[0])
        return made

    def _labels(self, points: Points, rng: np.random.Generator) -> np.ndarray:
        """int (n,).  An int as random state is handed to the clusterer, so that clusters are those of imbalanced-learn."""
        from sklearn.base import clone

        given, n = self.kmeans_estimator, points.shape[0]
        if given is None or isinstance(given, int | np.integer):
            if given is not None and given > n:
                raise SamplingError(f"kmeans_estimator={given} clusters were asked for, and there are {n} rows.")
            state = self.random_state
            seed = state if isinstance(state, int | np.integer) and 0 <= state < 2**32 else rng.integers(2**31 - 1)
            self.kmeans_estimator_ = small_batch_kmeans(min(CLUSTERS, n) if given is None else int(given), int(seed), points)
            return np.asarray(self.kmeans_estimator_.labels_)
        self.kmeans_estimator_ = clone(given)
        return np.asarray(self.kmeans_estimator_.fit_predict(points))
