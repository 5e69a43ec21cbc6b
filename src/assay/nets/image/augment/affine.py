"""Pictures turned, moved, sheared and resized."""

from dataclasses import dataclass
from math import pi
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.nets.image.augment.pixels import as_given, check_least, check_range, check_share, floats, uniform

Beyond = Literal["zero", "edge", "reflect"]

PADDING = {"zero": "zeros", "edge": "border", "reflect": "reflection"}


@dataclass(frozen=True, slots=True)
class RandomAffine:
    """Turn, move, shear and resize each picture about its centre, sampled bilinearly.

    degrees: at most so many to either side.  shift: at most this share of a side, in both directions.  scale: the size of
    what is seen, as a factor.  shear: of x by at most so many pixels a pixel of y, to either side.
    beyond: what is seen outside the picture: 0, its nearest pixel, or the picture mirrored at its border.
    """

    degrees: float = 0.0
    shift: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    shear: float = 0.0
    beyond: Beyond = "edge"

    def __post_init__(self) -> None:
        check_least("degrees", self.degrees)
        check_share("shift", self.shift)
        check_range("scale", self.scale, above=0)
        check_least("shear", self.shear)
        if self.beyond not in get_args(Beyond):
            raise ConfigError(f"no beyond={self.beyond!r}{did_you_mean(self.beyond, get_args(Beyond))}")

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        (pictures,) = inputs
        n, _, height, width = pictures.shape
        angle = uniform(n, -self.degrees, self.degrees, generator, pictures) * (pi / 180)
        right = uniform(n, -self.shift, self.shift, generator, pictures) * width
        down = uniform(n, -self.shift, self.shift, generator, pictures) * height
        scale = uniform(n, *self.scale, generator, pictures)
        shear = uniform(n, -self.shear, self.shear, generator, pictures)
        return (moved(pictures, inverse(angle, shear, scale), torch.stack([right, down], dim=1), self.beyond),)


def inverse(angle: Tensor, shear: Tensor, scale: Tensor) -> Tensor:
    """(n, 2, 2): from a pixel of the new picture, as (x, y) from the centre, to where it was in the old one.

    The new picture is the old one resized, then sheared (x + shear · y), then turned by ``angle`` (radians) counterclockwise.
    """
    cos, sin, one, zero = angle.cos(), angle.sin(), torch.ones_like(angle), torch.zeros_like(angle)
    turned = torch.stack([cos, -sin, sin, cos], dim=1).view(-1, 2, 2)  # y points down
    sheared = torch.stack([one, -shear, zero, one], dim=1).view(-1, 2, 2)
    return sheared @ turned / scale[:, None, None]


def moved(pictures: Tensor, back: Tensor, by: Tensor, beyond: Beyond) -> Tensor:
    """The pictures seen through ``back`` (n, 2, 2), then moved right and down ``by`` (n, 2) pixels."""
    _, _, height, width = pictures.shape
    size = back.new_tensor([width, height])
    # grid_sample counts -1 … 1 over a side, pixels here are square whatever the sides
    linear = back * size[None, None, :] / size[None, :, None]
    offset = -(back @ by[:, :, None]) * (2 / size)[None, :, None]
    given = floats(pictures)
    grid = functional.affine_grid(torch.cat([linear, offset], dim=2).to(given.dtype), list(pictures.shape), align_corners=False)
    seen = functional.grid_sample(given, grid, padding_mode=PADDING[beyond], align_corners=False)
    return as_given(seen, pictures)
