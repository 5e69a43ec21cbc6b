"""What the layers of a net give for a few rows: its features, to be looked at.

Source: Zeiler & Fergus (2014) for looking at maps.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.inside.places import places_of
from assay.nets.inside.views import Activations, LayerActivations

MOST_UNITS, MOST_MAPS = 64, 12
"""More are left out, and counted: a picture of a thousand columns shows none of them."""


@torch.no_grad()
def record_activations(model: nn.Module, inputs: tuple[Tensor, ...], rows: tuple[str, ...]) -> Activations:
    """Run ``model(*inputs)`` in evaluation mode and keep what its activations gave, and its last layer.

    inputs: each (n, …), the chosen rows alone.  rows: their names, (n,).
    A layer that multiplies is kept only where no activation follows it.  Of layers with a place of their own for members or
    tokens, (n, …, units), the mean over these is kept.  A layer that is called twice shows its last call.
    The model is left in the mode it was in.  Raises ConfigError when there is not one name a row.
    """
    if any(len(part) != len(rows) for part in inputs):
        raise ConfigError(f"there are {len(rows)} names for {len(inputs[0])} rows; give each chosen row one.")
    given: dict[str, tuple[str, bool, Tensor]] = {}

    def look(name: str, kind: str, multiplies: bool) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            values = output[0] if isinstance(output, tuple) and output else output
            if isinstance(values, Tensor) and values.is_floating_point() and values.ndim > 1 and len(values) == len(rows):
                given.pop(name, None)  # so that it stands where it was last called
                given[name] = (kind, multiplies, values.detach())

        return hook

    places = list(places_of(model))
    handles = [
        place.module.register_forward_hook(look(place.layer.name, place.layer.kind, place.layer.is_matrix))
        for place in places
        if place.layer.is_matrix or not place.parameters
    ]
    modes = {module: module.training for module in model.modules()}
    try:
        model.eval()(*inputs)
    finally:
        for handle in handles:
            handle.remove()
        for module, was_training in modes.items():
            module.training = was_training
    kept = list(given.items())
    shown = [
        _kept(name, kind, values)
        for at, (name, (kind, multiplies, values)) in enumerate(kept)
        if not multiplies or at + 1 == len(kept) or kept[at + 1][1][1]
    ]
    return Activations(tuple(shown), rows)


def _kept(name: str, kind: str, values: Tensor) -> LayerActivations:
    """Cut to what can be drawn."""
    most = MOST_MAPS if values.ndim == 4 else MOST_UNITS
    if values.ndim != 4:
        values = values.flatten(1, -2).mean(dim=1) if values.ndim > 2 else values
    cut = values[:, :most].float().cpu().numpy().astype(np.float32)
    return LayerActivations(name, kind, cut, max(0, values.shape[1] - most))
