"""Which rows equal which: the kernel under the checks and the handling of copies."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.core.files import sha256_file
from assay.data.dataset import Dataset


def copy_groups(data: Dataset) -> np.ndarray:
    """int64 (n_rows,): rows equal in all feature columns share a code, the position of the first of them.

    The target is not looked at, nor are columns of kind id, which recipes do not read. Pictures are equal when their bytes are.
    """
    return _groups(data, [column.name for column in data.schema.features if column.kind != "id"])


def _groups(data: Dataset, names: list[str]) -> np.ndarray:
    rows = np.arange(len(data), dtype=np.int64)
    if not names:
        return rows
    keys = [_key(data.frame[name]) if data.schema[name].kind == "image" else data.frame[name] for name in names]
    frame = pl.DataFrame(keys).rename({name: f"key {i}" for i, name in enumerate(names)}).with_columns(pl.Series("row", rows))
    return frame.select(pl.col("row").min().over([f"key {i}" for i in range(len(names))])).to_series().to_numpy()


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
    return np.asarray(_groups(data, names) != np.arange(len(data)))
