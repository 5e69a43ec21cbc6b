"""How a fitted model of pictures is asked: what it sees of a row, and how its scores change with the pixels.

A net is asked directly, and by its gradients; any other recipe by pictures alone, through the same columns as ever.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.data.images import decode, picture_size
from assay.prepare.pixels import FittedPixels
from assay.recipes.fitted import Fitted
from assay.recipes.nets.fitted import FittedNet

LONGEST_SIDE = 64
"""Of the pictures that a recipe without a net is asked about: what it is shown is shrunk to no more."""

LEAST_CHANCE = 1e-6


def is_of_pictures(fitted: Fitted) -> bool:
    """Whether all that the model reads is pictures."""
    kinds = {column.kind for column in fitted.schema.features}
    return kinds == {"image"}


@dataclass(frozen=True)
class NetEye:
    """A net on pixels.  model: its module, assembled."""

    fitted: Fitted
    model: Any

    def pixels(self, features: pl.DataFrame) -> np.ndarray:
        """uint8 (n, channels, h, w), as the net is given them."""
        return np.asarray(self.fitted.step.transform(features))

    def scores(self, pixels: np.ndarray) -> np.ndarray:
        """float64 (n, K): the logits of the classes."""
        from assay.nets.seeding import threads
        from assay.nets.seeing.scores import class_scores

        with threads(1):
            return np.asarray(class_scores(self.model, pixels))


@dataclass(frozen=True)
class PlainEye:
    """A recipe that is no net, asked through its first picture column; other picture columns stay as they are in ``row``."""

    fitted: Fitted
    row: pl.DataFrame
    size: tuple[int, int]
    channels: int

    @property
    def column(self) -> str:
        return self.fitted.schema.features[0].name

    def pixels(self, features: pl.DataFrame) -> np.ndarray:
        found = decode(features[self.column], size=self.size, channels=1 if self.channels == 1 else 3)
        return np.ascontiguousarray(found.transpose(0, 3, 1, 2))

    def scores(self, pixels: np.ndarray) -> np.ndarray:
        """float64 (n, K): the log odds of the classes, or the value (n, 1)."""
        height, width, channels = pixels.shape[2], pixels.shape[3], pixels.shape[1]
        given = np.ascontiguousarray(pixels.transpose(0, 2, 3, 1))
        asked = pl.Series(self.column, given, dtype=pl.Array(pl.UInt8, (height, width, channels)))
        others = pl.concat([self.row] * len(pixels)) if len(self.fitted.schema.features) > 1 else self.row.clear(len(pixels))
        found = self.fitted.predict(others.with_columns(asked))
        if not self.fitted.task.is_classification:
            return np.asarray(found["value"], dtype=np.float64)[:, None]
        chance = np.clip(found["probability"], LEAST_CHANCE, 1 - LEAST_CHANCE)
        chance = np.stack([1 - chance, chance], axis=1) if chance.ndim == 1 else chance
        return np.asarray(np.log(chance) - np.log1p(-chance))


Eye = NetEye | PlainEye


def eye_of(fitted: Fitted, features: pl.DataFrame) -> Eye:
    """features: of the rows that will be asked about, at least one."""
    if isinstance(fitted.learner, FittedNet) and isinstance(fitted.step, FittedPixels):
        return NetEye(fitted, fitted.learner.net[1])
    column = fitted.schema.features[0].name
    height, width, channels = picture_size(features[column])
    shrink = min(1.0, LONGEST_SIDE / max(height, width))
    return PlainEye(fitted, features[:1], (max(1, round(height * shrink)), max(1, round(width * shrink))), channels)


def score_of(eye: Eye, target: int) -> Callable[[np.ndarray], np.ndarray]:
    """The score of one class (or the value) as a function of pictures."""
    return lambda pixels: eye.scores(pixels)[:, target]


def shown(pixels: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 1 or 3) of (channels, h, w): of several pictures a row the first."""
    depth = 3 if len(pixels) % 3 == 0 else 1
    return np.ascontiguousarray(pixels[:depth].transpose(1, 2, 0))
