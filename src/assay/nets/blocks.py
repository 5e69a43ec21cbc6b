"""Pieces that several families of nets are built from."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}

_SATURATING = ("tanh", "sigmoid")


def check_activation(name: str) -> None:
    """Raise ConfigError unless ``name`` is an activation."""
    if name not in ACTIVATIONS:
        raise ConfigError(f"no activation {name!r}{did_you_mean(name, ACTIVATIONS)}")


def initialise(model: nn.Module, activation: str) -> None:
    """First weights of every linear and convolution layer: Glorot before tanh and sigmoid, He before the others; biases 0.

    Weights that were all equal (zero, say) would stay equal within a layer for ever: their gradients are the same.
    Source: Glorot & Bengio (2010); He et al. (2015).
    """
    for layer in model.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            if activation in _SATURATING:
                nn.init.xavier_uniform_(layer.weight)
            else:
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


class Standardise(nn.Module):
    """(x - mean) / scale per channel, in the dtype of the constants, so that pictures may stay uint8 until here.

    The constants are buffers: they are saved with the weights, and are no parameters.  Until ``learn`` they are 0 and 1.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("scale", torch.ones(channels))

    def learn(self, pictures: np.ndarray) -> None:
        """Take mean and standard deviation per channel from pictures (n, channels, h, w); a constant channel gets scale 1."""
        mean = pictures.mean(axis=(0, 2, 3), dtype=np.float64)
        spread = pictures.std(axis=(0, 2, 3), dtype=np.float64)
        self.mean.copy_(torch.from_numpy(mean))
        self.scale.copy_(torch.from_numpy(np.where(spread > 0, spread, 1.0)))

    def forward(self, x: Tensor) -> Tensor:  # (n, channels, h, w)
        return (x.to(self.mean.dtype) - self.mean[:, None, None]) / self.scale[:, None, None]


def dense_stack(widths: Sequence[int], activation: str, dropout: float) -> nn.Sequential:
    """Linear layers of these widths, with the activation (and dropout) between them and none after the last."""
    check_activation(activation)
    layers: list[nn.Module] = []
    for place, (before, after) in enumerate(pairwise(widths)):
        if place:
            layers.append(ACTIVATIONS[activation]())
            if dropout:
                layers.append(nn.Dropout(dropout))
        layers.append(nn.Linear(before, after))
    return nn.Sequential(*layers)
