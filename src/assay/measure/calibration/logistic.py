"""Calibrators that are a logistic regression on the probability: Platt's scaling and beta calibration.  Binary.

Both are fitted to Platt's smoothed targets, (N+ + 1) / (N+ + 2) and 1 / (N- + 2), so that separable rows give finite
numbers, and neither may turn the order of the rows around: out of fold even a constant model looks turned around, because
the fold with more positives was held out where the prediction is lowest.
Source: Platt (1999); Lin, Lin & Weng (2007); Kull, Silva Filho & Flach (2017).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import expit, logit

from assay.core.state import State
from assay.measure.calibration.calibrator import Calibrator
from assay.measure.calibration.checks import EPS, checked_binary, damaged, number
from assay.measure.calibration.newton import clipped_logit, fit_logistic, logistic_loss


@dataclass(frozen=True)
class Platt:
    """Logistic function of slope · logit(p) + intercept; slope >= 0."""

    slope: float
    intercept: float

    def apply(self, probability: np.ndarray) -> np.ndarray:
        return np.asarray(expit(self.slope * clipped_logit(probability) + self.intercept))

    def state(self) -> State:
        return {"kind": "platt", "slope": self.slope, "intercept": self.intercept}

    @classmethod
    def from_state(cls, state: State) -> Self:
        slope, intercept = number(state, "slope"), number(state, "intercept")
        if slope < 0:
            raise damaged("its slope is negative")
        return cls(slope, intercept)


@dataclass(frozen=True)
class Beta:
    """Logistic function of on_positive · ln p - on_negative · ln(1 - p) + intercept; both factors >= 0.

    Equal factors are Platt's scaling, and both 1 with intercept 0 leave the probabilities as they are.
    """

    on_positive: float
    on_negative: float
    intercept: float

    def apply(self, probability: np.ndarray) -> np.ndarray:
        return np.asarray(expit(_beta_columns(probability) @ (self.on_positive, self.on_negative) + self.intercept))

    def state(self) -> State:
        return {
            "kind": "beta",
            "on_positive": self.on_positive,
            "on_negative": self.on_negative,
            "intercept": self.intercept,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        found = cls(number(state, "on_positive"), number(state, "on_negative"), number(state, "intercept"))
        if min(found.on_positive, found.on_negative) < 0:
            raise damaged("a factor of its logarithms is negative")
        return found


def fit_platt(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> Platt:
    """target: int (n,), 0 or 1; probability: float (n,); weights: float (n,) or None.  Raises DataError for bad rows."""
    target, probability, weights = checked_binary(target, probability, weights)
    (slope,), intercept = _fit_rising(clipped_logit(probability)[:, None], target, weights)
    return Platt(slope, intercept)


def fit_beta(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> Beta:
    """target: int (n,), 0 or 1; probability: float (n,); weights: float (n,) or None.  Raises DataError for bad rows."""
    target, probability, weights = checked_binary(target, probability, weights)
    (on_positive, on_negative), intercept = _fit_rising(_beta_columns(probability), target, weights)
    return Beta(on_positive, on_negative, intercept)


def _beta_columns(probability: np.ndarray) -> np.ndarray:
    """(n, 2): ln p and -ln(1 - p), both rising in p."""
    p = np.clip(probability, EPS, 1 - EPS)
    return np.stack([np.log(p), -np.log1p(-p)], axis=1)


def _fit_rising(columns: np.ndarray, target: np.ndarray, weights: np.ndarray) -> tuple[tuple[float, ...], float]:
    """Factors >= 0 of the columns (n, d <= 2) and the intercept, of greatest likelihood.

    At the constrained optimum some factors are 0 and the others are where no constraint would put them; the loss is convex,
    so the best of these few candidates is it.
    """
    positives, negatives = float(weights[target == 1].sum()), float(weights[target == 0].sum())
    aim = np.where(target == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    width = columns.shape[1]
    best, least = (np.zeros(width), float(logit(np.average(aim, weights=weights)))), np.inf
    subsets = ([0, 1], [0], [1], []) if width == 2 else ([0], [])
    for subset in subsets:
        design = np.column_stack([columns[:, subset], np.ones(len(aim))])
        found = fit_logistic(design, aim, weights)
        if (found[:-1] < 0).any():
            continue
        loss = logistic_loss(design @ found, aim, weights)
        if loss < least:
            factors = np.zeros(width)
            factors[subset] = found[:-1]
            best, least = (factors, float(found[-1])), loss
        if len(subset) == width:
            break  # no constraint is touched
    return tuple(float(factor) for factor in best[0]), best[1]


PLATT = Calibrator("platt", fit_platt, ("binary",), True, "a slope and a shift of the log-odds; two numbers, so few rows will do")
BETA = Calibrator("beta", fit_beta, ("binary",), True, "a bend of its own at each end of the log-odds; three numbers")
