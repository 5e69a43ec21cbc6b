"""Pictures as what a frozen network sees in them: the numbers that its last layer reads, standardised.

They do not depend on what is learnt from them, so that each picture goes through the network once, however many folds and
recipes ask for it (see ``feature_cache``).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from assay.core.errors import BundleError
from assay.core.optional import require
from assay.core.state import State
from assay.data.rows import Block
from assay.data.schema import Schema
from assay.prepare import checks
from assay.prepare.pixels import FittedPixels, PixelsStep
from assay.recipes.nets.bases import Base, take_over_base
from assay.recipes.nets.feature_cache import FeatureCache

if TYPE_CHECKING:
    from torch import nn

    from assay.nets.image.picture_net import PictureSpec

OUTPUTS = 1
"""Of the network that is kept: nothing reads them."""


@dataclass(frozen=True)
class EmbeddingStep:
    base: Base

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> "FittedEmbedding":
        """Raises as ``take_over_base`` for a base that cannot be read."""
        from assay.nets.architectures import spec_to_json, weights_of
        from assay.nets.image.picture_net import PictureSpec
        from assay.nets.seeding import isolated

        pixels = PixelsStep(self.base.size).fit(features, schema, target, seed)
        spec = PictureSpec(self.base.network, OUTPUTS, sum(pixels.channels), self.base.size)
        with isolated(0):  # of the layers that nothing reads
            model = spec.build()
        take_over_base(self.base, model, spec.channels)
        empty = np.zeros(0)
        cache = FeatureCache(f"{self.base.network}-{self.base.size}-{spec.channels}-{self.base.digest}")
        step = FittedEmbedding(pixels, spec_to_json(spec), weights_of(model), empty, empty, cache)
        seen = step.seen(features)
        scale = seen.std(axis=0)
        return replace(step, mean=seen.mean(axis=0), scale=np.where(scale > 0, scale, 1.0))


@dataclass(frozen=True)
class FittedEmbedding:
    """settings, weights: of the network.  mean, scale: float64 (d,), of the training rows.

    cache: where what was seen is kept between folds, None for a model that was loaded.
    """

    pixels: FittedPixels
    settings: dict[str, Any]
    weights: dict[str, np.ndarray]
    mean: np.ndarray
    scale: np.ndarray
    cache: FeatureCache | None = None

    @property
    def blocks(self) -> tuple[Block, ...]:
        return ()

    @cached_property
    def _net(self) -> "tuple[PictureSpec, nn.Module]":
        require("torch", extra="nets", purpose="a model that sees with a network")
        from assay.nets.architectures import assemble, spec_from_json

        spec: Any = spec_from_json("picture", self.settings)
        return spec, assemble(spec, self.weights)

    def seen(self, features: pl.DataFrame) -> np.ndarray:
        """float64 (n, d), not standardised."""
        pictures = self.pixels.transform(features)
        return self._through_net(pictures) if self.cache is None else self.cache.of(pictures, self._through_net)

    def _through_net(self, pictures: np.ndarray) -> np.ndarray:
        from assay.nets.seeding import threads
        from assay.nets.seeing.features import features_of

        _, model = self._net
        with threads(1):
            return features_of(model, pictures)

    def transform(self, features: pl.DataFrame) -> np.ndarray:
        """float64 (n, d)."""
        found: np.ndarray = (self.seen(features) - self.mean) / self.scale
        return found

    def state(self) -> State:
        return {
            "kind": "embedding",
            "pixels": self.pixels.state(),
            "settings": self.settings,
            "weights": self.weights,
            "mean": self.mean,
            "scale": self.scale,
        }

    @classmethod
    def from_state(cls, state: State) -> "FittedEmbedding":
        """The step back; every name, shape and number of its network is checked now. Raises BundleError."""
        settings, weights = checks.entry(state, "settings"), checks.entry(state, "weights")
        if not isinstance(settings, dict) or not isinstance(weights, dict):
            raise BundleError("the saved step that sees with a network has no settings or no weights.")
        mean, scale = checks.floats(state, "mean", (None,)), checks.floats(state, "scale", (None,))
        step = cls(FittedPixels.from_state(checks.entry(state, "pixels")), settings, weights, mean, scale)
        spec, _ = step._net
        pixels = step.pixels
        fits = (spec.channels, spec.size) == (sum(pixels.channels), pixels.size) and mean.shape == scale.shape
        if not fits or (scale <= 0).any():
            raise BundleError("the saved step that sees with a network is for other pictures than those it is saved with.")
        width = step._through_net(np.zeros((1, spec.channels, spec.size, spec.size), dtype=np.uint8)).shape[1]
        if width != len(mean):
            raise BundleError(f"the saved step that sees with a network gives {width} numbers a picture, not {len(mean)}.")
        return step
