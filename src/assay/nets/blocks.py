"""Pieces that several families of nets are built from."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean

_TOGETHER = 256  # pictures of which the spread is taken at once: as float64 they take eight times their bytes

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU,
}

Norm = Literal["none", "batch", "layer"]

NORMS: dict[str, type[nn.Module]] = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}


def check_activation(name: str) -> None:
    """Raise ConfigError unless ``name`` is an activation."""
    if name not in ACTIVATIONS:
        raise ConfigError(f"no activation {name!r}{did_you_mean(name, ACTIVATIONS)}")


def check_norm(name: str) -> None:
    """Raise ConfigError unless ``name`` is a norm of ``dense_stack``, or "none"."""
    if name not in get_args(Norm):
        raise ConfigError(f"no norm {name!r}{did_you_mean(name, get_args(Norm))}")


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
        parts = [pictures[start : start + _TOGETHER] for start in range(0, len(pictures), _TOGETHER)]
        pixels = pictures.shape[0] * pictures.shape[2] * pictures.shape[3]
        mean = np.sum([part.sum(axis=(0, 2, 3), dtype=np.float64) for part in parts], axis=0) / pixels
        squares = np.sum([((part - mean[:, None, None]) ** 2).sum(axis=(0, 2, 3)) for part in parts], axis=0)
        spread = np.sqrt(squares / pixels)
        self.mean.copy_(torch.from_numpy(mean))
        self.scale.copy_(torch.from_numpy(np.where(spread > 0, spread, 1.0)))

    def forward(self, x: Tensor) -> Tensor:  # (n, channels, h, w)
        return (x.to(self.mean.dtype) - self.mean[:, None, None]) / self.scale[:, None, None]


def dense_stack(widths: Sequence[int], activation: str, dropout: float, norm: Norm = "none") -> nn.Sequential:
    """Linear layers of these widths; between them norm, activation and dropout, and nothing after the last.

    widths: of the input, the hidden layers and the output; x (n, widths[0]) -> (n, widths[-1]).
    norm: over the rows of a batch ("batch"; Ioffe & Szegedy, 2015) or over the numbers of a row ("layer"; Ba et al., 2016).
    Raises ConfigError for an activation or a norm that does not exist.
    """
    check_activation(activation)
    check_norm(norm)
    layers: list[nn.Module] = []
    for place, (before, after) in enumerate(pairwise(widths)):
        if place:
            if norm != "none":
                layers.append(NORMS[norm](before))
            layers.append(ACTIVATIONS[activation]())
            if dropout:
                layers.append(nn.Dropout(dropout))
        layers.append(nn.Linear(before, after))
    return nn.Sequential(*layers)
