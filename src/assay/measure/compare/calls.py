"""From differences to calls in words."""

from assay.measure.intervals import Difference

A_BETTER = "a better"
B_BETTER = "b better"
NO_DIFFERENCE = "no difference shown"
SAME = "the same within the margin"
TOO_LITTLE = "too little data"

CALLS: tuple[str, ...] = (A_BETTER, B_BETTER, NO_DIFFERENCE, SAME, TOO_LITTLE)

SMALLEST_CLASS = 10
"""Fewer measured units of a class than this carry no claim: asymptotics and resampling both fail there."""


def call(
    difference: Difference,
    p_adjusted: float | None,
    *,
    a: str,
    b: str,
    greater_is_better: bool,
    margin: float | None = None,
    level: float = 0.95,
    smallest_class: int | None = None,
) -> str:
    """One of CALLS for the difference a − b of a metric.  The first rule that holds decides:

    1. "too little data": there is no interval or no p, or the smallest class among the measured units has fewer than 10
       units (smallest_class; None where there are no classes).
    2. "the same within the margin": a margin > 0 is given (in the metric's units) and the interval at level 1 − 2α lies
       strictly inside ±margin.  This goes before 3: a difference that is real and smaller than what matters is no reason
       to prefer one.  It is not corrected for the number of comparisons.
    3. "a better", "b better": the adjusted p is at most α = 1 − level; which of the two follows from the sign of the
       difference and the metric's direction.
    4. "no difference shown": which does not say that there is none.

    Raises ValueError where a and b, the names of the two, are one name.
    """
    if a == b:
        raise ValueError(f"{a!r} cannot be compared with itself.")
    interval, within = difference.interval, difference.equivalence
    if interval.value is None or p_adjusted is None or (smallest_class is not None and smallest_class < SMALLEST_CLASS):
        return TOO_LITTLE
    if margin and within.low is not None and within.high is not None and -margin < within.low and within.high < margin:
        return SAME
    if p_adjusted <= 1 - level + 1e-12 and interval.value != 0:
        return A_BETTER if (interval.value > 0) == greater_is_better else B_BETTER
    return NO_DIFFERENCE
