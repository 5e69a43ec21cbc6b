"""Integral images: the sum of any box of pixels from four numbers (Crow 1984; Viola & Jones 2001)."""

import numpy as np


def integral(pictures: np.ndarray) -> np.ndarray:
    """(…, height + 1, width + 1): the sum of all pixels above and left of each corner; the first row and column are 0.

    pictures: (…, height, width).  int64 for whole numbers, else float64.
    """
    pictures = np.asarray(pictures)
    dtype = np.int64 if pictures.dtype.kind in "iub" else np.float64
    found = np.zeros((*pictures.shape[:-2], pictures.shape[-2] + 1, pictures.shape[-1] + 1), dtype=dtype)
    np.cumsum(pictures, axis=-2, out=found[..., 1:, 1:], dtype=dtype)
    np.cumsum(found[..., 1:, 1:], axis=-1, out=found[..., 1:, 1:])
    return found


def box_sum(
    sums: np.ndarray, top: np.ndarray | int, left: np.ndarray | int, height: np.ndarray | int, width: np.ndarray | int
) -> np.ndarray:
    """(…): the sum of the pixels in boxes.  sums: of ``integral``; the four may be arrays of one shape, which the result ends in.

    >>> box_sum(integral(np.arange(9).reshape(3, 3)), 1, 1, 2, 2).item()
    24
    """
    bottom, right = top + height, left + width
    found = sums[..., bottom, right] - sums[..., top, right] - sums[..., bottom, left] + sums[..., top, left]
    return np.asarray(found)
