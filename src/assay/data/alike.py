"""Which rows equal which: the kernel under the checks and the handling of copies."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.core.files import sha256_file
from assay.data.dataset import Dataset
from assay.data.like_pictures import LikePictures, like_pictures

MOST_CELLS = 20_000_000
"""Up to so many cells rows are compared as they are; beyond, their hashes are, and only rows of one hash as they are."""

_HASHED_ROWS = 1 << 20


def copy_groups(data: Dataset) -> np.ndarray:
    """int64 (n_rows,): rows equal in all feature columns share a code, the position of the first of them.

    The target is not looked at, nor are columns of kind id, which recipes do not read. Pictures are equal when their bytes are.
    """
    return _groups(data, _read(data))


def like_groups(data: Dataset) -> np.ndarray:
    """As ``copy_groups``, with pictures equal when they are almost the same.  Raises DataError for one that does not open."""
    names, pictures = _read(data), picture_columns(data)
    if not pictures:
        return _groups(data, names)
    codes = {name: pl.Series(name, picture_groups(data.frame[name]), dtype=pl.Int64) for name in pictures}
    frame = pl.DataFrame([codes.get(name, data.frame[name]) for name in names])
    return _groups_of(frame.rename({name: f"key {i}" for i, name in enumerate(names)}))


def picture_columns(data: Dataset) -> list[str]:
    return [column.name for column in data.schema.features if column.kind == "image"]


def picture_groups(series: pl.Series) -> np.ndarray:
    """int64 (n,): rows whose pictures are almost the same share the position of the first of them."""
    return look_alike(series).codes


def look_alike(series: pl.Series) -> LikePictures:
    """Of a column of pictures.  Raises DataError for one that does not open."""
    keys = pl.DataFrame([_key(series)])
    return like_pictures(series, _firsts(keys, np.arange(len(series), dtype=np.int64)))


def _read(data: Dataset) -> list[str]:
    return [column.name for column in data.schema.features if column.kind != "id"]


def _groups(data: Dataset, names: list[str]) -> np.ndarray:
    if not names:
        return np.arange(len(data), dtype=np.int64)
    keys = [_key(data.frame[name]) if data.schema[name].kind == "image" else data.frame[name] for name in names]
    return _groups_of(pl.DataFrame(keys).rename({name: f"key {i}" for i, name in enumerate(names)}))


def _groups_of(frame: pl.DataFrame) -> np.ndarray:
    rows = np.arange(frame.height, dtype=np.int64)
    if frame.height * frame.width <= MOST_CELLS:
        return _firsts(frame, rows)
    hashes = _hashes(frame, 0)
    ordered = np.sort(hashes)
    again = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    # Rows with a hash of their own equal no other: only the rest is looked at, which may still be most of a table.
    alike = np.flatnonzero(np.isin(hashes, again))
    if not len(alike):
        return rows
    rest = frame[alike] if len(alike) * frame.width <= MOST_CELLS else _two_hashes(frame, hashes)[alike]
    groups = rows.copy()
    groups[alike] = _firsts(rest, alike)
    return groups


def _firsts(frame: pl.DataFrame, rows: np.ndarray) -> np.ndarray:
    """int64 (n,): of the rows (rising numbers) equal to each, the first."""
    numbered = frame.with_columns(pl.Series("row", rows))
    return numbered.select(pl.col("row").min().over(frame.columns)).to_series().to_numpy()


def _hashes(frame: pl.DataFrame, seed: int) -> np.ndarray:
    """uint64 (n,); equal rows have equal hashes."""
    parts = [frame.slice(start, _HASHED_ROWS).hash_rows(seed=seed) for start in range(0, frame.height, _HASHED_ROWS)]
    return np.concatenate([part.to_numpy() for part in parts])


def _two_hashes(frame: pl.DataFrame, hashes: np.ndarray) -> pl.DataFrame:
    """128 bits a row: that two of 10^8 different rows share them has a chance of 10^-23."""
    return pl.DataFrame({"one": hashes, "other": _hashes(frame, 1)})


def _key(series: pl.Series) -> pl.Series:
    """A digest for each picture."""
    if isinstance(series.dtype, pl.Array):
        return pl.Series(series.name, [None if one is None else sha256(np.asarray(one).tobytes()).hexdigest() for one in series])
    if series.dtype == pl.Binary:
        return pl.Series(series.name, [None if one is None else sha256(one).hexdigest() for one in series])
    digests: list[str | None] = []
    for row, path in enumerate(series, start=1):
        try:
            digests.append(None if path is None else sha256_file(Path(path)))
        except OSError as error:
            raise DataError(f"row {row}, column {series.name!r}: {path} cannot be read ({error.strerror}).") from error
    return pl.Series(series.name, digests, dtype=pl.String)


def repeats(data: Dataset) -> np.ndarray:
    """bool (n_rows,): rows that equal an earlier one in features and target."""
    names = [column.name for column in data.schema.features if column.kind != "id"]
    if names and data.task is not None:
        names.append(data.task.target)
    return np.asarray(_groups(data, list(dict.fromkeys(names))) != np.arange(len(data)))
