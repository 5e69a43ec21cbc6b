"""K-means-SMOTE: SMOTE within clusters in which the class is common enough, and more of it in sparse ones.

All rows are parted into clusters.  One is grown in if the class makes up at least ``threshold`` of it and has more than k
rows there.  Its share of the new rows goes with its sparsity, (mean distance between its rows of the class) ** exponent over
their number; where no exponent is given it is 0.16 log_1.6(n) ** 1.8 of n such rows, as in imbalanced-learn.

Source: Last, Douzas & Bacao (2017), Oversampling for imbalanced learning based on k-means and SMOTE.
"""

import math
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from assay.balance.geometry import Points
from assay.balance.oversample.parents import Growing, Parents, drawn, joined, no_parents

NO_DISTANCE = 1e-300
"""Stands for a mean distance of 0 (copies of one row), which has no logarithm."""

BLOCK = 128
"""Rows whose distances to all others are held together."""


def kmeans_smote(
    growing: Growing,
    n_new: int,
    rng: np.random.Generator,
    *,
    k: int,
    labels: np.ndarray,
    threshold: float,
    exponent: float | None = None,
    rounded_up: bool = False,
) -> Parents:
    """No rows, with a note, where no cluster will do.

    labels: int (n,) the cluster of each row; rows below 0 are in none.  threshold: the least share of the class in a cluster.
    exponent: of the mean distance, or None.
    rounded_up: each cluster's part is rounded up, as in imbalanced-learn, so that a few rows too many are made.
    """
    clusters = grown_clusters(growing, labels, least=k + 1, threshold=threshold)
    if not clusters:
        return no_parents(_nowhere(growing, labels, k + 1, threshold))
    points = growing.geometry.points(growing.own)
    shares = shares_by_sparsity([points[inside] for inside in clusters], exponent)
    wanted = np.ceil(n_new * shares).astype(np.int64) if rounded_up else _parted(n_new, shares)
    parts = []
    for inside, n_here in zip(clusters, wanted.tolist(), strict=True):
        own = growing.own[inside]
        mates = growing.search.nearest(points[inside], k).rows
        parts.append(drawn(own, own[mates], n_here, rng))
    return joined(parts)


def small_batch_kmeans(clusters: int, seed: int, points: Points) -> Any:
    """scikit-learn's k-means on small batches (Sculley 2010), fitted; clusters: at most the rows there are.

    On one thread: batches are so small that more threads wait for each other (measured: up to 28 times slower).
    """
    from sklearn.cluster import MiniBatchKMeans

    with threadpool_limits(1):
        return MiniBatchKMeans(clusters, random_state=seed).fit(points)


def grown_clusters(growing: Growing, labels: np.ndarray, *, least: int, threshold: float) -> list[np.ndarray]:
    """For each cluster that is grown in, the positions of its rows within ``growing.own``; in the order of the labels."""
    names, sizes, ours = _sizes(growing, labels)
    chosen = names[(ours >= least) & (ours / sizes >= threshold)]
    own_labels = labels[growing.own]
    return [np.flatnonzero(own_labels == name) for name in chosen]


def shares_by_sparsity(clusters: list[Points], exponent: float | None) -> np.ndarray:
    """float64 (n_clusters,), together 1: the part of the new rows that each cluster gets.

    clusters: points of the class, at least 2 in each.  Taken in logarithms, because exponents of 30 are usual.
    """
    logs = []
    for points in clusters:
        n = points.shape[0]
        power = math.log(n, 1.6) ** 1.8 * 0.16 if exponent is None else exponent
        logs.append(power * math.log(max(mean_distance(points), NO_DISTANCE)) - math.log(n))
    weights = np.exp(np.array(logs) - max(logs))
    return np.asarray(weights / weights.sum())


def mean_distance(points: Points) -> float:
    """The mean Euclidean distance between two different rows; each pair is met once, in blocks, so that memory stays small."""
    from sklearn.metrics import euclidean_distances

    n, total = points.shape[0], 0.0
    for start in range(0, n, BLOCK):
        block = euclidean_distances(points[start : start + BLOCK], points[start:])
        own = block[:, : block.shape[0]]  # the block's rows against themselves: both halves are there
        np.fill_diagonal(own, 0.0)
        total += float(block.sum()) - float(own.sum()) / 2
    return float(total * 2 / (n * n - n))


def _sizes(growing: Growing, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels of the clusters, their rows, and those of the class among them."""
    names, which = np.unique(labels, return_inverse=True)
    sizes = np.bincount(which, minlength=len(names))
    ours = np.bincount(which[growing.own], minlength=len(names))
    real = names >= 0
    return names[real], sizes[real], ours[real]


def _parted(n_new: int, shares: np.ndarray) -> np.ndarray:
    """int64: n_new in these shares, by largest remainders."""
    exact = n_new * shares
    parts = np.floor(exact).astype(np.int64)
    parts[np.argsort(parts - exact, kind="stable")[: n_new - parts.sum()]] += 1
    return np.asarray(parts)


def _nowhere(growing: Growing, labels: np.ndarray, least: int, threshold: float) -> str:
    names, sizes, ours = _sizes(growing, labels)
    asked = (
        f"none of {len(names)} clusters has {least} rows of class {growing.label} or more at a share of {threshold:.3g} or more"
    )
    best = "" if not len(names) else f" (the highest share is {(ours / sizes).max():.3g}, the most rows are {ours.max()})"
    return f"{asked}{best}, so kmeans-smote made none; lower the threshold, ask for another number of clusters, or use smote."


def lowered_until_grown(growing: Growing, clusters: int, *, least: int, threshold: float, seed: int) -> tuple[np.ndarray, int]:
    """Labels of the most clusters, halved from ``clusters`` on, of which one is grown in, and how many those are.

    One cluster is all rows; it is what remains, even where it is not grown in.
    """
    around = growing.geometry.around(growing.own) if clusters > 1 else None
    while clusters > 1:
        labels = np.asarray(small_batch_kmeans(min(clusters, len(growing.target)), seed, around).labels_)
        if grown_clusters(growing, labels, least=least, threshold=threshold):
            return labels, clusters
        clusters //= 2
    return np.zeros(len(growing.target), dtype=np.int64), 1
