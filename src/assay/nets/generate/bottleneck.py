"""The preparation "autoencoder": prepared columns through the narrow layer of an autoencoder, fitted on training rows.

Here it is fitted; what is kept of it are arrays (``prepare.matrix.bottleneck``).  Without hidden layers and noise it spans the
subspace of the principal components of the correlation (Baldi & Hornik, 1989); with them it may follow what is curved.
torch is loaded when something is fitted, never by importing this module.
"""

from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError
from assay.core.optional import require
from assay.core.seeds import derive, generator
from assay.data.rows import Block
from assay.prepare.matrix.bottleneck import MOST_WIDTH, PURPOSE, FittedBottleneck, Layer, standardised
from assay.prepare.matrix.transform import drawn, known
from assay.prepare.step import Matrix

FLAT = 1e-12
"""A narrow number of less spread says nothing, and is not blown up."""


@dataclass(frozen=True, kw_only=True)
class Bottleneck:
    """width: of the narrow layer, where there are as many columns.  hidden: layers before it; the way back has them reversed.

    noise: standard deviation of what is added to the standardised columns in training.  steps: of training.
    most_rows: drawn from larger training rows.
    """

    width: int = 10
    hidden: tuple[int, ...] = (64,)
    noise: float = 0.1
    steps: int = 2000
    most_rows: int = 100_000

    def __post_init__(self) -> None:
        if not 1 <= self.width <= MOST_WIDTH or self.steps < 1 or self.most_rows < 1:
            raise ConfigError(
                f"width={self.width}, steps={self.steps}, most_rows={self.most_rows}: 1 to {MOST_WIDTH} numbers, and 1 step "
                "and 1 row at least."
            )

    def fit(
        self,
        matrix: Matrix,
        blocks: tuple[Block, ...],  # noqa: ARG002
        target: np.ndarray,  # noqa: ARG002
        seed: int,
    ) -> FittedBottleneck:
        """The target is not looked at.  Raises MissingExtraError without torch."""
        require("torch", extra="nets", purpose="the preparation autoencoder")
        values = known(matrix, PURPOSE)
        values = values[drawn(len(values), self.most_rows, generator(seed, "rows"))]
        mean, spread = values.mean(axis=0), values.std(axis=0)
        scale = np.where(spread > FLAT * np.maximum(1.0, np.abs(mean)), spread, 1.0)
        if not values.shape[1]:
            return FittedBottleneck(mean, scale, (), 0.0)
        layers, given_back = self._trained(standardised(values, mean, scale), seed)
        return FittedBottleneck(mean, scale, layers, given_back)

    def _trained(self, rows: np.ndarray, seed: int) -> tuple[tuple[Layer, ...], float]:
        """rows: float64 (n, d), standardised.  The narrow numbers come out standardised, too."""
        from assay.nets.architectures import weights_of
        from assay.nets.generate.autoencoder import AutoencoderSettings, assembled, errors, fit_autoencoder, project

        d = rows.shape[1]
        settings = AutoencoderSettings(width=min(self.width, d), hidden=self.hidden, swap=0.0, noise=self.noise, steps=self.steps)
        spec, model = fit_autoencoder(rows, d, (), settings, seed=derive(seed, "autoencoder"))
        weights = weights_of(model)
        whole = assembled(spec, weights)
        names = sorted((name for name in weights if name.startswith("encoder.")), key=lambda name: int(name.split(".")[1]))
        pairs = [(name, name.replace("weight", "bias")) for name in names if name.endswith("weight")]
        layers = [Layer(weights[a].astype(np.float64), weights[b].astype(np.float64)) for a, b in pairs]
        narrow = project(spec, whole, rows)
        middle, spread = narrow.mean(axis=0), narrow.std(axis=0)
        spread = np.where(spread > FLAT, spread, 1.0)
        layers[-1] = Layer(layers[-1].weight / spread[:, None], (layers[-1].bias - middle) / spread)
        variance = float(rows.var(axis=0).mean())
        given_back = 1 - float(errors(spec, whole, rows).mean()) / variance if variance > 0 else 0.0
        return tuple(layers), given_back
