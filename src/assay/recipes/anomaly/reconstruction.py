"""Distance by autoencoder: how badly a net that is narrow in the middle gives a row back.

torch is loaded when something is fitted or asked, never by importing this module.
Source: Hawkins, He, Williams & Baxter (2002).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.optional import require
from assay.core.seeds import derive
from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.net_columns import NetColumnsStep, layout
from assay.recipes.anomaly.learner import AnomalyLearner
from assay.recipes.recipe import Recipe
from assay.recipes.space import Whole

if TYPE_CHECKING:
    from assay.nets.generate.autoencoder import Autoencoder, AutoencoderSpec


@dataclass(frozen=True)
class FittedReconstruction:
    """settings, weights: of the autoencoder."""

    NAME: ClassVar[str] = "autoencoder-distance"

    settings: dict[str, Any]
    weights: dict[str, np.ndarray]

    @cached_property
    def _net(self) -> "tuple[AutoencoderSpec, Autoencoder]":
        require("torch", extra="nets", purpose="a model of the autoencoder-distance recipe")
        from assay.nets.generate.autoencoder import AutoencoderSpec, assembled
        from assay.nets.generate.saved import read_settings

        spec = read_settings(AutoencoderSpec, self.settings)
        return spec, assembled(spec, self.weights)

    @property
    def width(self) -> int:
        spec, _ = self._net
        return spec.numbers + len(spec.levels)

    def oddness(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n,): the reconstruction error, mean over the columns."""
        spec, model = self._net
        from assay.nets.generate.autoencoder import errors

        return errors(spec, model, rows)

    def state(self) -> State:
        return {"settings": self.settings, "weights": self.weights}

    @classmethod
    def from_state(cls, state: State) -> Self:
        settings, weights = checks.entry(state, "settings"), checks.entry(state, "weights")
        if not isinstance(settings, dict) or not isinstance(weights, dict):
            raise BundleError("the saved autoencoder has no settings or no weights.")
        detector = cls(settings, weights)
        detector._net  # noqa: B018  every name, shape and number of the net is checked now
        return detector


@dataclass(frozen=True, kw_only=True)
class AutoencoderDistance(AnomalyLearner):
    """narrow: numbers of the layer in the middle.  hidden, noise, steps: as in AutoencoderSettings."""

    narrow: int = 4
    hidden: tuple[int, ...] = (32,)
    noise: float = 0.1
    steps: int = 1000
    most_rows: int = 1_000_000

    def learn(self, rows: np.ndarray, blocks: tuple[Block, ...], seed: int) -> FittedReconstruction:
        require("torch", extra="nets", purpose="the autoencoder-distance recipe")
        from assay.nets.architectures import spec_to_json, weights_of
        from assay.nets.generate.autoencoder import AutoencoderSettings, fit_autoencoder

        numbers, levels = layout(blocks)
        settings = AutoencoderSettings(width=self.narrow, hidden=self.hidden, swap=0.0, noise=self.noise, steps=self.steps)
        spec, model = fit_autoencoder(rows, numbers, levels, settings, seed=derive(seed, "autoencoder"))
        return FittedReconstruction(spec_to_json(spec), weights_of(model))


AUTOENCODER_DISTANCE = Recipe(
    name="autoencoder-distance",
    title="How badly an autoencoder gives the row back (outliers; blind to the target)",
    tasks=frozenset({"binary"}),
    step=NetColumnsStep(numbers="standard"),
    learner=AutoencoderDistance(),
    simplicity=67,
    extra="nets",
    space={"narrow": Whole(1, 32, log=True)},
)
AUTOENCODER_DISTANCE_NOVELTY = replace(
    AUTOENCODER_DISTANCE,
    name="autoencoder-distance-novelty",
    title="How badly an autoencoder of the negative rows gives the row back (novelty)",
    learner=AutoencoderDistance(novelty=True),
)
