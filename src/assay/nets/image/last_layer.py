"""The layer that makes the classes of what a network has seen, and what it reads: the features of a picture."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError


def last_layer(model: nn.Module, channels: int, size: int) -> nn.Linear | nn.Conv2d:
    """The last layer with weights that runs for a picture; the model is left as it is.

    Raises ConfigError for a net without linear layers and convolutions.
    """
    called: list[Any] = []

    def note(layer: nn.Module, _inputs: Any, _output: Any) -> None:
        called.append(layer)

    hooks = [one.register_forward_hook(note) for one in model.modules() if isinstance(one, nn.Linear | nn.Conv2d)]
    modes = {one: one.training for one in model.modules()}
    kind = next((one.dtype for one in model.parameters()), torch.float32)
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, channels, size, size, dtype=kind))
    finally:
        for one, training in modes.items():
            one.training = training
        for hook in hooks:
            hook.remove()
    if not called:
        raise ConfigError("the net has no linear layer and no convolution, so that nothing is seen before its outputs.")
    layer: nn.Linear | nn.Conv2d = called[-1]
    return layer


@contextmanager
def reading(layer: nn.Module) -> Iterator[list[Tensor]]:
    """Within it each run of the net leaves in the list what the layer read, as features: (n, d), gradients and all."""
    seen: list[Tensor] = []
    hook = layer.register_forward_pre_hook(lambda _layer, inputs: seen.append(_features(inputs[0])))
    try:
        yield seen
    finally:
        hook.remove()


def _features(read: Tensor) -> Tensor:
    """Of maps (n, d, h, w) the mean over their cells."""
    return read.mean(dim=(2, 3)) if read.ndim == 4 else read.flatten(1)
