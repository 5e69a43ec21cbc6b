"""What a picture is to excite: one neuron, one map, or a whole layer.  Source: Olah, Mordvintsev & Schubert (2017)."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.seeing.layers import MapLayer, captured

Kind = Literal["neuron", "channel", "layer", "class"]


@dataclass(frozen=True, slots=True)
class Objective:
    """kind: "neuron", the middle cell of a map; "channel", the mean of a map; "layer", the mean square of all of them
    (DeepDream); "class", the score before the softmax.

    layer: None for a class.  number: of the map, or of the class.
    """

    kind: Kind
    layer: MapLayer | None = None
    number: int = 0

    def __post_init__(self) -> None:
        if (self.layer is None) != (self.kind == "class"):
            raise ConfigError(f"an objective of kind {self.kind!r} {'has no' if self.kind == 'class' else 'needs a'} layer.")
        if self.layer is not None and self.kind != "layer" and not 0 <= self.number < self.layer.channels:
            raise ConfigError(f"layer {self.layer.name!r} has the maps 0 to {self.layer.channels - 1}, not {self.number}.")

    @property
    def name(self) -> str:
        if self.layer is None:
            return f"class {self.number}"
        return f"{self.layer.name}, all maps" if self.kind == "layer" else f"{self.layer.name}, {self.kind} {self.number}"

    def value(self, model: nn.Module, pictures: Tensor) -> Tensor:
        """(n,), to be raised; gradients flow to the pictures."""
        if self.layer is None:
            from assay.nets.seeing.scores import both_sides

            scores = both_sides(model(pictures))
            if not 0 <= self.number < scores.shape[1]:
                raise ConfigError(f"the net has the classes 0 to {scores.shape[1] - 1}, not {self.number}.")
            return scores[:, self.number]
        with captured(model, [self.layer.name]) as given:
            model(pictures)
        maps = self.layer.maps(given[self.layer.name])
        if self.kind == "layer":
            return maps.square().mean(dim=(1, 2, 3))
        one = maps[:, self.number]
        return one[:, self.layer.height // 2, self.layer.width // 2] if self.kind == "neuron" else one.mean(dim=(1, 2))


def value_of(objective: Objective, model: nn.Module, pictures: Tensor) -> Tensor:
    """float64 (n,) without gradients."""
    with torch.no_grad():
        return objective.value(model, pictures).double()
