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
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import norm

from assay.measure.interval import Estimand, Interval
from assay.measure.intervals import Difference, interval_at_end, no_difference, no_interval, tost_level
from assay.measure.parts import Design, Part, part_shares

METHOD = "DeLong, logit"
EXACT = "exact, from disjoint pairs"

LEAST_P = 1e-12
"""The smallest p that two separate intervals are asked for: beyond it 1 − α has too few digits left."""


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


def at_end(value: float) -> bool:
    """Whether an AUC is 0 or 1, where the rows on the wrong side that would show its spread are missing."""
    return not 1e-12 < value < 1 - 1e-12


def interval_of(found: Influence, design: Design, *, level: float, estimand: Estimand) -> Interval:
    """On the logit scale.  At an AUC of 0 or 1, where that scale ends, an exact bound from disjoint pairs instead."""
    n = design.n_independent
    if at_end(found.value):
        return interval_at_end(float(round(found.value)), found.pairs, level=level, n=n, estimand=estimand, method=EXACT)
    if found.undefined is not None:
        return no_interval(found.undefined, level=level, n=n, estimand=estimand, method=METHOD)
    spread = float(norm.isf((1 - level) / 2)) * np.sqrt(variance(found.psi, design)) / (found.value * (1 - found.value))
    low, high = expit(logit(found.value) + np.array([-spread, spread]))
    return Interval(found.value, float(low), float(high), level, METHOD, n, estimand)


def difference_of(a: Influence, b: Influence, design: Design, *, level: float, estimand: Estimand) -> Difference:
    """a − b, normal.  Where an AUC is 0 or 1, from the two intervals instead (see ``_difference_at_end``)."""
    n, value = design.n_independent, a.value - b.value
    ends = at_end(a.value) or at_end(b.value)
    reason = next((found.undefined for found in (a, b) if not at_end(found.value) and found.undefined), None)
    error = 0.0 if reason or ends else float(np.sqrt(variance(a.psi - b.psi, design)))
    if not (reason or ends) and error == 0 and abs(value) > 1e-12:
        reason = "the rows show no spread of the difference"
    if reason is not None:
        return no_difference(reason, level=level, n=n, estimand=estimand)
    if ends:
        return _difference_at_end(a, b, design, level=level, estimand=estimand)

    def interval(at: float) -> Interval:
        reach = float(norm.isf((1 - at) / 2)) * error
        return Interval(value, value - reach, value + reach, at, "paired DeLong", n, estimand)

    p = float(2 * norm.sf(abs(value) / error)) if error > 0 else 1.0
    return Difference(interval(level), interval(tost_level(level)), p, "paired DeLong")


def _difference_at_end(a: Influence, b: Influence, design: Design, *, level: float, estimand: Estimand) -> Difference:
    """The reach of two separate intervals, each with half of α (Bonferroni): wide, but it never claims what was not seen.

    p: the α at which the difference would just reach 0, or ``LEAST_P`` where it would not at that.
    """
    method, value = "Bonferroni of two intervals, one of them exact", a.value - b.value

    def interval(at: float) -> Interval:
        of_a, of_b = (interval_of(found, design, level=(1 + at) / 2, estimand=estimand) for found in (a, b))
        if of_a.low is None or of_a.high is None or of_b.low is None or of_b.high is None:
            raise ValueError("a difference needs two intervals.")
        return Interval(value, of_a.low - of_b.high, of_a.high - of_b.low, at, method, design.n_independent, estimand)

    def reaches_zero(alpha: float) -> bool:
        found = interval(1 - alpha)
        return found.low is not None and found.high is not None and found.low <= 0 <= found.high

    if not reaches_zero(LEAST_P):
        p = LEAST_P
    else:
        p = 1.0 if reaches_zero(1 - 1e-9) else float(brentq(lambda alpha: reaches_zero(alpha) - 0.5, LEAST_P, 1 - 1e-9))
    return Difference(interval(level), interval(tost_level(level)), p, method)


def delong_interval(parts: Sequence[Part], design: Design, *, level: float = 0.95, estimand: Estimand) -> Interval:
    """The interval of the mean AUC of binary parts."""
    return interval_of(influence(parts, design), design, level=level, estimand=estimand)


def delong_difference(
    parts_a: Sequence[Part], parts_b: Sequence[Part], design: Design, *, level: float = 0.95, estimand: Estimand = "this recipe"
) -> Difference:
    """The paired difference of the mean AUCs of two candidates measured on the same rows."""
    return difference_of(influence(parts_a, design), influence(parts_b, design), design, level=level, estimand=estimand)
