"""How strongly a column goes with the target, on one scale for every kind of column and of target, with an interval.

A column is cut into parts (quantile bins, levels, missing cells). Of the target's variation between rows a share lies
between the parts: for a number it is η², for classes φ² over its largest value, which for two classes is the same number.
Shown is its root, corrected for what chance alone gives: the correlation ratio, or Cramér's V (Bergsma 2013). From 0, the
column says nothing, to 1, it says all.

p          The F test of the analysis of variance; for classes the approximation by F of Pillai's trace, which φ² is. At few
           rows it keeps its level better than the chi-square test, and at many they are the same test.
interval   The noncentral F inverted at both ends (Steiger 2004), so that it may start at 0; each end moved out to the delta
           method's where that is farther. The former is right near 0 and too short for strong associations of classes, the
           latter the other way round.
groups, weights   Rows are counted as so many as would give the spread seen between groups: the statistic is divided by the mean
           design effect of the parts (Rao & Scott 1981, first order), which is never taken to be below 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

from assay.core.shown import Shown
from assay.measure.compare import holm
from assay.measure.interval import Interval

Name = Literal["correlation ratio", "Cramér's V"]
METHOD = "noncentral F and delta"
_TINY = 1e-12


@dataclass(frozen=True)
class Strength(Shown):
    """value: of the measure ``name``, with its interval (n: effective rows).  p_raw; p: after Holm over all columns."""

    column: str
    name: Name
    interval: Interval
    p_raw: float | None
    p: float | None = None

    def is_shown(self, level: float = 0.95) -> bool:
        return self.p is not None and self.p <= 1 - level

    def to_json(self) -> dict[str, Any]:
        return {"measure": self.name, **self.interval.to_json(), "p_raw": self.p_raw, "p": self.p}


@dataclass(frozen=True, eq=False)
class Response:
    """The target as the tests read it.

    y: float64 (n, q), a number standardized (q = 1), or a column of 0 and 1 for each class.  weights: float64 (n,), of mean 1,
    or None.  groups: int64 (n,), or None.
    """

    y: np.ndarray
    is_number: bool
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None

    @property
    def name(self) -> Name:
        return "correlation ratio" if self.is_number else "Cramér's V"


@dataclass(frozen=True)
class _Shares:
    """parts, q: their number and that of the target's independent columns; n: effective rows; explained: φ² or η².

    variance: of what one row adds to ``explained``.
    """

    parts: int
    q: int
    n: float
    explained: float
    variance: float

    @property
    def s(self) -> int:
        return min(self.parts - 1, self.q)

    @property
    def df(self) -> tuple[float, float]:
        return float((self.parts - 1) * self.q), self.s * (self.n - self.parts - self.q + self.s)


def strength(column: str, codes: np.ndarray, response: Response, *, level: float = 0.95) -> Strength:
    """codes: int64 (n,), parts 0 … k − 1.  The interval says why it is undefined where it is."""
    found = _shares(codes, response)
    reason = None
    if found.parts < 2:
        reason = "the column has one value"
    elif found.q < 1:
        reason = "the target has one value"
    elif found.df[1] < 1:
        reason = "too few rows for so many parts"
    if reason is not None:
        return Strength(
            column, response.name, Interval(None, None, None, level, METHOD, int(found.n), "this model", reason), None
        )
    value = _corrected(found, response)
    low, high, p = _ends(found, level)
    raw = float(np.sqrt(found.explained / found.s))
    if raw > 0:
        reach = NormalDist().inv_cdf((1 + level) / 2) * float(np.sqrt(found.variance / found.n)) / (2 * found.s * raw)
        low, high = max(0.0, min(low, value - reach)), min(1.0, max(high, value + reach))
    interval = Interval(value, min(low, value), max(high, value), level, METHOD, int(found.n), "this model")
    return Strength(column, response.name, interval, p)


def adjusted(found: Sequence[Strength]) -> list[Strength]:
    """p after Holm over all of them."""
    return [replace(one, p=p) for one, p in zip(found, holm([one.p_raw for one in found]), strict=True)]


def _shares(codes: np.ndarray, response: Response) -> _Shares:
    n, k = len(codes), int(codes.max(initial=-1)) + 1
    weight = np.ones(n) if response.weights is None else response.weights
    size = np.bincount(codes, weights=weight, minlength=k)
    y = response.y
    sums = np.stack([np.bincount(codes, weights=weight * column, minlength=k) for column in y.T], axis=1)  # (k, q)
    centre = sums.sum(axis=0) / size.sum()
    there = size > 0
    means = sums[there] / size[there, None]
    between = (size[there, None] * (means - centre) ** 2).sum(axis=0)  # (q,)
    found = _Means(means=_filled(means, there), size=size, centre=centre)
    variance = 0.0
    if response.is_number:
        total = float((weight * (y[:, 0] - centre[0]) ** 2).sum())
        explained, q = (0.0, 0) if total <= _TINY * n else (float(between[0]) / total, 1)
        variance = _variance_of_number(codes, y[:, 0], weight, found, explained) if q else 0.0
    else:
        kept = centre > 0
        explained, q = float((between[kept] / centre[kept]).sum()) / size.sum(), int(kept.sum()) - 1
        variance = _variance_of_classes(found.means[np.ix_(there, kept)], size[there] / size.sum(), centre[kept])
    effect = 1.0
    if response.weights is not None or response.groups is not None:
        effect = _design_effect(codes, response, weight, found)
    return _Shares(int(there.sum()), q, n / effect, explained, variance)


@dataclass(frozen=True, eq=False)
class _Means:
    """Of the target in each part: means (k, q), size (k,), and centre (q,) over all."""

    means: np.ndarray
    size: np.ndarray
    centre: np.ndarray


def _filled(means: np.ndarray, there: np.ndarray) -> np.ndarray:
    found = np.zeros((len(there), means.shape[1]))
    found[there] = means
    return found


def _variance_of_number(codes: np.ndarray, y: np.ndarray, weight: np.ndarray, found: _Means, explained: float) -> float:
    """Of the influence of a row on η² (the derivative of between over total)."""
    gap = found.means[codes, 0] - found.centre[0]
    own = y - found.centre[0]
    moved = gap**2 + 2 * gap * (own - gap) - explained * own**2
    return float(np.average(moved**2, weights=weight) / np.average(own**2, weights=weight) ** 2)


def _variance_of_classes(share: np.ndarray, part: np.ndarray, classes: np.ndarray) -> float:
    """Of the influence of a row on φ².  share: (parts, classes) of the classes in each part; part, classes: of all rows."""
    ratio = share / classes
    moved = 2 * ratio - (share**2 / classes).sum(axis=1, keepdims=True) - (part[:, None] * ratio**2).sum(axis=0)
    cells = share * part[:, None]
    return max(0.0, float((cells * moved**2).sum() - (cells * moved).sum() ** 2))


def _design_effect(codes: np.ndarray, response: Response, weight: np.ndarray, parts: _Means) -> float:
    """The variance of the parts' means over what independent rows of equal weight would give, on average."""
    k, n = len(parts.size), len(codes)
    groups = np.arange(n) if response.groups is None else np.unique(response.groups, return_inverse=True)[1]
    cells, which = np.unique(codes * (int(groups.max()) + 1) + groups, return_inverse=True)
    part = cells // (int(groups.max()) + 1)
    n_groups = np.bincount(part, minlength=k)
    seen = expected = 0.0
    for place, column in enumerate(response.y.T):
        scale = 1.0 if response.is_number else max(float(parts.centre[place]), _TINY)
        residual = weight * (column - parts.means[codes, place])
        sums = np.bincount(which, weights=residual)
        squares = np.bincount(part, weights=sums**2, minlength=k)
        several = n_groups > 1
        clustered = squares[several] * (n_groups / np.maximum(n_groups - 1, 1))[several]
        seen += float((clustered / parts.size[several]).sum()) / scale
        alone = np.bincount(codes, weights=weight * (column - parts.means[codes, place]) ** 2, minlength=k)
        expected += float((alone[several] / parts.size[several]).sum()) / scale
    return max(1.0, seen / expected) if expected > 0 else 1.0


def _corrected(found: _Shares, response: Response) -> float:
    k, n, explained = found.parts, found.n, found.explained
    if response.is_number:
        return float(np.sqrt(np.clip(1 - (1 - explained) * (n - 1) / (n - k), 0.0, 1.0)))
    c = found.q + 1
    corrected = max(0.0, explained - (k - 1) * (c - 1) / (n - 1))
    least = min(k - (k - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(1.0, corrected / least))) if least > 0 else 0.0


def _ends(found: _Shares, level: float) -> tuple[float, float, float]:
    """(low, high, p)."""
    from scipy.special import fdtrc, ncfdtr

    df1, df2 = found.df
    share = min(found.explained / found.s, 1 - _TINY)
    f = share / (1 - share) * df2 / df1
    p = float(fdtrc(df1, df2, f))

    def chance(noncentrality: float) -> float:
        """Of a statistic this small; scipy gives NaN where it is too small to be computed (a handful of rows, huge F)."""
        return float(np.nan_to_num(ncfdtr(df1, df2, noncentrality, f), nan=0.0))

    def end(at: float) -> float:
        """The noncentrality under which a statistic this small has probability ``at``."""
        if chance(0.0) <= at:
            return 0.0
        top = max(1.0, f * df1)
        while chance(top) > at and top < 1e15:
            top *= 2
        from scipy.optimize import brentq

        return top if chance(top) > at else float(brentq(lambda one: chance(one) - at, 0.0, top, xtol=1e-6 * top, rtol=1e-9))

    tail = (1 - level) / 2
    low, high = (float(np.sqrt(one / (one + found.n * found.s))) for one in (end(1 - tail), end(tail)))
    return low, high, p
