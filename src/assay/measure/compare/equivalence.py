"""Two one-sided tests: whether a difference is smaller than what matters.

The same decision as ``Difference.equivalence`` lying within the margin, with the p-values that it hides.
Source: Schuirmann (1987).
"""

import math
from dataclasses import dataclass

from assay.core.errors import ConfigError, DataError


@dataclass(frozen=True, slots=True)
class Tost:
    """p_lower: of the difference being at most −margin.  p_upper: of its being at least +margin.  p: the larger one.

    All three are None together, and then ``undefined`` says why.
    """

    p_lower: float | None
    p_upper: float | None
    p: float | None
    undefined: str | None = None


def tost(estimate: float, standard_error: float, df: float | None, margin: float) -> Tost:
    """Whether the true difference lies within ±margin.

    estimate, standard_error, margin: in the metric's units.  df: of Student's t; None for the normal.
    Raises ConfigError for a margin that is not above 0, DataError for numbers that are not finite or below 0.

    >>> tost(0.0, 1.0, None, 1.6449).p <= 0.05 < tost(0.0, 1.0, None, 1.6448).p
    True
    """
    from scipy.stats import norm, t

    if not (margin > 0 and math.isfinite(margin)):
        raise ConfigError(f"margin={margin:g}: a margin of equivalence is above 0.")
    if not (math.isfinite(estimate) and math.isfinite(standard_error) and standard_error >= 0):
        raise DataError(f"an estimate of {estimate} with a standard error of {standard_error} is no measured difference.")
    if df is not None and not df > 0:
        raise DataError(f"df={df}: degrees of freedom are above 0.")
    if standard_error == 0:
        return Tost(None, None, None, "the difference shows no spread")
    upper_tail = norm.sf if df is None else lambda value: t.sf(value, df)
    lower = float(upper_tail((estimate + margin) / standard_error))
    upper = float(upper_tail((margin - estimate) / standard_error))
    return Tost(lower, upper, max(lower, upper))
