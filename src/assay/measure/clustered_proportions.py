"""Shares of rows that come in groups or carry weights: the share of each level, and each level against all other rows.

Rows of one group resemble each other, so that a group, not a row, is what counts as seen once; a weighted row stands for as
many rows of the population.  Everything is made of what each group adds to a share (its influence), so that a group with
rows on both sides of a comparison is counted on both.

test       The robust score test: the influences at the common share of both sides, summed and squared.  A level that
           lives in m groups cannot reach more than √m standard errors, whatever its rows say; a Wald test, whose spread is
           taken about the level's own share, would find the spread 0 in a single group and call anything sure.
interval   Of a share: Wilson's, with as many rows as would give the spread seen, and Student's t with the groups that hold
           the level, less one.  Of a difference: the ends of the two shares joined, with their correlation.

Sources: Boos (1992), generalised score tests; Liang & Zeger (1986); Wilson (1927); Korn & Graubard (1998), effective sample
sizes; Kish (1965); Zou & Donner (2008), ends joined with a correlation (without one: Newcombe 1998).
"""

from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np

from assay.measure.interval import Interval
from assay.measure.proportion import wilson_ends
from assay.measure.two_proportions import TwoProportions

TEST = "robust score"
METHOD = "Wilson, effective rows"


@dataclass(frozen=True, slots=True)
class LevelShare:
    """share: of the level, n: its groups.  rest: among all other rows, None where there are none; then no difference either."""

    share: Interval
    rest: float | None
    difference: TwoProportions | None


@dataclass(frozen=True)
class _Side:
    """Of each level, all (L,): weight, share, variance of the share, rows.  groups: that hold it; even: Kish's number of them."""

    weight: np.ndarray
    share: np.ndarray
    variance: np.ndarray
    groups: np.ndarray
    rows: np.ndarray
    even: np.ndarray


@dataclass(frozen=True)
class _Cells:
    """Groups within levels.  level, group: int64 (p,), each pair once.  hits, weight: float64 (p,), sums of its rows.

    of_group, of_group_hits: float64 (p,), the weight and the hits of the pair's group in all levels together.
    all_weight, all_hits: float64 (G,), of every group.
    """

    level: np.ndarray
    group: np.ndarray
    hits: np.ndarray
    weight: np.ndarray
    all_weight: np.ndarray
    all_hits: np.ndarray

    @property
    def of_group(self) -> np.ndarray:
        return np.asarray(self.all_weight[self.group])

    @property
    def of_group_hits(self) -> np.ndarray:
        return np.asarray(self.all_hits[self.group])

    def by_level(self, values: np.ndarray, n_levels: int) -> np.ndarray:
        return np.bincount(self.level, weights=values, minlength=n_levels)


def clustered_shares(
    level: np.ndarray, hit: np.ndarray, *, weights: np.ndarray | None, groups: np.ndarray | None, confidence: float = 0.95
) -> list[LevelShare]:
    """The share of hits of each level and its difference from all other rows, by level code.

    level: int64 (n,), codes 0 … L − 1, each there.  hit: bool (n,).  weights: float64 (n,), above 0, None: 1 each.
    groups: int64 (n,), None: every row by itself.  confidence: of the intervals.
    An interval of a level that lives in a single group is undefined, and says so.

    >>> jobs, hits = np.repeat([0, 1], [6, 6]), np.array([1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0], dtype=bool)
    >>> alone = clustered_shares(jobs, hits, weights=None, groups=None)[0].difference
    >>> pairs = clustered_shares(jobs, hits, weights=None, groups=np.arange(12) // 2)[0].difference
    >>> round(alone.difference, 3), round(alone.p, 3), round(pairs.p, 3)
    (0.667, 0.021, 0.046)
    """
    weight = np.ones(len(level)) if weights is None else np.asarray(weights, dtype=np.float64)
    codes = np.arange(len(level)) if groups is None else np.unique(groups, return_inverse=True)[1]
    n_levels, cells = int(level.max()) + 1, _cells(level, codes, hit, weight)
    rows = np.bincount(level, minlength=n_levels)
    own = _own(cells, rows)
    if n_levels == 1:
        return [LevelShare(_interval(own, 0, confidence), None, None)]
    other, covariance = _others(cells, own, len(level) - rows)
    p = _p(cells, own)
    found = []
    for code in range(n_levels):
        ends = _interval(own, code, confidence), _interval(other, code, confidence)
        low, high = _joined(*ends, float(_correlation(own, other, covariance)[code]))
        gap = float(own.share[code] - other.share[code])
        difference = TwoProportions(gap, low, high, confidence, float(p[code]), TEST)
        found.append(LevelShare(ends[0], float(other.share[code]), difference))
    return found


def _cells(level: np.ndarray, group: np.ndarray, hit: np.ndarray, weight: np.ndarray) -> _Cells:
    n_groups = int(group.max()) + 1
    pairs, which = np.unique(level.astype(np.int64) * n_groups + group, return_inverse=True)
    return _Cells(
        level=pairs // n_groups,
        group=pairs % n_groups,
        hits=np.bincount(which, weights=weight * hit),
        weight=np.bincount(which, weights=weight),
        all_weight=np.bincount(group, weights=weight),
        all_hits=np.bincount(group, weights=weight * hit),
    )


def _own(cells: _Cells, rows: np.ndarray) -> _Side:
    n = len(rows)
    weight, groups = cells.by_level(cells.weight, n), np.bincount(cells.level, minlength=n)
    share = cells.by_level(cells.hits, n) / weight
    moved = cells.hits - share[cells.level] * cells.weight
    variance = _corrected(cells.by_level(moved**2, n), groups) / weight**2
    return _Side(weight, share, variance, groups, rows, weight**2 / cells.by_level(cells.weight**2, n))


def _others(cells: _Cells, own: _Side, rows: np.ndarray) -> tuple[_Side, np.ndarray]:
    """The rows outside of each level, and the covariance of their share with the level's.

    Groups without a row of the level are never gone through one by one: sums over all groups, less what the pairs change.
    """
    n, (hits, sizes) = len(rows), (cells.all_hits, cells.all_weight)
    weight = sizes.sum() - own.weight
    share = (hits.sum() - own.share * own.weight) / weight
    at = share[cells.level]
    left_hits, left = cells.of_group_hits - cells.hits, cells.of_group - cells.weight
    whole = cells.of_group_hits - at * cells.of_group
    moved = left_hits - at * left
    every = (hits**2).sum() - 2 * share * (hits * sizes).sum() + share**2 * (sizes**2).sum()
    squares = np.maximum(every + cells.by_level(moved**2 - whole**2, n), 0.0)
    gone = left <= 1e-12 * cells.of_group
    groups = len(sizes) - np.bincount(cells.level[gone], minlength=n)
    even = weight**2 / ((sizes**2).sum() + cells.by_level(np.where(gone, 0.0, left) ** 2 - cells.of_group**2, n))
    together = cells.by_level((cells.hits - own.share[cells.level] * cells.weight) * moved, n)
    return _Side(weight, share, _corrected(squares, groups) / weight**2, groups, rows, even), together / (own.weight * weight)


def _corrected(squares: np.ndarray, groups: np.ndarray) -> np.ndarray:
    return np.asarray(squares * groups / np.maximum(groups - 1, 1))


def _p(cells: _Cells, own: _Side) -> np.ndarray:
    """float64 (L,): two-sided, of equal shares in the level and outside of it."""
    n, total = len(own.weight), cells.all_weight.sum()
    common = cells.all_hits.sum() / total
    of_group = cells.all_hits - common * cells.all_weight
    in_level = cells.hits - common * cells.weight
    part = own.weight / total
    score = cells.by_level(in_level, n)
    squares = cells.by_level(in_level**2 - 2 * part[cells.level] * in_level * of_group[cells.group], n)
    squares = squares + part**2 * (of_group**2).sum()
    spread = squares > 1e-24 * total**2
    ratio = np.where(spread, np.abs(score) / np.sqrt(np.where(spread, squares, 1.0)), 0.0)
    return np.array([erfc(value / sqrt(2)) for value in ratio.tolist()])


def _interval(side: _Side, code: int, confidence: float) -> Interval:
    from scipy.special import stdtrit

    share, groups = float(np.clip(side.share[code], 0.0, 1.0)), int(side.groups[code])
    if groups < 2:
        reason = "all of its rows are of one group: the spread is unknown"
        return Interval(share, None, None, confidence, "none", groups, "this model", reason)
    variance = float(side.variance[code])
    varied = variance > 1e-15 and 0 < share < 1
    effective = share * (1 - share) / variance if varied else float(side.even[code])
    effective = min(effective, float(side.rows[code]))
    upper = (1 + confidence) / 2
    z, t = NormalDist().inv_cdf(upper), float(stdtrit(groups - 1, upper))
    low, high = wilson_ends(share, effective * (z / t) ** 2, z)
    return Interval(share, low, high, confidence, METHOD, groups, "this model")


def _correlation(own: _Side, other: _Side, covariance: np.ndarray) -> np.ndarray:
    spread = np.sqrt(own.variance * other.variance)
    return np.clip(np.where(spread > 0, covariance / np.where(spread > 0, spread, 1.0), 0.0), -1.0, 1.0)


def _joined(a: Interval, b: Interval, correlation: float) -> tuple[float, float]:
    """The ends of a − b; everything that is possible where one of them has none."""
    if a.value is None or b.value is None or a.low is None or a.high is None or b.low is None or b.high is None:
        return -1.0, 1.0
    gap = a.value - b.value
    ends = [(a.value - a.low, b.high - b.value), (a.high - a.value, b.value - b.low)]
    reach = [sqrt(max(x * x + y * y - 2 * correlation * x * y, 0.0)) for x, y in ends]
    return max(-1.0, gap - reach[0]), min(1.0, gap + reach[1])
