"""A column of pictures as plain pixels, for learners that know nothing of pictures."""

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part

LONGEST_SIDE = 32
"""Pictures are shrunk to this, keeping their shape: a linear model on more pixels learns noise."""


@dataclass(frozen=True)
class PixelRow:
    """Every pixel in [0, 1], row by row, at one size; channels: 1 (grey) or 3."""

    KIND: ClassVar[str] = "pixel-row"

    height: int
    width: int
    channels: Literal[1, 3]

    @classmethod
    def fit(cls, series: pl.Series) -> Self:
        from assay.data.images import picture_size

        height, width, channels = picture_size(series)
        shrink = min(1.0, LONGEST_SIDE / max(height, width))
        return cls(max(1, round(height * shrink)), max(1, round(width * shrink)), 1 if channels == 1 else 3)

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("other", self.height * self.width * self.channels),)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, height × width × channels). Raises DataError for a picture that does not open."""
        from assay.data.images import decode

        pixels = decode(series, size=(self.height, self.width), channels=self.channels)
        return pixels.reshape(len(series), self.height * self.width * self.channels) / 255.0

    def state(self) -> State:
        return {"kind": self.KIND, "height": self.height, "width": self.width, "channels": self.channels}

    @classmethod
    def from_state(cls, state: State) -> Self:
        height = checks.whole(state, "height", low=1, high=LONGEST_SIDE)
        width = checks.whole(state, "width", low=1, high=LONGEST_SIDE)
        channels = checks.whole(state, "channels", low=1, high=3)
        if channels == 2:
            raise BundleError("the saved model's 'channels' must be 1 or 3.")
        return cls(height, width, 1 if channels == 1 else 3)
