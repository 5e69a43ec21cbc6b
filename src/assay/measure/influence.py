"""How the value of a metric moves with the weight of each unit: what intervals without resampling are made of.

The sum of the squared influences is the variance of the value to first order, and their skewness is the acceleration of
BCa.  Metrics that know their derivative in closed form have a method ``influence``; any other is differentiated here.
Source: Hampel (1974); Efron (1982), The Jackknife, the Bootstrap and Other Resampling Plans, chapter 6.
"""

import numpy as np

from assay.measure.metric import HasInfluence, Metric, Statistics, values_under

BATCH_VALUES = 2**18  # float64 weights at a time: 2 MiB


def influence_of(metric: Metric, statistics: Statistics, weights: np.ndarray, *, groups: np.ndarray | None = None) -> np.ndarray:
    """float64: the derivative of the value at weights (n,), which are >= 0.  NaN where the value is.

    Without groups (n,): by the weight of each unit.  With groups, int (n,) codes 0 … G − 1, (G,): by how often each group
    counts, which is the sum of weight × derivative over its units.
    """
    if not isinstance(metric, HasInfluence):
        return numeric_influence(metric, statistics, weights, groups=groups)
    by_unit = metric.influence(statistics, np.asarray(weights, dtype=np.float64))
    return by_unit if groups is None else np.bincount(groups, weights=by_unit * weights)


def numeric_influence(
    metric: Metric, statistics: Statistics, weights: np.ndarray, *, groups: np.ndarray | None = None
) -> np.ndarray:
    """As ``influence_of``, by differences of second order; two values of the metric for every unit or group.

    The weights only rise, since a metric need not be defined for negative ones.  The step balances the error of the
    difference against that of rounding for a class of some hundredth of the units.
    """
    weights = np.asarray(weights, dtype=np.float64)
    n_moved = len(weights) if groups is None else int(groups.max(initial=-1)) + 1
    step = float(np.clip(6e-6 * n_moved, 1e-3, 0.5)) * (float(weights.mean()) if groups is None else 1.0)
    base = float(values_under(metric, statistics, weights))
    slopes = np.full(n_moved, np.nan)
    if step == 0 or np.isnan(base):
        return slopes
    batch = max(1, BATCH_VALUES // (2 * len(weights)))
    for start in range(0, n_moved, batch):
        moved = np.arange(start, min(start + batch, n_moved))
        direction = _directions(moved, weights, groups) * step
        near = values_under(metric, statistics, weights + direction)
        far = values_under(metric, statistics, weights + 2 * direction)
        slopes[moved] = (4 * near - far - 3 * base) / (2 * step)
    return slopes


def _directions(moved: np.ndarray, weights: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """float64 (moved, n): which weights move, and by how much of a step."""
    if groups is None:
        return np.asarray((moved[:, None] == np.arange(len(weights))).astype(np.float64))
    return np.asarray((moved[:, None] == groups) * weights)
