"""Pictures with a hole."""

from dataclasses import dataclass
from math import log
from typing import Literal, get_args

import torch
from torch import Tensor

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.nets.image.augment.pixels import HIGHEST, as_given, check_range, check_share, each, floats, uniform, whole

Filling = Literal["mean", "zero", "noise"]


@dataclass(frozen=True, slots=True)
class Cutout:
    """Put a square hole into each picture, its centre at any pixel, so that a part of it may lie outside.

    share: the hole's side over the shorter side of the picture, rounded to pixels (a half is 16 of 32, a quarter 8).
    filling: with the picture's own mean in each channel, with 0, or with even noise.
    Source: DeVries & Taylor (2017), who fill with the mean of all pictures.
    """

    share: float = 0.5
    filling: Filling = "mean"

    def __post_init__(self) -> None:
        check_share("share", self.share)
        _check_filling(self.filling)

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        (pictures,) = inputs
        n, _, height, width = pictures.shape
        side = round(self.share * min(height, width))
        top = whole(n, height, generator, pictures) - side // 2
        left = whole(n, width, generator, pictures) - side // 2
        hole = rectangle(top, left, top + side, left + side, height, width)
        return (filled(pictures, hole, self.filling, generator),)


@dataclass(frozen=True, slots=True)
class RandomErasing:
    """Fill a rectangle of each picture with this probability.

    area: its share of the picture's.  ratio: its width over its height, drawn evenly on a logarithmic scale.  Sides longer
    than the picture's are cut; its place is drawn evenly among those where it lies inside.
    Source: Zhong, Zheng, Kang, Li & Yang (2020), who draw again where it does not fit.
    """

    probability: float = 0.5
    area: tuple[float, float] = (0.02, 0.4)
    ratio: tuple[float, float] = (0.3, 1 / 0.3)
    filling: Filling = "noise"

    def __post_init__(self) -> None:
        check_share("probability", self.probability)
        check_range("area", self.area, above=0)
        check_range("ratio", self.ratio, above=0)
        _check_filling(self.filling)

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        (pictures,) = inputs
        n, _, height, width = pictures.shape
        chosen = uniform(n, 0, 1, generator, pictures) < self.probability
        area = uniform(n, *self.area, generator, pictures) * height * width
        ratio = uniform(n, log(self.ratio[0]), log(self.ratio[1]), generator, pictures).exp()
        tall, wide = (area / ratio).sqrt().round().clamp(1, height), (area * ratio).sqrt().round().clamp(1, width)
        top = (uniform(n, 0, 1, generator, pictures) * (height - tall + 1)).floor()
        left = (uniform(n, 0, 1, generator, pictures) * (width - wide + 1)).floor()
        hole = rectangle(top, left, top + tall, left + wide, height, width) & each(chosen)
        return (filled(pictures, hole, self.filling, generator),)


def rectangle(top: Tensor, left: Tensor, bottom: Tensor, right: Tensor, height: int, width: int) -> Tensor:
    """bool (n, 1, height, width): rows from ``top`` to before ``bottom``, columns from ``left`` to before ``right``."""
    rows, columns = torch.arange(height, device=top.device), torch.arange(width, device=top.device)
    down = (rows >= top[:, None]) & (rows < bottom[:, None])
    across = (columns >= left[:, None]) & (columns < right[:, None])
    return (down[:, :, None] & across[:, None, :])[:, None]


def filled(pictures: Tensor, hole: Tensor, filling: Filling, generator: torch.Generator) -> Tensor:
    if filling == "zero":
        return pictures.masked_fill(hole, 0)
    if filling == "noise":
        noise = torch.rand(pictures.shape, generator=generator).to(pictures.device) * HIGHEST
        return torch.where(hole, as_given(noise, pictures), pictures)
    mean = floats(pictures).mean(dim=(2, 3), keepdim=True)
    return torch.where(hole, as_given(mean, pictures), pictures)


def _check_filling(filling: str) -> None:
    if filling not in get_args(Filling):
        raise ConfigError(f"no filling {filling!r}{did_you_mean(filling, get_args(Filling))}")
