"""The compiled loops under the neighbour search: which distances are small enough to keep, and their exact order."""

import numpy as np

from assay.core.compiled import fast_kernel, kernel

WIDTH = 16
"""Distances looked at together: most bundles hold nothing worth keeping, and that is seen in one comparison."""

FAR = np.float32(3e38)
"""What stands for "none yet"; the loops are compiled without infinities."""


@fast_kernel
def keep_nearest(
    distances: np.ndarray, names: np.ndarray, asked: np.ndarray, own: np.ndarray, best: np.ndarray, best_names: np.ndarray
) -> None:
    """Put those of ``distances`` that belong there into ``best``, which stays in rising order.

    distances: float32 (a, w), of a queries to w points.  names: int32 (w,).
    asked: int64 (a,) rows of ``best`` that the queries have.  own: int32 (queries,) the name that a query must not find.
    best: float32 (queries, k).  best_names: int32 (queries, k).
    """
    last, width = best.shape[1] - 1, distances.shape[1]
    for i in range(len(asked)):
        row = asked[i]
        worst = best[row, last]
        me = own[row]
        for left in range(0, width, WIDTH):
            right = left + WIDTH
            if right <= width:
                least = distances[i, left]
                for j in range(1, WIDTH):
                    least = min(least, distances[i, left + j])
                if least >= worst:
                    continue
            else:
                right = width
            for j in range(left, right):
                value = distances[i, j]
                if value >= worst or names[j] == me:
                    continue
                place = last
                while place > 0 and best[row, place - 1] > value:
                    best[row, place] = best[row, place - 1]
                    best_names[row, place] = best_names[row, place - 1]
                    place -= 1
                best[row, place] = value
                best_names[row, place] = names[j]
                worst = best[row, last]


@fast_kernel
def visit_cells(
    queries: np.ndarray,
    rows: np.ndarray,
    names: np.ndarray,
    bounds: np.ndarray,
    visited: np.ndarray,
    own: np.ndarray,
    best: np.ndarray,
    best_names: np.ndarray,
) -> None:
    """Hold queries against the cells that they visit, and keep what is near.

    queries: float32 (m, e), -2 q and a 1.  rows: float32 (n, e), points and their squared lengths.  names: int32 (n,).
    bounds: int64 (cells + 1,) where each cell begins, and the end.  visited: bool (cells, m), or (0, m) where all are visited.
    own, best, best_names: see keep_nearest.
    """
    m, e = queries.shape
    widest = 0
    for cell in range(len(bounds) - 1):
        widest = max(widest, bounds[cell + 1] - bounds[cell])
    room = np.empty(m * widest, dtype=np.float32)
    gathered = np.empty(m * e, dtype=np.float32)
    asked = np.arange(m)
    for cell in range(len(bounds) - 1):
        start, stop = bounds[cell], bounds[cell + 1]
        count = m
        if len(visited):
            count = 0
            for i in range(m):
                if visited[cell, i]:
                    asked[count] = i
                    count += 1
        if count == 0 or stop == start:
            continue
        part = gathered[: count * e].reshape((count, e))
        for i in range(count):
            for j in range(e):
                part[i, j] = queries[asked[i], j]
        distances = room[: count * (stop - start)].reshape((count, stop - start))
        np.dot(part, rows[start:stop].T, distances)
        keep_nearest(distances, names[start:stop], asked[:count], own, best, best_names)


@kernel
def permute(rows: np.ndarray, order: np.ndarray) -> None:
    """Put row order[i] at place i, for all i, in the array itself.  rows: (n, d).  order: int32 (n,), a permutation."""
    done = np.zeros(len(order), dtype=np.bool_)
    held = np.empty(rows.shape[1], dtype=rows.dtype)
    for start in range(len(order)):
        if done[start]:
            continue
        held[:] = rows[start]
        place = start
        while order[place] != start:
            rows[place] = rows[order[place]]
            done[place] = True
            place = order[place]
        rows[place] = held
        done[place] = True


@kernel
def in_exact_order(
    points: np.ndarray, queries: np.ndarray, asked: np.ndarray, found: np.ndarray, rows: np.ndarray, squares: np.ndarray
) -> None:
    """The nearest of ``found`` by distances in float64, equal ones by their number.

    points: float (n, d).  queries: float (q, d).  asked: int (m,) rows of ``queries``.
    found: int (m, c), of each row at least k from 0 on; those below 0 stand for none.
    rows: int32 (m, k), squares: float64 (m, k) are filled; k <= c.
    """
    kept = rows.shape[1]
    for i in range(found.shape[0]):
        filled = 0
        for j in range(found.shape[1]):
            name = found[i, j]
            if name < 0:
                continue
            square = 0.0
            for t in range(points.shape[1]):
                apart = np.float64(points[name, t]) - np.float64(queries[asked[i], t])
                square += apart * apart
            place = filled
            while place > 0 and (
                squares[i, place - 1] > square or (squares[i, place - 1] == square and rows[i, place - 1] > name)
            ):
                if place < kept:
                    squares[i, place] = squares[i, place - 1]
                    rows[i, place] = rows[i, place - 1]
                place -= 1
            if place < kept:
                squares[i, place] = square
                rows[i, place] = name
            filled = min(filled + 1, kept)
