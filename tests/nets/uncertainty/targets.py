"""Targets of known mean and covariance, for the tests of the sampler."""

import numpy as np

from assay.nets.uncertainty.leapfrog import Density


def gaussian(mean: np.ndarray, covariance: np.ndarray) -> Density:
    precision = np.linalg.inv(covariance)

    def density(position: np.ndarray) -> tuple[float, np.ndarray]:
        pull = -precision @ (position - mean)
        return float(0.5 * pull @ (position - mean)), pull

    return density


def banana(position: np.ndarray) -> tuple[float, np.ndarray]:
    """x normal, y normal about x²: no Gaussian, its gradient in closed form."""
    x, y = position
    return float(-0.5 * x**2 - (y - x**2) ** 2), np.array([-x + 4 * x * (y - x**2), -2 * (y - x**2)])


def walks(correlation: float, draws: int = 500, seed: int = 0) -> np.ndarray:
    """(4, draws, 1): autoregressive chains x_t = correlation x_(t-1) + noise."""
    noise = np.random.default_rng(seed).normal(size=(4, draws))
    values = noise.copy()
    for place in range(1, draws):
        values[:, place] = correlation * values[:, place - 1] + noise[:, place]
    return values[:, :, None]
