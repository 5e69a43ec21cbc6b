"""Means of rows that may come in groups, with intervals: what one number a row needs, and no metric.

The spread is that of the sums of each group about the mean, with Student's t and the groups less one (Liang & Zeger 1986);
for independent rows it is the ordinary t interval.
"""

import numpy as np

from assay.measure.interval import Estimand, Interval

METHOD = "t interval of a mean"


def mean_interval(
    values: np.ndarray,
    clusters: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    *,
    level: float = 0.95,
    estimand: Estimand = "this model",
) -> Interval:
    """values: float64 (n,), n >= 1.  clusters: int64 (n,) codes of rows that belong together.  weights: float64 (n,) or None."""
    weight = np.ones(len(values)) if weights is None else weights
    mean = float(np.average(values, weights=weight))
    error, n = standard_error(values - mean, clusters, weight)
    if n < 2:
        return Interval(mean, None, None, level, METHOD, n, estimand, "there is one independent row: its spread is unknown")
    reach = quantile(level, n - 1) * error
    return Interval(mean, mean - reach, mean + reach, level, METHOD, n, estimand)


def standard_error(moved: np.ndarray, clusters: np.ndarray | None, weight: np.ndarray) -> tuple[float, int]:
    """(of a weighted mean, independent rows or groups).  moved: (n,), each row less the mean."""
    each = moved * weight / weight.sum()
    if clusters is not None:
        each = np.bincount(np.unique(clusters, return_inverse=True)[1], weights=each)
    n = len(each)
    return float(np.sqrt((each**2).sum() * n / max(n - 1, 1))), n


def quantile(level: float, freedom: float) -> float:
    """The two-sided t quantile."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + level) / 2))


def two_sided(t: float, freedom: float) -> float:
    """The p of a t statistic."""
    from scipy.special import stdtr

    return float(2 * stdtr(freedom, -abs(t)))
