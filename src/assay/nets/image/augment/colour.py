"""Pictures in other light: brightness, contrast, saturation and hue."""

from dataclasses import dataclass

import torch
from torch import Tensor

from assay.core.errors import ConfigError
from assay.nets.image.augment.pixels import HIGHEST, as_given, check_least, each, floats, grey, uniform


@dataclass(frozen=True, slots=True)
class RandomColour:
    """Change brightness, contrast, saturation and hue of each picture, in this order.

    brightness, contrast, saturation: x for a factor from max(0, 1 - x) to 1 + x, as those of Pillow's ImageEnhance: 0 makes a
    picture black, evenly grey, or without colour.
    hue: turned by up to this share of the circle to either side, at most 0.5.
    Saturation and hue are of three channels (red, green, blue); pictures of another number keep theirs.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0

    def __post_init__(self) -> None:
        for name in ("brightness", "contrast", "saturation"):
            check_least(name, getattr(self, name))
        if not 0 <= self.hue <= 0.5:
            raise ConfigError(f"hue={self.hue} is outside [0, 0.5].")

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        (pictures,) = inputs
        n, changed = len(pictures), floats(pictures)

        def factors(most: float) -> Tensor:
            return uniform(n, max(0.0, 1 - most), 1 + most, generator, pictures)

        if self.brightness:
            changed = brighter(changed, factors(self.brightness))
        if self.contrast:
            changed = contrasted(changed, factors(self.contrast))
        if self.saturation:
            changed = saturated(changed, factors(self.saturation))
        if self.hue:
            changed = turned(changed, uniform(n, -self.hue, self.hue, generator, pictures))
        return (as_given(changed, pictures),)


def brighter(pictures: Tensor, factors: Tensor) -> Tensor:
    """float (n, c, h, w) times (n,), within 0 … 255; so are the others here."""
    return (pictures * each(factors)).clamp(0, HIGHEST)


def contrasted(pictures: Tensor, factors: Tensor) -> Tensor:
    """Away from, or towards, the mean of the picture's grey."""
    middle = grey(pictures).mean(dim=(2, 3), keepdim=True)
    return (middle + (pictures - middle) * each(factors)).clamp(0, HIGHEST)


def saturated(pictures: Tensor, factors: Tensor) -> Tensor:
    """Away from, or towards, each pixel's grey."""
    if pictures.shape[1] != 3:
        return pictures
    without = grey(pictures)
    return (without + (pictures - without) * each(factors)).clamp(0, HIGHEST)


def turned(pictures: Tensor, shares: Tensor) -> Tensor:
    """The hue moved by a share of the circle; value and saturation (of HSV) stay."""
    if pictures.shape[1] != 3:
        return pictures
    hue, spread, highest = _hue(pictures)
    hue = hue + 6 * each(shares)[:, 0]
    # each channel is the highest one less the part of the spread that its distance on the circle takes
    away = torch.stack([(5 + hue).remainder(6), (3 + hue).remainder(6), (1 + hue).remainder(6)], dim=1)
    less = torch.minimum(away, 4 - away).clamp(0, 1)
    return (highest[:, None] - spread[:, None] * less).clamp(0, HIGHEST)


def _hue(pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue in sixths of the circle, the spread between the highest and the lowest channel, the highest; each (n, h, w)."""
    red, green, blue = pictures.unbind(dim=1)
    highest, spread = pictures.amax(dim=1), pictures.amax(dim=1) - pictures.amin(dim=1)
    divisor = torch.where(spread > 0, spread, torch.ones_like(spread))
    of_red, of_green, of_blue = (green - blue) / divisor, 2 + (blue - red) / divisor, 4 + (red - green) / divisor
    hue = torch.where(highest == red, of_red, torch.where(highest == green, of_green, of_blue))
    return hue, spread, highest
