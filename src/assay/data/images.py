"""Pictures to pixels: paths, encoded bytes or arrays to uint8 of one size."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.core.threads import allowed_threads
from assay.data.decoding import Job, Shared, decode_all
from assay.data.picture_cells import MOST_PIXELS, flat_picture, flattened, is_grey, is_turned, opened, resized, where

__all__ = ["MOST_PIXELS", "decode", "picture_size", "unreadable"]

_SAMPLE = 64


def decode(series: pl.Series, *, size: tuple[int, int] | None, channels: Literal[1, 3], workers: int | None = None) -> np.ndarray:
    """uint8 (n, height, width, channels) from a column of kind image.

    size: (height, width) to which every picture is resized (bilinear, antialiased; a JPEG of twice the size or more is decoded
        at a half, a quarter or an eighth first, which loses nothing that is seen); None demands that all are of one size.
    workers: processes that decode many pictures, this one among them (None: as many as the process may use processors); the
        bytes do not depend on it.
    EXIF turns are applied, alpha is laid on white, palettes, grey and CMYK are converted.
    Raises DataError, with row and file, for a picture that is missing, does not open, or has more than 50 megapixels.
    """
    if isinstance(series.dtype, pl.Array):
        return _from_pixels(series, size, channels)
    height, width = size or (0, 0)
    if not len(series):
        return np.empty((0, height, width, channels), dtype=np.uint8)
    if size is None:
        first = flat_picture(series[0], 0, series.name, None, channels)
        height, width = first.height, first.width
    job = Job(series.name, (height, width), channels, resize=size is not None)
    into = Shared.new(len(series) * job.record)
    decode_into(job, series, into, workers)
    return np.frombuffer(into.memory, np.uint8, len(series) * job.record).reshape(-1, height, width, channels)


def decode_into(job: Job, series: pl.Series, into: Shared, workers: int | None = None, rows: Sequence[int] | None = None) -> None:
    """A column of paths or of encoded pictures to the beginning of shared memory.  Raises DataError as ``decode`` does.

    rows: the number of each, for messages; None: counted from 0.
    """
    failures = decode_all(job, series.to_list(), into, workers=workers or allowed_threads(), rows=rows)
    if failures:
        raise DataError(failures[0][1])


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
        with opened(cell, row, series.name) as picture:
            width, height = picture.size
            sizes[(width, height) if is_turned(picture, where(cell, row, series.name)) else (height, width)] += 1
            grey &= is_grey(picture)
    (height, width), _ = max(sizes.items(), key=lambda item: (item[1], item[0]))
    return height, width, 1 if grey else 3


def unreadable(series: pl.Series, workers: int | None = None) -> dict[int, str]:
    """What ``decode`` would say of each row it would refuse, by row from 0; JPEGs are decoded at an eighth of their size."""
    if isinstance(series.dtype, pl.Array):
        return {} if not series.null_count() else {int(row): f"row {row + 1}: no picture." for row in series.is_null().arg_true()}
    job = Job(series.name, stop=False)
    return dict(decode_all(job, series.to_list(), bytearray(), workers=workers or allowed_threads()))


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
        given = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else np.ascontiguousarray(picture))
        flat = resized(flattened(given, channels), size)
        found[row] = np.asarray(flat).reshape(*asked, channels)
    return found
