"""What happens to pictures in the world, in five strengths: noise, blur, light, pixelation, JPEG.

Strengths are those of Hendrycks & Dietterich (2019), of their code for pictures of 32 pixels a side below ``LARGE`` pixels, of
that for 224 from there on.  uint8 in and out, a function of the seed alone; results are rounded, where theirs are cut off.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.core.seeds import generator
from assay.nets.attacks import blur, light, noise

LARGE = 112
"""The side in pixels from which on a picture gets the strengths of large ones."""

STRENGTHS = (1, 2, 3, 4, 5)

Corruption = Callable[[np.ndarray, Any, np.random.Generator], np.ndarray]
"""(pictures float64 (n, channels, h, w) in [0, 1], a setting, draws) -> the same form; may leave [0, 1]."""

Settings = tuple[Any, Any, Any, Any, Any]

CORRUPTIONS: dict[str, tuple[Corruption, Settings, Settings]] = {
    "gaussian-noise": (noise.gaussian, (0.04, 0.06, 0.08, 0.09, 0.10), (0.08, 0.12, 0.18, 0.26, 0.38)),
    "shot-noise": (noise.shot, (500, 250, 100, 75, 50), (60, 25, 12, 5, 3)),
    "impulse-noise": (noise.impulse, (0.01, 0.02, 0.03, 0.05, 0.07), (0.03, 0.06, 0.09, 0.17, 0.27)),
    "gaussian-blur": (blur.gaussian, (0.4, 0.6, 0.7, 0.8, 1), (1, 2, 3, 4, 6)),
    "defocus-blur": (
        blur.defocus,
        ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
        ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
    ),
    "motion-blur": (
        blur.motion,
        ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)),
        ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
    ),
    "contrast": (light.contrast, (0.75, 0.5, 0.4, 0.3, 0.15), (0.4, 0.3, 0.2, 0.1, 0.05)),
    "brightness": (light.brightness, (0.05, 0.1, 0.15, 0.2, 0.3), (0.1, 0.2, 0.3, 0.4, 0.5)),
    "pixelate": (light.pixelate, (0.95, 0.9, 0.85, 0.75, 0.65), (0.6, 0.5, 0.4, 0.3, 0.25)),
    "jpeg": (light.jpeg, (80, 65, 58, 50, 40), (25, 18, 15, 10, 7)),
}
"""By name: what is done, and its settings in the five strengths for small and for large pictures."""


def corrupt(pictures: np.ndarray, name: str, strength: int, *, seed: int) -> np.ndarray:
    """uint8 (n, channels, h, w) -> the same, corrupted.  strength: 1 … 5.

    The draws of a picture do not depend on the pictures after it.
    Raises ConfigError for a name or a strength that does not exist.

    >>> grey = np.full((1, 1, 4, 4), 100, dtype=np.uint8)
    >>> int(corrupt(grey, "brightness", 2, seed=0)[0, 0, 0, 0])  # 0.1 · 255 more
    126
    """
    if name not in CORRUPTIONS:
        raise ConfigError(f"no corruption {name!r}{did_you_mean(name, CORRUPTIONS)}")
    if strength not in STRENGTHS:
        raise ConfigError(f"strength={strength}: it is 1, 2, 3, 4 or 5.")
    if pictures.dtype != np.uint8 or pictures.ndim != 4:
        raise ConfigError(f"corruptions are of uint8 pictures (n, channels, h, w), not {pictures.dtype} {pictures.shape}.")
    apply, small, large = CORRUPTIONS[name]
    setting = (small if max(pictures.shape[2:]) < LARGE else large)[strength - 1]
    draws = generator(seed, "corruption", name, strength)
    found = np.empty_like(pictures)
    for row in range(len(pictures)):  # one at a time: large pictures as float64 take eight times their memory
        changed = apply(pictures[row : row + 1] / 255.0, setting, draws)
        found[row] = np.rint(np.clip(changed[0], 0, 1) * 255).astype(np.uint8)
    return found
