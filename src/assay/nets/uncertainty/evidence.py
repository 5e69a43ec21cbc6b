"""How wide the prior is and how loud the noise: where the marginal likelihood of a linear layer is greatest.

At the optimum the prior's precision times the weights' squared length is the number of directions that the data determine, and
the noise is the squared error over the rows that are left after these.  Source: MacKay (1992), "Bayesian interpolation".
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from assay.core.errors import DataError

RANGE = (1e-8, 1e8)
"""A prior precision is looked for between these; at an end, the data say nothing of the weights, or the weights are 0."""
ROUNDS = 10_000


@dataclass(frozen=True)
class Evidence:
    """axes: >= 0, eigenvalues of the Gauss-Newton matrix, for numbers that of noise 1.  squares: of the weights, summed.

    rows: how many, by weight.  log_likelihood: of the rows, for classes.  residual: the sum of squared errors, for numbers.
    """

    axes: np.ndarray
    squares: float
    rows: float
    log_likelihood: float = 0.0
    residual: float | None = None

    def log_evidence(self, precision: float, noise: float | None) -> float:
        """Log of the marginal likelihood by Laplace's approximation; exact for a Gaussian whose peak the weights are."""
        fit, axes = self.log_likelihood, self.axes
        if self.residual is not None and noise is not None:
            fit, axes = -0.5 * (self.rows * np.log(2 * np.pi * noise) + self.residual / noise), axes / noise
        prior = 0.5 * (axes.size * np.log(precision) - precision * self.squares)
        return float(fit + prior - 0.5 * np.sum(np.log(axes + precision)))


def fitted_evidence(evidence: Evidence, precision: float | None, noise: float | None) -> tuple[float, float | None, float]:
    """(prior precision, noise variance or None for classes, log evidence); what is given stays as it is.

    Raises DataError where the noise is to be learnt and the rows leave no error to learn it from.
    """
    if evidence.residual is None:
        found = _precision(evidence.axes, evidence.squares) if precision is None else precision
        return found, None, evidence.log_evidence(found, None)
    variance = evidence.residual / evidence.rows if noise is None else noise
    if not variance > 0:
        raise DataError(f"the net gives all {evidence.rows:g} training targets exactly: no noise to learn; pass noise_variance.")
    found = 1.0 if precision is None else precision
    for _ in range(ROUNDS):
        before = variance, found
        found = _precision(evidence.axes / variance, evidence.squares) if precision is None else precision
        if noise is None:
            determined = float(np.sum(evidence.axes / (evidence.axes + variance * found)))
            variance = evidence.residual / max(evidence.rows - determined, 1e-9 * evidence.rows)
        if np.allclose((variance, found), before, rtol=1e-12, atol=0):
            break
    return found, variance, evidence.log_evidence(found, variance)


def _precision(axes: np.ndarray, squares: float) -> float:
    """The one root of Σ axis / (axis + precision) = precision × squares, whose left side falls and whose right side rises."""

    def gap(log_precision: float) -> float:
        precision = float(np.exp(log_precision))
        return float(np.sum(axes / (axes + precision))) - precision * squares

    low, high = np.log(RANGE)
    if gap(low) <= 0:
        return RANGE[0]
    if gap(high) >= 0:
        return RANGE[1]
    return float(np.exp(brentq(gap, low, high, xtol=1e-13)))
