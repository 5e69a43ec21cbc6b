"""Occlusion: by how much a score falls when a window of the picture is covered.

Needs no gradient, so it holds for any model of pictures.  A pixel's value is the mean fall over the windows that cover it.
Source: Zeiler & Fergus (2014).
"""

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from assay.core.errors import ConfigError

Score = Callable[[np.ndarray], np.ndarray]
"""Pictures (n, channels, height, width) -> (n,), the score that is explained."""

AT_ONCE = 256


def occlusion(score: Score, picture: np.ndarray, *, window: int, stride: int, cover: np.ndarray | float = 0.0) -> np.ndarray:
    """float64 (height, width): above 0 where covering lowers the score, so where the picture speaks for it.

    picture: (channels, height, width).  window, stride: in pixels, of squares from the top left corner; the last ones are cut
        off by the edge.  cover: what a window is covered with: a number, one a channel, or a picture.
    Raises ConfigError for windows that leave pixels out, or are larger than the picture.
    """
    _, height, width = picture.shape
    if not 1 <= stride <= window <= min(height, width):
        raise ConfigError(
            f"a window of {window} in steps of {stride} does not cover a picture of {height} × {width}: "
            "the step must be at least 1 and at most the window, the window at most the picture."
        )
    filling = np.asarray(cover, dtype=picture.dtype)
    filling = np.broadcast_to(filling[:, None, None] if filling.ndim == 1 else filling, picture.shape)
    whole = float(score(picture[None])[0])
    places = list(_places(height, width, window, stride))
    total, covered = np.zeros((height, width)), np.zeros((height, width))
    for start in range(0, len(places), AT_ONCE):
        some = places[start : start + AT_ONCE]
        hidden = np.repeat(picture[None], len(some), axis=0)
        for row, (down, along) in enumerate(some):
            hidden[row][:, down, along] = filling[:, down, along]
        for (down, along), said in zip(some, score(hidden), strict=True):
            total[down, along] += whole - float(said)
            covered[down, along] += 1
    return total / covered


def _places(height: int, width: int, window: int, stride: int) -> Iterator[tuple[slice, slice]]:
    """From the first window to the one that reaches the edge."""
    tops, lefts = (range(0, side - window + stride, stride) for side in (height, width))
    for top, left in product(tops, lefts):
        yield slice(top, min(top + window, height)), slice(left, min(left + window, width))
