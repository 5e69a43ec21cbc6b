"""What a network costs: parameters, the multiply-accumulates of one picture, the memory that it needs, what it sees.

Counted are multiply-accumulates of convolutions, linear layers and the projections of attention, as papers do; the two products
of attention itself are counted apart, and norms, activations and poolings not at all.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from assay.nets.image.receptive_field import ReceptiveField, receptive_field
from assay.nets.image.recorded import Recorder, on_meta

FLOAT = 4
"""Bytes of a number in float32."""


@dataclass(frozen=True, slots=True)
class LayerCost:
    """output: its shape for one picture.  macs, attention: as of ``Costs``."""

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int
    macs: int
    attention: int


@dataclass(frozen=True, slots=True)
class Costs:
    """macs: multiply-accumulates of one picture.  attention: those of the products of attention, besides.

    weight_bytes: of parameters and running statistics in float32.  peak_bytes: the most that what the layers give holds at once
    while one picture goes through, the picture with it, in float32 and layer by layer as it is written.
    layers: those that have parameters, in the order in which they are called.
    """

    parameters: int
    macs: int
    attention: int
    weight_bytes: int
    peak_bytes: int
    layers: tuple[LayerCost, ...]


def parameters_of(net: nn.Module) -> int:
    """Of every trainable and frozen weight; buffers (running statistics) are none."""
    return sum(one.numel() for one in net.parameters())


def costs_of(net: nn.Module, channels: int, size: int) -> Costs:
    """Of a net that takes float pictures (n, channels, size, size); it is run once without memory, in evaluation mode."""
    empty = on_meta(net).float()
    counted = _Counted({layer: name for name, layer in empty.named_modules()})
    hooks = [layer.register_forward_hook(counted.see) for layer in empty.modules() if _counts(layer)]
    picture = torch.empty(1, channels, size, size, device="meta")
    recorder = Recorder(lambda *_: None, [*empty.parameters(), *empty.buffers()])
    recorder.hold(picture)
    try:
        with torch.no_grad(), recorder:
            empty(picture)
    finally:
        for hook in hooks:
            hook.remove()
    numbers = sum(one.numel() for one in (*net.parameters(), *net.buffers()) if one.is_floating_point())
    layers = tuple(counted.layers)
    return Costs(
        parameters_of(net),
        sum(layer.macs for layer in layers),
        sum(layer.attention for layer in layers),
        numbers * FLOAT,
        recorder.peak_bytes,
        layers,
    )


def picture_costs(net: nn.Module, channels: int, size: int) -> tuple[Costs, ReceptiveField]:
    """Everything that can be said of a net without running it."""
    return costs_of(net, channels, size), receptive_field(net, channels, size)


def _counts(layer: nn.Module) -> bool:
    """Whether it has parameters of its own."""
    return any(True for _ in layer.parameters(recurse=False))


class _Counted:
    def __init__(self, names: dict[nn.Module, str]) -> None:
        self.names = names
        self.layers: list[LayerCost] = []

    def see(self, layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        count = _COUNTS.get(type(layer))
        macs, attention = (0, 0) if count is None else count(layer, inputs, output)
        given = output if isinstance(output, Tensor) else output[0]
        own = (
            parameters_of(layer)
            if isinstance(layer, nn.MultiheadAttention)
            else sum(one.numel() for one in layer.parameters(recurse=False))
        )
        self.layers.append(LayerCost(self.names[layer], type(layer).__name__, tuple(given.shape[1:]), own, macs, attention))


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
