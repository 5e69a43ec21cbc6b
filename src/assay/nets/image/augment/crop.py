"""Pictures cut out of themselves: with a padding around, or a part of them at its old size."""

from dataclasses import dataclass
from math import log
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.nets.image.augment.pixels import as_given, check_range, check_share, floats, uniform, whole

Padding = Literal["zero", "reflect", "edge"]


@dataclass(frozen=True, slots=True)
class RandomCrop:
    """Pad each picture on all sides, and cut one of the old size out of it at a random place.

    share: the padding's width over the side's length, rounded to pixels (an eighth is 4 of 32 pixels).
    padding: with 0, with the picture mirrored at its border pixels, or with those repeated.
    """

    share: float = 0.125
    padding: Padding = "reflect"

    def __post_init__(self) -> None:
        check_share("share", self.share)
        if self.padding not in get_args(Padding):
            raise ConfigError(f"no padding {self.padding!r}{did_you_mean(self.padding, get_args(Padding))}")

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        (pictures,) = inputs
        n, _, height, width = pictures.shape
        tall, wide = round(self.share * height), round(self.share * width)
        down, right = whole(n, 2 * tall + 1, generator, pictures), whole(n, 2 * wide + 1, generator, pictures)
        windows = self._padded(pictures, tall, wide).unfold(2, height, 1).unfold(3, width, 1)  # every place, without a copy
        return (windows[torch.arange(n, device=pictures.device), :, down, right],)

    def _padded(self, pictures: Tensor, tall: int, wide: int) -> Tensor:
        if self.padding == "zero":
            return functional.pad(pictures, (wide, wide, tall, tall))
        height, width = pictures.shape[2:]
        rows, columns = self._places(height, tall).to(pictures.device), self._places(width, wide).to(pictures.device)
        return pictures.index_select(2, rows).index_select(3, columns)

    def _places(self, length: int, added: int) -> Tensor:
        """Where each pixel of a padded side is taken from."""
        places = torch.arange(-added, length + added)
        if self.padding == "edge" or length == 1:
            return places.clamp(0, length - 1)
        turned = places.remainder(2 * (length - 1))
        return torch.minimum(turned, 2 * (length - 1) - turned)


@dataclass(frozen=True, slots=True)
class RandomResizedCrop:
    """Cut a rectangle out of each picture and stretch it to the picture's size (bilinear, without smoothing).

    area: its share of the picture's area.  ratio: its width over its height, as a factor of the picture's, drawn evenly on
    a logarithmic scale.  Its sides are whole pixels, no longer than the picture's; its place is drawn evenly.
    Source: Szegedy et al. (2015), who draw again where it does not fit; here the side that is too long is cut.
    """

    area: tuple[float, float] = (0.35, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)

    def __post_init__(self) -> None:
        check_range("area", self.area, above=0)
        check_range("ratio", self.ratio, above=0)
        if self.area[1] > 1:
            raise ConfigError(f"area=({self.area[0]}, {self.area[1]}) cannot be more than the whole picture, 1.")

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        (pictures,) = inputs
        n, _, height, width = pictures.shape
        area = uniform(n, *self.area, generator, pictures)
        ratio = uniform(n, log(self.ratio[0]), log(self.ratio[1]), generator, pictures).exp()
        tall = (height * (area / ratio).sqrt()).round().clamp(1, height)
        wide = (width * (area * ratio).sqrt()).round().clamp(1, width)
        top = (uniform(n, 0, 1, generator, pictures) * (height - tall + 1)).floor()
        left = (uniform(n, 0, 1, generator, pictures) * (width - wide + 1)).floor()
        y, x = _inside(top, tall, height), _inside(left, wide, width)
        grid = torch.stack([x[:, None, :].expand(n, height, width), y[:, :, None].expand(n, height, width)], dim=3)
        given = floats(pictures)
        cut = functional.grid_sample(given, grid.to(given.dtype), padding_mode="border", align_corners=False)
        return (as_given(cut, pictures),)


def _inside(start: Tensor, length: Tensor, side: int) -> Tensor:
    """(n, side): where each new pixel's centre lies in the cut part, -1 … 1 over the side; never beyond its outer centres."""
    centres = (torch.arange(side, device=start.device) + 0.5) * (length / side)[:, None] - 0.5
    centres = torch.minimum(centres.clamp_min(0), (length - 1)[:, None]) + start[:, None]
    return (2 * centres + 1) / side - 1
