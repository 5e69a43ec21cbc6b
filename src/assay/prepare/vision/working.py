"""The size at which a column of pictures is worked on: their own, within bounds, their shape kept."""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError
from assay.core.state import State
from assay.prepare import checks

MOST_SIDE = 4096


@dataclass(frozen=True)
class WorkingSize:
    """height, width: in pixels, to which every picture is resized (bilinear).  channels: 1 (grey) or 3."""

    height: int
    width: int
    channels: Literal[1, 3]

    @classmethod
    def of(cls, series: pl.Series, *, least: int, most: int) -> Self:
        """The commonest size of the training pictures, shrunk to ``most`` along its longer side, then enlarged to ``least``
        along its shorter one.  Raises DataError for a picture that does not open."""
        from assay.data.images import picture_size

        height, width, channels = picture_size(series)
        scale = min(1.0, most / max(height, width))
        scale = max(scale, least / min(height, width))
        sides = [min(max(least, round(side * scale)), MOST_SIDE) for side in (height, width)]
        return cls(sides[0], sides[1], 1 if channels == 1 else 3)

    def pixels(self, series: pl.Series, channels: Literal[1, 3] | None = None) -> np.ndarray:
        """uint8 (n, height, width, channels); channels: None for the own ones.  Raises DataError as ``decode`` does."""
        from assay.data.images import decode

        return decode(series, size=(self.height, self.width), channels=self.channels if channels is None else channels)

    def state(self) -> State:
        return {"height": self.height, "width": self.width, "channels": self.channels}

    @classmethod
    def from_state(cls, state: State) -> Self:
        height, width = (checks.whole(state, name, low=1, high=MOST_SIDE) for name in ("height", "width"))
        channels = checks.whole(state, "channels", low=1, high=3)
        if channels == 2:
            raise BundleError("the saved model's 'channels' must be 1 or 3.")
        return cls(height, width, 1 if channels == 1 else 3)
