"""Pictures moved, turned and enlarged or shrunk a little, in a little other light, with a little noise.

No mirror images: digits, letters, hands and road signs are not what they were when mirrored.  The border is repeated into
the gap that a move leaves.

Source: Simard, Steinkraus & Platt (2003), Best practices for convolutional neural networks applied to visual document
analysis (moves and turns; without their elastic distortions).
"""

import io
from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.core.errors import ConfigError, DataError


@dataclass(frozen=True, slots=True)
class SmallMoves:
    """A shift, a turn and a change of size about the middle, other light and Gaussian noise on each picture.

    shift: the most in either direction, as a share of the shorter side (0.07: 2 pixels of 28), in whole pixels.
    degrees: the most in either sense.  noise: its standard deviation, as a share of the range of brightness.
    zoom: the most by which it is enlarged or shrunk.  light: the most by which contrast (about the middle of the range) and
    brightness (as a share of the range) are changed.  mirror: left and right change places at even odds; off unless asked for.
    The size stays.  Encoded pictures become PNG, grey or colour as they were, alpha laid on white; arrays keep their
    channels, and neither light nor noise falls on alpha.
    """

    shift: float = 0.07
    degrees: float = 10.0
    noise: float = 0.02
    zoom: float = 0.05
    light: float = 0.1
    mirror: bool = False

    def __post_init__(self) -> None:
        for name, most in (("shift", 0.5), ("degrees", 180.0), ("noise", 1.0), ("zoom", 0.5), ("light", 0.5)):
            if not 0 <= getattr(self, name) <= most:
                raise ConfigError(f"{name}={getattr(self, name)} must lie in 0 … {most:g}.")

    def __call__(self, values: pl.Series, rng: np.random.Generator) -> pl.Series:
        """values: Binary (encoded pictures) or Array of UInt8 (height, width) or (height, width, channels)."""
        if isinstance(values.dtype, pl.Array):
            return self._arrays(values, rng)
        cells = [
            None if cell is None else _encoded(self.altered(_decoded(cell, row, values.name), rng))
            for row, cell in enumerate(values)
        ]
        return pl.Series(values.name, cells, dtype=pl.Binary)

    def _arrays(self, values: pl.Series, rng: np.random.Generator) -> pl.Series:
        present = values.is_not_null()
        pixels = values.filter(present).to_numpy()
        moved = np.empty_like(pixels)
        for row, picture in enumerate(pixels):
            moved[row] = self.altered(picture.reshape(*picture.shape[:2], -1), rng).reshape(picture.shape)
        altered = pl.Series(values.name, moved, dtype=values.dtype)
        places = np.where(present.to_numpy(), np.cumsum(present.to_numpy()) - 1, -1)
        return altered.gather(pl.Series(places).set(pl.Series(places < 0), None)) if len(pixels) else values

    def altered(self, pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """uint8 (height, width, channels) from the same."""
        from scipy.ndimage import affine_transform

        height, width, channels = pixels.shape
        most = round(self.shift * min(height, width))
        shift = rng.integers(-most, most + 1, 2)
        angle = np.deg2rad(rng.uniform(-self.degrees, self.degrees))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turn = turn / (1 + rng.uniform(-self.zoom, self.zoom))
        if self.mirror and rng.random() < 0.5:
            turn = turn @ np.diag([1.0, -1.0])
        middle = np.array([height - 1, width - 1]) / 2
        offset = middle - turn @ (middle + shift)
        moved = np.stack(
            [affine_transform(pixels[..., c].astype(np.float64), turn, offset, order=1, mode="nearest") for c in range(channels)],
            axis=-1,
        )
        seen = channels - 1 if channels in (2, 4) else channels
        contrast, brightness = rng.uniform(-self.light, self.light, 2)
        moved[..., :seen] = (moved[..., :seen] - 127.5) * (1 + contrast) + 127.5 + 255 * brightness
        moved[..., :seen] += rng.normal(0, 255 * self.noise, (height, width, seen))
        return np.asarray(np.clip(np.rint(moved), 0, 255).astype(np.uint8))


def _decoded(cell: bytes, row: int, name: str) -> np.ndarray:
    """uint8 (height, width, 1 or 3)."""
    from assay.data.images import decode, picture_size

    alone = pl.Series(name, [cell], dtype=pl.Binary)
    try:
        channels = picture_size(alone)[2]
        return np.asarray(decode(alone, size=None, channels=1 if channels == 1 else 3)[0])
    except DataError as error:
        raise DataError(str(error).replace("row 1,", f"row {row + 1},", 1)) from error


def _encoded(pixels: np.ndarray) -> bytes:
    from PIL import Image

    into = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(into, format="PNG")
    return into.getvalue()
