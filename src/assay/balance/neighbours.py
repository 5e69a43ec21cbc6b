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
from collections.abc import Callable, Iterator
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

BATCH, TILE = 1024, 1024
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
    own = (np.arange(n) if rows is None else np.asarray(rows)) if queries is None else np.full(queries.shape[0], -1)
    if len(own) == 0:
        return Neighbours(np.empty((0, k), dtype=np.int32), np.empty((0, k)), 1.0)
    asked = queries if queries is not None else points if rows is None else points[own]
    if sparse.issparse(points):
        return _sparse(points, asked, own, k)
    approximate = n * len(own) > EXACT_UP_TO if exact is None else not exact
    search = _Search(_as_floats(points, asked), own.astype(np.int32), min(k + SPARE, available), _threads(threads))
    found, recall = search.approximate(k) if approximate else (search.exhaustive(search.everyone), 1.0)
    return Neighbours(*_ordered(points, asked, found, k, search.threads), recall)


def _threads(asked: int | None) -> int:
    if asked is not None:
        return asked
    counts = [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
    return max(counts, default=os.cpu_count() or 1)


@dataclass(frozen=True)
class _Index:
    """Points in cells.

    rows: float32 (n_padded, d + 1), moved coordinates and their squared length, FAR where padded.
    names: int32 (n_padded,) numbers of the points, -1 where padded.  starts: where each cell begins, and the end.
    """

    rows: np.ndarray
    names: np.ndarray
    starts: np.ndarray

    def coordinates(self) -> np.ndarray:
        return self.rows[:, :-1]


@dataclass(frozen=True)
class _Floats:
    """index: the points in their own order.  asked: float32 (m, d), or None where the points themselves are asked about."""

    index: _Index
    asked: np.ndarray | None


def _as_floats(points: np.ndarray, asked: np.ndarray) -> _Floats:
    """Coordinates from the middle of the points, scaled down where their squares would not fit."""
    middle = np.median(points[:: max(1, len(points) // 10_000)], axis=0)
    largest = max(-float(points.min()), float(points.max()), float(np.abs(middle).max()))
    factor = min(1.0, LARGEST / largest) if largest > 0 else 1.0

    def moved(values: np.ndarray, into: np.ndarray) -> None:
        for part in _pieces(len(values)):
            into[part] = (values[part] - middle) * factor

    index = _empty_index(points.shape[1], np.array([len(points)]))
    moved(points, index.rows[: len(points), :-1])
    index.names[: len(points)] = np.arange(len(points))
    _measure(index)
    if asked is points:
        return _Floats(index, None)
    floats = np.empty(asked.shape, dtype=np.float32)
    moved(asked, floats)
    return _Floats(index, floats)


def _empty_index(d: int, sizes: np.ndarray) -> _Index:
    """With room for cells of these sizes, each filled up to a whole number of bundles."""
    from assay.balance.scan import WIDTH

    starts = np.concatenate([[0], np.cumsum(-(-sizes // WIDTH) * WIDTH)])
    return _Index(np.zeros((starts[-1], d + 1), dtype=np.float32), np.full(starts[-1], -1, dtype=np.int32), starts)


def _measure(index: _Index) -> None:
    from assay.balance.scan import FAR

    for part in _pieces(len(index.rows)):
        rows = index.rows[part]
        rows[:, -1] = np.einsum("ij,ij->i", rows[:, :-1], rows[:, :-1])
    index.rows[index.names < 0, -1] = FAR


def _in_clusters(index: _Index, n: int, label: np.ndarray, n_clusters: int) -> _Index:
    sizes = np.bincount(label, minlength=n_clusters)
    found = _empty_index(index.rows.shape[1] - 1, sizes)
    order = np.argsort(label, kind="stable").astype(np.int32)
    places = np.repeat(found.starts[:-1] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) + np.arange(n)
    for part in _pieces(n):
        found.rows[places[part]] = index.rows[order[part]]
    found.names[places] = order
    _measure(found)
    return found


class _Search:
    """own: int32 (m,), the number of the point that each query is, -1 for none.  kept: candidates a query."""

    def __init__(self, floats: _Floats, own: np.ndarray, kept: int, threads: int) -> None:
        self.index = floats.index
        self.asked = floats.asked
        self.own = own
        self.kept = kept
        self.threads = threads

    @property
    def everyone(self) -> np.ndarray:
        return np.arange(len(self.own))

    def exhaustive(self, which: np.ndarray) -> np.ndarray:
        """int32 (len(which), kept): the nearest points of these queries, every point looked at."""
        bounds = [*range(0, len(self.index.rows), TILE), len(self.index.rows)]
        return self._answered(which, np.array(bounds), self._vectors(np.arange(len(self.index.names))), None)

    def approximate(self, k: int) -> tuple[np.ndarray, float]:
        """The candidates of all queries, and the share of the sample's true neighbours that are in the clusters visited."""
        sample = np.unique(np.linspace(0, len(self.own) - 1, SAMPLE).astype(np.int64))
        truth = self.exhaustive(sample)[:, :k]
        n = int((self.index.names >= 0).sum())
        values = self.index.coordinates()[:n]
        centres = _centres(values, min(MOST_CLUSTERS, max(1, int(2 * np.sqrt(n)))))
        label = _nearest_centre(values, centres)
        order = np.argsort(_to_centres(self._vectors(np.arange(n))(sample), centres), axis=1, kind="stable")
        rank = np.empty_like(order)
        np.put_along_axis(rank, order, np.arange(len(centres))[None, :], axis=1)
        needed = np.take_along_axis(rank, label[truth], axis=1).ravel() + 1
        visits = int(np.quantile(needed, AIM, method="higher"))
        if visits > len(centres) // 2:
            return self.exhaustive(self.everyone), 1.0
        del values
        self.index = _in_clusters(self.index, n, label, len(centres))
        place = np.empty(n, dtype=np.int32)
        held = np.flatnonzero(self.index.names >= 0)
        place[self.index.names[held]] = held
        found = self._answered(self.everyone, self.index.starts, self._vectors(place), (centres, visits))
        return found, float((needed <= visits).mean())

    def _vectors(self, place: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        """The function from query numbers to float32 (m, d). place: int (n,), where each point stands in the index."""
        if self.asked is not None:
            return self.asked.__getitem__
        return lambda part: self.index.coordinates()[place[part]]

    def _answered(
        self,
        which: np.ndarray,
        bounds: np.ndarray,
        vectors: Callable[[np.ndarray], np.ndarray],
        probing: tuple[np.ndarray, int] | None,
    ) -> np.ndarray:
        names = np.empty((len(which), self.kept), dtype=np.int32)

        def answer(start: int) -> None:
            part = which[start : start + BATCH]
            names[start : start + BATCH] = self._batch(part, vectors(part), bounds, probing)

        with threadpool_limits(1, "blas"), ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(answer, range(0, len(which), BATCH)))
        return names

    def _batch(
        self, part: np.ndarray, values: np.ndarray, bounds: np.ndarray, probing: tuple[np.ndarray, int] | None
    ) -> np.ndarray:
        from assay.balance.scan import FAR, keep_nearest

        best = np.full((len(part), self.kept), FAR, dtype=np.float32)
        names = np.full((len(part), self.kept), -1, dtype=np.int32)
        visited = None if probing is None else _visited(values, *probing)
        queries = np.empty((len(part), values.shape[1] + 1), dtype=np.float32)
        queries[:, :-1] = -2 * values
        queries[:, -1] = 1
        own, everyone = self.own[part], np.arange(len(part))
        for number, (start, stop) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
            asking = everyone if visited is None else np.flatnonzero(visited[number])
            block, held = self.index.rows[start:stop].T, self.index.names[start:stop]
            for first in range(0, len(asking) if stop > start else 0, TILE):
                chunk = asking[first : first + TILE]
                keep_nearest(queries[chunk] @ block, held, chunk, own, best, names)
        return names


def _pieces(n: int) -> Iterator[slice]:
    return (slice(start, start + 8 * BATCH) for start in range(0, n, 8 * BATCH))


def _centres(points: np.ndarray, n_clusters: int) -> np.ndarray:
    """float32 (n_clusters, d): Lloyd's algorithm on evenly spaced rows."""
    from sklearn.cluster import KMeans

    sample = points[np.unique(np.linspace(0, len(points) - 1, n_clusters * SAMPLED_PER_CLUSTER).astype(np.int64))]
    n_clusters = min(n_clusters, len(np.unique(sample, axis=0)))
    means = KMeans(n_clusters, init="random", n_init=1, max_iter=8, random_state=0).fit(sample)
    return np.asarray(means.cluster_centers_, dtype=np.float32)


def _to_centres(values: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """float32 (m, n_clusters): squared distances, less the query's own squared length."""
    apart: np.ndarray = values @ (-2 * centres).T
    apart += np.einsum("ij,ij->i", centres, centres)[None, :]
    return apart


def _nearest_centre(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    step = BATCH // 2
    found = [_to_centres(points[s : s + step], centres).argmin(axis=1).astype(np.int32) for s in range(0, len(points), step)]
    return np.concatenate(found)


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
