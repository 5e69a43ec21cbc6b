"""How well one column alone tells the target: the kernels of the leak checks. Pure functions of arrays.

A category is scored by the rate of its level in the other folds, never in its own: a column of names would otherwise
tell everything. Rank statistics are computed here and not taken from measure/, which data/ must not import.
"""

from dataclasses import dataclass

import numpy as np

_FOLDS = 5
_PRIOR_ROWS = 5.0  # rows of the overall rate mixed into the rate of a level
MOST_LEVELS = 50


@dataclass(frozen=True)
class Coded:
    """A column as the kernels read it.

    codes: int64 (n,): levels of a category, values of a number with at most 50 of them, else 50 bins of equal share;
        missing cells are a level of their own.
    values: float64 (n,), NaN missing; None for a category.
    exact: the codes are the values themselves, not bins.
    places: int64 (present,), of each present value among the distinct ones; None for a category.
    """

    codes: np.ndarray
    values: np.ndarray | None
    exact: bool
    places: np.ndarray | None = None


def code_numbers(values: np.ndarray) -> Coded:
    """values: float64 (n,), NaN missing."""
    present = ~np.isnan(values)
    distinct, places = np.unique(values[present], return_inverse=True)
    exact = len(distinct) <= MOST_LEVELS
    bins = places
    if not exact:
        edges = np.unique(np.quantile(values[present], np.linspace(0, 1, MOST_LEVELS + 1)[1:-1]))
        bins = np.searchsorted(edges, distinct, side="right")[places]
    codes = np.zeros(len(values), dtype=np.int64)
    codes[present] = bins + 1
    return Coded(codes, values, exact, places)


def auc(positive: np.ndarray, score: np.ndarray) -> float:
    """The probability that a positive row scores above a negative one, ties half; positive bool (n,), score (n,)."""
    return auc_of_places(positive, np.unique(score, return_inverse=True)[1])


def auc_of_places(positive: np.ndarray, places: np.ndarray) -> float:
    """As ``auc``, from int64 (n,), the place of each score among the distinct ones: nothing is sorted here."""
    every = np.bincount(places)
    hits = np.bincount(places, weights=positive)
    misses = every - hits
    below = np.cumsum(misses) - misses
    return float((hits * (below + misses / 2)).sum() / (hits.sum() * misses.sum()))


def places_of_rates(codes: np.ndarray, y: np.ndarray) -> np.ndarray:
    """int64 (n,): the place of each of ``rates`` among the distinct ones; there is one for each code and fold."""
    fold = np.arange(len(codes)) % _FOLDS
    cells = codes * _FOLDS + fold
    table = np.zeros(int(codes.max(initial=0) + 1) * _FOLDS)
    table[cells] = rates(codes, y)
    return np.asarray(np.unique(table, return_inverse=True)[1][cells])


def auc_error(n_positive: int, n_negative: int) -> float:
    """The standard error of an AUC when the score says nothing (Mann and Whitney 1947)."""
    return float(np.sqrt((n_positive + n_negative + 1) / (12 * n_positive * n_negative)))


def rates(codes: np.ndarray, y: np.ndarray) -> np.ndarray:
    """float64 (n,): the mean of y (n,) over the rows of the same code in the other folds, drawn to the overall mean."""
    return shares(codes, y[:, None])[:, 0]


def shares(codes: np.ndarray, y: np.ndarray) -> np.ndarray:
    """float64 (n, k): as ``rates``, for k columns of y (n, k)."""
    n, k = y.shape
    overall = y.mean(axis=0)
    fold = np.arange(n) % _FOLDS
    size = int(codes.max(initial=0)) + 1
    cells = codes * _FOLDS + fold
    counts = np.bincount(cells, minlength=size * _FOLDS).reshape(size, _FOLDS)
    others = counts.sum(axis=1, keepdims=True) - counts
    found = np.empty((n, k))
    for j in range(k):
        sums = np.bincount(cells, weights=y[:, j], minlength=size * _FOLDS).reshape(size, _FOLDS)
        rest = sums.sum(axis=1, keepdims=True) - sums
        found[:, j] = ((rest + _PRIOR_ROWS * overall[j]) / (others + _PRIOR_ROWS))[codes, fold]
    return found


def pure_levels(codes: np.ndarray, positive: np.ndarray) -> list[tuple[int, int, float]]:
    """Levels without one row of one of the two classes, where chance would not leave it so.

    codes: int64 (n,).  positive: bool (n,).
    Returns (code, rows, p) for each; p is the exact binomial probability of so pure a level, times the number of levels.
    """
    counts = np.bincount(codes)
    positives = np.bincount(codes, weights=positive)
    levels = int((counts > 0).sum())
    rate = float(positive.mean())
    found = []
    for code in np.flatnonzero(counts):
        rows = int(counts[code])
        absent = 1 - rate if positives[code] == 0 else rate if positives[code] == rows else None
        if absent is not None:
            found.append((int(code), rows, min(1.0, levels * absent**rows)))
    return found
