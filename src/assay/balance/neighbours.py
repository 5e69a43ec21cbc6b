"""The one search for nearest neighbours that everything in ``balance`` uses.

Distances are Euclidean.  They are first taken in float32 as |x|² − 2 q·x, which is one matrix product for a whole batch of
queries; the nearest few are then put in order by their differences in float64, equal ones by their number.  Few queries
are held against every point.  For many, the points are parted into clusters (k-means of a sample) and a query is held
against the points of the clusters whose centres are nearest (an inverted file: Sivic & Zisserman 2003).  How many
clusters that takes is not guessed: a sample of the queries is answered in full first, and as many are visited as hold
``AIM`` of the sample's true neighbours.  Where that is most of them, every point is looked at after all.

Batches have a fixed size and do not share anything, so the answer does not depend on the number of threads.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_info, threadpool_limits

from assay.core.errors import ConfigError

AIM = 0.996
"""Share of the true neighbours that an approximate search finds in the sample: 0.99 with room for the sample's error."""

EXACT_UP_TO = 10**9
"""Queries × points that are held against each other one by one unless told otherwise."""

SAMPLE = 400
SPARE = 4
"""Candidates kept beyond k, so that rounding to float32 cannot lose one that float64 would put first."""

BATCH, TILE = 4096, 1024
"""Queries that are answered together, and points that they meet at once where there are no clusters."""

MOST_CLUSTERS = 2048
SAMPLED_PER_CLUSTER = 40
LARGEST = 1e12
"""Coordinates are scaled down to this, so that their squares stay far from what float32 can hold."""


@dataclass(frozen=True)
class Neighbours:
    """rows: int32 (m, k) positions in ``points``, nearest first.  distances: float64 (m, k).

    recall: 1.0 where every point was looked at, else the share of true neighbours that was found for a sample.
    """

    rows: np.ndarray
    distances: np.ndarray
    recall: float


def nearest(
    points: Any,
    k: int,
    *,
    rows: np.ndarray | None = None,
    queries: Any = None,
    exact: bool | None = None,
    threads: int | None = None,
) -> Neighbours:
    """The k nearest points of each query; a query that is itself a point does not find itself, but may find its copy.

    points: float (n, d) without NaN, dense or sparse.  rows: int (m,) positions in ``points`` that are asked about, all of
    them unless given.  queries: float (m, d), asked about in place of points.
    exact: False lets the search miss a few neighbours for speed, True never; None decides by size.
    threads: None takes as many as numpy's matrix products have here.
    Raises ConfigError when there are fewer than k points to find.
    """
    n = points.shape[0]
    available = n if queries is not None else n - 1
    if not 1 <= k <= available:
        raise ConfigError(f"k={k} neighbours were asked for, and there are {available} other points.")
    own = np.arange(n) if rows is None else np.asarray(rows)
    asked = points[own] if queries is None and rows is not None else points if queries is None else queries
    own = np.full(asked.shape[0], -1) if queries is not None else own
    if asked.shape[0] == 0:
        return Neighbours(np.empty((0, k), dtype=np.int32), np.empty((0, k)), 1.0)
    if sparse.issparse(points):
        return _sparse(points, asked, own, k)
    search = _Search.over(points, asked, own.astype(np.int32), min(k + SPARE, available), _threads(threads))
    approximate = n * asked.shape[0] > EXACT_UP_TO if exact is None else not exact
    recall = 1.0
    if approximate:
        found, recall = search.approximate(k)
    else:
        found = search.exhaustive(np.arange(asked.shape[0]))
    return Neighbours(*_ordered(points, asked, found, k, search.threads), recall)


def _threads(asked: int | None) -> int:
    if asked is not None:
        return asked
    return max(
        (library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"), default=os.cpu_count() or 1
    )


@dataclass(frozen=True)
class _Search:
    """points, asked: float32 (n, d), (m, d), moved to the middle of the points.  own: int32 (m,).  kept: candidates a query."""

    points: np.ndarray
    asked: np.ndarray
    own: np.ndarray
    kept: int
    threads: int

    @staticmethod
    def over(points: np.ndarray, asked: np.ndarray, own: np.ndarray, kept: int, threads: int) -> "_Search":
        middle = np.median(points[:: max(1, len(points) // 10_000)], axis=0)
        largest = max(-float(points.min()), float(points.max()), float(np.abs(middle).max()))
        factor = min(1.0, LARGEST / largest) if largest > 0 else 1.0
        moved = _moved(points, middle, factor)
        return _Search(moved, moved if asked is points else _moved(asked, middle, factor), own, kept, threads)

    def exhaustive(self, which: np.ndarray) -> np.ndarray:
        """int32 (len(which), kept): the nearest points of these queries, every point looked at."""
        cells = _tiles(self.points)
        return self._answered(which, cells, None)

    def approximate(self, k: int) -> tuple[np.ndarray, float]:
        """The candidates of all queries, and the share of the sample's true neighbours that are in the clusters visited."""
        sample = np.unique(np.linspace(0, len(self.asked) - 1, SAMPLE).astype(np.int64))
        truth = self.exhaustive(sample)[:, :k]
        centres = _centres(self.points, min(MOST_CLUSTERS, max(1, int(2 * np.sqrt(len(self.points))))))
        label = _nearest_centre(self.points, centres)
        order = np.argsort(_to_centres(self.asked[sample], centres), axis=1, kind="stable")
        rank = np.empty_like(order)
        np.put_along_axis(rank, order, np.arange(len(centres))[None, :], axis=1)
        needed = np.take_along_axis(rank, label[truth], axis=1).ravel() + 1
        visits = int(np.quantile(needed, AIM, method="higher"))
        if visits > len(centres) // 2:
            return self.exhaustive(np.arange(len(self.asked))), 1.0
        found = self._answered(np.arange(len(self.asked)), _clusters(self.points, label, len(centres)), (centres, visits))
        return found, float((needed <= visits).mean())

    def _answered(self, which: np.ndarray, cells: "_Cells", probing: tuple[np.ndarray, int] | None) -> np.ndarray:
        names = np.empty((len(which), self.kept), dtype=np.int32)

        def answer(start: int) -> None:
            part = which[start : start + BATCH]
            names[start : start + BATCH] = self._batch(part, cells, probing)

        with threadpool_limits(1, "blas"), ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(answer, range(0, len(which), BATCH)))
        return names

    def _batch(self, part: np.ndarray, cells: "_Cells", probing: tuple[np.ndarray, int] | None) -> np.ndarray:
        from assay.balance.scan import FAR, keep_nearest

        best = np.full((len(part), self.kept), FAR, dtype=np.float32)
        names = np.full((len(part), self.kept), -1, dtype=np.int32)
        queries = np.empty((len(part), self.asked.shape[1] + 1), dtype=np.float32)
        queries[:, :-1] = -2 * self.asked[part]
        queries[:, -1] = 1
        own, everyone = self.own[part], np.arange(len(part))
        visited = None if probing is None else _visited(self.asked[part], *probing)
        for number, (block, held) in enumerate(cells):
            asking = everyone if visited is None else np.flatnonzero(visited[number])
            if len(asking):
                for chunk in np.array_split(asking, max(1, len(asking) // TILE)):
                    keep_nearest(queries[chunk] @ block, held, chunk, own, best, names)
        return names


_Cells = list[tuple[np.ndarray, np.ndarray]]
"""Points in cells: float32 (d + 1, w), the last row their squared lengths, and their int32 (w,) numbers; -1 pads."""


def _moved(values: np.ndarray, middle: np.ndarray, factor: float) -> np.ndarray:
    """float32 (n, d), made in pieces: a copy of all in float64 would be larger than the input of a float32 user."""
    moved = np.empty(values.shape, dtype=np.float32)
    for part in _pieces(len(values)):
        moved[part] = (values[part] - middle) * factor
    return moved


def _pieces(n: int) -> Iterator[slice]:
    return (slice(start, start + 16 * BATCH) for start in range(0, n, 16 * BATCH))


def _cell(points: np.ndarray, names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from assay.balance.scan import FAR, WIDTH

    width = -(-len(names) // WIDTH) * WIDTH
    block = np.zeros((points.shape[1] + 1, width), dtype=np.float32)
    block[:-1, : len(names)] = points.T
    block[-1, : len(names)] = np.einsum("ij,ij->i", points, points)
    block[-1, len(names) :] = FAR
    held = np.full(width, -1, dtype=np.int32)
    held[: len(names)] = names
    return block, held


def _tiles(points: np.ndarray) -> _Cells:
    return [_cell(points[s : s + TILE], np.arange(s, min(s + TILE, len(points)))) for s in range(0, len(points), TILE)]


def _clusters(points: np.ndarray, label: np.ndarray, n_clusters: int) -> _Cells:
    order = np.argsort(label, kind="stable")
    ends = np.cumsum(np.bincount(label, minlength=n_clusters))
    return [_cell(points[names], names) for names in np.split(order, ends[:-1])]


def _centres(points: np.ndarray, n_clusters: int) -> np.ndarray:
    """float32 (n_clusters, d): Lloyd's algorithm on evenly spaced rows."""
    from sklearn.cluster import KMeans

    sample = points[np.unique(np.linspace(0, len(points) - 1, n_clusters * SAMPLED_PER_CLUSTER).astype(np.int64))]
    n_clusters = min(n_clusters, len(np.unique(sample, axis=0)))
    means = KMeans(n_clusters, init="random", n_init=1, max_iter=8, random_state=0).fit(sample)
    return np.asarray(means.cluster_centers_, dtype=np.float32)


def _to_centres(values: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """float32 (m, n_clusters): squared distances, less the query's own squared length."""
    return np.asarray(np.einsum("ij,ij->i", centres, centres)[None, :] - 2 * (values @ centres.T))


def _nearest_centre(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return np.concatenate([_to_centres(points[s : s + BATCH], centres).argmin(axis=1) for s in range(0, len(points), BATCH)])


def _visited(values: np.ndarray, centres: np.ndarray, visits: int) -> np.ndarray:
    """bool (n_clusters, m): whether a query visits a cluster."""
    apart = _to_centres(values, centres)
    bound = np.partition(apart, visits - 1, axis=1)[:, visits - 1]
    return np.ascontiguousarray((apart <= bound[:, None]).T)


def _ordered(points: np.ndarray, asked: np.ndarray, found: np.ndarray, k: int, threads: int) -> tuple[np.ndarray, np.ndarray]:
    from assay.balance.scan import in_exact_order

    rows, squares = np.empty((len(found), k), dtype=np.int32), np.empty((len(found), k))

    def order(part: slice) -> None:
        in_exact_order(points, asked[part], found[part], rows[part], squares[part])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(order, _pieces(len(found))))
    return rows, np.sqrt(squares)


def _sparse(points: Any, asked: Any, own: np.ndarray, k: int) -> Neighbours:
    """scikit-learn's brute force knows sparse rows; one more neighbour is asked for where a query may find itself."""
    from sklearn.neighbors import NearestNeighbors

    itself = own[0] >= 0
    distances, rows = NearestNeighbors(n_neighbors=k + int(itself), algorithm="brute").fit(points).kneighbors(asked)
    if itself:
        other = rows != own[:, None]
        other[other.all(axis=1), -1] = False  # hidden behind its copies: leave out the last in its place
        shape = (len(rows), k)
        distances, rows = distances[other].reshape(shape), rows[other].reshape(shape)
    return Neighbours(rows.astype(np.int32), distances, 1.0)
