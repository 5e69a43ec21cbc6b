"""Two shares of independent rows: do they differ, and by how much?

The test is the score test, whose standard error is that of equal shares (Pearson's chi-square without a correction for
continuity), as long as every expected count is at least 5; below it Fisher's exact test, two-sided by the
probabilities of the tables.  The interval of the difference joins Wilson's intervals of the two shares (Newcombe 1998,
method 10), so that it stays within -1 and 1 and has a width where a share is 0 or 1.

Sources: Pearson (1900); Fisher (1935); Cochran (1954), on the count of 5; Newcombe (1998).
"""

from dataclasses import dataclass
from math import erfc, hypot, sqrt
from statistics import NormalDist

import numpy as np

from assay.core.errors import DataError
from assay.measure.proportion import wilson_ends

EXPECTED = 5.0
"""An expected count below it is small: the normal curve no longer stands for the binomial one."""


@dataclass(frozen=True, slots=True)
class TwoProportions:
    """difference: first share − second, with low and high at ``level``.  p: two-sided, of equal shares.  test: its name."""

    difference: float
    low: float
    high: float
    level: float
    p: float
    test: str


def two_proportions(hits: int, of: int, other_hits: int, other_of: int, *, level: float = 0.95) -> TwoProportions:
    """hits / of against other_hits / other_of, of different, independent rows.

    Raises DataError where a side has no row, or ``hits`` does not lie between 0 and ``of``.

    >>> found = two_proportions(14, 50, 30, 300)
    >>> round(found.difference, 3), round(found.p, 5), found.test
    (0.18, 0.00038, 'score')
    """
    for side, rows in ((hits, of), (other_hits, other_of)):
        if rows < 1 or not 0 <= side <= rows:
            raise DataError(f"{side} of {rows} is no proportion: of at least 1 row, between 0 and all of them count.")
    z = NormalDist().inv_cdf((1 + level) / 2)
    a, b = hits / of, other_hits / other_of
    (a_low, a_high), (b_low, b_high) = wilson_ends(a, of, z), wilson_ends(b, other_of, z)
    below, above = hypot(a - a_low, b_high - b), hypot(a_high - a, b - b_low)
    p, test = _p(hits, of, other_hits, other_of)
    return TwoProportions(a - b, a - b - below, a - b + above, level, p, test)


def _p(hits: int, of: int, other_hits: int, other_of: int) -> tuple[float, str]:
    every, total = hits + other_hits, of + other_of
    if every in (0, total):
        return 1.0, "score"  # all rows are alike; there is no table but this one
    if min(of, other_of) * min(every, total - every) / total < EXPECTED:
        from scipy.stats import fisher_exact

        table = np.array([[hits, of - hits], [other_hits, other_of - other_hits]])
        return min(1.0, float(fisher_exact(table).pvalue)), "Fisher"
    pooled = every / total
    error = sqrt(pooled * (1 - pooled) * (1 / of + 1 / other_of))
    return erfc(abs(hits / of - other_hits / other_of) / error / sqrt(2)), "score"
