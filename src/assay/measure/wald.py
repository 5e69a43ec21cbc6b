"""Intervals and paired differences in closed form: influences, a t quantile, and the scale that fits the metric.

Why these are the default, and where: docs/coverage.md.  The estimand decides what varies.  "this model": the rows.  "this
recipe": the rows and the fitted models.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq
from scipy.stats import t as student

from assay.measure.interval import Estimand, Interval
from assay.measure.intervals import Difference, interval_at_end, no_difference, no_interval, tost_level
from assay.measure.linear import Linear, averages_classes
from assay.measure.link import Link
from assay.measure.metric import Metric

LEAST_P = 1e-12
"""The smallest p that two separate intervals are asked for: beyond it 1 − α has too few digits left."""

EXACT = "exact, at the end of the scale"

UNSEEN, UNSEEN_BETWEEN = 0.3, 0.1
"""The least that fitted models are taken to vary, in units of the rows' variance: for a value, and for a difference.

What the training rows of all folds have in common moves all of their values together, and cannot be seen between them; it
moves two paired candidates alike, in part.  Both shares were chosen by simulation (docs/coverage.md): without the first an
interval of a recipe covers 90 to 94 %.
"""


@dataclass(frozen=True)
class Claim:
    """What an interval is asked about.

    n: independent units.  n_seen: independent units (of the rarest class, for a metric by class) behind an exact bound.
    """

    metric: Metric
    level: float
    estimand: Estimand
    n: int
    n_seen: int

    @property
    def link(self) -> Link:
        return Link(*self.metric.bounds)

    @property
    def base(self) -> str:
        return "DeLong" if self.metric.name == "roc_auc" else "infinitesimal jackknife"

    @property
    def models_vary(self) -> bool:
        return self.estimand == "this recipe"

    @property
    def method(self) -> str:
        return f"{self.base} and model variance" if self.models_vary else self.base

    def interval(self, value: float, low: float, high: float, method: str, level: float | None = None) -> Interval:
        return Interval(value, float(low), float(high), self.level if level is None else level, method, self.n, self.estimand)


def standard_error(found: Linear, claim: Claim, unseen: float = UNSEEN) -> tuple[float, float]:
    """(standard error, degrees of freedom) of the value, Satterthwaite's where models vary too.

    unseen: the least that models are taken to vary, in units of the rows' variance.
    """
    rows, freedom = found.row_variance, found.row_freedom
    if claim.metric.needs == "label" and not averages_classes(claim.metric):
        # The logit of a ratio of counts is wide enough as it is: F1 would cover 98 % with fewer.
        freedom = max(len(found.influence) - 1.0, 1.0)
    models = found.model_variance if claim.models_vary else 0.0
    floor = unseen * rows if claim.models_vary else 0.0
    if models <= floor:
        return float(np.sqrt(rows + floor)), freedom
    total = rows + models
    freedom = total**2 / (rows**2 / freedom + models**2 / max(len(found.fold_values) - 1, 1))
    return float(np.sqrt(total)), float(max(freedom, 1.0))


def wald_interval(found: Linear, claim: Claim) -> Interval:
    """On the scale of the metric's bounds (``Link``).

    Where every unit is right or every unit is wrong, no unit shows the spread, and an exact bound stands in.
    """
    if is_exact_end(found.value, found.row_variance, claim.metric):
        return exact_end(found.value, claim)
    if found.no_spread is not None:
        return no_interval(found.no_spread, level=claim.level, n=claim.n, estimand=claim.estimand, method=claim.method)
    error, freedom = standard_error(found, claim)
    if error < 1e-12 * max(1.0, abs(found.value)):
        return claim.interval(found.value, found.value, found.value, f"{claim.method}, all units alike")
    reach = float(student.isf((1 - claim.level) / 2, freedom)) * error
    link, middle, method = claim.link, found.value - found.bias, claim.method
    if not link.name or not link.holds(middle):
        low, high = np.clip([middle - reach, middle + reach], link.low, link.high)
    else:
        # The slope half-way to the value: at the middle itself, which a large bias may take near to the bound, it knows no
        # end; at the value it is too small where folds are small.
        centre, stretched = link.forward(middle), reach * link.slope((middle + found.value) / 2)
        low, high = link.back(centre + np.array([-stretched, stretched]))
        method = f"{method}, {link.name}"
    if found.bias:
        method = f"{method}, less bias"
    return claim.interval(found.value, min(low, found.value), max(high, found.value), method)


def is_exact_end(value: float, row_variance: float, metric: Metric) -> bool:
    """All units right or all wrong: the value is at a bound, for a metric that an exact binomial bound is known for."""
    at_end = np.isfinite(metric.bounds).all() and not Link(*metric.bounds).holds(value)
    return bool(at_end) and metric.exact_ends and row_variance < 1e-24


def exact_end(value: float, claim: Claim) -> Interval:
    """The exact bound of a share of right units, on the way between the metric's bounds."""
    low, high = claim.metric.bounds
    share = float(round((value - low) / (high - low)))
    found = interval_at_end(share, claim.n_seen, level=claim.level, n=claim.n, estimand=claim.estimand, method=EXACT)
    at, least, most = (low + (high - low) * end for end in (share, found.low or 0.0, found.high or 0.0))
    return claim.interval(at, least, most, EXACT)


def wald_difference(a: Linear, b: Linear, claim: Claim) -> Difference:
    """a − b, on the metric's own scale.  Where one of them is at an end of its scale, from the two intervals instead."""
    if any(is_exact_end(one.value, one.row_variance, claim.metric) for one in (a, b)):
        return _difference_at_end(a, b, claim)
    found, method = a.minus(b), f"paired {claim.method}"
    error, freedom = (0.0, 1.0) if found.no_spread else standard_error(found, claim, UNSEEN_BETWEEN)
    reason = found.no_spread
    if reason is None and error < 1e-14 * max(1.0, abs(a.value)) and abs(found.value) > 1e-12:
        reason = "the rows show no spread of the difference"
    if reason is not None:
        return no_difference(reason, level=claim.level, n=claim.n, estimand=claim.estimand)

    def interval(at: float) -> Interval:
        reach = float(student.isf((1 - at) / 2, freedom)) * error
        return claim.interval(found.value, found.value - reach, found.value + reach, method, at)

    p = float(2 * student.sf(abs(found.value) / error, freedom)) if error > 0 else 1.0
    return Difference(interval(claim.level), interval(tost_level(claim.level)), p, method, error)


def _difference_at_end(a: Linear, b: Linear, claim: Claim) -> Difference:
    """The reach of two separate intervals, each with half of α (Bonferroni): wide, but it never claims what was not seen.

    p: the α at which the difference would just reach 0, or ``LEAST_P`` where it would not at that.
    """
    method, value = "Bonferroni of two intervals, one of them exact", a.value - b.value
    separate = [wald_interval(one, claim) for one in (a, b)]
    if any(one.low is None for one in separate):
        reason = next(one.undefined for one in separate if one.low is None)
        return no_difference(reason or "no interval", level=claim.level, n=claim.n, estimand=claim.estimand)

    def interval(at: float) -> Interval:
        half = replace(claim, level=(1 + at) / 2)
        of_a, of_b = wald_interval(a, half), wald_interval(b, half)
        if of_a.low is None or of_a.high is None or of_b.low is None or of_b.high is None:
            raise ValueError("a difference needs two intervals.")
        return claim.interval(value, of_a.low - of_b.high, of_a.high - of_b.low, method, at)

    def reaches_zero(alpha: float) -> bool:
        found = interval(1 - alpha)
        return found.low is not None and found.high is not None and found.low <= 0 <= found.high

    if not reaches_zero(LEAST_P):
        p = LEAST_P
    else:
        p = 1.0 if reaches_zero(1 - 1e-9) else float(brentq(lambda alpha: reaches_zero(alpha) - 0.5, LEAST_P, 1 - 1e-9))
    return Difference(interval(claim.level), interval(tost_level(claim.level)), p, method)
