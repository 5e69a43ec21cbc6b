"""Means over resamples with their intervals.

means        values that are independent given the rows (disjoint blocks, fresh pairs of resamples): Student's t
pair means   a value for each pair of R resamples: the pairs share resamples, so the spread is the jackknife's over these

Source: Arvesen (1969) for the jackknife of U-statistics.
"""

import numpy as np
from scipy.special import stdtr, stdtrit

from assay.measure.interval import Interval

T_METHOD, JACKKNIFE = "t over resamples", "jackknife over resamples"


def mean_interval(values: np.ndarray, *, level: float = 0.95, bounds: tuple[float, float] = (-1.0, 1.0)) -> Interval:
    """values: float (m,), independent.  With fewer than two there is no interval."""
    m = len(values)
    if not m:
        return Interval(None, None, None, level, T_METHOD, 0, "this recipe", "no resample gave a value")
    mean = float(values.mean())
    if m < 2:
        return Interval(mean, None, None, level, T_METHOD, m, "this recipe", "one resample alone")
    return _about(mean, float(values.std(ddof=1)) / np.sqrt(m), m, level, bounds, T_METHOD)


def pairs_interval(pairs: np.ndarray, *, level: float = 0.95, bounds: tuple[float, float] = (-1.0, 1.0)) -> Interval:
    """pairs: float (R, R), symmetric, of R >= 3 resamples; the diagonal is not read."""
    r = len(pairs)
    above = np.triu_indices(r, 1)
    mean = float(pairs[above].mean())
    if r < 3:
        return Interval(mean, None, None, level, JACKKNIFE, r, "this recipe", "fewer than three resamples")
    own = (pairs.sum(axis=1) - np.diag(pairs)) / (r - 1)  # the mean of the pairs that a resample is in
    without = (mean * r * (r - 1) / 2 - own * (r - 1)) / ((r - 1) * (r - 2) / 2)
    error = float(np.sqrt((r - 1) / r * ((without - without.mean()) ** 2).sum()))
    return _about(mean, error, r, level, bounds, JACKKNIFE)


def paired_p(a: np.ndarray, b: np.ndarray) -> float | None:
    """Two-sided p of Student's paired t; None where the differences have no spread and are not 0."""
    difference = a - b
    error = float(difference.std(ddof=1)) / np.sqrt(len(difference)) if len(difference) > 1 else 0.0
    if error == 0.0:
        return 1.0 if not difference.any() else None
    return float(2 * stdtr(len(difference) - 1, -abs(float(difference.mean())) / error))


def _about(mean: float, error: float, n: int, level: float, bounds: tuple[float, float], method: str) -> Interval:
    half = float(stdtrit(n - 1, (1 + level) / 2) * error)
    return Interval(mean, max(bounds[0], mean - half), min(bounds[1], mean + half), level, method, n, "this recipe")
