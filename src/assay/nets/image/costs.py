"""What a network costs: parameters, and the multiply-accumulates of one picture.

Counted are those of convolutions, linear layers and the projections of attention, as papers do; the two products of attention
itself are counted apart, and norms, activations and poolings not at all.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Costs:
    """macs: multiply-accumulates of one picture.  attention: those of the products of attention, besides."""

    parameters: int
    macs: int
    attention: int


def parameters_of(net: nn.Module) -> int:
    """Of every trainable and frozen weight; buffers (running statistics) are none."""
    return sum(one.numel() for one in net.parameters())


def costs_of(net: nn.Module, channels: int, size: int) -> Costs:
    """Of a net that takes float pictures (n, channels, size, size); it is run once without memory, in evaluation mode."""
    counted = _Counted()
    empty = _on_meta(net)
    hooks = [layer.register_forward_hook(counted.see) for layer in empty.modules() if type(layer) in _COUNTS]
    try:
        with torch.inference_mode():
            empty(torch.empty(1, channels, size, size, device="meta"))
    finally:
        for hook in hooks:
            hook.remove()
    return Costs(parameters_of(net), counted.macs, counted.attention)


def _on_meta(net: nn.Module) -> nn.Module:
    """A copy without memory, on which nothing is computed."""
    from copy import deepcopy

    with torch.device("meta"):
        return deepcopy(net).to("meta").eval()


class _Counted:
    def __init__(self) -> None:
        self.macs = self.attention = 0

    def see(self, layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        macs, attention = _COUNTS[type(layer)](layer, inputs, output)
        self.macs += macs
        self.attention += attention


def _convolution(layer: Any, _inputs: tuple[Any, ...], output: Tensor) -> tuple[int, int]:
    return output.numel() * layer.weight[0].numel(), 0


def _linear(layer: Any, _inputs: tuple[Any, ...], output: Tensor) -> tuple[int, int]:
    return output.numel() * int(layer.in_features), 0


def _attention(layer: Any, inputs: tuple[Any, ...], _output: Any) -> tuple[int, int]:
    """Four projections of every token (query, key, value, out), and queries by keys, weights by values."""
    queries, keys = inputs[0].numel() // layer.embed_dim, inputs[1].numel() // layer.embed_dim
    rows = inputs[0].shape[0 if layer.batch_first else 1]
    width = int(layer.embed_dim)
    return 2 * (queries + keys) * width**2, 2 * queries * keys * width // rows


_COUNTS: dict[type, Any] = {nn.Conv2d: _convolution, nn.Linear: _linear, nn.MultiheadAttention: _attention}
