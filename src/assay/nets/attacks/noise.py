"""Noise of the sensor: of its electronics, of few photons, of dead pixels.  Pictures (n, channels, h, w) in [0, 1]."""

import numpy as np


def gaussian(pictures: np.ndarray, deviation: float, draws: np.random.Generator) -> np.ndarray:
    """A normal number on every value."""
    return pictures + draws.normal(0, deviation, pictures.shape)


def shot(pictures: np.ndarray, photons: float, draws: np.random.Generator) -> np.ndarray:
    """So many photons where a value is 1, counted."""
    found: np.ndarray = draws.poisson(pictures * photons) / photons
    return found


def impulse(pictures: np.ndarray, share: float, draws: np.random.Generator) -> np.ndarray:
    """This share of the values becomes 0 or 1, evenly."""
    hit = draws.random(pictures.shape) < share
    return np.where(hit, draws.random(pictures.shape) < 0.5, pictures)
