"""Colour spaces: RGB, HSV, HSL and grey, for whole arrays of pixels.

Every number is in 0 … 1, the hue too (0 red, 1/3 green, 2/3 blue), as in Python's ``colorsys``.
Source: Smith (1978); Joblove & Greenberg (1978); ITU-R BT.601 and BT.709 for the weights of grey.
"""

from typing import Literal, get_args

import numpy as np

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean

Space = Literal["rgb", "hsv", "hsl", "grey"]
Standard = Literal["bt601", "bt709"]

_LUMA: dict[str, tuple[float, float, float]] = {"bt601": (0.299, 0.587, 0.114), "bt709": (0.2125, 0.7154, 0.0721)}
"""Shares of red, green and blue: those of Pillow and OpenCV, and those of scikit-image."""


def as_shares(pixels: np.ndarray) -> np.ndarray:
    """float64 in 0 … 1 of uint8 pixels; floats stay as they are."""
    return np.asarray(pixels / 255.0 if pixels.dtype == np.uint8 else pixels, dtype=np.float64)


def to_space(pixels: np.ndarray, space: Space) -> np.ndarray:
    """float64 (…, 3), or (…, 1) for grey.  pixels: uint8 or shares, (…, 3).  Raises ConfigError for a space that is none."""
    match space:
        case "rgb":
            return as_shares(pixels)
        case "hsv":
            return to_hsv(pixels)
        case "hsl":
            return to_hsl(pixels)
        case "grey":
            return to_grey(pixels)[..., None]
        case _:
            raise ConfigError(f"no colour space {space!r}{did_you_mean(space, get_args(Space))}")


def to_grey(pixels: np.ndarray, standard: Standard = "bt601") -> np.ndarray:
    """float64 (…): the luma of pixels (…, 3), uint8 or shares.

    standard: "bt601", as Pillow and OpenCV take it, or "bt709", as scikit-image does.
    """
    if standard not in _LUMA:
        raise ConfigError(f"no weights of grey {standard!r}{did_you_mean(standard, _LUMA)}")
    red, green, blue = _LUMA[standard]
    shares = as_shares(pixels)
    return np.asarray(red * shares[..., 0] + green * shares[..., 1] + blue * shares[..., 2])


def to_hsv(pixels: np.ndarray) -> np.ndarray:
    """float64 (…, 3): hue, saturation, value of pixels (…, 3), uint8 or shares.  Grey has hue 0."""
    shares = as_shares(pixels)
    highest, chroma = shares.max(axis=-1), np.ptp(shares, axis=-1)
    saturation = np.divide(chroma, highest, out=np.zeros_like(chroma), where=chroma > 0)
    return np.stack([_hue(shares, highest, chroma), saturation, highest], axis=-1)


def to_hsl(pixels: np.ndarray) -> np.ndarray:
    """float64 (…, 3): hue, saturation, lightness of pixels (…, 3), uint8 or shares.  Grey has hue 0."""
    shares = as_shares(pixels)
    highest, lowest, chroma = shares.max(axis=-1), shares.min(axis=-1), np.ptp(shares, axis=-1)
    light = (highest + lowest) / 2
    room = np.where(light <= 0.5, highest + lowest, 2.0 - highest - lowest)
    saturation = np.divide(chroma, room, out=np.zeros_like(chroma), where=chroma > 0)
    return np.stack([_hue(shares, highest, chroma), saturation, light], axis=-1)


def from_hsv(pixels: np.ndarray) -> np.ndarray:
    """float64 (…, 3): red, green, blue of hue, saturation, value (…, 3)."""
    hue, saturation, value = np.moveaxis(np.asarray(pixels, dtype=np.float64), -1, 0)
    return _from_hue(hue, value * saturation, value)


def from_hsl(pixels: np.ndarray) -> np.ndarray:
    """float64 (…, 3): red, green, blue of hue, saturation, lightness (…, 3)."""
    hue, saturation, light = np.moveaxis(np.asarray(pixels, dtype=np.float64), -1, 0)
    chroma = saturation * 2 * np.minimum(light, 1 - light)
    return _from_hue(hue, chroma, light + chroma / 2)


def _hue(shares: np.ndarray, highest: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    """(…): the sixth of the circle that the highest channel begins, and how far the other two turn it."""
    red, green, blue = shares[..., 0], shares[..., 1], shares[..., 2]
    where = chroma > 0
    safe = np.where(where, chroma, 1.0)
    sixths = np.where(
        red == highest,
        (green - blue) / safe,
        np.where(green == highest, 2.0 + (blue - red) / safe, 4.0 + (red - green) / safe),
    )
    return np.asarray(np.where(where, sixths / 6.0 % 1.0, 0.0))


def _from_hue(hue: np.ndarray, chroma: np.ndarray, highest: np.ndarray) -> np.ndarray:
    """Each channel falls from the highest by as much of the chroma as its own place on the circle says."""
    places = (np.array([5.0, 3.0, 1.0]) + hue[..., None] * 6.0) % 6.0
    falls = np.clip(np.minimum(places, 4.0 - places), 0.0, 1.0)
    return np.asarray(highest[..., None] - chroma[..., None] * falls)
