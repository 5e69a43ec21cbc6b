"""Pictures to pixels: paths, encoded bytes or arrays to uint8 of one size.

The size is read from the header before anything is decoded, so that a small file cannot claim all memory.
"""

import io
import re
import struct
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from assay.core.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 50_000_000
_SAMPLE = 64
_TURNED = range(5, 9)  # EXIF orientations that swap height and width
_ORIENTATION = 0x0112
_UNREADABLE = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, ArithmeticError, TypeError, AttributeError, RuntimeError),
    *(struct.error, zlib.error),
)
"""What Pillow's decoders raise for bytes that are not as they should be."""


def decode(series: pl.Series, *, size: tuple[int, int] | None, channels: Literal[1, 3]) -> np.ndarray:
    """uint8 (n, height, width, channels) from a column of kind image.

    size: (height, width) to which every picture is resized (bilinear, antialiased); None demands that all are of one size.
    EXIF turns are applied, alpha is laid on white, palettes, grey and CMYK are converted.
    Raises DataError, with row and file, for a picture that is missing, does not open, or has more than 50 megapixels.
    """
    if isinstance(series.dtype, pl.Array):
        return _from_pixels(series, size, channels)
    found: np.ndarray | None = None
    for row, cell in enumerate(series):
        pixels = _pixels(_open(cell, row, series.name), _where(cell, row, series.name), size, channels)
        if found is None:
            found = np.empty((len(series), *pixels.shape), dtype=np.uint8)
        elif pixels.shape != found.shape[1:]:
            one, other = found.shape[1:3], pixels.shape[:2]
            raise DataError(
                f"{_where(cell, row, series.name)} is {other[0]}×{other[1]}, the first is {one[0]}×{one[1]}; give a size."
            )
        found[row] = pixels
    height, width = size or (0, 0)
    return np.empty((0, height, width, channels), dtype=np.uint8) if found is None else found


def picture_size(series: pl.Series) -> tuple[int, int, int]:
    """(height, width, channels): the commonest size in an even sample, and 1 channel if the whole sample is grey, else 3.

    Raises DataError as ``decode`` does; only headers are read.
    """
    if isinstance(series.dtype, pl.Array):
        height, width, *depth = series.dtype.shape
        return height, width, 1 if depth in ([], [1], [2]) else 3
    present = series.drop_nulls()
    if present.is_empty():
        raise DataError(f"column {series.name!r} holds no picture.")
    rows = np.unique(np.linspace(0, len(series) - 1, _SAMPLE).round().astype(int))
    cells = [(series[int(row)], int(row)) for row in rows if series[int(row)] is not None] or [(present[0], 0)]
    sizes: Counter[tuple[int, int]] = Counter()
    grey = True
    for cell, row in cells:
        picture = _open(cell, row, series.name)
        width, height = picture.size
        sizes[(width, height) if _is_turned(picture, _where(cell, row, series.name)) else (height, width)] += 1
        grey &= picture.mode in ("1", "L", "LA", "I", "F") or picture.mode.startswith("I;16")
    (height, width), _ = max(sizes.items(), key=lambda item: (item[1], item[0]))
    return height, width, 1 if grey else 3


def unreadable(series: pl.Series) -> dict[int, str]:
    """What ``decode`` would say of each row it would refuse, by row from 0; JPEGs are decoded at an eighth of their size."""
    found: dict[int, str] = {}
    if isinstance(series.dtype, pl.Array):
        return {} if not series.null_count() else {int(row): f"row {row + 1}: no picture." for row in series.is_null().arg_true()}
    for row, cell in enumerate(series):
        try:
            with _open(cell, row, series.name) as picture:
                picture.draft("L", (picture.width // 8 or 1, picture.height // 8 or 1))
                picture.load()
        except DataError as error:
            found[row] = str(error)
        except _UNREADABLE as error:
            found[row] = str(_damaged(_where(cell, row, series.name), error))
    return found


def _where(cell: str | bytes, row: int, name: str) -> str:
    return f"row {row + 1}, column {name!r}: the picture" + (f" {cell}" if isinstance(cell, str) else "")


def _open(cell: str | bytes | None, row: int, name: str) -> "Image.Image":
    """A picture whose header was read and whose size is bearable; its pixels are not decoded yet."""
    from PIL import Image, UnidentifiedImageError

    if cell is None:
        raise DataError(f"row {row + 1}, column {name!r}: the picture is missing; give one or remove the row.")
    where = _where(cell, row, name)
    try:
        picture = Image.open(Path(cell) if isinstance(cell, str) else io.BytesIO(cell))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        pixels = re.search(r"\((\d+) pixels\)", str(error))
        raise DataError(_too_large(where, int(pixels[1]) if pixels else 2 * MOST_PIXELS)) from error
    except UnidentifiedImageError as error:
        raise DataError(f"{where} does not open: it is no picture, or a damaged one; mend or remove it.") from error
    except _UNREADABLE as error:
        raise _damaged(where, error) from error
    if picture.width * picture.height > MOST_PIXELS:
        raise DataError(_too_large(where, picture.width * picture.height))
    return picture


def _is_turned(picture: "Image.Image", where: str) -> bool:
    try:
        return picture.getexif().get(_ORIENTATION) in _TURNED
    except _UNREADABLE as error:
        raise _damaged(where, error) from error


def _damaged(where: str, error: Exception) -> DataError:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return DataError(f"{where} does not open ({reason}); mend or remove it.")


def _too_large(where: str, pixels: int) -> str:
    return f"{where} has {pixels / 1e6:.0f} megapixels; {MOST_PIXELS // 1_000_000} are the most, so shrink it first."


def _pixels(picture: "Image.Image", where: str, size: tuple[int, int] | None, channels: Literal[1, 3]) -> np.ndarray:
    """uint8 (height, width, channels) of one opened picture."""
    from PIL import ImageOps

    try:
        with picture:
            flat = _flat(ImageOps.exif_transpose(picture), channels)
    except _UNREADABLE as error:
        raise _damaged(where, error) from error
    return _resized(flat, size, channels)


def _resized(picture: "Image.Image", size: tuple[int, int] | None, channels: int) -> np.ndarray:
    from PIL import Image

    if size is not None and (picture.height, picture.width) != tuple(size):
        picture = picture.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(picture, dtype=np.uint8).reshape(picture.height, picture.width, channels)


def _flat(picture: "Image.Image", channels: Literal[1, 3]) -> "Image.Image":
    """Mode L or RGB: alpha on white, sixteen bits to eight."""
    from PIL import Image

    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture, dtype=np.float64)
        scale = 257.0 if values.size and values.max() > 255 else 1.0  # 65535 / 255
        picture = Image.fromarray(np.clip(np.rint(values / scale), 0, 255).astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        above = picture.convert("RGBA")
        white = Image.new("RGBA", above.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(white, above)
    return picture.convert("L" if channels == 1 else "RGB")


def _from_pixels(series: pl.Series, size: tuple[int, int] | None, channels: Literal[1, 3]) -> np.ndarray:
    """Arrays (height, width) or (height, width, depth) with depth 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha."""
    from PIL import Image

    if series.null_count():
        row = int(series.is_null().arg_true()[0])
        raise DataError(f"row {row + 1}, column {series.name!r}: the picture is missing; give one or remove the row.")
    pixels = series.to_numpy()
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    if pixels.shape[3] > 4:
        raise DataError(f"column {series.name!r}: pictures of {pixels.shape[3]} channels are not read; 1 to 4 are.")
    asked = pixels.shape[1:3] if size is None else tuple(size)
    if pixels.shape[1:3] == asked and pixels.shape[3] == channels:
        return np.ascontiguousarray(pixels)
    found = np.empty((len(pixels), *asked, channels), dtype=np.uint8)
    for row, picture in enumerate(pixels):
        opened = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else np.ascontiguousarray(picture))
        found[row] = _resized(_flat(opened, channels), size, channels)
    return found
