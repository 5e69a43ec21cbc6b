"""Weighted sums over units, for any number of weight vectors at once, by the compiled loops of ``measure.kernels``.

A sum does not depend on the number of threads: the same seed gives the same bytes.  Counts (uint8, what a bootstrap draws)
are summed as whole numbers; weights of any other type as float64.
"""

from types import ModuleType

import numpy as np

from assay.core.errors import DataError
from assay.core.loops import loops, plain_loops
from assay.measure.payload import Predictions, Truth

MOST_UNITS = 2**32 - 1
SHORT_SUMS = 2**31 // 255  # up to this many counts of one byte have a sum that int32 holds


def vectors(weights: np.ndarray) -> np.ndarray:
    """weights (..., n) -> (vectors, n) as the kernels read them: uint8 as it is, anything else as float64."""
    array = np.asarray(weights)
    flat = array.reshape(-1, array.shape[-1]) if array.ndim != 2 else array
    # a read-only array is another type to numba, and would have every kernel compiled once more
    return np.require(flat, dtype=np.uint8 if array.dtype == np.uint8 else np.float64, requirements=["C", "W"])


def kernels_for(weights: np.ndarray) -> ModuleType:
    """The loops for these weights: compiled for counts, which are drawn by the thousand, and in NumPy for any others.

    So that the values of rows as they are need no compiler, and are the same to the bit however many are asked for at once.
    """
    kernels = "assay.measure.kernels"
    return loops(kernels) if np.asarray(weights).dtype == np.uint8 else plain_loops(kernels)


def running_type(flat: np.ndarray) -> type[np.int32] | type[np.float64]:
    """What running sums of ``vectors`` are kept in."""
    return np.int32 if flat.dtype == np.uint8 and flat.shape[1] <= SHORT_SUMS else np.float64


def places(positions: np.ndarray) -> np.ndarray:
    """Positions of units as the kernels read them, uint32; raises DataError for more units than that can count."""
    if len(positions) > MOST_UNITS:
        raise DataError(
            f"{len(positions)} rows are measured at once; at most {MOST_UNITS} can be: measure a random part of them."
        )
    return np.ascontiguousarray(positions, dtype=np.uint32)


def weighted_sums(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """weights (..., n), values (k, n) -> (..., k + 1): the sums of weight × value, and last the sum of the weights."""
    flat = vectors(weights)
    sums = np.empty((len(flat), len(values) + 1))
    zero = np.int64(0) if flat.dtype == np.uint8 else np.float64(0)
    kernels_for(weights).weighted_sums(flat, np.require(values, np.float64, ["C", "W"]), zero, sums)
    return sums.reshape(*np.shape(weights)[:-1], -1)


def sums_by_code(weights: np.ndarray, codes: np.ndarray, n_codes: int) -> np.ndarray:
    """weights (..., n), codes uint32 (n,) below n_codes -> float64 (..., n_codes): the weight of the units of each code."""
    flat = vectors(weights)
    sums = np.empty((len(flat), n_codes))
    kernels_for(weights).sums_by_code(
        flat, codes, np.empty((4, n_codes), np.int64 if flat.dtype == np.uint8 else np.float64), sums
    )
    return sums.reshape(*np.shape(weights)[:-1], n_codes)


def ratio(numerator: np.ndarray, denominator: np.ndarray, *, empty: float = np.nan) -> np.ndarray:
    """numerator / denominator, and ``empty`` where the denominator is 0."""
    over = np.asarray(denominator, dtype=np.float64)
    safe = np.where(over > 0, over, 1.0)
    return np.where(over > 0, np.asarray(numerator) / safe, empty)


def weighted_mean(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """weights (..., n), values (n,) -> (...): the mean, NaN where the weights sum to 0."""
    sums = weighted_sums(weights, values[None])
    return ratio(sums[..., 0], sums[..., 1])


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


def single_class(target: np.ndarray) -> str | None:
    """Why a metric that compares classes has no value, where all rows are of one; else None."""
    return f"all {len(target)} rows are of one class" if len(target) and (target == target[0]).all() else None
