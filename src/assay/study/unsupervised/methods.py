"""Ways to cluster points by name, each with the settings that are tried.

k-means        k centres (MacQueen, 1967)
mixture        k normal clouds, each of its own shape (McLachlan & Peel, 2000)
agglomerative  merged from single rows by least growth of the squares, cut at k (Ward, 1963)
dbscan         places denser than a radius allows (Ester, Kriegel, Sander & Xu, 1996); the radius is a quantile of the rows'
               distances to their k-th nearest
hdbscan        clusters that live longest over all radii, from a smallest share of the rows (Campello, Moulavi & Sander, 2013)
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean

NOISE = -1
"""The label of rows that are in no cluster."""

MOST_CLUSTERS = 10
NEAR = 10
"""Neighbours that make a place dense."""

MOST_FULL_SHAPES = 10
"""Columns up to which a mixture's clouds may lean; beyond that their axes are the columns."""


@dataclass(frozen=True)
class Method:
    """title: one line.  setting: what its number is.  values: the settings that are tried.

    run(points, setting, seed): int64 (n,) labels from 0, NOISE for rows in no cluster.
    """

    name: str
    title: str
    setting: str
    values: tuple[float, ...]
    run: Callable[[np.ndarray, float, int], np.ndarray]


def method_named(name: str) -> Method:
    """Raises ConfigError with the nearest name."""
    if name not in METHODS:
        raise ConfigError(f"no clustering method {name!r}{did_you_mean(name, METHODS)}")
    return METHODS[name]


def cluster(method: Method, points: np.ndarray, setting: float, seed: int) -> np.ndarray:
    """int64 (n,): labels 0 … K - 1 by falling size, NOISE for rows in no cluster; one thread, so one seed gives one answer."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer distinct points than clusters, a mixture still moving: the labels tell
        labels = method.run(points, setting, seed)
    sizes = np.bincount(labels[labels >= 0]) if (labels >= 0).any() else np.zeros(0, dtype=np.int64)
    rank = np.empty(len(sizes), dtype=np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return np.where(labels >= 0, rank[labels] if len(rank) else NOISE, NOISE)


def _k_means(points: np.ndarray, k: float, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans

    return np.asarray(KMeans(int(k), n_init=4, random_state=seed).fit_predict(points))


def _mixture(points: np.ndarray, k: float, seed: int) -> np.ndarray:
    from sklearn.mixture import GaussianMixture

    shape = "full" if points.shape[1] <= MOST_FULL_SHAPES else "diag"
    model = GaussianMixture(int(k), covariance_type=shape, reg_covar=1e-4, n_init=2, random_state=seed)
    return np.asarray(model.fit_predict(points))


def _agglomerative(points: np.ndarray, k: float, seed: int) -> np.ndarray:  # noqa: ARG001  nothing in it is drawn
    from sklearn.cluster import AgglomerativeClustering

    return np.asarray(AgglomerativeClustering(int(k)).fit_predict(points))


def _dbscan(points: np.ndarray, share: float, seed: int) -> np.ndarray:  # noqa: ARG001
    from sklearn.cluster import DBSCAN
    from sklearn.neighbors import NearestNeighbors

    near = min(NEAR, len(points) - 1)
    apart = NearestNeighbors(n_neighbors=near).fit(points).kneighbors()[0][:, -1]
    radius = float(np.quantile(apart, share))
    return np.asarray(DBSCAN(eps=max(radius, 1e-12), min_samples=near + 1).fit_predict(points))


def _hdbscan(points: np.ndarray, share: float, seed: int) -> np.ndarray:  # noqa: ARG001
    from sklearn.cluster import HDBSCAN

    smallest = max(5, round(share * len(points)))
    labels = HDBSCAN(min_cluster_size=smallest, min_samples=NEAR, copy=True).fit_predict(points)
    return np.where(labels >= 0, labels, NOISE)


_COUNTS = tuple(float(k) for k in range(2, MOST_CLUSTERS + 1))
METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("k-means", "k centres", "clusters", _COUNTS, _k_means),
        Method("mixture", "k normal clouds, each of its own shape", "clusters", _COUNTS, _mixture),
        Method("agglomerative", "merged from single rows (Ward)", "clusters", _COUNTS, _agglomerative),
        Method("dbscan", "dense places, one radius", "radius as a quantile", (0.5, 0.7, 0.8, 0.9, 0.95), _dbscan),
        Method("hdbscan", "dense places, all radii", "smallest cluster as a share", (0.02, 0.05, 0.1, 0.2), _hdbscan),
    )
}
DEFAULT = ("k-means", "mixture", "agglomerative", "hdbscan")
