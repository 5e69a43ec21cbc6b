"""Pictures with noise on them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from assay.nets.image.augment.pixels import as_given, check_least, each, floats, uniform


@dataclass(frozen=True, slots=True)
class RandomNoise:
    """Add Gaussian noise, for every channel of every pixel anew.

    deviation: its standard deviation in pixel units, drawn for each picture from 0 to this.
    """

    deviation: float = 10.0

    def __post_init__(self) -> None:
        check_least("deviation", self.deviation)

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        (pictures,) = inputs
        strength = uniform(len(pictures), 0, self.deviation, generator, pictures)
        noise = torch.randn(pictures.shape, generator=generator).to(pictures.device)
        return (as_given(floats(pictures) + each(strength) * noise, pictures),)
