"""Two classifiers, right or wrong on the same rows: the difference of their accuracies and whether it is real.

Only the rows on which one is right and the other wrong tell them apart.  The mid-p test is the default: the exact test and
the corrected chi-square keep far below the level and lose power, the plain chi-square sometimes exceeds it.  The interval
is Tango's, from the score test; at 0 it decides as the plain chi-square does, so near the level it can differ from mid-p.

Source: McNemar (1947); Edwards (1948); Fagerland, Lydersen & Laake (2013); Tango (1998).  Rows in groups: Obuchowski
(1998), in its unpooled form, so that p and interval agree.
"""

from typing import Any, Literal, get_args

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.measure.compare.arguments import check_level, check_same_length, right_or_wrong
from assay.measure.interval import Estimand, Interval
from assay.measure.intervals import Difference, no_difference, tost_level

Method = Literal["mid-p", "exact", "chi-square", "chi-square corrected"]


def mcnemar(
    right_a: Any, right_b: Any, *, method: Method = "mid-p", level: float = 0.95, estimand: Estimand = "this model"
) -> Difference:
    """Accuracy of a minus accuracy of b on the same independent rows, with Tango's score interval and McNemar's p.

    right_a, right_b: bool or 0/1 (n,): whether each was right on the row.  method: of the p, see ``mcnemar_p``.
    Where the two never differ the p is 1, and the interval says how large a difference n rows may have missed.
    Raises DataError for lengths that differ, no rows, or values that are neither 0 nor 1.
    """
    check_level(level)
    a, b = _paired(right_a, right_b)
    n, only_a, only_b = len(a), int(np.count_nonzero(a & ~b)), int(np.count_nonzero(b & ~a))
    p = mcnemar_p(only_a, only_b, method)
    name = f"McNemar, {method}; Tango interval"

    def interval(at: float) -> Interval:
        low, high = tango_interval(only_a, only_b, n, level=at)
        return Interval((only_a - only_b) / n, low, high, at, name, n, estimand)

    return Difference(interval(level), interval(tost_level(level)), p, name)


def mcnemar_p(only_a: int, only_b: int, method: Method = "mid-p") -> float:
    """Two-sided p of no difference from the rows that only a, and only b, has right.

    "exact": conditional on their sum, binomial.  "mid-p": that less the probability of what was seen; twice the
    one-sided mid-p, hence 1 where the counts are equal.  "chi-square" with one degree of freedom, and "chi-square
    corrected" for continuity.  Without such rows every method gives 1.

    >>> [round(mcnemar_p(1, 7, method), 4) for method in ("mid-p", "exact", "chi-square", "chi-square corrected")]
    [0.0391, 0.0703, 0.0339, 0.0771]
    """
    from scipy.stats import binom, chi2

    if method not in get_args(Method):
        raise ConfigError(f"method={method!r}: it is one of {', '.join(get_args(Method))}.")
    if only_a < 0 or only_b < 0:
        raise DataError(f"counts of rows are at least 0, not {only_a} and {only_b}.")
    n, least = only_a + only_b, min(only_a, only_b)
    if n == 0:
        return 1.0
    if method in ("exact", "mid-p"):
        p = 2 * binom.cdf(least, n, 0.5) - (binom.pmf(least, n, 0.5) if method == "mid-p" else 0.0)
        return float(min(1.0, p))
    apart = abs(only_a - only_b)
    if method == "chi-square corrected":
        apart = max(0, apart - 1)
    return float(chi2.sf(apart**2 / n, 1))


def tango_interval(only_a: int, only_b: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """The differences of two paired proportions that the score test does not reject.

    only_a, only_b: rows that only a, or only b, has right.  n: all rows.
    """
    from scipy.optimize import brentq
    from scipy.stats import norm

    z, value = float(norm.isf((1 - level) / 2)), (only_a - only_b) / n

    def beyond(delta: float, sign: float) -> float:
        """Above 0 where the score test of a difference of delta rejects on that side."""
        variance = n * (2 * _only_b_under(delta, only_a, only_b, n) + delta * (1 - delta))
        return sign * (only_a - only_b - n * delta) - z * float(np.sqrt(max(variance, 0.0)))

    tiny = 1e-12  # off the value and the ends of the scale, where the variance may be 0 and the score has no value
    low = -1.0 if value <= -1 + tiny else brentq(beyond, -1 + tiny, value - tiny, args=(1.0,), xtol=1e-12)
    high = 1.0 if value >= 1 - tiny else brentq(beyond, value + tiny, 1 - tiny, args=(-1.0,), xtol=1e-12)
    return float(low), float(high)


def _only_b_under(delta: float, only_a: int, only_b: int, n: int) -> float:
    """The most likely share of rows that only b has right, given that the difference is delta: a root of Tango's quadratic."""
    quadratic = 2.0 * n
    linear = -only_a - only_b + (2 * n - only_a + only_b) * delta
    constant = -only_b * delta * (1 - delta)
    root = np.sqrt(max(linear**2 - 4 * quadratic * constant, 0.0))
    return float((root - linear) / (2 * quadratic))


def clustered_mcnemar(
    right_a: Any, right_b: Any, groups: Any, *, level: float = 0.95, estimand: Estimand = "this model"
) -> Difference:
    """Accuracy of a minus accuracy of b where rows of one group (a patient, a customer) resemble each other.

    groups: (n,) the group of each row.  The variance is that of a ratio over groups, with Student's t on one less than
    their number; n of the interval is the number of groups.  There is none where the two differ on no row.
    Raises DataError as ``mcnemar`` does, and for fewer than two groups.
    """
    from scipy.stats import t

    check_level(level)
    a, b = _paired(right_a, right_b)
    codes = np.unique(np.asarray(groups), return_inverse=True)[1]
    check_same_length(a, codes, "right_a and groups")
    size = np.bincount(codes)
    if len(size) < 2:
        raise DataError("there is a single group; the spread between groups needs at least two.")
    apart = np.bincount(codes, weights=a.astype(np.float64) - b)
    value = float(apart.sum() / size.sum())
    c = len(size)
    error = float(np.sqrt(c / (c - 1) * np.sum((apart - size * value) ** 2)) / size.sum())
    if error == 0:
        reason = "the two differ on no row" if value == 0 else "every group shows the same difference: its spread is unknown"
        return no_difference(reason, level=level, n=c, estimand=estimand)
    name = "McNemar over groups, ratio t"

    def interval(at: float) -> Interval:
        reach = float(t.isf((1 - at) / 2, c - 1)) * error
        return Interval(value, max(-1.0, value - reach), min(1.0, value + reach), at, name, c, estimand)

    return Difference(interval(level), interval(tost_level(level)), float(2 * t.sf(abs(value) / error, c - 1)), name)


def _paired(right_a: Any, right_b: Any) -> tuple[np.ndarray, np.ndarray]:
    a, b = right_or_wrong(right_a, "right_a"), right_or_wrong(right_b, "right_b")
    check_same_length(a, b, "right_a and right_b")
    if not len(a):
        raise DataError("there are no rows to compare on.")
    return a, b
