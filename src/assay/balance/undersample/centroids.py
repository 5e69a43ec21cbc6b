"""Cluster centroids: a larger class is parted into as many clusters (k-means) as rows are to be kept.

Their centres, or one row of each, take the place of the class.  k-means++ asks every row about every centre before the first
step; from a thousand centres on, rows drawn at random are the start instead: a third of the time, clusters 2 to 13 % wider.

Source: Yen & Lee (2009), Cluster-based under-sampling approaches for imbalanced data distributions; Lloyd (1982);
Arthur & Vassilvitskii (2007).
"""

import warnings

import numpy as np
from scipy import sparse

from assay.balance.geometry import Points, Search
from assay.balance.neighbours import nearest
from assay.balance.segments import is_sparse
from assay.balance.undersample.shrinking import pieces, twelve_digits

FEW_CLUSTERS = 1024
STEPS = 30
LARGEST = 1e12
"""Coordinates are scaled down to this, so that their squares stay far from what float32 can hold."""


def centres(points: Points, own: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    """float64 (n_clusters, d): the means of the clusters of these rows; the rows themselves where there are no more.

    own: int (m,) positions.  seed: below 2**32.
    Dense rows are clustered in float32, which halves the copy that k-means needs; the means are taken in float64.
    """
    if n_clusters >= len(own):
        held = points[own]
        return np.asarray(held.toarray() if is_sparse(points) else held, dtype=np.float64)
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    few = n_clusters <= FEW_CLUSTERS
    means = KMeans(
        n_clusters,
        init="k-means++" if few else "random",
        n_init=1,
        max_iter=300 if few else STEPS,
        random_state=seed,
        copy_x=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different rows than clusters: some centres coincide
        if is_sparse(points):
            return np.asarray(means.fit(points[own]).cluster_centers_, dtype=np.float64)
        held, middle, factor = _halved(points, own)
        means.fit(held)
    found = means.cluster_centers_.astype(np.float64) / factor + middle
    return _means(points, own, means.labels_, found)


def representatives(points: Points, own: np.ndarray, middles: np.ndarray, search: Search) -> np.ndarray:
    """int64 (n_clusters,) positions: of each centre's rows the nearest to it, of equally near ones the first.

    own: int (m,) positions.  middles: float (n_clusters, d).  A row belongs to its nearest centre, so that none stands for
    two; only a centre without rows takes the nearest of all.
    """
    held = sparse.csr_matrix(middles) if is_sparse(points) else middles
    label, apart = np.empty(len(own), dtype=np.int64), np.empty(len(own))
    for part in pieces(len(own)):
        found = nearest(held, 1, queries=points[own[part]], exact=True, threads=search.threads)
        label[part], apart[part] = found.rows[:, 0], found.distances[:, 0]
    order = np.lexsort((twelve_digits(apart), label))
    with_rows, first = np.unique(label[order], return_index=True)
    chosen = np.full(len(middles), -1)
    chosen[with_rows] = own[order[first]]
    without = np.flatnonzero(chosen < 0)
    if len(without):
        chosen[without] = own[nearest(points[own], 1, queries=held[without], exact=True, threads=search.threads).rows[:, 0]]
    return chosen


def _halved(points: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """float32 (m, d): (these rows - middle) × factor; with both.  Made in pieces."""
    middle = np.median(points[own[:: max(1, len(own) // 10_000)]], axis=0)
    largest = max(float(np.abs(points[own[part]]).max()) for part in pieces(len(own)))
    factor = min(1.0, LARGEST / largest) if largest > 0 else 1.0
    held = np.empty((len(own), points.shape[1]), dtype=np.float32)
    for part in pieces(len(own)):
        held[part] = (points[own[part]] - middle) * factor
    return held, middle, factor


def _means(points: np.ndarray, own: np.ndarray, label: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """float64 (n_clusters, d): the mean of each label's rows; ``otherwise`` where a label has none."""
    sums, counts = np.zeros(otherwise.shape), np.bincount(label, minlength=len(otherwise))
    for part in pieces(len(own)):
        n = len(label[part])
        member = sparse.csr_matrix((np.ones(n), (label[part], np.arange(n))), shape=(len(otherwise), n))
        sums += member @ points[own[part]].astype(np.float64)
    return np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], otherwise)
