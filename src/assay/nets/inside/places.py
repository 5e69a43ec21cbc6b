"""Where probes stand in a net, and what one probe reads in one step.

Everything is computed on the layer's own device and handed over as 0-d tensors, so that one step
needs one transfer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

import torch
from torch import Tensor, nn

from assay.nets.inside.record import RECTIFIERS, SQUASHERS, Layer

SILENT_ROWS = 500
"""A unit that gave 0 for so many recorded rows in a row is silent."""

EDGE = 0.97
"""An output beyond this part of the half range is saturated: |tanh| > 0.97, |2 sigmoid - 1| > 0.97."""

_ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid)


@dataclass
class Seen:
    """What a layer gave in one step; a layer that is called twice adds up.

    squares: sums of squares, one a call.  numbers: how many they sum.  beyond: counts of saturated outputs.
    active: for each call which units of a ReLU were above 0 in some row, bool (units,).  rows: of the largest call.
    """

    squares: list[Tensor] = field(default_factory=list)
    numbers: int = 0
    beyond: list[Tensor] = field(default_factory=list)
    active: list[Tensor] = field(default_factory=list)
    rows: int = 0


@dataclass
class Place:
    """One probed layer over a training.

    turn: when the forward pass first came by, or None.  quiet: rows since each unit of a ReLU was last above 0, int64
    (units,).  rows: how many ``quiet`` has seen.  before: the parameters as they were when last recorded.
    """

    layer: Layer
    module: nn.Module
    parameters: list[nn.Parameter]
    turn: int | None = None
    seen: Seen = field(default_factory=Seen)
    quiet: Tensor | None = None
    rows: int = 0
    before: list[Tensor] | None = None


def places_of(model: nn.Module) -> Iterator[Place]:
    """The layers that learn something of their own, and the activations."""
    for name, module in model.named_modules():
        own = list(module.parameters(recurse=False))
        if own or isinstance(module, _ACTIVATIONS):
            is_matrix = any(parameter.ndim > 1 for parameter in own)
            layer = Layer(name, type(module).__name__, sum(parameter.numel() for parameter in own), is_matrix)
            yield Place(layer, module, own)


@torch.no_grad()
def look(place: Place, output: Any) -> None:
    """Add one call of the layer to what was seen of it in this step; an output that holds no real numbers is passed over."""
    values = output[0] if isinstance(output, tuple) and output else output
    if not isinstance(values, Tensor) or not values.is_floating_point() or not values.numel():
        return
    values, seen = values.detach(), place.seen
    seen.squares.append(_norm(values).square())
    seen.numbers += values.numel()
    if place.layer.kind in SQUASHERS:
        half = values.abs() if place.layer.kind == "Tanh" else (2 * values - 1).abs()
        seen.beyond.append((half > EDGE).sum())
    if place.layer.kind in RECTIFIERS:
        unit = 1 if values.ndim > 3 else values.ndim - 1  # (n, channels, h, w), else (n, …, units)
        others = [axis for axis in range(values.ndim) if axis != unit]
        seen.active.append((values != 0).sum(others) > 0)  # NaN is not 0: no number is another matter than silence
        seen.rows = max(seen.rows, len(values))


@torch.no_grad()
def measured(place: Place) -> dict[str, Tensor]:
    """What the layer's numbers are in this step, by their names in ``record.SERIES``; those it does not have are left out."""
    seen, found = place.seen, gradient(place)
    if place.parameters:
        found["weights"] = _length([parameter.detach() for parameter in place.parameters])
    if seen.numbers:
        found["activations"] = (torch.stack(seen.squares).sum() / seen.numbers).sqrt()
    if seen.beyond:
        found["saturated"] = torch.stack(seen.beyond).sum() / seen.numbers
    if seen.active:
        active = torch.cat(seen.active)
        found["dead"] = 1 - active.float().mean()
        if place.quiet is None or len(place.quiet) != len(active):
            place.quiet, place.rows = torch.zeros_like(active, dtype=torch.int64), 0
        place.rows += seen.rows
        place.quiet = torch.where(active, 0, place.quiet + seen.rows)
        if place.rows >= SILENT_ROWS:
            found["silent"] = (place.quiet >= SILENT_ROWS).float().mean()
    return {name: torch.where(torch.isfinite(value), value, inf) for name, value in found.items()}


@torch.no_grad()
def gradient(place: Place) -> dict[str, Tensor]:
    """The norm of the gradient, if the layer has one now."""
    found = [parameter.grad for parameter in place.parameters if parameter.grad is not None]
    return {"gradients": _length(found)} if found else {}


@torch.no_grad()
def moved(place: Place) -> dict[str, Tensor]:
    """How far the parameters have moved since they were kept in ``before``, as a share of their norm then."""
    if not place.before:
        return {}
    way = _length([now.detach() - then for now, then in zip(place.parameters, place.before, strict=True)])
    was = _length(place.before)
    return {"updates": torch.where(torch.isfinite(way / was), way / was, inf)} if bool(was > 0) else {}


def exact(values: Tensor) -> torch.dtype:
    """64 bits where the device of ``values`` has them."""
    return torch.float32 if values.device.type == "mps" else torch.float64


def _norm(values: Tensor) -> Tensor:
    """L2 norm, so exact that only what is no number comes out as none."""
    length: Tensor = torch.linalg.vector_norm(values, dtype=exact(values))
    return length


def _length(parts: Sequence[Tensor]) -> Tensor:
    """L2 norm of several tensors as if they were one vector."""
    return _norm(torch.stack([_norm(part) for part in parts]))
