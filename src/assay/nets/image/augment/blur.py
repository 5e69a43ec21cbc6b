"""Blurred pictures."""

from dataclasses import dataclass
from math import ceil

import torch
from torch import Tensor
from torch.nn import functional

from assay.nets.image.augment.pixels import as_given, check_range, check_share, each, floats, uniform

REACH = 3
"""Standard deviations at which the kernel is cut off."""


@dataclass(frozen=True, slots=True)
class RandomBlur:
    """Blur each picture with this probability by a Gaussian.

    deviation: its standard deviation in pixels, drawn for each picture; beyond the border its pixels are repeated.
    """

    deviation: tuple[float, float] = (0.1, 1.0)
    probability: float = 0.5

    def __post_init__(self) -> None:
        check_range("deviation", self.deviation, above=0)
        check_share("probability", self.probability)

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        (pictures,) = inputs
        chosen = uniform(len(pictures), 0, 1, generator, pictures) < self.probability
        deviations = uniform(len(pictures), *self.deviation, generator, pictures)
        blurred = as_given(gaussian(floats(pictures), deviations, ceil(REACH * self.deviation[1])), pictures)
        return (torch.where(each(chosen), blurred, pictures),)


def gaussian(pictures: Tensor, deviations: Tensor, radius: int) -> Tensor:
    """float (n, channels, h, w), each picture blurred by its own kernel of 2 · radius + 1 pixels a side."""
    n, channels, height, width = pictures.shape
    away = torch.arange(-radius, radius + 1, device=pictures.device)
    kernel = torch.exp(-0.5 * (away / deviations[:, None]) ** 2)
    kernel = (kernel / kernel.sum(dim=1, keepdim=True)).to(pictures.dtype).repeat_interleave(channels, dim=0)
    maps = functional.pad(pictures.reshape(1, n * channels, height, width), [radius] * 4, mode="replicate")
    maps = functional.conv2d(maps, kernel[:, None, None, :], groups=n * channels)
    return functional.conv2d(maps, kernel[:, None, :, None], groups=n * channels).view(n, channels, height, width)
