"""An interval from the resamples of one metric of one candidate.

Resamples draw rows and leave the fitted models as they are.  For a recipe their spread about the value is widened by what
the models vary (``component``), where the metric's influences are known.
"""

from dataclasses import dataclass, replace

import numpy as np

from assay.measure.interval import Interval
from assay.measure.intervals import bca_interval, percentile_interval, studentized_interval
from assay.measure.linear import Linear, linearise
from assay.measure.metric import HasInfluence, Metric
from assay.measure.resample import Estimator
from assay.measure.studentize import standard_errors
from assay.measure.wald import UNSEEN, Claim, exact_end, is_exact_end


@dataclass(frozen=True, slots=True)
class Resampling:
    """method: as asked for ("percentile" for what knows no better).  within_classes: how the rows were drawn."""

    method: str
    replicates: int
    seed: int
    within_classes: bool = False


def resampled_interval(estimator: Estimator, draws: np.ndarray, how: Resampling, claim: Claim) -> Interval:
    """draws: float (replicates,), of the estimator."""
    metric, value = estimator.metric, estimator.estimate
    if is_exact_end(value, float(np.var(draws)), metric):
        return exact_end(value, claim)
    linear = linearise(estimator) if isinstance(metric, HasInfluence) else None
    widened, about = 1.0, ""
    if claim.models_vary and linear is not None:
        widened = spread_by_models(linear)
        about = " and model variance"
    elif claim.models_vary:
        about = ", rows only"
    if how.method == "studentized" and linear is not None:
        found = _studentized(estimator, draws, widened, how, claim)
        return _within_bounds(replace(found, method=found.method + about), metric)
    spread = value + (draws - value) * widened
    if how.method == "bca" and linear is not None:
        found = bca_interval(value, spread, linear.influence, level=claim.level, n=claim.n, estimand=claim.estimand)
    else:
        word = "stratified percentile bootstrap" if how.within_classes else "percentile bootstrap"
        found = percentile_interval(value, spread, level=claim.level, n=claim.n, estimand=claim.estimand, method=word)
    return _within_bounds(replace(found, method=found.method + about), metric)


def _studentized(estimator: Estimator, draws: np.ndarray, widened: float, how: Resampling, claim: Claim) -> Interval:
    own = standard_errors(estimator, estimator.design, seed=how.seed, replicates=None)
    return studentized_interval(
        estimator.estimate,
        widened * float(own[0]),
        draws,
        standard_errors(estimator, estimator.design, seed=how.seed, replicates=how.replicates),
        link=claim.link,
        level=claim.level,
        n=claim.n,
        estimand=claim.estimand,
    )


def spread_by_models(linear: Linear, unseen: float = UNSEEN) -> float:
    """How much wider a draw of the rows becomes when the fitted models vary too: √(1 + models' variance / rows')."""
    rows = linear.row_variance
    return float(np.sqrt(1 + max(linear.model_variance / rows, unseen))) if rows > 0 else 1.0


def _within_bounds(interval: Interval, metric: Metric) -> Interval:
    """No end outside the values that the metric can take."""
    if interval.low is None or interval.high is None:
        return interval
    low, high = np.clip([interval.low, interval.high], *metric.bounds)
    return replace(interval, low=float(low), high=float(high))
