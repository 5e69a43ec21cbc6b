"""The preparation step "autoencoder": columns of a table through the narrow layer of an autoencoder, fitted on training rows.

torch is loaded when something is fitted or applied, never by importing this module.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError, ConfigError
from assay.core.optional import require
from assay.core.seeds import derive
from assay.core.state import State
from assay.data.rows import Block
from assay.data.schema import Schema
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep, FittedColumns
from assay.prepare.net_columns import NetColumnsStep, layout
from assay.prepare.step import Matrix

if TYPE_CHECKING:
    from assay.nets.generate.autoencoder import Autoencoder, AutoencoderSpec

NAME = "autoencoder"
MOST_WIDTH = 10_000


@dataclass(frozen=True, kw_only=True)
class AutoencoderStep:
    """width: numbers of the projection.  keep: whether the encoded columns stand before it, or it replaces them.

    hidden, swap, noise, steps: as in AutoencoderSettings.
    """

    width: int = 16
    hidden: tuple[int, ...] = (128,)
    swap: float = 0.15
    noise: float = 0.0
    steps: int = 2000
    keep: bool = True
    read: NetColumnsStep = field(default_factory=NetColumnsStep)
    beside: ColumnsStep = field(default_factory=lambda: ColumnsStep(mode="dense"))

    def __post_init__(self) -> None:
        if not 1 <= self.width <= MOST_WIDTH:
            raise ConfigError(f"width={self.width} must be from 1 to {MOST_WIDTH}.")

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> "FittedAutoencoder":
        """The target is not looked at."""
        require("torch", extra="nets", purpose="the autoencoder step")
        from assay.nets.architectures import spec_to_json, weights_of
        from assay.nets.generate.autoencoder import AutoencoderSettings, assembled, fit_autoencoder, project, standardised

        read = self.read.fit(features, schema, target, seed)
        kept = self.beside.fit(features, schema, target, seed) if self.keep else None
        matrix = np.asarray(read.transform(features))
        numbers, levels = layout(read.blocks)
        settings = AutoencoderSettings(width=self.width, hidden=self.hidden, swap=self.swap, noise=self.noise, steps=self.steps)
        spec, model = fit_autoencoder(matrix, numbers, levels, settings, seed=derive(seed, NAME))
        weights = weights_of(model)
        mean, scale = standardised(project(spec, assembled(spec, weights), matrix))
        return FittedAutoencoder(read, kept, spec_to_json(spec), weights, mean, scale)


@dataclass(frozen=True)
class FittedAutoencoder:
    """read: what the net reads.  kept: the columns before the projection, or None.  mean, scale: of its training rows."""

    KIND: ClassVar[str] = NAME

    read: FittedColumns
    kept: FittedColumns | None
    settings: dict[str, Any]
    weights: dict[str, np.ndarray]
    mean: np.ndarray
    scale: np.ndarray

    @property
    def blocks(self) -> tuple[Block, ...]:
        start = 0 if self.kept is None else self.kept.width
        own = Block(NAME, "other", start, start + len(self.mean))
        return (own,) if self.kept is None else (*self.kept.blocks, own)

    @cached_property
    def _net(self) -> "tuple[AutoencoderSpec, Autoencoder]":
        require("torch", extra="nets", purpose="a model with the autoencoder step")
        from assay.nets.generate.autoencoder import AutoencoderSpec, assembled
        from assay.nets.generate.saved import read_settings

        spec = read_settings(AutoencoderSpec, self.settings)
        return spec, assembled(spec, self.weights)

    def transform(self, features: pl.DataFrame) -> Matrix:
        """float64 (n, kept columns + width)."""
        spec, model = self._net
        from assay.nets.generate.autoencoder import project

        projected = (project(spec, model, np.asarray(self.read.transform(features))) - self.mean) / self.scale
        return projected if self.kept is None else np.hstack([np.asarray(self.kept.transform(features)), projected])

    def state(self) -> State:
        return {
            "kind": self.KIND,
            "read": self.read.state(),
            "kept": None if self.kept is None else self.kept.state(),
            "settings": self.settings,
            "weights": self.weights,
            "mean": self.mean,
            "scale": self.scale,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The step back; every name, shape and number of its net is checked now. Raises BundleError."""
        read, kept = FittedColumns.from_state(checks.entry(state, "read")), checks.entry(state, "kept")
        settings, weights = checks.entry(state, "settings"), checks.entry(state, "weights")
        if not isinstance(settings, dict) or not isinstance(weights, dict):
            raise BundleError("the saved autoencoder has no settings or no weights.")
        mean, scale = checks.floats(state, "mean", (None,)), checks.floats(state, "scale", (None,))
        beside = None if kept is None else FittedColumns.from_state(kept)
        step = cls(read, beside, settings, weights, mean, scale)
        spec, _ = step._net
        fits = (spec.numbers, spec.levels) == _layout_of(read) and mean.shape == scale.shape == (spec.outputs,)
        if not fits or (scale <= 0).any() or read.is_sparse or (beside is not None and beside.is_sparse):
            raise BundleError("the saved autoencoder is for other columns than those it is saved with.")
        return step


def _layout_of(read: FittedColumns) -> tuple[int, tuple[int, ...]]:
    """The layout of saved columns; raises BundleError where numbers do not stand first, or codes are not counted."""
    kinds = [block.kind == "code" for block in read.blocks]
    if kinds != sorted(kinds) or any(block.kind == "code" and block.levels < 1 for block in read.blocks):
        raise BundleError("the saved autoencoder reads columns that no net for tables can read.")
    return tuple(layout(read.blocks))  # type: ignore[return-value]
