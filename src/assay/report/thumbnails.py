"""Pictures small enough to stand in a page: PNG or JPEG as data URIs, and maps of heat laid over them.

Pillow alone; equal pixels give equal bytes.
"""

import base64
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

SIDE = 96
"""Pixels of the longer side at most."""

LOSSLESS_UP_TO = 40
"""Smaller pictures are kept pixel for pixel: JPEG would smear them, and saves nothing."""

QUALITY = 78
HEAT = np.array([[20, 11, 52], [101, 21, 110], [187, 55, 84], [249, 142, 9], [252, 255, 164]], dtype=np.float64)
"""From nothing to most: dark violet to pale yellow, rising in lightness, so that it reads without colour too."""

FOR, AGAINST = np.array([236.0, 112.0, 20.0]), np.array([40.0, 120.0, 220.0])
"""Orange and blue, which differ for every kind of colour vision."""

BETWEEN = np.array([92, 108, 138], dtype=np.uint8)
"""Between the tiles of a grid: no shade of grey, so that it is no weight."""

STRONGEST = 0.99
"""Quantile of the sizes from which on a colour is full: single pixels would leave the rest pale."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """uri: "data:image/…".  width, height: in its own pixels."""

    uri: str
    width: int
    height: int

    @property
    def is_small(self) -> bool:
        """Whether its pixels should be shown as squares when it is enlarged."""
        return max(self.width, self.height) <= LOSSLESS_UP_TO


def thumbnail(pixels: np.ndarray, side: int = SIDE) -> Thumbnail:
    """pixels: uint8 (h, w), (h, w, 1) or (h, w, 3)."""
    picture = _fitting(_picture(pixels), side)
    small = max(picture.size) <= LOSSLESS_UP_TO
    data = _encoded(picture, "PNG") if small else _encoded(picture, "JPEG")
    kind = "png" if small else "jpeg"
    return Thumbnail(f"data:image/{kind};base64,{base64.b64encode(data).decode()}", *picture.size)


def png(pixels: np.ndarray) -> bytes:
    """The whole picture as a file."""
    return _encoded(_picture(pixels), "PNG")


def _picture(pixels: np.ndarray) -> "Image.Image":
    from PIL import Image

    flat = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    return Image.fromarray(np.ascontiguousarray(flat))


def _fitting(picture: "Image.Image", side: int) -> "Image.Image":
    from PIL import Image

    longest = max(picture.size)
    if longest <= side:
        return picture
    width, height = (max(1, round(one * side / longest)) for one in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _encoded(picture: "Image.Image", form: str) -> bytes:
    stream = BytesIO()
    if form == "PNG":
        picture.save(stream, "PNG", optimize=True)
    else:
        picture.save(stream, "JPEG", quality=QUALITY, optimize=True)
    return stream.getvalue()


def coloured(pixels: np.ndarray) -> np.ndarray:
    """float64 (h, w, 3)."""
    flat = pixels if pixels.ndim == 3 else pixels[..., None]
    return np.asarray(np.broadcast_to(flat.astype(np.float64), (*flat.shape[:2], 3)))


def greyed(pixels: np.ndarray) -> np.ndarray:
    """float64 (h, w, 3), without colour and paler, to lay colours on."""
    grey = coloured(pixels) @ np.array([0.299, 0.587, 0.114])
    return np.repeat((0.55 * grey + 80)[..., None], 3, axis=2)


def heated(pixels: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3): the picture under its heat (h, w), at least 0; the greatest stands for the brightest colour."""
    top = float(heat.max(initial=0.0))
    share = heat / top if top > 0 else np.zeros_like(heat)
    return _rounded(0.45 * greyed(pixels) + 0.55 * ramp(share))


def ramp(share: np.ndarray) -> np.ndarray:
    """float64 (…, 3): the colour of heat for numbers in 0 … 1."""
    at = np.linspace(0.0, 1.0, len(HEAT))
    return np.asarray(np.stack([np.interp(share, at, HEAT[:, channel]) for channel in range(3)], axis=-1))


def signed(pixels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3): the picture in grey, orange where values (h, w) are above 0, blue where they are below."""
    top = float(np.quantile(np.abs(values), STRONGEST)) or float(np.abs(values).max(initial=0.0)) or 1.0
    share = np.clip(np.abs(values) / top, 0.0, 1.0)[..., None]
    return _rounded((1 - share) * greyed(pixels) + share * np.where(values[..., None] > 0, FOR, AGAINST))


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)


def tiled(tiles: np.ndarray, columns: int, gap: int = 3) -> np.ndarray:
    """uint8 (h, w, 3) of pictures (n, h, w, 3) in rows of so many, on a slate that light and dark pages bear."""
    n, height, width, _ = tiles.shape
    rows = -(-n // columns)
    found = np.full((rows * (height + gap) + gap, min(n, columns) * (width + gap) + gap, 3), 0, dtype=np.uint8)
    found[:] = BETWEEN
    for number, tile in enumerate(tiles):
        top, left = gap + (number // columns) * (height + gap), gap + (number % columns) * (width + gap)
        found[top : top + height, left : left + width] = tile
    return found


def enlarged(pixels: np.ndarray, times: int) -> np.ndarray:
    """Each pixel as a square."""
    return np.repeat(np.repeat(pixels, times, axis=0), times, axis=1)


def filter_tiles(weights: np.ndarray) -> np.ndarray:
    """uint8 (n, h, w, 3) of filters (n, channels, h, w): in colour where there are three channels, else the mean in grey.

    Mid grey is 0; of each filter the largest weight is black or white.
    """
    flat = weights if weights.shape[1] == 3 else weights.mean(axis=1, keepdims=True)
    top = np.abs(flat).max(axis=(1, 2, 3), keepdims=True)
    share = flat / np.where(top > 0, top, 1.0)
    tiles = 127.5 + 127.5 * share.transpose(0, 2, 3, 1)
    return _rounded(np.broadcast_to(tiles, (*tiles.shape[:3], 3)))


def map_tiles(values: np.ndarray) -> np.ndarray:
    """uint8 (n, h, w, 3) of maps (n, h, w): the colours of heat, from the least to the greatest of each."""
    low, high = values.min(axis=(1, 2), keepdims=True), values.max(axis=(1, 2), keepdims=True)
    return _rounded(ramp((values - low) / np.where(high > low, high - low, 1.0)))
