"""One picture: a path or encoded bytes to a picture of one size, in grey or colour.

The size is read from the header before anything is decoded, so that a small file cannot claim all memory.  Nothing here needs
more than Pillow, because processes that help with many pictures (``decoding``) start for it.
"""

import io
import re
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from assay.core.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

MOST_PIXELS = 50_000_000
DRAFT = 2
"""A JPEG is decoded at the least of 1/1, 1/2, 1/4 and 1/8 of its size that leaves so many pixels for each one asked for."""

_TURNED = range(5, 9)  # EXIF orientations that swap height and width
_ORIENTATION = 0x0112
UNREADABLE = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, ArithmeticError, TypeError, AttributeError, RuntimeError),
    *(struct.error, zlib.error),
)
"""What Pillow's decoders raise for bytes that are not as they should be."""

Cell = str | bytes | None


def where(cell: Cell, row: int, name: str) -> str:
    return f"row {row + 1}, column {name!r}: the picture" + (f" {cell}" if isinstance(cell, str) else "")


def opened(cell: Cell, row: int, name: str) -> "Image.Image":
    """A picture whose header was read and whose size is bearable; its pixels are not decoded yet.

    Raises DataError, with row and file, for one that is missing, does not open or is too large.
    """
    from PIL import Image, UnidentifiedImageError

    if cell is None:
        raise DataError(f"row {row + 1}, column {name!r}: the picture is missing; give one or remove the row.")
    place = where(cell, row, name)
    try:
        picture = Image.open(cell if isinstance(cell, str) else io.BytesIO(cell))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        pixels = re.search(r"\((\d+) pixels\)", str(error))
        raise DataError(_too_large(place, int(pixels[1]) if pixels else 2 * MOST_PIXELS)) from error
    except UnidentifiedImageError as error:
        if _is_empty(cell):
            raise DataError(f"{place} does not open: it is empty (0 bytes); mend or remove it.") from error
        raise DataError(f"{place} does not open: it is no picture, or a damaged one; mend or remove it.") from error
    except UNREADABLE as error:
        raise damaged(place, error) from error
    if picture.width * picture.height > MOST_PIXELS:
        raise DataError(_too_large(place, picture.width * picture.height))
    return picture


def is_turned(picture: "Image.Image", place: str) -> bool:
    """Whether EXIF says that it is to be shown with its height and width swapped."""
    try:
        return picture.getexif().get(_ORIENTATION) in _TURNED
    except UNREADABLE as error:
        raise damaged(place, error) from error


def is_grey(picture: "Image.Image") -> bool:
    return picture.mode in ("1", "L", "LA", "I", "F") or picture.mode.startswith("I;16")


def damaged(place: str, error: Exception) -> DataError:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return DataError(f"{place} does not open ({reason}); mend or remove it.")


def flat_picture(cell: Cell, row: int, name: str, size: tuple[int, int] | None, channels: Literal[1, 3]) -> "Image.Image":
    """Mode L or RGB: EXIF turns applied, alpha on white, resized to (height, width) where one is given.

    A JPEG much larger than asked for is decoded at a half, a quarter or an eighth (``DRAFT``), the rest is bilinear.
    Raises DataError as ``opened`` does.
    """
    from PIL import ImageOps

    with opened(cell, row, name) as picture:
        try:
            if size is not None and picture.format == "JPEG":
                picture.draft(None, (DRAFT * max(size), DRAFT * max(size)))  # the longer side: EXIF may swap the two
            flat = flattened(ImageOps.exif_transpose(picture), channels)
        except UNREADABLE as error:
            raise damaged(where(cell, row, name), error) from error
    return resized(flat, size)


def refuse_unreadable(cell: Cell, row: int, name: str) -> None:
    """Raise DataError for what ``flat_picture`` would refuse; a JPEG is decoded at an eighth of its size."""
    try:
        with opened(cell, row, name) as picture:
            picture.draft("L", (picture.width // 8 or 1, picture.height // 8 or 1))
            picture.load()
    except UNREADABLE as error:
        raise damaged(where(cell, row, name), error) from error


def resized(picture: "Image.Image", size: tuple[int, int] | None) -> "Image.Image":
    from PIL import Image

    if size is None or (picture.height, picture.width) == tuple(size):
        return picture
    return picture.resize((size[1], size[0]), Image.Resampling.BILINEAR)


def flattened(picture: "Image.Image", channels: Literal[1, 3]) -> "Image.Image":
    """Mode L or RGB: alpha on white, sixteen bits to eight."""
    from PIL import Image

    if picture.mode.startswith("I") or picture.mode == "F":
        import numpy as np

        values = np.asarray(picture, dtype=np.float64)
        scale = 257.0 if values.size and values.max() > 255 else 1.0  # 65535 / 255
        picture = Image.fromarray(np.clip(np.rint(values / scale), 0, 255).astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        above = picture.convert("RGBA")
        white = Image.new("RGBA", above.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(white, above)
    return picture.convert("L" if channels == 1 else "RGB")


def _is_empty(cell: str | bytes) -> bool:
    return not (Path(cell).stat().st_size if isinstance(cell, str) else len(cell))


def _too_large(place: str, pixels: int) -> str:
    return f"{place} has {pixels / 1e6:.0f} megapixels; {MOST_PIXELS // 1_000_000} are the most, so shrink it first."
