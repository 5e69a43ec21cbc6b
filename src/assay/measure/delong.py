"""The ROC AUC's interval and paired differences without resampling.

Every row gets its influence on the AUC; the variance is the sum of their squares, over clusters where rows are not
independent.  For one part and independent rows this is DeLong's estimate exactly; rows that recur in several repeats add
up their influences before squaring, so that repeats are not mistaken for new rows.

Source: DeLong, DeLong & Clarke-Pearson (1988); midranks in O(n log n): Sun & Xu (2014); clusters: Obuchowski (1997), with
the factor C / (C − 1) over all C clusters, which is hers where every cluster holds both classes; logit scale: Pepe (2003).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

from assay.measure.interval import Estimand, Interval
from assay.measure.intervals import Difference, no_difference, no_interval
from assay.measure.parts import Design, Part, part_shares

METHOD = "DeLong, logit"
EXACT = "exact, from disjoint pairs"


@dataclass(frozen=True)
class Influence:
    """value: the mean AUC over the parts.  psi: float (units,), the influence of each unit of the design on it.

    undefined: why there is no variance, or None.  pairs: how many disjoint, independent pairs of a positive and a
    negative one repeat holds.
    """

    value: float
    psi: np.ndarray
    undefined: str | None
    pairs: int


def structural_components(positive: np.ndarray, score: np.ndarray, weight: np.ndarray) -> tuple[float, np.ndarray]:
    """The AUC and float (n,): for each row the weighted share of the other class that it is on the right side of (ties half).

    positive: bool (n,).  weight: float (n,), >= 0.  Both classes must have weight.
    """
    share = np.empty(len(score))
    for side in (True, False):
        other = np.flatnonzero(positive != side)
        other = other[np.argsort(score[other], kind="stable")]
        mass = np.concatenate([[0.0], np.cumsum(weight[other])])
        mine = positive == side
        below = mass[np.searchsorted(score[other], score[mine], side="left")]
        reached = mass[np.searchsorted(score[other], score[mine], side="right")]
        won = (below + reached) / 2
        share[mine] = (won if side else mass[-1] - won) / mass[-1]
    return float(np.average(share[positive], weights=weight[positive])), share


def influence(parts: Sequence[Part], design: Design) -> Influence:
    """The influence of every unit on the mean AUC of binary parts, each with a positive and a negative row."""
    psi, value, reason, pairs = np.zeros(len(design.units)), 0.0, None, 0
    for part, fraction in zip(parts, part_shares(parts), strict=True):
        positive = part.truth["target"] == 1
        weight = np.asarray(part.truth.arrays.get("weight", np.ones(len(positive))), dtype=np.float64)
        auc, share = structural_components(positive, part.predictions["score"], weight)
        value += fraction * auc
        rows = design.positions(part.units)
        for side in (positive, ~positive):
            m = int(np.count_nonzero(side))
            if m < 2 and design.kind == "row":
                reason = reason or f"{part.where} has one row of a class: its spread is unknown"
            correction = np.sqrt(m / (m - 1)) if m > 1 and design.kind == "row" else 1.0
            add = fraction * correction * weight[side] * (share[side] - auc) / weight[side].sum()
            psi += np.bincount(rows[side], weights=add, minlength=len(psi))
        if part.repeat == parts[0].repeat:
            pairs += _disjoint_pairs(design, rows, positive)
    if design.kind != "row" and design.n_independent < 2:
        reason = reason or "there is a single cluster: its spread is unknown"
    return Influence(float(value), psi, reason, pairs)


def _disjoint_pairs(design: Design, rows: np.ndarray, positive: np.ndarray) -> int:
    """How many pairs (a positive, a negative) can be formed in which no cluster occurs twice."""
    clusters = design.cluster_codes[rows]
    with_positive, with_negative = np.unique(clusters[positive]), np.unique(clusters[~positive])
    return min(len(with_positive), len(with_negative), len(np.union1d(with_positive, with_negative)) // 2)


def variance(psi: np.ndarray, design: Design) -> float:
    """The variance of the sum of the influences."""
    if design.clusters is None:
        return float(np.sum(psi**2))
    sums = np.bincount(design.clusters, weights=psi)
    return float(np.sum(sums**2) * len(sums) / (len(sums) - 1))


def exact_bound(pairs: int, level: float) -> float:
    """The least AUC under which that many independent pairs are all ordered rightly with probability (1 − level) / 2."""
    return float(((1 - level) / 2) ** (1 / pairs))


def interval_of(found: Influence, design: Design, *, level: float, estimand: Estimand) -> Interval:
    """On the logit scale.  At an AUC of 0 or 1, where that scale ends, the exact bound of ``exact_bound`` instead."""
    n = design.n_independent
    if found.undefined is not None and 0 < found.value < 1:
        return no_interval(found.undefined, level=level, n=n, estimand=estimand, method=METHOD)
    if found.value >= 1 - 1e-12:
        return Interval(1.0, exact_bound(found.pairs, level), 1.0, level, EXACT, n, estimand)
    if found.value <= 1e-12:
        return Interval(0.0, 0.0, 1 - exact_bound(found.pairs, level), level, EXACT, n, estimand)
    spread = float(norm.isf((1 - level) / 2)) * np.sqrt(variance(found.psi, design)) / (found.value * (1 - found.value))
    low, high = expit(logit(found.value) + np.array([-spread, spread]))
    return Interval(found.value, float(low), float(high), level, METHOD, n, estimand)


def difference_of(a: Influence, b: Influence, design: Design, *, level: float, estimand: Estimand) -> Difference:
    """a − b, normal.  Where both AUCs are 1 (or both 0) rows say nothing about the spread: the exact bounds of the two, p = 1."""
    reason, n = a.undefined or b.undefined, design.n_independent
    at_end = (a.value >= 1 - 1e-12 and b.value >= 1 - 1e-12) or (a.value <= 1e-12 and b.value <= 1e-12)
    if reason is not None and not at_end:
        return no_difference(reason, level=level, n=n, estimand=estimand)
    value, method = a.value - b.value, "paired, " + (EXACT if at_end else "DeLong")
    error = 0.0 if at_end else float(np.sqrt(variance(a.psi - b.psi, design)))

    def interval(at: float) -> Interval:
        reach = 1 - exact_bound(a.pairs, at) if at_end else float(norm.isf((1 - at) / 2)) * error
        return Interval(value, value - reach, value + reach, at, method, n, estimand)

    p = float(2 * norm.sf(abs(value) / error)) if error > 0 else 1.0
    return Difference(interval(level), interval(2 * level - 1), p, method)


def delong_interval(parts: Sequence[Part], design: Design, *, level: float = 0.95, estimand: Estimand) -> Interval:
    """The interval of the mean AUC of binary parts."""
    return interval_of(influence(parts, design), design, level=level, estimand=estimand)


def delong_difference(
    parts_a: Sequence[Part], parts_b: Sequence[Part], design: Design, *, level: float = 0.95, estimand: Estimand = "this recipe"
) -> Difference:
    """The paired difference of the mean AUCs of two candidates measured on the same rows."""
    return difference_of(influence(parts_a, design), influence(parts_b, design), design, level=level, estimand=estimand)
