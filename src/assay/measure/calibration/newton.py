"""Weighted logistic regression of a few columns: what Platt's scaling, beta calibration and Cox's line are made of."""

import numpy as np
from scipy.special import expit, log_expit, logit

from assay.measure.calibration.checks import EPS


def clipped_logit(probability: np.ndarray) -> np.ndarray:
    return np.asarray(logit(np.clip(probability, EPS, 1 - EPS)))


def logistic_loss(linear: np.ndarray, aim: np.ndarray, weights: np.ndarray) -> float:
    """Summed, in nats.  linear: logits (n,); aim: shares (n,), in [0, 1]."""
    return float(-np.sum(weights * (aim * log_expit(linear) + (1 - aim) * log_expit(-linear))))


def fit_logistic(design: np.ndarray, aim: np.ndarray, weights: np.ndarray, offset: np.ndarray | None = None) -> np.ndarray:
    """Coefficients (d,) of greatest likelihood, by Newton's method with halved steps.

    design: float (n, d), its intercept column included; aim: float (n,), in [0, 1]; offset: float (n,) added to the logit.
    The caller sees to it that a finite optimum exists; of columns that say the same the sum is what is found.
    """
    base = np.zeros(len(aim)) if offset is None else offset
    at = np.zeros(design.shape[1])
    ridge = 1e-9 * np.eye(design.shape[1])
    for _ in range(100):
        p = expit(design @ at + base)
        gradient = design.T @ (weights * (p - aim))
        hessian = design.T @ (design * (weights * p * (1 - p))[:, None]) + ridge
        step, size = np.linalg.solve(hessian, gradient), 1.0
        now, slope = logistic_loss(design @ at + base, aim, weights), float(gradient @ step)
        while logistic_loss(design @ (at - size * step) + base, aim, weights) > now - 1e-4 * size * slope and size > 1e-10:
            size /= 2
        at = at - size * step
        if np.abs(size * step).max() < 1e-10 or size <= 1e-10:
            break
    return at
