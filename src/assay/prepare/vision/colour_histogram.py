"""A column of pictures as histograms of their colours.

Swain & Ballard (1991) compared such histograms; their square roots are compared here, whose distance is Hellinger's.
"""

from dataclasses import dataclass
from typing import ClassVar, Self, cast, get_args

import numpy as np
import polars as pl

from assay.core.errors import ConfigError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part
from assay.prepare.vision.colours import Space, to_space
from assay.prepare.vision.working import WorkingSize

LONGEST = 64
MOST_BINS = {False: 256, True: 16}
"""Of a channel: apart from the others, and jointly with them."""
PIXELS_AT_ONCE = 1_000_000


def colour_histogram(pixels: np.ndarray, *, space: Space = "hsv", bins: int = 8, joint: bool = False) -> np.ndarray:
    """float64 (n, 3 · bins), or (n, bins³) if joint: the shares of pixels in each bin; (n, bins) in grey.

    pixels: uint8 (n, height, width, channels) with 3 channels, or with 1, which is grey whatever the space.
    Bins are of equal width over 0 … 1; the last one holds 1.  The shares of one channel add up to 1.
    """
    shares = to_space(pixels, space) if pixels.shape[3] == 3 else pixels / 255.0
    n, channels = len(shares), shares.shape[3]
    place = np.minimum((shares * bins).astype(np.int64), bins - 1).reshape(n, -1, channels)
    if joint:
        place = (place @ bins ** np.arange(channels - 1, -1, -1))[..., None]
        bins, channels = bins**channels, 1
    index = (np.arange(n)[:, None, None] * channels + np.arange(channels)) * bins + place
    counts = np.bincount(index.ravel(), minlength=n * channels * bins).reshape(n, channels * bins)
    return counts / max(1, place.shape[1])


@dataclass(frozen=True, kw_only=True)
class ColourHistogram:
    """space: "rgb", "hsv", "hsl" or "grey".  bins: of a channel.  joint: whether bins are of all channels together."""

    space: Space = "hsv"
    bins: int = 16
    joint: bool = False

    def __post_init__(self) -> None:
        if self.space not in get_args(Space) or not 1 <= self.bins <= MOST_BINS[self.joint]:
            raise ConfigError(
                f"a colour histogram with space={self.space!r}, bins={self.bins}, joint={self.joint}: one of "
                f"{', '.join(get_args(Space))}, with 1 to {MOST_BINS[False]} bins a channel, {MOST_BINS[True]} if joint."
            )

    def fit(self, series: pl.Series, seed: int) -> "ColourRow":  # noqa: ARG002
        """Only the size of the pictures and whether they are grey is learned."""
        return ColourRow(WorkingSize.of(series, least=1, most=LONGEST), self.space, self.bins, self.joint)


@dataclass(frozen=True)
class ColourRow:
    """The square root of each bin's share."""

    KIND: ClassVar[str] = "colour-histogram"

    size: WorkingSize
    space: Space
    bins: int
    joint: bool

    @property
    def parts(self) -> tuple[Part, ...]:
        channels = 1 if self.size.channels == 1 or self.space == "grey" else 3
        return (Part("other", self.bins**channels if self.joint else self.bins * channels),)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, width).  Raises DataError for a picture that does not open."""
        pixels = self.size.pixels(series)
        found = np.empty((len(pixels), self.parts[0].width))
        step = max(1, PIXELS_AT_ONCE // (self.size.height * self.size.width * 3))
        for first in range(0, len(pixels), step):
            part = slice(first, first + step)
            found[part] = colour_histogram(pixels[part], space=self.space, bins=self.bins, joint=self.joint)
        return np.sqrt(found)

    def state(self) -> State:
        return {"kind": self.KIND, **self.size.state(), "space": self.space, "bins": self.bins, "joint": self.joint}

    @classmethod
    def from_state(cls, state: State) -> Self:
        size, joint = WorkingSize.from_state(state), checks.flag(state, "joint")
        space = cast(Space, checks.choice(state, "space", get_args(Space)))
        return cls(size, space, checks.whole(state, "bins", low=1, high=MOST_BINS[joint]), joint)
