"""A drawing from the page made into what a model of pictures takes.

The page sends a PNG of dark strokes on nothing.  How a data set holds its pictures, a model does not say, so whoever draws
chooses: scikit-learn's digits (Alpaydin & Kaynak 1998) fill their frame, those of MNIST (LeCun et al. 1998) fill 20 of 28
pixels; both are light on dark.
"""

import base64
import io
from typing import Literal

import numpy as np
import polars as pl

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.data.images import decode, picture_size

Fit = Literal["edges", "margin", "drawn"]
FITS: dict[Fit, float] = {"edges": 1.0, "margin": 20 / 28, "drawn": 0.0}
"""The share of the frame that the longer side of the strokes fills; 0: it stays as it was drawn."""
SIDES = (8, 16, 28, 32, 64)
USUAL_SIDE = 28
MOST_SIDE = 1024
_FAINT = 0.1


def fit_named(name: str) -> Fit:
    for fit in FITS:
        if fit == name:
            return fit
    raise ConfigError(f"fit={name[:40]!r}: a drawing is placed in one of these ways{did_you_mean(name[:40], FITS)}")


def ink_of(png: bytes) -> np.ndarray:
    """float64 (height, width) in [0, 1], 1 where all is ink.  Raises DataError for what is no picture or a large one."""
    series = pl.Series("drawing", [png], dtype=pl.Binary)
    height, width, _ = picture_size(series)
    if max(height, width) > MOST_SIDE:
        raise DataError(f"the drawing has {width} × {height} pixels; {MOST_SIDE} a side are the most.")
    return np.asarray(1.0 - decode(series, size=None, channels=1)[0, :, :, 0] / 255.0)


def framed(ink: np.ndarray, fit: Fit, side: int) -> np.ndarray:
    """float64 (side, side): the strokes placed as the fit says, each pixel the mean ink of what it covers.

    Raises DataError where nothing is drawn.
    """
    from PIL import Image

    rows, columns = (np.flatnonzero((ink > _FAINT).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        raise DataError("nothing is drawn yet; draw with the mouse, a finger or a pen.")
    if FITS[fit]:
        ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        edge = round(max(ink.shape) / FITS[fit])
    else:
        edge = max(ink.shape)
    frame = np.zeros((edge, edge), dtype=np.float32)
    top, left = (edge - ink.shape[0]) // 2, (edge - ink.shape[1]) // 2
    frame[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    small = Image.fromarray(frame).resize((side, side), Image.Resampling.BOX)
    return np.clip(np.asarray(small, dtype=np.float64), 0.0, 1.0)


def as_picture(ink: np.ndarray, *, light: bool) -> str:
    """A grey PNG as data:image/png;base64,…; light: ink is white on black."""
    from PIL import Image

    values = np.rint(255 * (ink if light else 1.0 - ink)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
