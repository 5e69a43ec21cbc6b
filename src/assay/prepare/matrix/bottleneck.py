"""The narrow layer of an autoencoder, as plain arrays: fitted by a net (``nets.generate.bottleneck``), applied without one.

Each column is standardised, and clipped as standardised numbers are, so that a saved model answers without torch.
Source: Hinton & Salakhutdinov (2006).
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.matrix.transform import MOST_DENSE, known, one_block
from assay.prepare.step import Matrix

PURPOSE = "an autoencoder"
MOST_LAYERS, MOST_WIDTH = 20, 10_000
FARTHEST = 10.0
"""Standard deviations from the mean that a number is clipped at."""


@dataclass(frozen=True, eq=False)
class Layer:
    """weight: float64 (out, in).  bias: (out,)."""

    weight: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True, eq=False)
class FittedBottleneck:
    """mean, scale: float64 (d,) of the columns.  layers: from the columns to the narrow layer, rectified between them.

    given_back: the share of the standardised columns' variance that the whole autoencoder gives back on its training rows.
    """

    KIND: ClassVar[str] = "autoencoder"

    mean: np.ndarray
    scale: np.ndarray
    layers: tuple[Layer, ...]
    given_back: float

    @property
    def width(self) -> int:
        return len(self.mean)

    def blocks(self, before: tuple[Block, ...]) -> tuple[Block, ...]:  # noqa: ARG002
        return one_block(self.KIND, len(self.layers[-1].bias) if self.layers else 0)

    def spectrum(self, names: tuple[str, ...]) -> None:  # noqa: ARG002
        return None

    def transform(self, matrix: Matrix) -> np.ndarray:
        """float64 (n, width of the narrow layer)."""
        values = standardised(known(matrix, PURPOSE), self.mean, self.scale)
        if not self.layers:
            return np.zeros((len(values), 0))
        for layer in self.layers[:-1]:
            values = np.maximum(values @ layer.weight.T + layer.bias, 0.0)
        return np.asarray(values @ self.layers[-1].weight.T + self.layers[-1].bias)

    def state(self) -> State:
        layers = [{"weight": layer.weight, "bias": layer.bias} for layer in self.layers]
        return {"kind": self.KIND, "mean": self.mean, "scale": self.scale, "layers": layers, "given_back": self.given_back}

    @classmethod
    def from_state(cls, state: State) -> Self:
        mean = checks.floats(state, "mean", (None,))
        width = checks.whole({"columns": len(mean)}, "columns", low=0, high=MOST_DENSE)
        scale = checks.floats(state, "scale", (width,))
        if (scale <= 0).any():
            raise BundleError("the saved autoencoder has a scale that none can have.")
        layers = []
        for part in checks.states(state, "layers", most=MOST_LAYERS):
            bias = checks.floats(part, "bias", (None,))
            layers.append(Layer(checks.floats(part, "weight", (len(bias), width)), bias))
            width = checks.whole({"layer": len(bias)}, "layer", low=1, high=MOST_WIDTH)
        if bool(layers) != bool(len(mean)):
            raise BundleError("the saved autoencoder has no layers for its columns.")
        return cls(mean, scale, tuple(layers), checks.real(state, "given_back", high=1.0))


def standardised(values: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """float64 (n, d), clipped."""
    with np.errstate(over="ignore"):
        return np.asarray(np.clip((values - mean) / scale, -FARTHEST, FARTHEST))
