"""Pictures of any size and kind as one array of pixels, all of the same size and channels.

Stays uint8: a net standardises on the device, four times as many pictures fit into memory.
"""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.state import State
from assay.data.rows import Block
from assay.data.schema import Schema
from assay.prepare import checks

if TYPE_CHECKING:
    from assay.data.decoded import PictureStore

MAX_SIZE = 4096  # pixels a side
MOST_COLUMNS = 100


@dataclass(frozen=True)
class PixelsStep:
    """size: height and width of the pictures handed on, which are resized (bilinear), not cropped.

    Grey when the training pictures are grey, else colour. Several picture columns are stacked as channels.
    """

    size: int = 32

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MAX_SIZE:
            raise ConfigError(f"size={self.size} is outside 1 … {MAX_SIZE} pixels.")

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> "FittedPixels":  # noqa: ARG002
        columns = tuple(column.name for column in schema.features if column.kind == "image")
        if not columns:
            raise ConfigError("there is no picture column to take pixels from; say which with --kind COL=image.")
        from assay.data.images import picture_size

        return FittedPixels(columns, tuple(_depth(picture_size(features[name])[2]) for name in columns), self.size)


@dataclass(frozen=True)
class StoredPixels:
    """A PixelsStep whose pictures are kept for the other fits of a run, and lie on disk where they are many."""

    step: PixelsStep
    store: "PictureStore"

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> "FittedPixels":
        return replace(self.step.fit(features, schema, target, seed), store=self.store)


def stored(step: Any, store: "PictureStore | None") -> Any:
    """The step with a store of decoded pictures, where there is one and the step can use it."""
    return StoredPixels(step, store) if store is not None and isinstance(step, PixelsStep) else step


@dataclass(frozen=True)
class FittedPixels:
    """columns: the picture columns.  channels: 1 or 3 for each of them.

    store: where decoded pictures are kept during a run; not part of what is saved.
    """

    columns: tuple[str, ...]
    channels: tuple[Literal[1, 3], ...]
    size: int
    store: "PictureStore | None" = field(default=None, repr=False, compare=False)

    @property
    def blocks(self) -> tuple[Block, ...]:
        return ()

    def transform(self, features: pl.DataFrame) -> np.ndarray:
        """uint8 (n, channels, size, size); raises DataError for a picture that does not open, and for an absent column."""
        from assay.data.images import decode

        for name in self.columns:
            if name not in features.columns:
                raise DataError(f"the rows have no picture column {name!r}{did_you_mean(name, features.columns)}")
        size, shape = (self.size, self.size), (features.height, sum(self.channels), self.size, self.size)
        store = self.store if self.store is not None and self.store.is_there else None
        found = np.empty(shape, dtype=np.uint8) if store is None else store.empty(shape)
        start = 0
        for name, channels in zip(self.columns, self.channels, strict=True):
            part = found[:, start : start + channels]
            if store is None:
                part[:] = decode(features[name], size=size, channels=channels).transpose(0, 3, 1, 2)
            else:
                store.pixels(features[name], size, channels, part)
            start += channels
        return found

    def state(self) -> State:
        return {"kind": "pixels", "columns": list(self.columns), "channels": list(self.channels), "size": self.size}

    @classmethod
    def from_state(cls, state: State) -> "FittedPixels":
        columns = checks.distinct_texts(state, "columns", most=MOST_COLUMNS)
        channels = checks.entry(state, "channels")
        fits = isinstance(channels, list) and len(channels) == len(columns) > 0
        if not fits or not all(type(number) is int and number in (1, 3) for number in channels):
            raise BundleError(
                "the saved pixel step does not say which picture columns it reads, or their channels are not 1 or 3."
            )
        return cls(columns, tuple(channels), checks.whole(state, "size", low=1, high=MAX_SIZE))


def _depth(channels: int) -> Literal[1, 3]:
    return 1 if channels == 1 else 3
