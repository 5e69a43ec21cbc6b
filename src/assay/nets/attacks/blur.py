"""Blur: of a lens (gaussian, defocus) and of motion.  Pictures (n, channels, h, w) in [0, 1]."""

import math

import numpy as np
from scipy import ndimage


def gaussian(pictures: np.ndarray, sigma: float, draws: np.random.Generator) -> np.ndarray:  # noqa: ARG001 - as all
    """By a normal curve of this width in pixels, the border repeated, cut at four sigma."""
    return ndimage.gaussian_filter(pictures, (0, 0, sigma, sigma), mode="nearest")


def defocus(pictures: np.ndarray, setting: tuple[float, float], draws: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """setting: the radius of the disc that a point becomes, and the width by which its edge is smoothed."""
    return ndimage.correlate(pictures, disc(*setting)[None, None], mode="mirror")


def disc(radius: float, smooth: float) -> np.ndarray:
    """Weights (k, k) of sum 1: 1 within the radius, smoothed by 3 × 3 (5 × 5 for a radius above 8) weights of a normal curve."""
    reach = math.ceil(radius) if radius > 8 else 8
    across = np.arange(-reach, reach + 1)
    inside = (across[:, None] ** 2 + across**2 <= radius**2).astype(np.float64)
    offsets = np.arange(-2, 3) if radius > 8 else np.arange(-1, 2)
    curve = np.exp(-(offsets**2) / (2 * smooth**2))
    curve /= curve.sum()
    smoothed = ndimage.correlate(inside / inside.sum(), curve[:, None] * curve, mode="mirror")
    return np.asarray(smoothed / smoothed.sum())  # at the edge of the array the smoothing adds a hundredth


def motion(pictures: np.ndarray, setting: tuple[int, float], draws: np.random.Generator) -> np.ndarray:
    """Along a line at an angle within ±45°, the border repeated.

    setting: radius and sigma: a point is drawn out over 2 · radius + 1 whole pixels, by weights of half a normal curve.
    """
    radius, sigma = setting
    steps = np.arange(2 * radius + 1)
    weights = np.exp(-(steps**2) / (2 * sigma**2))
    weights /= weights.sum()
    found = np.zeros_like(pictures)
    height, width = pictures.shape[2:]
    for row, angle in enumerate(np.deg2rad(draws.uniform(-45, 45, len(pictures)))):
        downs, rights = (np.rint(steps * part).astype(int) for part in (math.sin(angle), math.cos(angle)))
        for weight, down, right in zip(weights, downs, rights, strict=True):
            rows = np.clip(np.arange(height) + down, 0, height - 1)
            columns = np.clip(np.arange(width) + right, 0, width - 1)
            found[row] += weight * pictures[row][:, rows[:, None], columns]
    return found
