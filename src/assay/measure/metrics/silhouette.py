"""How much nearer units are to their own cluster than to the next one; no truth is asked, only the features.

A unit is compared with the others, never with itself: one that counts twice is at no distance from its own copy and would
look the more at home, so the copy is left out.  The value thus depends on nothing but the proportions of the weights.
(Repeating a row in the data does bring such a neighbour; in this the weights differ from repeated rows.)
Distances are Euclidean and made anew, a block of rows at a time: n² of them are never kept.
Source: Rousseeuw (1987).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import problem_with_rows, vectors
from assay.measure.payload import Predictions, Truth

BLOCK_VALUES = 2**19
"""Distances at a time: 4 MiB."""


@dataclass(frozen=True)
class _Rows:
    """Of a block of rows: the mean distance to its own cluster and to the nearest other one, and which that is."""

    within: np.ndarray
    beyond: np.ndarray
    nearest: np.ndarray
    own: np.ndarray
    others_weight: np.ndarray  # of the own cluster, the unit itself left out; 0 where it is alone

    @property
    def widths(self) -> np.ndarray:
        """The silhouette of each row; 0 for a unit alone in its cluster."""
        most = np.maximum(self.within, self.beyond)
        inside = (self.others_weight > 0) & (most > 0)
        return np.where(inside, (self.beyond - self.within) / np.where(inside, most, 1.0), 0.0)

    @property
    def slopes(self) -> tuple[np.ndarray, np.ndarray]:
        """The derivatives of ``widths`` by ``within`` and by ``beyond``."""
        most = np.maximum(self.within, self.beyond)
        inside = (self.others_weight > 0) & (most > 0)
        safe, near = np.where(inside, most, 1.0), self.within < self.beyond
        by_within = np.where(near, -1 / safe, -self.beyond / safe**2)
        by_beyond = np.where(near, self.within / safe**2, 1 / safe)
        return np.where(inside, by_within, 0.0), np.where(inside, by_beyond, 0.0)


@dataclass(frozen=True)
class Silhouette:
    """The mean over the units of (b − a) / max(a, b), of the mean distances to its own (a) and to the next cluster (b)."""

    name: str = "silhouette"
    title: str = "Silhouette"
    needs: str = "label"
    greater_is_better: bool = True
    tasks: frozenset[str] = frozenset({"clustering"})
    across_folds: Literal["average", "pool"] = "average"
    bounds: tuple[float, float] = (-1.0, 1.0)
    by_class: bool = False
    exact_ends: bool = False
    by_row: bool = False
    prevalence_free: bool = False
    reads_counts: bool = True
    shown: bool = True

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        problem = problem_with_rows(truth, predictions, self.needs)
        if problem is not None:
            return problem
        if "features" not in truth.arrays:
            return "the truth holds no features"
        features = truth["features"]
        broken = int((~np.isfinite(features.reshape(len(features), -1)).all(axis=1)).sum())
        if broken:
            return f"{broken} of {len(features)} rows have features that are not finite"
        n_clusters = len(np.unique(predictions["label"]))
        if n_clusters == 1:
            return f"all {len(truth)} rows are in one cluster"
        return f"each of the {len(truth)} rows is a cluster of its own" if n_clusters == len(truth) else None

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        cluster = np.unique(predictions["label"], return_inverse=True)[1]
        features = np.asarray(truth["features"], dtype=np.float64).reshape(len(truth), -1)
        return Statistics(len(truth), {"features": features, "cluster": cluster})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        flat = [row.astype(np.float64) for row in vectors(weights)]
        found = np.full(len(flat), np.nan)
        shares = {place: _by_cluster(statistics, row) for place, row in enumerate(flat)}
        shares = {place: share for place, share in shares.items() if _comparable(share)}
        found[list(shares)] = 0.0
        for rows, distance in _blocks(statistics):
            for place, share in shares.items():
                widths = _compare(statistics, distance, rows, share).widths
                found[place] += np.sum(flat[place][rows] * widths) / flat[place].sum()
        return found.reshape(np.shape(weights)[:-1])

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        """A unit's own silhouette less the mean, and how far it draws the mean distances of the others."""
        share = _by_cluster(statistics, weights)
        if not _comparable(share):
            return np.full(statistics.n, np.nan)
        cluster, widths, drawn = statistics["cluster"], np.zeros(statistics.n), np.zeros(statistics.n)
        of_cluster = share.sum(axis=0)
        for rows, distance in _blocks(statistics):
            found = _compare(statistics, distance, rows, share)
            widths[rows] = found.widths
            by_within, by_beyond = (weights[rows] * slope for slope in found.slopes)
            place = np.arange(len(distance))
            pull = np.zeros((len(distance), share.shape[1]))
            pull[place, found.own] = by_within / np.where(found.others_weight > 0, found.others_weight, 1.0)
            pull[place, found.nearest] = by_beyond / of_cluster[found.nearest]
            level = np.zeros_like(pull)
            level[place, found.own] = pull[place, found.own] * found.within
            level[place, found.nearest] = pull[place, found.nearest] * found.beyond
            drawn += np.sum(pull[:, cluster] * distance, axis=0) - level.sum(axis=0)[cluster]
            drawn[rows] += level[place, found.own]  # a unit does not draw itself
        total = weights.sum()
        return np.asarray((widths - np.sum(weights * widths) / total + drawn) / total)


def _by_cluster(statistics: Statistics, weights: np.ndarray) -> np.ndarray:
    """float64 (n, K): the weight of each unit, in the column of its cluster."""
    cluster = statistics["cluster"]
    share = np.zeros((statistics.n, int(cluster.max()) + 1))
    share[np.arange(statistics.n), cluster] = weights
    return share


def _comparable(share: np.ndarray) -> bool:
    """Whether two clusters or more have a weight, and one of them two units that do."""
    members = np.count_nonzero(share > 0, axis=0)
    return bool(np.count_nonzero(members) > 1 and members.max() > 1)


def _blocks(statistics: Statistics) -> Iterator[tuple[slice, np.ndarray]]:
    """Some rows, and their distances to all units."""
    from scipy.spatial.distance import cdist

    features, n = statistics["features"], statistics.n
    step = max(1, BLOCK_VALUES // n)
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        yield rows, cdist(features[rows], features)


def _compare(statistics: Statistics, distance: np.ndarray, rows: slice, share: np.ndarray) -> _Rows:
    """distance: (c, n); share: (n, K) of ``_by_cluster``."""
    own, place = statistics["cluster"][rows], np.arange(len(distance))
    sums, of_cluster = distance @ share, share.sum(axis=0)
    others = of_cluster[own] - share[np.arange(rows.start, rows.stop), own]
    others = np.where(others > 1e-12 * of_cluster[own], others, 0.0)
    within = sums[place, own] / np.where(others > 0, others, 1.0)
    means = np.where(of_cluster > 0, sums / np.where(of_cluster > 0, of_cluster, 1.0), np.inf)
    means[place, own] = np.inf
    nearest = np.argmin(means, axis=1)
    return _Rows(within, means[place, nearest], nearest, own, others)


SILHOUETTE = Silhouette()
