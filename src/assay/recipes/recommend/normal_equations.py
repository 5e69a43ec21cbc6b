"""The half of a turn of alternating least squares: with one side held, every row of the other is a ridge regression.

For row u with pairs (i, weight w, target t) and vectors y of the other side:
    (base + Σ w y yᵀ + ridge I) x = Σ t y
The rows' equations are summed one row at a time, since their lengths differ, and solved many at once.
"""

import numpy as np

MOST_PAIRS, MOST_ROWS = 2**17, 2**11


def solve_rows(  # more than 8 arguments would be fewer with a class that lives for one call
    indptr: np.ndarray,
    columns: np.ndarray,
    weights: np.ndarray | None,
    targets: np.ndarray,
    factors: np.ndarray,
    ridge: np.ndarray,
    base: np.ndarray | None = None,
) -> np.ndarray:
    """float64 (n, f).

    indptr: int (n + 1,); columns: int (pairs,), places in ``factors``.  weights, targets: float64 (pairs,); no weights: 1.
    factors: float64 (m, f).  ridge: float64 (n,), above 0.  base: float64 (f, f), of every row, or None for 0.
    """
    n, width = len(indptr) - 1, factors.shape[1]
    found = np.empty((n, width))
    diagonal = np.arange(width)
    start = 0
    while start < n:
        end = int(np.searchsorted(indptr, indptr[start] + MOST_PAIRS, side="right")) - 1
        end = min(max(end, start + 1), start + MOST_ROWS, n)
        first, last = indptr[start], indptr[end]
        vectors = factors[columns[first:last]]
        weighted = vectors if weights is None else vectors * weights[first:last, None]
        left = np.zeros((end - start, width, width)) if base is None else np.tile(base, (end - start, 1, 1))
        left[:, diagonal, diagonal] += ridge[start:end, None]
        right = np.zeros((end - start, width))
        bounds = (indptr[start : end + 1] - first).tolist()
        goal = targets[first:last]
        for row in range(end - start):
            low, high = bounds[row], bounds[row + 1]
            if low < high:
                left[row] += weighted[low:high].T @ vectors[low:high]
                right[row] = goal[low:high] @ vectors[low:high]
        found[start:end] = np.linalg.solve(left, right[:, :, None])[:, :, 0]
        start = end
    return found
