"""Many recipes over many data sets: mean ranks, whether they differ at all, and which of them are told apart.

Friedman's chi-square is too careful; Iman and Davenport's F of the same ranks is the test to read.  Nemenyi's critical
difference draws the picture.  Its verdict on a pair depends on which other recipes were tried (Benavoli, Corani & Mangili
2016), so verdicts on pairs come from signed_rank with Holm's correction, not from here.

Source: Friedman (1937); ties: Conover (1999); Iman & Davenport (1980); Nemenyi (1963); all of it over data sets: Demsar (2006).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.measure.compare.adjust import holm
from assay.measure.compare.arguments import check_level, finite

DIGITS = 10
"""Scores of one data set that agree to so many digits of the largest one are tied."""


@dataclass(frozen=True, slots=True)
class Friedman:
    """mean_ranks: 1 is best.  n: data sets.  chi2, p_chi2: corrected for ties, k − 1 degrees of freedom.

    f, p_f: Iman & Davenport, with k − 1 and (k − 1)(n − 1) degrees of freedom; where all data sets agree f is beyond
    every number (None), and p_f is exact.  All four are None where ``undefined`` says why.
    """

    mean_ranks: tuple[float, ...]
    n: int
    chi2: float | None
    p_chi2: float | None
    f: float | None
    p_f: float | None
    undefined: str | None = None


def ranks_of(scores: Any, *, greater_is_better: bool) -> np.ndarray:
    """float (data sets, recipes): the rank of each recipe on each data set, 1 the best, ties sharing their mean rank.

    scores: float (data sets, recipes).  Raises DataError for NaN, or fewer than two data sets or recipes.
    """
    from scipy.stats import rankdata

    found = finite(scores, "scores")
    if found.ndim != 2 or found.shape[0] < 2 or found.shape[1] < 2:
        raise DataError(f"scores of shape {found.shape}: a row a data set and a column a recipe, at least 2 of each.")
    largest = np.abs(found).max(axis=1, keepdims=True)
    comparable = np.round(found / np.where(largest > 0, largest, 1.0), DIGITS)
    return np.asarray(rankdata(-comparable if greater_is_better else comparable, axis=1), dtype=np.float64)


def friedman(ranks: Any) -> Friedman:
    """Whether recipes differ at all.  ranks: float (data sets, recipes), as ``ranks_of`` gives them.

    Raises DataError for rows that are no ranks.
    """
    found = finite(ranks, "ranks")
    if found.ndim != 2 or found.shape[0] < 2 or found.shape[1] < 2:
        raise DataError(f"ranks of shape {found.shape}: a row a data set and a column a recipe, at least 2 of each.")
    n, k = found.shape
    wrong = np.flatnonzero(np.abs(found.sum(axis=1) - k * (k + 1) / 2) > 1e-6)
    if len(wrong):
        raise DataError(f"{len(wrong)} of {n} rows are no ranks of {k} recipes, first row {wrong[0]}; pass what ranks_of gives.")
    tied = sum(float(np.sum(counts**3 - counts)) for counts in (np.unique(row, return_counts=True)[1] for row in found))
    means = tuple(float(mean) for mean in found.mean(axis=0))
    untied = 1 - tied / (n * k * (k**2 - 1))
    if untied <= 1e-12:
        return Friedman(means, n, None, None, None, None, "all recipes are equal on every data set")
    return friedman_of_means(means, n, untied=untied)


def friedman_of_means(mean_ranks: Sequence[float], n: int, *, untied: float = 1.0) -> Friedman:
    """The test from mean ranks over n data sets.  untied: 1 without ties, less with them (Conover's factor)."""
    from scipy.stats import chi2 as chi_square
    from scipy.stats import f as fisher

    k = len(mean_ranks)
    if k < 2 or n < 2:
        raise DataError(f"{k} recipes over {n} data sets: at least 2 of each are needed.")
    apart = sum((rank - (k + 1) / 2) ** 2 for rank in mean_ranks)
    chi2 = 12 * n / (k * (k + 1)) * apart / untied
    p_chi2 = float(chi_square.sf(chi2, k - 1))
    rest = n * (k - 1) - chi2
    if rest <= 1e-9 * n * (k - 1):
        # All data sets rank alike: one of k! orders, n − 1 times over.
        exact = float(np.exp(-(n - 1) * np.sum(np.log(np.arange(1, k + 1)))))
        return Friedman(tuple(mean_ranks), n, float(chi2), p_chi2, None, exact)
    f = (n - 1) * chi2 / rest
    return Friedman(tuple(mean_ranks), n, float(chi2), p_chi2, float(f), float(fisher.sf(f, k - 1, (k - 1) * (n - 1))))


def critical_difference(k: int, n: int, *, level: float = 0.95) -> float:
    """Nemenyi: mean ranks of k recipes over n data sets that lie at least so far apart are told apart at 1 − level.

    >>> round(critical_difference(4, 14), 2)
    1.25
    """
    from scipy.stats import studentized_range

    check_level(level)
    if k < 2 or n < 2:
        raise DataError(f"{k} recipes over {n} data sets: at least 2 of each are needed.")
    return float(studentized_range.ppf(level, k, np.inf) / np.sqrt(2)) * rank_error(k, n)


def rank_error(k: int, n: int) -> float:
    """The standard error of the difference of two mean ranks when nothing differs."""
    return float(np.sqrt(k * (k + 1) / (6 * n)))


def not_separated(mean_ranks: Sequence[float], critical: float) -> tuple[tuple[int, ...], ...]:
    """Groups of at least two recipes whose mean ranks lie less than ``critical`` apart, none within another.

    Positions in ``mean_ranks``, best first; the groups from best to worst.

    >>> not_separated([3.143, 2.000, 2.893, 1.964], 1.25)
    ((3, 1, 2, 0),)
    >>> not_separated([1.0, 2.0, 3.0, 3.2], 1.5)
    ((0, 1), (1, 2, 3))
    """
    order = sorted(range(len(mean_ranks)), key=lambda place: (mean_ranks[place], place))
    groups: list[tuple[int, ...]] = []
    reached = 0
    for start, best in enumerate(order):
        end = start
        while end < len(order) and mean_ranks[order[end]] - mean_ranks[best] < critical - 1e-12:
            end += 1
        if end > reached and end - start > 1:
            groups.append(tuple(order[start:end]))
            reached = end
    return tuple(groups)


@dataclass(frozen=True, slots=True)
class AgainstControl:
    """z: mean rank of the control minus that of the recipe, in standard errors; above 0 the recipe ranks better.

    p_raw, p: two-sided, before and after Holm's correction.
    """

    place: int
    z: float
    p_raw: float
    p: float


def against_control(mean_ranks: Sequence[float], n: int, control: int) -> list[AgainstControl]:
    """Every recipe against one that was named before looking; fewer comparisons, so more power than all pairs.

    control: a position in ``mean_ranks``.  Raises ConfigError when there is none.
    """
    from scipy.stats import norm

    k = len(mean_ranks)
    if not 0 <= control < k:
        raise ConfigError(f"control={control}: a position from 0 to {k - 1}.")
    if k < 2 or n < 2:
        raise DataError(f"{k} recipes over {n} data sets: at least 2 of each are needed.")
    places = [place for place in range(k) if place != control]
    z = [(mean_ranks[control] - mean_ranks[place]) / rank_error(k, n) for place in places]
    raw = [float(2 * norm.sf(abs(value))) for value in z]
    adjusted = holm(raw)
    return [AgainstControl(*found) for found in zip(places, z, raw, [p for p in adjusted if p is not None], strict=True)]
