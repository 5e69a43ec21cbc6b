"""Intervals of a share: so many of so many independent rows.

Wilson (1927) inverts the score test: near its level on average, and the default.  Clopper & Pearson (1934) never covers
less than its level, and is the wider for it.
"""

from math import sqrt
from typing import Literal

from assay.core.errors import DataError
from assay.measure.interval import Estimand, Interval

Kind = Literal["wilson", "clopper-pearson"]
_SCIPY: dict[str, Literal["wilson", "exact"]] = {"wilson": "wilson", "clopper-pearson": "exact"}
_WORDS = {"wilson": "Wilson", "clopper-pearson": "Clopper-Pearson"}


def wilson_ends(share: float, rows: float, z: float) -> tuple[float, float]:
    """(low, high) in closed form, for whoever needs thousands: ``proportion_interval`` takes a millisecond.

    rows: may be a number of effective rows.  z: the normal quantile of the level.  Source: Wilson (1927).
    """
    centre, half = share + z * z / (2 * rows), z * sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    low, high = (centre - half) / (1 + z * z / rows), (centre + half) / (1 + z * z / rows)
    return max(0.0, min(low, share)), min(1.0, max(high, share))


def proportion_interval(
    hits: int, of: int, *, kind: str = "wilson", level: float = 0.95, n: int | None = None, estimand: Estimand = "this model"
) -> Interval:
    """The share hits / of with its interval.

    n: what the interval states as its number of independent units (default: ``of``).
    Raises DataError where ``of`` is 0 or ``hits`` does not lie between 0 and ``of``.

    >>> print(proportion_interval(8, 10))
    0.8000 [0.4902, 0.9433]
    >>> print(proportion_interval(8, 10, kind="clopper-pearson"))
    0.8000 [0.4439, 0.9748]
    """
    from scipy.stats import binomtest  # half a second that naming a recipe must not take

    if of < 1 or not 0 <= hits <= of:
        raise DataError(f"{hits} of {of} is no proportion: of at least 1 row, between 0 and all of them count.")
    if kind not in _SCIPY:
        raise ValueError(f"kind={kind!r}: it is one of {', '.join(_SCIPY)}.")
    found = binomtest(hits, of).proportion_ci(level, _SCIPY[kind])
    value = hits / of
    low, high = min(float(found.low), value), max(float(found.high), value)  # rounding must not cut the share off
    return Interval(value, low, high, level, _WORDS[kind], of if n is None else n, estimand)
