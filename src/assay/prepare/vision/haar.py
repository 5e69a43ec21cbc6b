"""Haar features: the sum of the white cells of a small grid less that of the black ones (Viola & Jones 2001).

A feature is a kind and one cell (top, left, height, width) that the kind repeats::

    0: two columns   1: two rows   2: three columns   3: three rows   4: two by two
       + -              +             + - +              +               + -
                        -                                -               - +
                                                         +
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from assay.core.errors import ConfigError
from assay.prepare.vision.integral import integral


class Kind(NamedTuple):
    """signs: by row and column of cells, +1 white and -1 black."""

    name: str
    signs: tuple[tuple[int, ...], ...]

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return len(self.signs), len(self.signs[0])


KINDS = (
    Kind("two columns", ((1, -1),)),
    Kind("two rows", ((1,), (-1,))),
    Kind("three columns", ((1, -1, 1),)),
    Kind("three rows", ((1,), (-1,), (1,))),
    Kind("two by two", ((1, -1), (-1, 1))),
)
GRIDS = np.array([kind.grid for kind in KINDS])  # (5, 2)
CORNERS = 9
"""Corners of cells that a feature has at most."""


def _corner_weights(kind: Kind) -> np.ndarray:
    """(rows + 1, columns + 1): how often the integral image counts at each corner of the grid."""
    signs = np.array(kind.signs)
    found = np.zeros((signs.shape[0] + 1, signs.shape[1] + 1), dtype=np.int64)
    found[1:, 1:] += signs
    found[:-1, :-1] += signs
    found[:-1, 1:] -= signs
    found[1:, :-1] -= signs
    return found


@dataclass(frozen=True, eq=False)
class HaarFeatures:
    """kinds: int64 (m,), places in KINDS.  cells: int64 (m, 4): top, left, height, width of the first cell."""

    kinds: np.ndarray
    cells: np.ndarray

    def __len__(self) -> int:
        return len(self.kinds)

    def take(self, chosen: np.ndarray) -> "HaarFeatures":
        return HaarFeatures(self.kinds[chosen], self.cells[chosen])

    @property
    def ends(self) -> np.ndarray:
        """int64 (m, 2): bottom and right of the whole grid."""
        return np.asarray(self.cells[:, :2] + self.cells[:, 2:] * GRIDS[self.kinds])

    @property
    def balance(self) -> np.ndarray:
        """int64 (m,): white pixels less black ones."""
        cells = np.array([np.sum(kind.signs) for kind in KINDS])
        return np.asarray(cells[self.kinds] * self.cells[:, 2] * self.cells[:, 3])

    def corners(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(weights, rows, columns), each int64 (m, CORNERS): a feature is Σ weight · integral image at (row, column).

        Corners that a feature does not have weigh 0 at (0, 0).
        """
        weights, rows, columns = (np.zeros((len(self), CORNERS), dtype=np.int64) for _ in range(3))
        for number, kind in enumerate(KINDS):
            own = np.flatnonzero(self.kinds == number)
            grid = _corner_weights(kind)
            for place, (down, across) in enumerate(np.argwhere(grid != 0)):
                weights[own, place] = grid[down, across]
                rows[own, place] = self.cells[own, 0] + down * self.cells[own, 2]
                columns[own, place] = self.cells[own, 1] + across * self.cells[own, 3]
        return weights, rows, columns

    def values(self, pictures: np.ndarray) -> np.ndarray:
        """float64 (n, m): each feature of each picture.  pictures: (n, height, width)."""
        sums = integral(np.asarray(pictures, dtype=np.float64))
        if len(self) and (self.ends.max(axis=0) >= np.array(sums.shape[-2:])).any():
            raise ConfigError(f"a Haar feature reaches beyond pictures of {sums.shape[-2] - 1}×{sums.shape[-1] - 1}.")
        weights, rows, columns = self.corners()
        found = np.zeros((len(sums), len(self)))
        for place in range(CORNERS):
            found += weights[:, place] * sums[:, rows[:, place], columns[:, place]]
        return found


def all_features(height: int, width: int) -> HaarFeatures:
    """Every feature of every kind and size at every place of a window.

    >>> len(all_features(24, 24))
    162336
    """
    kinds, cells = [], []
    for number, kind in enumerate(KINDS):
        rows, columns = kind.grid
        for high in range(1, height // rows + 1):
            for wide in range(1, width // columns + 1):
                tops, lefts = np.arange(height - rows * high + 1), np.arange(width - columns * wide + 1)
                top, left = (axis.ravel() for axis in np.meshgrid(tops, lefts, indexing="ij"))
                cells.append(np.stack([top, left, np.full_like(top, high), np.full_like(top, wide)], axis=1))
                kinds.append(np.full(len(top), number))
    if not cells:
        return HaarFeatures(np.zeros(0, dtype=np.int64), np.zeros((0, 4), dtype=np.int64))
    return HaarFeatures(np.concatenate(kinds), np.concatenate(cells))
