"""RandAugment: a few operations drawn from a fixed list for each picture, all of one magnitude.

Source: Cubuk, Zoph, Shlens & Le (2020); the list is theirs, the ranges of the magnitudes those of AutoAugment (Cubuk, Zoph, Mané,
Vasudevan & Le, 2019).  Geometry is sampled bilinearly.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.image.augment.affine import Beyond, inverse, moved
from assay.nets.image.augment.colour import brighter, contrasted, saturated
from assay.nets.image.augment.levels import equalized, posterized, solarized, stretched
from assay.nets.image.augment.pixels import HIGHEST, as_given, each, floats, uniform, whole

HIGHEST_MAGNITUDE = 30

Operation = Callable[[Tensor, Tensor, Tensor, Beyond], Tensor]
"""(pictures (n, c, h, w), strength (n,) in 0 … 1, sign (n,) of -1 or 1, what is seen beyond them) -> pictures."""


def sharpened(pictures: Tensor, factors: Tensor) -> Tensor:
    """float (n, c, h, w), away from or towards the smoothed picture; the border pixels stay.  As Pillow's ImageEnhance.Sharpness,
    which rounds the smoothed picture to whole levels.
    """
    if min(pictures.shape[2:]) < 3:
        return pictures
    channels = pictures.shape[1]
    kernel = pictures.new_ones(3, 3)
    kernel[1, 1] = 5
    smooth = functional.conv2d(pictures, (kernel / kernel.sum()).expand(channels, 1, 3, 3), groups=channels)
    smooth = (smooth + 0.5).floor()
    inner = pictures[:, :, 1:-1, 1:-1]
    sharp = pictures.clone()
    sharp[:, :, 1:-1, 1:-1] = (smooth + (inner - smooth) * each(factors)).clamp(0, HIGHEST)
    return sharp


def _identity(pictures: Tensor, _strength: Tensor, _sign: Tensor, _beyond: Beyond) -> Tensor:
    return pictures


def _autocontrast(pictures: Tensor, _strength: Tensor, _sign: Tensor, _beyond: Beyond) -> Tensor:
    return stretched(pictures)


def _equalize(pictures: Tensor, _strength: Tensor, _sign: Tensor, _beyond: Beyond) -> Tensor:
    return equalized(pictures)


def _solarize(pictures: Tensor, strength: Tensor, _sign: Tensor, _beyond: Beyond) -> Tensor:
    return solarized(pictures, HIGHEST * (1 - strength))


def _posterize(pictures: Tensor, strength: Tensor, _sign: Tensor, _beyond: Beyond) -> Tensor:
    return posterized(pictures, 8 - (4 * strength).round())


def _enhanced(change: Callable[[Tensor, Tensor], Tensor]) -> Operation:
    """By a factor of 1 ± 0.9."""

    def operation(pictures: Tensor, strength: Tensor, sign: Tensor, _beyond: Beyond) -> Tensor:
        return as_given(change(floats(pictures), 1 + 0.9 * strength * sign), pictures)

    return operation


def _sheared(pictures: Tensor, x: Tensor, y: Tensor, beyond: Beyond) -> Tensor:
    one = torch.ones_like(x)
    return moved(pictures, torch.stack([one, -x, -y, one], dim=1).view(-1, 2, 2), x.new_zeros(len(x), 2), beyond)


def _shear_x(pictures: Tensor, strength: Tensor, sign: Tensor, beyond: Beyond) -> Tensor:
    return _sheared(pictures, 0.3 * strength * sign, torch.zeros_like(strength), beyond)


def _shear_y(pictures: Tensor, strength: Tensor, sign: Tensor, beyond: Beyond) -> Tensor:
    return _sheared(pictures, torch.zeros_like(strength), 0.3 * strength * sign, beyond)


def _translated(pictures: Tensor, x: Tensor, y: Tensor, beyond: Beyond) -> Tensor:
    """By whole pixels, as Pillow does."""
    back = torch.eye(2, device=x.device).expand(len(x), 2, 2)
    return moved(pictures, back, torch.stack([x.trunc(), y.trunc()], dim=1), beyond)


MOST_MOVED = 150 / 331
"""Of a side."""


def _translate_x(pictures: Tensor, strength: Tensor, sign: Tensor, beyond: Beyond) -> Tensor:
    return _translated(pictures, MOST_MOVED * pictures.shape[3] * strength * sign, torch.zeros_like(strength), beyond)


def _translate_y(pictures: Tensor, strength: Tensor, sign: Tensor, beyond: Beyond) -> Tensor:
    return _translated(pictures, torch.zeros_like(strength), MOST_MOVED * pictures.shape[2] * strength * sign, beyond)


def _rotate(pictures: Tensor, strength: Tensor, sign: Tensor, beyond: Beyond) -> Tensor:
    angle = 30 * strength * sign * (pi / 180)
    back = inverse(angle, torch.zeros_like(angle), torch.ones_like(angle))
    return moved(pictures, back, angle.new_zeros(len(angle), 2), beyond)


OPERATIONS: dict[str, Operation] = {
    "identity": _identity,
    "autocontrast": _autocontrast,
    "equalize": _equalize,
    "rotate": _rotate,
    "solarize": _solarize,
    "colour": _enhanced(saturated),
    "posterize": _posterize,
    "contrast": _enhanced(contrasted),
    "brightness": _enhanced(brighter),
    "sharpness": _enhanced(sharpened),
    "shear-x": _shear_x,
    "shear-y": _shear_y,
    "translate-x": _translate_x,
    "translate-y": _translate_y,
}


@dataclass(frozen=True, slots=True)
class RandAugment:
    """``count`` operations in a row for each picture, each drawn evenly from ``OPERATIONS``, with a random sign where it has one.

    magnitude: 0 … 30, of each operation's range: turned by 30 degrees, sheared by 0.3, moved by 150/331 of a side, factors of
    colour, contrast, brightness and sharpness of 1 ± 0.9, solarized from 255 down to 0, posterized from 8 bits to 4.
    beyond: what is seen outside the picture where it is turned, sheared or moved.
    """

    count: int = 2
    magnitude: int = 9
    beyond: Beyond = "zero"

    def __post_init__(self) -> None:
        if self.count < 1 or not 0 <= self.magnitude <= HIGHEST_MAGNITUDE:
            raise ConfigError(
                f"count={self.count} must be at least 1, magnitude={self.magnitude} from 0 to {HIGHEST_MAGNITUDE} (both whole)."
            )

    def __call__(self, inputs: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
        (pictures,) = inputs
        for _ in range(self.count):
            drawn = whole(len(pictures), len(OPERATIONS), generator, pictures)
            sign = torch.where(uniform(len(pictures), 0, 1, generator, pictures) < 0.5, -1.0, 1.0)
            changed = pictures.clone()
            for number, operation in enumerate(OPERATIONS.values()):
                rows = torch.nonzero(drawn == number).squeeze(1)
                if len(rows):
                    strength = sign.new_full((len(rows),), self.magnitude / HIGHEST_MAGNITUDE)
                    changed[rows] = operation(pictures[rows], strength, sign[rows], self.beyond)
            pictures = changed
        return (pictures,)
