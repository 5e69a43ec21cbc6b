"""NearMiss: of the larger classes those rows stay that lie nearest to the smallest class.

1: whose k nearest rows of the smallest class are nearest on average.  2: whose k farthest are.  3: of the rows that are among
the nearest few of some row of the smallest class, those whose k nearest rows of that class lie farthest off.

Distances that differ by rounding alone count as equal, and of equal ones the first row goes first.
Source: Zhang & Mani (2003), kNN approach to unbalanced data distributions.
"""

from collections.abc import Mapping

import numpy as np
from threadpoolctl import threadpool_limits

from assay.balance.geometry import Points
from assay.balance.neighbours import lowered, nearest
from assay.balance.segments import is_sparse
from assay.balance.undersample.shrinking import Kept, Shrinking, found_among, pieces, twelve_digits

SPARE = 4
"""Candidates beyond k whose distances are taken again by differences: the product of matrices rounds."""

AT_ONCE = 250_000
"""Distances that are held together."""


def near_miss(rows: Shrinking, to_keep: Mapping[int, int], *, version: int, k: int, k_version_3: int) -> Kept:
    """As many rows of each class as ``to_keep`` says, all rows of the others; class after class, the best first.

    version: 1, 2 or 3.  Version 3 keeps fewer where fewer are near the smallest class, and says so.
    """
    small = rows.rows_of(rows.smallest)
    k, notes = lowered(k, len(small), "n_neighbors", f"class {rows.labels[rows.smallest]}")
    kept: list[np.ndarray] = []
    for code in rows.codes:
        own = rows.rows_of(code)
        if code not in to_keep:
            kept.append(own)
            continue
        if version == 3:
            own, more = _near_some(rows, own, small, k_version_3)
            notes += more
            if len(own) < to_keep[code]:
                notes += (f"class {rows.labels[code]} keeps {len(own)} rows of the {to_keep[code]} asked for: no more are near.",)
        apart = _farthest(rows, own, small, k) if version == 2 else _nearest(rows, own, small, k)
        kept.append(own[np.argsort(-apart if version == 3 else apart, kind="stable")[: to_keep[code]]])
    return Kept(np.concatenate(kept), notes)


def _nearest(rows: Shrinking, own: np.ndarray, small: np.ndarray, k: int) -> np.ndarray:
    """float64 (len(own),): the sum of the distances to the k nearest rows of the smallest class."""
    sums = np.empty(len(own))
    for part, found in found_among(rows.points, small, own, k, rows.search):
        sums[part] = found.distances.sum(axis=1)
    return twelve_digits(sums)


def _farthest(rows: Shrinking, own: np.ndarray, small: np.ndarray, k: int) -> np.ndarray:
    """float64 (len(own),): the sum of the distances to the k farthest rows of the smallest class."""
    from sklearn.metrics.pairwise import euclidean_distances

    others = rows.points[small]
    candidates = min(k + SPARE, len(small))
    at_once = max(1, AT_ONCE // max(len(small), candidates * others.shape[1]))
    sums = np.empty(len(own))
    with threadpool_limits(rows.search.threads, "blas"):
        for start in range(0, len(own), at_once):
            asked = rows.points[own[start : start + at_once]]
            squares = euclidean_distances(asked, others, squared=True)
            far = np.argpartition(squares, len(small) - candidates, axis=1)[:, -candidates:]
            sums[start : start + at_once] = np.sort(_apart(asked, others, far), axis=1)[:, -k:].sum(axis=1)
    return twelve_digits(sums)


def _apart(asked: Points, others: Points, which: np.ndarray) -> np.ndarray:
    """float64, the shape of ``which`` (m, c): the distance of each asked row (m, d) to these others."""
    if is_sparse(asked):
        difference = (asked[np.repeat(np.arange(len(which)), which.shape[1])] - others[which.ravel()]).astype(np.float64)
        squares = np.asarray(difference.multiply(difference).sum(axis=1)).reshape(which.shape)
    else:
        difference = others[which].astype(np.float64) - asked[:, None, :]
        squares = np.einsum("mcd,mcd->mc", difference, difference)
    return np.asarray(np.sqrt(squares))


def _near_some(rows: Shrinking, own: np.ndarray, small: np.ndarray, k: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """The rows of ``own`` that are among the k nearest of some row of the smallest class, in order."""
    k, notes = lowered(k, len(own), "n_neighbors_ver3", f"class {rows.labels[rows.target[own[0]]]}")
    queries = rows.points[small]
    names, apart = np.zeros((len(small), 0), dtype=np.int64), np.zeros((len(small), 0))
    for part in pieces(len(own)):  # the class is larger than its copy may be, so its nearest are merged from pieces
        held = own[part]
        found = nearest(
            rows.points[held], min(k, len(held)), queries=queries, exact=rows.search.exact, threads=rows.search.threads
        )
        names, apart = np.hstack([names, held[found.rows]]), np.hstack([apart, found.distances])
        best = np.argsort(apart, axis=1, kind="stable")[:, :k]
        names, apart = np.take_along_axis(names, best, axis=1), np.take_along_axis(apart, best, axis=1)
    return np.unique(names), notes
