"""SMOTE-N: rows of categories alone; a new row has in each column the commonest level of a row and its nearest neighbours.

Distances are those of the value difference metric as imbalanced-learn takes it: two levels lie the further apart, the more
the classes' shares among their rows differ, δ = Σ_c |p(c | level) − p(c | other)|, and two rows lie Σ_columns δ² apart.
With two classes that is 4 Σ (p(1 | level) − p(1 | other))², a squared Euclidean distance, so that the common neighbour search
answers.  With more classes it is none: a compiled loop takes every pair, a column at a time until a row is too far, or, of
very many rows, the Euclidean search proposes some and those are put in the metric's order.

Rows with the same levels are met once and counted, and no matrix of all pairs is ever held.  A row's neighbourhood is itself,
then its copies, then other rows by distance; equally far ones in the order of their levels.  Of equally common levels the
first in sorted order is taken, as in imbalanced-learn.

Sources: Chawla et al. (2002), section 6.2; Stanfill & Waltz (1986), Toward memory-based reasoning.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from assay.balance.geometry import Search
from assay.core.loops import loops

PIECE, VOTERS = 8192, 1024
"""Rows that are asked about, and whose neighbours are laid side by side, together."""

PAIRS_UP_TO = 10**8
"""Pairs of rows that the loop takes unless told otherwise: two seconds of one thread."""

CANDIDATES = 4
"""Rows that are looked at for each neighbour that is wanted, where not every row is."""


@dataclass(frozen=True)
class Combinations:
    """The different rows of one class.

    codes: int (u, d), in lexicographic order.  counts: int (u,) rows that have them.  of_row: int (n_own,) which one each has.
    """

    codes: np.ndarray
    counts: np.ndarray
    of_row: np.ndarray

    @staticmethod
    def of(codes: np.ndarray) -> "Combinations":
        found, of_row, counts = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
        return Combinations(found, counts, of_row.ravel())


def class_shares(codes: np.ndarray, target: np.ndarray) -> list[np.ndarray]:
    """For each column float64 (n_levels, n_classes): p(class | level), over all rows.

    codes: int (n, d), 0 … n_levels − 1 in each column.  target: int (n,) codes of classes.
    """
    n_classes, shares = int(target.max()) + 1, []
    for column in codes.T:
        pairs = np.bincount(column * n_classes + target, minlength=(int(column.max()) + 1) * n_classes)
        table = pairs.reshape(-1, n_classes)
        shares.append(table / np.maximum(table.sum(axis=1, keepdims=True), 1))
    return shares


def commonest_levels(combinations: Combinations, shares: list[np.ndarray], k: int, search: Search) -> np.ndarray:
    """int (u, d): what a new row gets that starts from a row of each combination.

    k: neighbours beside the row itself; where the class has fewer, all of them.
    """
    rows, counts = _neighbourhoods(combinations, shares, k, search)
    made = np.empty_like(combinations.codes)
    for start in range(0, len(made), VOTERS):
        part = slice(start, start + VOTERS)
        for column, levels in enumerate(combinations.codes.T):
            made[part, column] = _voted(levels[rows[part]], counts[part])
    return made


def _neighbourhoods(
    combinations: Combinations, shares: list[np.ndarray], k: int, search: Search
) -> tuple[np.ndarray, np.ndarray]:
    """int (u, w) combinations, the own one first, and int (u, w) how many of its rows count; k + 1 together."""
    n = len(combinations.counts)
    own = np.arange(n)[:, None]
    wanted = min(k, n - 1)
    rows = own if not wanted else np.hstack([own, _nearest(combinations.codes, shares, wanted, search)])
    held = combinations.counts[rows]
    before = np.cumsum(held, axis=1) - held
    return rows, np.clip(k + 1 - before, 0, held)


def _nearest(codes: np.ndarray, shares: list[np.ndarray], k: int, search: Search) -> np.ndarray:
    """int (u, k): the nearest other combinations."""
    if shares[0].shape[1] == 2:
        points = np.column_stack([table[column, 1] for table, column in zip(shares, codes.T, strict=True)])
        return search.nearest(points, k).rows
    points = np.stack([table[column] for table, column in zip(shares, codes.T, strict=True)], axis=1)
    approximate = len(points) ** 2 > PAIRS_UP_TO if search.exact is None else not search.exact
    return _among_candidates(points, k, search) if approximate else nearest_by_value_difference(points, k, search.threads)


def nearest_by_value_difference(points: np.ndarray, k: int, threads: int | None = None) -> np.ndarray:
    """int64 (n, k): the nearest other rows, every row looked at; equally far ones by their number.

    points: float64 (n, d, n_classes), p(class | level) of each row's level in each column; k < n.
    """
    nearest_rows = loops("assay.balance.oversample.nominal_scan").nearest_rows
    points = np.ascontiguousarray(points)
    found = np.empty((len(points), k), dtype=np.int64)
    with ThreadPoolExecutor(threads or 1) as pool:
        list(pool.map(lambda start: nearest_rows(points, start, found[start : start + PIECE]), range(0, len(points), PIECE)))
    return found


def _among_candidates(points: np.ndarray, k: int, search: Search) -> np.ndarray:
    """As ``nearest_by_value_difference``, of the rows nearest by Euclidean distance, which seldom misses one (δ² lies between
    2 and n_classes times its square)."""
    near = search.nearest(points.reshape(len(points), -1), min(CANDIDATES * k, len(points) - 1)).rows
    near = np.sort(near, axis=1)
    found = np.empty((len(points), k), dtype=np.int64)
    for start in range(0, len(points), VOTERS):
        part = slice(start, start + VOTERS)
        apart = (np.abs(points[part, None] - points[near[part]]).sum(axis=3) ** 2).sum(axis=2)
        found[part] = np.take_along_axis(near[part], np.argsort(apart, axis=1, kind="stable")[:, :k], axis=1)
    return found


def _voted(levels: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """int (m,): the commonest of levels (m, w), each counted ``counts`` (m, w) times; of equal ones the lowest."""
    votes = np.zeros_like(counts)
    for place in range(levels.shape[1]):
        votes += np.where(levels == levels[:, [place]], counts[:, [place]], 0)
    best = votes == votes.max(axis=1, keepdims=True)
    return np.asarray(np.where(best, levels, np.iinfo(levels.dtype).max).min(axis=1))
