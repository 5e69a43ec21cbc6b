"""Weighted sums over units, for any number of weight vectors at once.

Plain loops of numpy (einsum without BLAS, gather and reduceat), so that a sum does not depend on the number of
threads or on how many weight vectors stand beside it: the same seed gives the same bytes.
"""

import numpy as np

from assay.measure.payload import Predictions, Truth


def as_weights(weights: np.ndarray) -> np.ndarray:
    """float64 (..., n), contiguous on the last axis."""
    return np.ascontiguousarray(weights, dtype=np.float64)


def weighted_sum(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """weights (..., n), values (n,) -> (...): the sum of their products."""
    return np.asarray(np.einsum("...n,n->...", as_weights(weights), values))


def paired_sum(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two arrays (..., n) -> (...): the sum of their products."""
    return np.asarray(np.einsum("...n,...n->...", left, right))


def ratio(numerator: np.ndarray, denominator: np.ndarray, *, empty: float = np.nan) -> np.ndarray:
    """numerator / denominator, and ``empty`` where the denominator is 0."""
    over = np.asarray(denominator, dtype=np.float64)
    safe = np.where(over > 0, over, 1.0)
    return np.where(over > 0, np.asarray(numerator) / safe, empty)


def weighted_mean(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """weights (..., n), values (n,) -> (...): the mean, NaN where the weights sum to 0."""
    weights = as_weights(weights)
    return ratio(weighted_sum(weights, values), weights.sum(axis=-1))


def running_sum(weights: np.ndarray, order: np.ndarray) -> np.ndarray:
    """weights (..., n), order (m,) of positions -> (..., m + 1): 0, then the running sum in that order."""
    gathered = np.take(weights, order, axis=-1)
    total = np.zeros((*gathered.shape[:-1], len(order) + 1))
    np.cumsum(gathered, axis=-1, out=total[..., 1:])
    return total


def problem_with_rows(truth: Truth, predictions: Predictions, needs: str) -> str | None:
    """Why no metric could be computed at all: no rows, the array is not there, or it is not finite."""
    if len(truth) == 0:
        return "there are no rows"
    if needs not in predictions.arrays:
        return f"the predictions hold no {needs}"
    values = predictions[needs]
    broken = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1) if values.dtype.kind == "f" else np.zeros(0, bool)
    if broken.any():
        return f"{int(broken.sum())} of {len(values)} predictions are not finite"
    return None
