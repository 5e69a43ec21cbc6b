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
    """

    codes: np.ndarray
    values: np.ndarray | None
    exact: bool


def code_numbers(values: np.ndarray) -> Coded:
    """values: float64 (n,), NaN missing."""
    present = ~np.isnan(values)
    distinct, places = np.unique(values[present], return_inverse=True)
    exact = len(distinct) <= MOST_LEVELS
    if not exact:
        edges = np.unique(np.quantile(values[present], np.linspace(0, 1, MOST_LEVELS + 1)[1:-1]))
        places = np.searchsorted(edges, values[present], side="right")
    codes = np.zeros(len(values), dtype=np.int64)
    codes[present] = places + 1
    return Coded(codes, values, exact)


def auc(positive: np.ndarray, score: np.ndarray) -> float:
    """The probability that a positive row scores above a negative one, ties half; positive bool (n,), score (n,)."""
    from scipy.stats import rankdata

    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    ranks = rankdata(score)
    return float((ranks[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


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
