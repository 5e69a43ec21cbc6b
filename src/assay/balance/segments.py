"""Points between two others, dense or sparse: the step that every SMOTE has in common."""

from typing import Any

import numpy as np
from scipy import sparse


def is_sparse(values: Any) -> bool:
    """scipy's issparse without its type guard: the stubs' guard hides what a csr matrix can do."""
    return bool(sparse.issparse(values))


def stacked(parts: list[Any]) -> Any:
    """The matrices one below the other: csr when the first is, else dense."""
    return sparse.csr_matrix(sparse.vstack(parts, format="csr")) if is_sparse(parts[0]) else np.vstack(parts)


def between(first: Any, second: Any, alpha: np.ndarray) -> Any:
    """first + alpha × (second − first), row by row, of the type and dtype of ``first`` (floats).

    first, second: (n, d), both dense or both csr; a value that is NaN in either is NaN.  alpha: (n,).
    Dense values never leave the segment, not even by rounding, where 0 <= alpha <= 1.
    """
    if not is_sparse(first):
        new = first + alpha[:, None].astype(first.dtype) * (second - first)
        outside = ((alpha < 0) | (alpha > 1))[:, None]
        return np.where(outside, new, np.clip(new, np.minimum(first, second), np.maximum(first, second)))
    step = sparse.csr_matrix(second - first)
    step.data *= np.repeat(alpha, np.diff(step.indptr)).astype(step.dtype)
    new = sparse.csr_matrix(first + step)
    new.eliminate_zeros()
    return new
