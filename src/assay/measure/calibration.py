"""Probabilities made true again: the prior put back in closed form, or a map fitted on rows the learner did not see.

A treatment that changes how often a class occurs shifts every probability by a known amount when it only drops, repeats
or weights rows at random: then ``PriorCorrection`` undoes it (exactly where the learner's
probabilities are those of its training rows; one that memorises them is not such a learner;
Elkan 2001; Saerens, Latinne & Decaestecker 2002).
When it makes new rows the shift is not known, and Platt's or vector scaling is fitted instead.
"""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from scipy.optimize import fmin_l_bfgs_b
from scipy.special import expit, log_expit, log_softmax, logit, softmax

from assay.core.errors import BundleError
from assay.core.registry import Registry
from assay.core.state import State

EPS = 1e-12


class FittedCalibrator(Protocol):
    """A member of FITTED_CALIBRATORS: maps probabilities (n,) of class 1, or (n, K), to probabilities of the same shape."""

    def apply(self, probability: np.ndarray) -> np.ndarray: ...
    def state(self) -> State:
        """``{"kind": its name in FITTED_CALIBRATORS, …}``."""
        ...

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Raises BundleError for a state that no fit could have written."""
        ...


FITTED_CALIBRATORS: Registry[type[FittedCalibrator]] = Registry("calibrator")
FITTED_CALIBRATORS.add("prior", "assay.measure.calibration:PriorCorrection")
FITTED_CALIBRATORS.add("platt", "assay.measure.calibration:Platt")
FITTED_CALIBRATORS.add("vector", "assay.measure.calibration:VectorScaling")


@dataclass(frozen=True, eq=False)
class PriorCorrection:
    """p_k · before_k / after_k, scaled to sum to 1.

    before, after: each (K,), >= 0: the shares of the classes among the training rows before and after the treatment.  A
    class that no treated row had (after 0) keeps its factor at 1: the learner never saw it, and nothing can be put back.
    """

    before: np.ndarray
    after: np.ndarray

    def __post_init__(self) -> None:
        for name in ("before", "after"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        problem = _problem_with_priors(self.before, self.after)
        if problem is not None:
            raise ValueError(f"{problem}.")

    def apply(self, probability: np.ndarray) -> np.ndarray:
        seen = self.after > 0
        factor = np.where(seen, self.before / np.where(seen, self.after, 1.0), 1.0)
        both = np.stack([1 - probability, probability], axis=1) if probability.ndim == 1 else probability
        if both.shape[1] != len(factor):
            raise ValueError(f"probabilities of {both.shape[1]} classes; the priors are of {len(factor)}.")
        weighed = both * factor
        total = weighed.sum(axis=1, keepdims=True)
        # a row that gave everything to a class which never occurs keeps what it had
        corrected = np.where(total > 0, weighed / np.where(total > 0, total, 1.0), both)
        return np.asarray(corrected[:, 1] if probability.ndim == 1 else corrected)

    def state(self) -> State:
        return {"kind": "prior", "before": self.before.tolist(), "after": self.after.tolist()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        before, after = np.array(_numbers(state, "before")), np.array(_numbers(state, "after"))
        problem = _problem_with_priors(before, after)
        if problem is not None:
            raise BundleError(f"the calibrator is damaged: {problem}; save the model again.")
        return cls(before, after)


def _problem_with_priors(before: np.ndarray, after: np.ndarray) -> str | None:
    if before.ndim != 1 or before.shape != after.shape or len(before) < 2:
        return f"priors must be one a class before and after, not of shape {before.shape} and {after.shape}"
    both = np.stack([before, after])
    if not np.isfinite(both).all() or both.min() < 0 or both.sum(axis=1).min() <= 0:
        return "priors must be finite shares >= 0 that are not all 0"
    return None


@dataclass(frozen=True)
class Platt:
    """Logistic function of slope · logit(p) + intercept; binary."""

    slope: float
    intercept: float

    def apply(self, probability: np.ndarray) -> np.ndarray:
        return np.asarray(expit(self.slope * _logit(probability) + self.intercept))

    def state(self) -> State:
        return {"kind": "platt", "slope": self.slope, "intercept": self.intercept}

    @classmethod
    def from_state(cls, state: State) -> Self:
        slope, intercept = _numbers({"both": [state.get("slope"), state.get("intercept")]}, "both")
        return cls(slope, intercept)


@dataclass(frozen=True)
class VectorScaling:
    """softmax of log(p) · inverse_temperature + bias; bias (K,), its mean 0.  Source: Guo et al. (2017)."""

    inverse_temperature: float
    bias: tuple[float, ...]

    def apply(self, probability: np.ndarray) -> np.ndarray:
        return np.asarray(softmax(_log(probability) * self.inverse_temperature + np.array(self.bias), axis=1))

    def state(self) -> State:
        return {"kind": "vector", "inverse_temperature": self.inverse_temperature, "bias": list(self.bias)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        bias, (inverse_temperature,) = (
            _numbers(state, "bias"),
            _numbers({"one": [state.get("inverse_temperature")]}, "one"),
        )
        if inverse_temperature <= 0 or len(bias) < 2:
            raise BundleError("the calibrator's temperature or bias is damaged; save the model again.")
        return cls(inverse_temperature, tuple(bias))


def fit_platt(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> Platt:
    """target: int (n,), 0 or 1; probability: float (n,); weights: float (n,) or None.

    Fitted to Platt's smoothed targets, (N+ + 1) / (N+ + 2) and 1 / (N- + 2), so that separable rows give a finite slope.
    Source: Platt (1999); Lin, Lin & Weng (2007).
    """
    weights = np.ones(len(target)) if weights is None else weights * (len(target) / weights.sum())
    positives, negatives = float(weights[target == 1].sum()), float(weights[target == 0].sum())
    aim = np.where(target == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    design = np.stack([_logit(probability), np.ones(len(target))], axis=1)  # (n, 2)

    def loss(at: np.ndarray) -> float:
        z = design @ at
        return float(-np.sum(weights * (aim * log_expit(z) + (1 - aim) * log_expit(-z))))

    at = np.array([1.0, 0.0])
    for _ in range(100):
        p = expit(design @ at)
        gradient = design.T @ (weights * (p - aim))
        hessian = design.T @ (design * (weights * p * (1 - p))[:, None]) + 1e-9 * np.eye(2)
        step, size, now = np.linalg.solve(hessian, gradient), 1.0, loss(at)
        while loss(at - size * step) > now - 1e-4 * size * float(gradient @ step) and size > 1e-10:
            size /= 2
        at = at - size * step
        if np.abs(size * step).max() < 1e-10 or size <= 1e-10:
            break
    return Platt(float(at[0]), float(at[1]))


def fit_vector_scaling(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> VectorScaling:
    """target: int (n,) codes; probability: float (n, K); weights: float (n,) or None.

    Maximum likelihood with a weak normal prior (standard deviation 10) on each bias and on the log of the temperature, so
    that a class without rows, and separable rows, give finite numbers.
    """
    weights = np.ones(len(target)) if weights is None else weights * (len(target) / weights.sum())
    logs, n_classes = _log(probability), probability.shape[1]
    hot = np.eye(n_classes)[target]  # (n, K)

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        inverse = np.exp(at[0])
        log_p = log_softmax(logs * inverse + at[1:], axis=1)
        slack = weights[:, None] * (np.exp(log_p) - hot)
        gradient = np.concatenate([[inverse * np.sum(slack * logs)], slack.sum(axis=0)]) + at / 100
        return float(-np.sum(weights[:, None] * hot * log_p) + at @ at / 200), gradient

    found = fmin_l_bfgs_b(loss, np.zeros(1 + n_classes), maxiter=1000, pgtol=1e-8, factr=10.0)[0]
    bias = found[1:] - found[1:].mean()
    return VectorScaling(float(np.exp(found[0])), tuple(float(b) for b in bias))


def _logit(probability: np.ndarray) -> np.ndarray:
    return np.asarray(logit(np.clip(probability, EPS, 1 - EPS)))


def _log(probability: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.clip(probability, EPS, 1.0)))


def _numbers(state: State, name: str) -> list[float]:
    """A list of finite numbers out of a state; raises BundleError."""
    values = state.get(name)
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if not isinstance(values, list | tuple) or not values:
        raise BundleError(f"the calibrator holds no {name!r}; save the model again.")
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and np.isfinite(v) for v in values):
        raise BundleError(f"the calibrator's {name!r} holds something that is no finite number; save the model again.")
    return [float(v) for v in values]
