"""A column of pictures as histograms of oriented gradients."""

from dataclasses import dataclass
from typing import ClassVar, Self, cast, get_args

import numpy as np
import polars as pl

from assay.core.errors import BundleError, ConfigError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part
from assay.prepare.vision.hog import Norm, hog, hog_shape
from assay.prepare.vision.working import WorkingSize

SHORTEST, LONGEST = 16, 128
CELLS = 8
"""Along the shorter side, where the cell is not given: with the published window of 128 × 64 its cells of 8 pixels."""
MOST_CELL, MOST_BLOCK, MOST_ORIENTATIONS = 256, 16, 90
MOST_WIDTH = 200_000


@dataclass(frozen=True, kw_only=True)
class Hog:
    """orientations: bins over 180°.  cell: pixels a side, None: an eighth of the shorter side.  block: cells a side."""

    orientations: int = 9
    cell: int | None = None
    block: int = 2
    norm: Norm = "l2-hys"

    def __post_init__(self) -> None:
        known = self.norm in get_args(Norm) and 1 <= self.orientations <= MOST_ORIENTATIONS and 1 <= self.block <= MOST_BLOCK
        if not known or not (self.cell is None or 1 <= self.cell <= MOST_CELL):
            raise ConfigError(
                f"HOG with norm={self.norm!r}, orientations={self.orientations}, cell={self.cell}, block={self.block}: one of "
                f"{', '.join(get_args(Norm))}, 1 to {MOST_ORIENTATIONS} orientations, cells of 1 to {MOST_CELL} pixels, "
                f"blocks of 1 to {MOST_BLOCK} cells."
            )

    def fit(self, series: pl.Series, seed: int) -> "HogRow":  # noqa: ARG002
        """Only the size of the pictures is learned."""
        size = WorkingSize.of(series, least=SHORTEST, most=LONGEST)
        cell = max(1, min(size.height, size.width) // CELLS) if self.cell is None else self.cell
        shape = hog_shape(size.height, size.width, orientations=self.orientations, cell=cell, block=self.block)
        if np.prod(shape) > MOST_WIDTH:
            raise ConfigError(f"HOG would make {np.prod(shape)} columns of a picture, more than {MOST_WIDTH}; take larger cells.")
        return HogRow(size, self.orientations, cell, self.block, self.norm)


@dataclass(frozen=True)
class HogRow:
    """Every block of a picture, row by row, at one size."""

    KIND: ClassVar[str] = "hog"

    size: WorkingSize
    orientations: int
    cell: int
    block: int
    norm: Norm

    @property
    def width(self) -> int:
        kept = hog_shape(self.size.height, self.size.width, orientations=self.orientations, cell=self.cell, block=self.block)
        return int(np.prod(kept))

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("other", self.width),)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, width).  Raises DataError for a picture that does not open."""
        pixels = self.size.pixels(series)
        return hog(pixels, orientations=self.orientations, cell=self.cell, block=self.block, norm=self.norm)

    def state(self) -> State:
        settings = {"orientations": self.orientations, "cell": self.cell, "block": self.block, "norm": self.norm}
        return {"kind": self.KIND, **self.size.state(), **settings}

    @classmethod
    def from_state(cls, state: State) -> Self:
        size = WorkingSize.from_state(state)
        orientations = checks.whole(state, "orientations", low=1, high=MOST_ORIENTATIONS)
        cell, block = checks.whole(state, "cell", low=1, high=MOST_CELL), checks.whole(state, "block", low=1, high=MOST_BLOCK)
        found = cls(size, orientations, cell, block, cast(Norm, checks.choice(state, "norm", get_args(Norm))))
        if min(size.height, size.width) // cell < block or found.width > MOST_WIDTH:
            raise BundleError("the saved HOG does not fit the size of its pictures.")
        return found
