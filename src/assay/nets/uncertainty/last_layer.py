"""A net taken apart at its last linear layer: what that layer reads, and what it is made of.

A net whose last layer is linear is a fixed map to features and a linear model on them; the latter has a posterior that can be
written down (``laplace``), for the cost of one pass over the training rows.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.uncertainty.members import BATCH_ROWS


@dataclass(frozen=True)
class Apart:
    """features: float64 (n, d), what the last layer reads.  weight: (outputs, d).  bias: (outputs,), or None."""

    features: np.ndarray
    weight: np.ndarray
    bias: np.ndarray | None


def apart(model: nn.Module, tensor: Tensor, *, batch_rows: int = BATCH_ROWS) -> Apart:
    """The net's features for the rows of ``tensor`` (n, …), and its last layer.  Puts the net into evaluation mode.

    Raises ConfigError for a net whose outputs are not those of one linear layer that reads one vector a row (an ensemble
    inside, an activation at the end).
    """
    layer = last_linear(model)
    read: list[Tensor] = []
    given: list[Tensor] = []

    def keep(_layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        read.append(inputs[0])
        given.append(output)

    handle = layer.register_forward_hook(keep)
    model.eval()
    try:
        with torch.inference_mode():
            outputs = torch.cat([model(rows) for rows in torch.split(tensor, batch_rows)])
    finally:
        handle.remove()
    if not read or read[0].ndim != 2 or not torch.equal(torch.cat(given), outputs):
        raise ConfigError(
            f"the outputs {tuple(outputs.shape)} of {type(model).__name__} are not those of its last linear layer; a "
            "posterior of the last layer needs a net that ends in one nn.Linear."
        )
    bias = None if layer.bias is None else _array(layer.bias)
    return Apart(_array(torch.cat(read)), _array(layer.weight), bias)


def last_linear(model: nn.Module) -> nn.Linear:
    """The last one that was put into the net; raises ConfigError where there is none."""
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    if not layers:
        raise ConfigError(f"{type(model).__name__} has no linear layer, and so no posterior of its last one.")
    return layers[-1]


def _array(values: Tensor) -> np.ndarray:
    return np.asarray(values.detach().double().cpu().numpy().copy())
