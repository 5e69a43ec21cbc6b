"""The line through calibration: of the log-odds that are said, how much is true, and how far all are off together.

Slope below 1 says too much (too far from the mean), above 1 too little; the intercept at slope 1 says whether the
probabilities are too low (above 0) or too high as a whole.
Source: Cox (1958); the names: Van Calster et al. (2019); errors by the sandwich: White (1980).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from assay.core.errors import ConfigError
from assay.measure.calibration.checks import checked_binary
from assay.measure.calibration.newton import clipped_logit, fit_logistic
from assay.measure.interval import Interval

METHOD = "logistic regression on the logit, sandwich"


@dataclass(frozen=True)
class CoxLine:
    """intercept, slope: of the logistic regression on logit p; 0 and 1 are perfect.  in_the_large: the intercept at slope 1.

    All in log-odds.
    """

    intercept: Interval
    slope: Interval
    in_the_large: Interval


def cox_line(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None, *, level: float = 0.95) -> CoxLine:
    """target: int (n,), 0 or 1; probability: float (n,); weights: float (n,) or None.

    Undefined, with the reason, where one class or one probability occurs alone, or the probabilities part the classes
    without error (the slope is then infinite).  Raises DataError for bad rows, ConfigError for a level outside (0, 1).
    """
    if not 0 < level < 1:
        raise ConfigError(f"level={level} must lie between 0 and 1.")
    target, probability, weights = checked_binary(target, probability, weights)
    z, ones = clipped_logit(probability), np.ones((len(target), 1))
    one_class = "only one class occurs" if target.min() == target.max() else None
    no_slope = one_class or _without_slope(target, z)
    absent = [Interval(None, None, None, level, METHOD, len(target), "this model", no_slope)] * 2
    line = _estimates(np.column_stack([ones, z]), target, weights, np.zeros(len(z)), level) if no_slope is None else absent
    large = _estimates(ones, target, weights, z, level)[0] if one_class is None else absent[0]
    return CoxLine(line[0], line[1], large)


def _without_slope(target: np.ndarray, z: np.ndarray) -> str | None:
    positive, negative = z[target == 1], z[target == 0]
    if z.min() == z.max():
        return "all probabilities are equal"
    if positive.min() >= negative.max() or positive.max() <= negative.min():
        return "the probabilities part the classes without error"
    return None


def _estimates(design: np.ndarray, target: np.ndarray, weights: np.ndarray, offset: np.ndarray, level: float) -> list[Interval]:
    """An interval a column of the design (n, d)."""
    at = fit_logistic(design, target.astype(np.float64), weights, offset)
    p = expit(design @ at + offset)
    bread = np.linalg.inv(design.T @ (design * (weights * p * (1 - p))[:, None]))
    meat = design.T @ (design * (weights * (target - p))[:, None] ** 2)
    reach = float(norm.isf((1 - level) / 2)) * np.sqrt(np.diag(bread @ meat @ bread))
    return [
        Interval(float(b), float(b - r), float(b + r), level, METHOD, len(target), "this model")
        for b, r in zip(at, reach, strict=True)
    ]
