"""Mirrored pictures, for what is the same seen in a mirror: photos, cells; no digits, no letters."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.nets.image.augment.pixels import check_share, each, uniform

Sides = Literal["left-right", "up-down"]


@dataclass(frozen=True, slots=True)
class RandomFlip:
    """Mirror each picture with this probability; sides: which of them change places."""

    sides: Sides = "left-right"
    probability: float = 0.5

    def __post_init__(self) -> None:
        check_share("probability", self.probability)
        if self.sides not in get_args(Sides):
            raise ConfigError(f"no sides {self.sides!r}{did_you_mean(self.sides, get_args(Sides))}")

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        (pictures,) = inputs
        chosen = uniform(len(pictures), 0, 1, generator, pictures) < self.probability
        return (torch.where(each(chosen), pictures.flip(3 if self.sides == "left-right" else 2), pictures),)
