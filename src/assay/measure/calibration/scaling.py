"""Calibrators that scale the logarithms of the probabilities before a softmax: temperature, and with a bias a class.

Maximum likelihood with a weak normal prior (standard deviation 10) on each bias and on the log of the temperature, so that
a class without rows, and separable rows, give finite numbers.
Source: Guo, Pleiss, Sun & Weinberger (2017); one temperature with biases: Alexandari, Kundaje & Shrikumar (2020).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import fmin_l_bfgs_b
from scipy.special import expit, log_softmax, softmax

from assay.core.errors import DataError
from assay.core.state import State
from assay.measure.calibration.calibrator import Calibrator
from assay.measure.calibration.checks import EPS, checked, damaged, number, numbers
from assay.measure.calibration.newton import clipped_logit

PRIOR_VARIANCE = 100.0


@dataclass(frozen=True)
class Temperature:
    """softmax of log(p) · inverse_temperature, the same for every class: it sharpens or softens, and shifts nothing.

    It keeps each row's most probable class, and cannot undo a change of the class shares.
    """

    inverse_temperature: float

    def apply(self, probability: np.ndarray) -> np.ndarray:
        if probability.ndim == 1:
            return np.asarray(expit(clipped_logit(probability) * self.inverse_temperature))
        return np.asarray(softmax(_log(probability) * self.inverse_temperature, axis=1))

    def state(self) -> State:
        return {"kind": "temperature", "inverse_temperature": self.inverse_temperature}

    @classmethod
    def from_state(cls, state: State) -> Self:
        inverse_temperature = number(state, "inverse_temperature")
        if inverse_temperature <= 0:
            raise damaged("its temperature is not above 0")
        return cls(inverse_temperature)


@dataclass(frozen=True)
class VectorScaling:
    """softmax of log(p) · inverse_temperature + bias; bias (K,), its mean 0."""

    inverse_temperature: float
    bias: tuple[float, ...]

    def apply(self, probability: np.ndarray) -> np.ndarray:
        return np.asarray(softmax(_log(probability) * self.inverse_temperature + np.array(self.bias), axis=1))

    def state(self) -> State:
        return {"kind": "vector", "inverse_temperature": self.inverse_temperature, "bias": list(self.bias)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        bias, inverse_temperature = numbers(state, "bias"), number(state, "inverse_temperature")
        if inverse_temperature <= 0 or len(bias) < 2:
            raise damaged("its temperature or bias is impossible")
        return cls(inverse_temperature, tuple(bias.tolist()))


def fit_temperature(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> Temperature:
    """target: int (n,) codes; probability: float (n,) or (n, K); weights: float (n,) or None.  Raises DataError for bad rows."""
    target, probability, weights = checked(target, probability, weights)
    if probability.ndim == 1:
        z = clipped_logit(probability)
        logs = np.stack([-z / 2, z / 2], axis=1)
    else:
        logs = _log(probability)
    return Temperature(float(np.exp(_fit_scale(target, logs, weights, biased=False)[0])))


def fit_vector_scaling(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> VectorScaling:
    """target: int (n,) codes; probability: float (n, K); weights: float (n,) or None.  Raises DataError for bad rows."""
    target, probability, weights = checked(target, probability, weights)
    if probability.ndim != 2:
        raise DataError("vector scaling takes one probability a row and class; in a binary task use platt.")
    found = _fit_scale(target, _log(probability), weights, biased=True)
    bias = found[1:] - found[1:].mean()
    return VectorScaling(float(np.exp(found[0])), tuple(float(b) for b in bias))


def _fit_scale(target: np.ndarray, logs: np.ndarray, weights: np.ndarray, *, biased: bool) -> np.ndarray:
    """(1,) log of the inverse temperature, and with ``biased`` (1 + K,) the biases behind it."""
    n_classes = logs.shape[1]
    hot = np.eye(n_classes)[target]  # (n, K)

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        inverse = np.exp(at[0])
        bias = at[1:] if biased else 0.0
        log_p = log_softmax(logs * inverse + bias, axis=1)
        slack = weights[:, None] * (np.exp(log_p) - hot)
        parts = [[inverse * np.sum(slack * logs)], slack.sum(axis=0)] if biased else [[inverse * np.sum(slack * logs)]]
        value = -np.sum(weights[:, None] * hot * log_p) + at @ at / (2 * PRIOR_VARIANCE)
        return float(value), np.concatenate(parts) + at / PRIOR_VARIANCE

    start = np.zeros(1 + n_classes if biased else 1)
    return np.asarray(fmin_l_bfgs_b(loss, start, maxiter=1000, pgtol=1e-8, factr=10.0)[0])


def _log(probability: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.clip(probability, EPS, 1.0)))


TEMPERATURE = Calibrator(
    "temperature",
    fit_temperature,
    ("binary", "multiclass"),
    True,
    "sharpens or softens by one number; shifts nothing, so not after a treatment",
)
VECTOR = Calibrator("vector", fit_vector_scaling, ("multiclass",), False, "one temperature and a bias a class")
