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
from functools import cache
from typing import Any

import numpy as np
from scipy import sparse
from threadpoolctl import ThreadpoolController

from assay.balance.scratch import scratch
from assay.core.errors import ConfigError
from assay.core.loops import loops
from assay.core.spaced import spaced

SCAN = "assay.balance.scan"

AIM = 0.995
"""Share of the true neighbours of a sample that an approximate search must find: 0.99 with room for the sample's error."""

EXACT_UP_TO = 10**9
"""Queries × points that are held against each other one by one unless told otherwise."""

SAMPLE = 400
SPARE = 4
"""Candidates kept beyond k, so that rounding to float32 cannot lose one that float64 would put first."""

BATCH, TILE = 1024, 1024
"""Queries that are answered together, and points that they meet at once where there are no clusters."""

CLUSTERS, MOST_CLUSTERS = 1.5, 2048
"""The number of clusters is the root of the number of queries times the first, and at most the second."""

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

    points: float (n, d) without NaN, dense, sparse, or rows that are made when looked at (``fill.Unmade``).
    rows: int (m,) positions in ``points`` that are asked about, all of them unless given.
    queries: float (m, d), dense or sparse as the points are, asked about in place of them.
    exact: False lets the search miss a few neighbours for speed, True never; None decides by size.
    threads: None takes as many as numpy's matrix products have here.
    Raises ConfigError when there are fewer than k points to find.
    """
    n = points.shape[0]
    available = n if queries is not None else n - 1
    if not 1 <= k <= available:
        raise ConfigError(f"k={k} neighbours were asked for, and there are {available} other points.")
    if queries is None:
        queries, asked = points, np.arange(n, dtype=np.int32) if rows is None else np.asarray(rows, dtype=np.int32)
        own = asked
    else:
        asked = np.arange(queries.shape[0], dtype=np.int32)
        own = np.full(len(asked), -1, dtype=np.int32)
    if len(asked) == 0:
        return Neighbours(np.empty((0, k), dtype=np.int32), np.empty((0, k)), 1.0)
    if sparse.issparse(points):
        return _sparse(points, queries[asked], own, k)
    search = _Search(_index_of(points), own, min(k + SPARE, available), threads or _blas_threads())
    if own is not asked:
        search.asked = search.index.moved(queries)
    approximate = n * len(asked) > EXACT_UP_TO if exact is None else not exact
    found, recall = search.approximate(k) if approximate else (search.exhaustive(search.everyone), 1.0)
    del search.index
    return Neighbours(*_ordered(points, queries, asked, found, k, search.threads), recall)


def lowered(k: int, available: int, setting: str, where: str) -> tuple[int, tuple[str, ...]]:
    """k, lowered to the rows there are, and the note that says so."""
    if k <= available:
        return k, ()
    return available, (f"{setting} was lowered from {k} to {available}: {where} has no more rows to find.",)


@cache
def _libraries() -> ThreadpoolController:
    """Looking for the libraries takes ten milliseconds, and they do not change."""
    return ThreadpoolController()


def _blas_threads() -> int:
    counts = [library["num_threads"] for library in _libraries().info() if library["user_api"] == "blas"]
    return max(counts, default=os.cpu_count() or 1)


@dataclass(frozen=True)
class _Index:
    """rows: float32 (n, d + 1), moved coordinates and their squared length.  names: int32 (n,) numbers of the points.

    middle: float64 (d,), factor: what coordinates were moved and scaled by.
    """

    rows: np.ndarray
    names: np.ndarray
    middle: np.ndarray
    factor: float

    def moved(self, values: np.ndarray) -> np.ndarray:
        """float32 (m, d): other points in the same coordinates."""
        found = scratch(values.shape, np.float32)
        for part in _pieces(len(values)):
            found[part] = (values[part] - self.middle) * self.factor
        return found

    def coordinates(self) -> np.ndarray:
        return self.rows[:, :-1]


def _index_of(points: np.ndarray) -> _Index:
    """Coordinates from the middle of the points, scaled down where their squares would not fit."""
    middle = np.median(points[:: max(1, len(points) // 10_000)], axis=0)
    largest = max(float(np.abs(points[part]).max()) for part in _pieces(len(points)))
    factor = min(1.0, LARGEST / largest) if largest > 0 else 1.0
    index = _Index(
        scratch((len(points), points.shape[1] + 1), np.float32), np.arange(len(points), dtype=np.int32), middle, factor
    )
    for part in _pieces(len(points)):
        rows = index.rows[part]
        rows[:, :-1] = (points[part] - middle) * factor
        rows[:, -1] = np.einsum("ij,ij->i", rows[:, :-1], rows[:, :-1])
    return index


class _Search:
    """own: int32 (m,), the number of the point that each query is, -1 for none.  kept: candidates a query.

    asked: float32 (m, d), the queries where they are no points.
    """

    def __init__(self, index: _Index, own: np.ndarray, kept: int, threads: int) -> None:
        self.index = index
        self.asked: np.ndarray | None = None
        self.own = own
        self.kept = kept
        self.threads = threads

    @property
    def everyone(self) -> np.ndarray:
        return np.arange(len(self.own))

    def exhaustive(self, which: np.ndarray) -> np.ndarray:
        """int32 (len(which), kept): the nearest points of these queries, every point looked at."""
        return self._answered(which, self._tiles(), None, None)

    def _tiles(self) -> np.ndarray:
        return np.array([*range(0, len(self.index.rows), TILE), len(self.index.rows)])

    def approximate(self, k: int) -> tuple[np.ndarray, float]:
        """The candidates of all queries, and the share of the sample's true neighbours that are in the clusters visited."""
        permute = loops(SCAN).permute
        sample = spaced(len(self.own), SAMPLE)
        truth = self.exhaustive(sample)[:, :k]
        n = len(self.index.rows)
        # Every point finds its centre, so few queries pay for few clusters only.
        centres = _centres(self.index.coordinates(), min(MOST_CLUSTERS, max(1, int(CLUSTERS * np.sqrt(min(n, len(self.own)))))))
        label = self._nearest_centre(centres)
        needed = _ranks(_to_centres(self._vectors(sample, None), centres), label[truth]) + 1
        visits = int(np.quantile(needed, AIM, method="higher"))
        if visits > len(centres) // 2:
            return self.exhaustive(self.everyone), 1.0
        order = np.argsort(label, kind="stable").astype(np.int32)
        permute(self.index.rows, order)
        self.index.names[:] = order
        place = np.empty(n, dtype=np.int32)
        place[order] = np.arange(n, dtype=np.int32)
        bounds = np.concatenate([[0], np.cumsum(np.bincount(label, minlength=len(centres)))])
        found = self._answered(self.everyone, bounds, place, (centres, visits))
        short = np.flatnonzero(found[:, k - 1] < 0)  # the clusters that they visited hold fewer than k points
        if len(short):
            found[short] = self._answered(short, self._tiles(), place, None)
        return found, float((needed <= visits).mean())

    def _nearest_centre(self, centres: np.ndarray) -> np.ndarray:
        """int32 (n,): the number of the centre that is nearest to each point."""
        points = self.index.coordinates()

        def answer(part: slice) -> np.ndarray:
            return np.asarray(_to_centres(points[part], centres).argmin(axis=1).astype(np.int32))

        with _libraries().limit(limits=1, user_api="blas"), ThreadPoolExecutor(self.threads) as pool:
            return np.concatenate(list(pool.map(answer, _pieces(len(points), BATCH))))

    def _vectors(self, part: np.ndarray, place: np.ndarray | None) -> np.ndarray:
        """float32 (len(part), d) of these queries. place: int (n,), where each point stands in the index; None: at its number."""
        if self.asked is not None:
            return np.asarray(self.asked[part])
        return np.asarray(self.index.coordinates()[self.own[part] if place is None else place[self.own[part]]])

    def _answered(
        self, which: np.ndarray, bounds: np.ndarray, place: np.ndarray | None, probing: tuple[np.ndarray, int] | None
    ) -> np.ndarray:
        names = scratch((len(which), self.kept), np.int32)

        def answer(start: int) -> None:
            part = which[start : start + BATCH]
            names[start : start + BATCH] = self._batch(part, self._vectors(part, place), bounds, probing)

        with _libraries().limit(limits=1, user_api="blas"), ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(answer, range(0, len(which), BATCH)))
        return names

    def _batch(
        self, part: np.ndarray, values: np.ndarray, bounds: np.ndarray, probing: tuple[np.ndarray, int] | None
    ) -> np.ndarray:
        """int32 (len(part), kept). values: float32 (len(part), d).  bounds: where each cell of the index begins, and the end."""
        scan = loops(SCAN)
        best = np.full((len(part), self.kept), scan.FAR, dtype=np.float32)
        names = np.full((len(part), self.kept), -1, dtype=np.int32)
        visited = np.zeros((0, len(part)), dtype=np.bool_) if probing is None else _visited(values, *probing)
        queries = np.empty((len(part), values.shape[1] + 1), dtype=np.float32)
        queries[:, :-1] = -2 * values
        queries[:, -1] = 1
        scan.visit_cells(queries, self.index.rows, self.index.names, bounds, visited, self.own[part], best, names)
        return names


def _pieces(n: int, size: int = 4 * BATCH) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, n, size))


def _centres(points: np.ndarray, n_clusters: int) -> np.ndarray:
    """float32 (n_clusters, d): Lloyd's algorithm on evenly spaced rows."""
    from sklearn.cluster import KMeans

    sample = points[spaced(len(points), n_clusters * SAMPLED_PER_CLUSTER)]
    # Different rows, counted by one number each: sorting whole rows takes longer than the clusters themselves.
    n_clusters = min(n_clusters, len(np.unique(sample @ np.sqrt(np.arange(1, sample.shape[1] + 1, dtype=np.float32)))))
    means = KMeans(n_clusters, init="random", n_init=1, max_iter=8, random_state=0).fit(sample)
    return np.asarray(means.cluster_centers_, dtype=np.float32)


def _to_centres(values: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """float32 (m, n_clusters): squared distances, less the query's own squared length."""
    apart = scratch((len(values), len(centres)), np.float32)
    np.matmul(values, (-2 * centres).T, out=apart)
    apart += np.einsum("ij,ij->i", centres, centres)[None, :]
    return apart


def _ranks(apart: np.ndarray, label: np.ndarray) -> np.ndarray:
    """int (m · k,): the how-manieth nearest of its centres each label is. apart: (m, n_clusters).  label: int (m, k)."""
    order = np.argsort(apart, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(apart.shape[1])[None, :], axis=1)
    return np.take_along_axis(rank, label, axis=1).ravel()


def _visited(values: np.ndarray, centres: np.ndarray, visits: int) -> np.ndarray:
    """bool (n_clusters, m): whether a query visits a cluster."""
    apart = _to_centres(values, centres)
    ordered = scratch(apart.shape, np.float32)
    ordered[:] = apart
    ordered.partition(visits - 1, axis=1)
    visited = scratch((len(centres), len(values)), np.bool_)
    np.less_equal(apart.T, ordered[:, visits - 1], out=visited)
    return visited


def _ordered(
    points: Any, queries: Any, asked: np.ndarray, found: np.ndarray, k: int, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    in_exact_order = loops(SCAN).in_exact_order
    rows, squares = np.empty((len(found), k), dtype=np.int32), np.empty((len(found), k))

    def order(part: slice) -> None:
        if isinstance(points, np.ndarray):
            in_exact_order(points, queries, asked[part], found[part], rows[part], squares[part])
            return
        meeting = np.column_stack([asked[part], np.maximum(found[part], 0)])  # points are the queries, and made for them here
        names, places = np.unique(meeting, return_inverse=True)
        places = np.where(np.column_stack([asked[part], found[part]]) < 0, -1, places.reshape(meeting.shape))
        held = points[names]
        in_exact_order(held, held, places[:, 0], places[:, 1:], rows[part], squares[part])
        rows[part] = names[rows[part]]

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(order, _pieces(len(found), 4 * BATCH if isinstance(points, np.ndarray) else BATCH // 4)))
    return rows, np.sqrt(squares, out=squares)


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
