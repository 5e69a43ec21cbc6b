"""Points between neighbours of one class: the step that every SMOTE has in common.

Source: Chawla, Bowyer, Hall & Kegelmeyer (2002), SMOTE: synthetic minority over-sampling technique.
"""

from typing import Any

import numpy as np
from scipy import sparse


def is_sparse(values: Any) -> bool:
    """scipy's issparse without its type guard: the stubs' guard hides what a csr matrix can do."""
    return bool(sparse.issparse(values))


def stacked(parts: list[Any]) -> Any:
    """The matrices one below the other: csr when the first is, else dense."""
    return sparse.csr_matrix(sparse.vstack(parts, format="csr")) if is_sparse(parts[0]) else np.vstack(parts)


def nearest_within(points: Any, k: int) -> np.ndarray:
    """int64 (n, k): for each point its k nearest others by Euclidean distance; never itself, but maybe a copy of it.

    points: float (n, d), dense or sparse, without NaN; 1 <= k < n.
    """
    from sklearn.neighbors import NearestNeighbors

    # Asked without points, kneighbors leaves each point itself out even when copies of it lie at distance 0.
    return np.asarray(NearestNeighbors(n_neighbors=k).fit(points).kneighbors(return_distance=False), dtype=np.int64)


def draw_pairs(neighbours: np.ndarray, n_new: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(base, mate, alpha), each (n_new,): a point, one of its neighbours, and how far from the one to the other, in [0, 1)."""
    base = rng.integers(0, len(neighbours), n_new)
    mate = neighbours[base, rng.integers(0, neighbours.shape[1], n_new)]
    return base, mate, rng.random(n_new)


def between(first: Any, second: Any, alpha: np.ndarray) -> Any:
    """first + alpha × (second − first), row by row, of the type and dtype of ``first`` (floats).

    first, second: (n, d), both dense or both csr; a value that is NaN in either is NaN.  alpha: (n,).
    Dense values never leave the segment, not even by rounding.
    """
    if not is_sparse(first):
        new = first + alpha[:, None].astype(first.dtype) * (second - first)
        return np.clip(new, np.minimum(first, second), np.maximum(first, second))
    step = sparse.csr_matrix(second - first)
    step.data *= np.repeat(alpha, np.diff(step.indptr)).astype(step.dtype)
    new = sparse.csr_matrix(first + step)
    new.eliminate_zeros()
    return new
