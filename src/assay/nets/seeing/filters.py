"""The first convolution's filters, and the maps that chosen layers give for pictures, as arrays to be drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.seeing.layers import MapLayer, captured
from assay.nets.seeing.scores import as_floats

MOST_FILTERS, MOST_MAPS = 64, 16


@dataclass(frozen=True, eq=False)
class Filters:
    """weights: float32 (filters, channels, height, width).  left_out: further ones, in the order of the layer."""

    layer: str
    weights: np.ndarray
    left_out: int


@dataclass(frozen=True, eq=False)
class Maps:
    """values: float32 (n, maps, height, width), those that vary most among these pictures.  which: int (maps,), their numbers."""

    layer: str
    kind: str
    values: np.ndarray
    which: np.ndarray
    left_out: int


def first_filters(model: nn.Module, most: int = MOST_FILTERS) -> Filters:
    """Of the first convolution.  Raises ConfigError for a net without one."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            weights = module.weight.detach().cpu().float().numpy()
            return Filters(name, weights[:most].copy(), max(0, len(weights) - most))
    raise ConfigError("this net has no convolution, so it has no filters to look at.")


def activation_maps(
    model: nn.Module, pictures: np.ndarray | Tensor, layers: Sequence[MapLayer], most: int = MOST_MAPS
) -> tuple[Maps, ...]:
    """What these layers give for a few pictures; of many maps those that vary most are kept."""
    with captured(model, [one.name for one in layers]) as given, torch.no_grad():
        model(as_floats(model, pictures))
    found = []
    for layer in layers:
        values = layer.maps(given[layer.name]).float().cpu().numpy()
        which = np.sort(np.argsort(-values.std(axis=(0, 2, 3)), kind="stable")[:most])
        found.append(Maps(layer.name, layer.kind, values[:, which].copy(), which, values.shape[1] - len(which)))
    return tuple(found)
