"""Wilcoxon's signed-rank test: one pair of recipes over many data sets.

A data set counts once, whatever its size; the test ranks the sizes of the differences, so that one extreme data set
does not decide.  The p is exact: every assignment of signs to the ranks that were seen, ties and zeros included, is
counted (by convolution), instead of a table that knows no ties or a normal that needs many data sets.  The difference is
the Hodges-Lehmann median of pairwise means, with the interval that belongs to the test.

Source: Wilcoxon (1945); over data sets: Demsar (2006); zeros: Pratt (1959), split evenly as in Demsar; median and
interval: Hodges & Lehmann (1963), Hollander & Wolfe (1999).
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.measure.compare.arguments import check_level, finite
from assay.measure.interval import Interval
from assay.measure.intervals import no_interval

Zeros = Literal["split", "pratt", "drop"]

METHOD = "Wilcoxon signed-rank, exact"
MOST_EXACT = 200
"""Differences beyond which the normal stands in for the exact distribution; the two agree to three digits there."""
DIGITS = 10
"""Differences that agree to so many digits of the largest one are tied: apart they are only by rounding."""


@dataclass(frozen=True, slots=True)
class SignedRank:
    """median: Hodges-Lehmann, of a − b, with its interval; without one (too few data sets for the level) its ends are None.

    plus, minus: the sums of ranks of the positive and the negative differences (R+ and R−).  zeros: how many are 0.
    p: two-sided, None where every difference is 0.
    """

    median: Interval
    plus: float
    minus: float
    zeros: int
    p: float | None


def smallest_p(n: int) -> float:
    """The smallest two-sided p that n differences can give: all of one sign.

    >>> smallest_p(5), smallest_p(6)
    (0.0625, 0.03125)
    """
    return 2.0 ** (1 - n) if n else 1.0


def signed_rank(differences: Any, *, zeros: Zeros = "split", level: float = 0.95) -> SignedRank:
    """Whether a − b lies around 0 over data sets.

    differences: float (data sets,), in comparable units.  zeros: "split" ranks them first and gives half of their ranks
    to either side (of an odd number one is left out), "pratt" ranks them and leaves their ranks out, "drop" leaves them out.
    Raises DataError for NaN or fewer than two data sets.
    """
    check_level(level)
    if zeros not in get_args(Zeros):
        raise ConfigError(f"zeros={zeros!r}: it is one of {', '.join(get_args(Zeros))}.")
    given = finite(differences, "differences")
    if given.ndim != 1 or len(given) < 2:
        raise DataError(f"differences of shape {given.shape}: one a data set, and of at least 2 data sets.")
    largest = float(np.abs(given).max())
    if largest == 0:
        absent = no_interval("the two are equal on every data set", level=level, n=len(given), estimand="this recipe")
        return SignedRank(absent, 0.0, 0.0, len(given), None)
    # Units of the largest difference: what is equal but for rounding is then equal.
    found = np.round(given / largest, DIGITS)
    n_zero = int(np.count_nonzero(found == 0))
    kept = found[found != 0] if zeros == "drop" else found
    if zeros == "split" and n_zero % 2:
        kept = np.delete(found, np.flatnonzero(found == 0)[0])
    ranks = _ranks(np.abs(kept))
    plus, minus = float(ranks[kept > 0].sum()), float(ranks[kept < 0].sum())
    p = sign_flip_p(ranks[kept != 0], plus)
    if zeros == "split":
        half = float(ranks[kept == 0].sum()) / 2
        plus, minus = plus + half, minus + half
    return SignedRank(_median(given, level), plus, minus, n_zero, p)


def sign_flip_p(ranks: np.ndarray, plus: float) -> float:
    """Two-sided: how often the sum of ranks with a positive sign lies at least as far from its mean as ``plus``.

    ranks: float (m,), whole or half numbers, each with either sign at equal odds.
    """
    mean = ranks.sum() / 2
    if len(ranks) > MOST_EXACT:
        from scipy.stats import norm

        return float(min(1.0, 2 * norm.sf((abs(plus - mean) - 0.5) / np.sqrt(np.sum(ranks**2) / 4))))
    chances = _sum_chances(np.rint(2 * ranks).astype(np.int64))
    least = round(2 * min(plus, ranks.sum() - plus))
    return float(min(1.0, 2 * chances[: least + 1].sum()))


def _sum_chances(whole: np.ndarray) -> np.ndarray:
    """float (sum + 1,): the chance of each sum when every number of ``whole`` is in it or not at equal odds."""
    chances = np.zeros(int(whole.sum()) + 1)
    chances[0] = 1.0
    reached = 0
    for number in whole:
        reached += int(number)
        chances[number : reached + 1] += chances[: reached + 1 - number].copy()
        chances[: reached + 1] /= 2
    return chances


def _median(differences: np.ndarray, level: float) -> Interval:
    """The median of the means of all pairs (each with itself too), and the pair of them that bounds it at the level."""
    n = len(differences)
    first, second = np.triu_indices(n)
    means = np.sort((differences[first] + differences[second]) / 2)
    value, tail = float(np.median(means)), (1 - level) / 2
    if n > MOST_EXACT:
        from scipy.stats import norm

        spread = np.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        outside = int(np.floor(len(means) / 2 - norm.isf(tail) * spread))
    else:
        # The largest sum of ranks whose lower tail stays within half of 1 − level; −1 where not even 0 does.
        outside = int(np.searchsorted(np.cumsum(_sum_chances(np.arange(1, n + 1))), tail, side="right")) - 1
    if outside < 0:
        reason = f"{n} data sets are too few for an interval at {level:.4g}"
        return Interval(value, None, None, level, METHOD, n, "this recipe", reason)
    return Interval(value, float(means[outside]), float(means[-1 - outside]), level, METHOD, n, "this recipe")


def _ranks(sizes: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    return np.asarray(rankdata(sizes), dtype=np.float64)
