"""Windows of pictures as a cascade sees them: places in integral images, and what each window's light is."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.prepare.vision.haar import HaarFeatures
from assay.prepare.vision.integral import integral

LEAST_SPREAD = 1.0
"""Grey level: the standard deviation that a flat window is given."""


@dataclass(frozen=True, eq=False)
class Windows:
    """sums: float64, integral images one after the other, flat.  stride: of their rows.

    origins: int64 (n,), the place in ``sums`` of each window's upper left corner.
    mean, spread: float64 (n,), of each window's pixels; spread at least LEAST_SPREAD.
    """

    sums: np.ndarray
    stride: int
    origins: np.ndarray
    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def whole(cls, pictures: np.ndarray) -> Self:
        """One window a picture.  pictures: (n, side, side), grey levels 0 … 255."""
        n, side = pictures.shape[:2]
        return cls.at(pictures, side, np.arange(n), np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64))

    @classmethod
    def at(cls, pictures: np.ndarray, side: int, number: np.ndarray, top: np.ndarray, left: np.ndarray) -> Self:
        """Windows of ``side`` pixels at top, left of picture ``number``, each int (n,).  pictures: (p, height, width)."""
        values = np.asarray(pictures, dtype=np.float64)
        sums, squares = integral(values), integral(values**2)
        height, stride = sums.shape[1:]
        where = number * height * stride + top * stride + left
        area = side * side
        corners = [where, where + side, where + side * stride, where + side * stride + side]
        total, square = (_box(flat.ravel(), corners) / area for flat in (sums, squares))
        spread = np.sqrt(np.maximum(square - total**2, LEAST_SPREAD**2))
        return cls(sums.ravel(), stride, where, total, spread)

    def __len__(self) -> int:
        return len(self.origins)

    def take(self, chosen: np.ndarray) -> "Windows":
        return Windows(self.sums, self.stride, self.origins[chosen], self.mean[chosen], self.spread[chosen])

    def values(self, features: HaarFeatures) -> np.ndarray:
        """float64 (m, n): each feature of each window whose mean is taken off and whose spread is 1."""
        weights, rows, columns = features.corners()
        offsets = rows * self.stride + columns
        found = np.zeros((len(features), len(self)))
        for number in range(len(features)):
            for weight, offset in zip(weights[number], offsets[number], strict=True):
                if weight:
                    found[number] += weight * self.sums[self.origins + offset]
        found -= features.balance[:, None] * self.mean
        found /= self.spread
        return found


def _box(flat: np.ndarray, corners: list[np.ndarray]) -> np.ndarray:
    first, right, down, last = (flat[corner] for corner in corners)
    return np.asarray(last - right - down + first)
