"""Intervals and differences from bootstrap draws, and the difference as a thing of its own.

Three kinds of bootstrap interval: percentile (Efron 1979), BCa, which corrects it for bias and skewness (Efron 1987), and
studentized, which draws the t statistic on the scale of the metric's bounds (Hall 1988).
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.stats import norm

from assay.core.shown import Shown
from assay.measure.interval import Estimand, Interval
from assay.measure.link import Link

LOST_DRAWS = 0.05
"""The share of draws without a value above which the rest no longer stand for all of them."""


@dataclass(frozen=True, slots=True)
class Difference(Shown):
    """a − b of a metric, in the metric's units.

    interval: at the level asked for.  equivalence: at level 1 − 2α, α = 1 − level; when it lies within ±margin, both
    one-sided tests against the margin reject at α (TOST; Schuirmann 1987).
    p: two-sided, of no difference; None where there is no interval.  method: of the p and of both intervals.
    standard_error: of the difference, None where the intervals do not rest on one.
    """

    interval: Interval
    equivalence: Interval
    p: float | None
    method: str
    standard_error: float | None = None


def tost_level(level: float) -> float:
    """1 − 2α, the level of the interval that decides equivalence at α = 1 − level."""
    return round(2 * level - 1, 12)


def no_interval(reason: str, *, level: float, n: int, estimand: Estimand, method: str = "none") -> Interval:
    return Interval(None, None, None, level, method, n, estimand, reason)


def percentile_interval(
    value: float, draws: np.ndarray, *, level: float, n: int, estimand: Estimand, method: str = "percentile bootstrap"
) -> Interval:
    """The central ``level`` of the draws (R,), NaN draws left out.

    Undefined, with the reason, where the value is NaN or more than 5 % of the draws are.  Where every draw is the value
    itself (no unit was ever wrong) the method says so: such an interval has no width and promises nothing.
    """
    if not np.isfinite(value):
        return no_interval("the value is not a number", level=level, n=n, estimand=estimand, method=method)
    kept = draws[np.isfinite(draws)]
    if len(kept) < (1 - LOST_DRAWS) * len(draws) or not len(kept):
        lost = f"{len(draws) - len(kept)} of {len(draws)} resamples have no value"
        return no_interval(f"{lost} (too few rows of a class?)", level=level, n=n, estimand=estimand, method=method)
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    if np.ptp(kept) == 0:
        method += ", all draws equal"
    return Interval(float(value), float(low), float(high), level, method, n, estimand)


def bca_interval(value: float, draws: np.ndarray, influence: np.ndarray, *, level: float, n: int, estimand: Estimand) -> Interval:
    """As ``percentile_interval``, at levels shifted for bias (draws below the value) and acceleration (skewness).

    influence: float (C,), of the units, groups or blocks that were drawn, on the value.
    """
    plain = percentile_interval(value, draws, level=level, n=n, estimand=estimand, method="BCa bootstrap")
    spread = float(np.sum(influence**2))
    if plain.value is None or spread == 0:
        return plain
    kept = draws[np.isfinite(draws)]
    below = (np.count_nonzero(kept < value) + np.count_nonzero(kept == value) / 2) / len(kept)
    bias = float(norm.ppf(np.clip(below, 0.5 / len(kept), 1 - 0.5 / len(kept))))
    acceleration = float(np.sum(influence**3)) / (6 * spread**1.5)
    shifted = bias + norm.ppf([(1 - level) / 2, (1 + level) / 2])
    low, high = np.quantile(kept, norm.cdf(bias + shifted / (1 - acceleration * shifted)))
    return Interval(plain.value, float(low), float(high), level, plain.method, n, estimand)


def studentized_interval(  # more than 8 arguments: the three parts of t, and what every interval states
    value: float,
    error: float,
    draws: np.ndarray,
    errors: np.ndarray,
    *,
    link: Link,
    level: float,
    n: int,
    estimand: Estimand,
) -> Interval:
    """error: the standard error of the value; draws, errors: (R,), value and standard error in every resample."""
    plain = percentile_interval(value, draws, level=level, n=n, estimand=estimand, method="studentized bootstrap")
    if plain.value is None or error <= 0 or not link.holds(value):
        return plain
    inside = np.array([bool(np.isfinite(e)) and e > 0 and link.holds(d) for d, e in zip(draws, errors, strict=True)])
    if np.count_nonzero(inside) < (1 - LOST_DRAWS) * len(draws):
        lost = f"{len(draws) - np.count_nonzero(inside)} of {len(draws)} resamples show no spread"
        return no_interval(f"{lost} (too few rows of a class?)", level=level, n=n, estimand=estimand, method=plain.method)
    centre, own = float(link.forward(value)), error * float(link.slope(value))
    scaled = (link.forward(draws[inside]) - centre) / (errors[inside] * link.slope(draws[inside]))
    upper, lower = np.quantile(scaled, [(1 + level) / 2, (1 - level) / 2])
    low, high = link.back(centre - own * np.array([upper, lower]))
    method = f"{plain.method}, {link.name}" if link.name else plain.method
    return Interval(plain.value, float(low), float(high), level, method, n, estimand)


def interval_at_end(
    value: float, n_seen: int, *, level: float, n: int, estimand: Estimand, method: str = "exact, at the end of the scale"
) -> Interval:
    """Where all of ``n_seen`` independent units (or pairs) were right (value 1) or wrong (0), and none shows the spread.

    The bound is the rate at which that many in a row would still happen with probability (1 - level) / 2: Clopper and
    Pearson (1934) at the end of the scale.
    """
    bound = float(((1 - level) / 2) ** (1 / n_seen)) if n_seen else 0.0
    low, high = (bound, 1.0) if value > 0.5 else (0.0, 1 - bound)
    return Interval(value, low, high, level, method, n, estimand)


def bootstrap_difference(value: float, draws: np.ndarray, *, level: float, n: int, estimand: Estimand) -> Difference:
    """value: a − b; draws (R,) of it, paired.

    p: twice the smaller share of draws on either side of 0, each count plus one, so that it is never 0 (Davison & Hinkley 1997).
    """
    method = "paired percentile bootstrap"
    make = partial(percentile_interval, value, draws, n=n, estimand=estimand, method=method)
    interval, equivalence = make(level=level), make(level=tost_level(level))
    if interval.value is None:
        return Difference(interval, equivalence, None, method)
    kept = draws[np.isfinite(draws)]
    tail = 1 + min(np.count_nonzero(kept <= 0), np.count_nonzero(kept >= 0))
    return Difference(interval, equivalence, float(min(1.0, 2 * tail / (len(kept) + 1))), method, float(np.std(kept)))


def no_difference(reason: str, *, level: float, n: int, estimand: Estimand) -> Difference:
    make = partial(no_interval, reason, n=n, estimand=estimand)
    return Difference(make(level=level), make(level=tost_level(level)), None, "none")
