"""Rows that are in memory already, or in an .npz: arrays, dicts of arrays, frames of polars and pandas."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.core.npz import read_npz
from assay.data.sources.raw import RawTable

TARGET_COLUMN = "y"


def from_memory(source: Any) -> RawTable:
    """A frame (polars, pandas, Arrow), an array, a tuple (X, y) or a dict of arrays. Raises DataError for anything else."""
    if isinstance(source, pl.LazyFrame):
        source = source.collect()
    if isinstance(source, pl.DataFrame):
        return RawTable(source, "frame")
    if type(source).__module__.partition(".")[0] == "pandas":
        return RawTable(_from_pandas(source), "frame")
    if isinstance(source, np.ndarray):
        return RawTable(pl.DataFrame(_columns(source)), "array")
    if hasattr(source, "__arrow_c_stream__"):
        return RawTable(pl.DataFrame(source), "frame")
    if isinstance(source, tuple) and len(source) == 2:
        return _features_and_target(source[0], source[1], "(X, y)")
    if isinstance(source, Mapping):
        return RawTable(_named(source, "dict"), "dict")
    raise DataError(
        f"a {type(source).__name__} cannot be read; "
        "pass a path, a frame of polars or pandas, an Arrow table, an array, (X, y) or a dict of arrays."
    )


def from_npz(content: bytes, source: str, most_bytes: int) -> RawTable:
    """Arrays X and y; x_train, y_train, x_test, y_test (a given split); or columns by name. Nothing is unpickled.

    most_bytes: that the arrays may take.
    """
    try:
        arrays = read_npz(content, most_bytes)
    except ValueError as error:
        raise DataError(f"{source}: {error}.") from error
    by_lower = {name.lower(): array for name, array in arrays.items()}
    if set(by_lower) == {"x_train", "y_train", "x_test", "y_test"}:
        train = _features_and_target(by_lower["x_train"], by_lower["y_train"], source)
        test = _features_and_target(by_lower["x_test"], by_lower["y_test"], source)
        if train.frame.schema != test.frame.schema:
            raise DataError(f"{source}: x_train and x_test differ in shape or type ({_differences(train.frame, test.frame)}).")
        given = np.repeat([False, True], [train.frame.height, test.frame.height])
        return RawTable(pl.concat([train.frame, test.frame]), source, None, TARGET_COLUMN, given)
    if set(by_lower) == {"x", "y"}:
        return _features_and_target(by_lower["x"], by_lower["y"], source)
    if set(by_lower) == {"x"}:
        return RawTable(pl.DataFrame(_columns(by_lower["x"])), source)
    return RawTable(_named(arrays, source), source)


def _differences(one: pl.DataFrame, other: pl.DataFrame) -> str:
    for name, dtype in one.schema.items():
        if other.schema.get(name) != dtype:
            return f"{name}: {dtype} and {other.schema.get(name, 'nothing')}"
    return f"{one.width} and {other.width} columns"


def _features_and_target(features: Any, target: Any, source: str) -> RawTable:
    """Columns of X and a column y; X may be an array, a frame or a list of texts."""
    labels = _one_column(np.asarray(target).squeeze() if not isinstance(target, pl.Series) else target, TARGET_COLUMN, source)
    if isinstance(features, pl.DataFrame) or type(features).__module__.partition(".")[0] == "pandas":
        frame = from_memory(features).frame
    elif isinstance(features, list) and all(isinstance(one, str) for one in features):
        frame = pl.DataFrame({"text": features})
    else:
        frame = pl.DataFrame(_columns(np.asarray(features)))
    if frame.height != len(labels):
        raise DataError(f"{source}: X has {frame.height} rows and y has {len(labels)}; they must be of the same length.")
    name = TARGET_COLUMN if TARGET_COLUMN not in frame.columns else "target"
    return RawTable(frame.with_columns(labels.alias(name)), source, None, name)


def _columns(array: np.ndarray, name: str = "x") -> list[pl.Series]:
    """x0, x1, … of a matrix; "image" of uint8 pictures (n, height, width) or (n, height, width, channels)."""
    if array.dtype.names:
        return [_one_column(array[field], field, "array") for field in array.dtype.names]
    if array.ndim in (3, 4):
        if array.dtype != np.uint8:
            raise DataError(
                f"an array of shape {array.shape} and type {array.dtype} is no picture; pictures are uint8, 0 to 255."
            )
        return [pl.Series("image" if name == "x" else name, np.ascontiguousarray(array))]
    if array.ndim == 2:
        return [_one_column(array[:, i], f"{name}{i}", "array") for i in range(array.shape[1])]
    if array.ndim == 1:
        return [_one_column(array, f"{name}0" if name == "x" else name, "array")]
    raise DataError(
        f"an array of shape {array.shape} cannot be read as rows; pass (n, columns), or (n, height, width[, channels]) uint8."
    )


def _one_column(values: Any, name: str, source: str) -> pl.Series:
    if isinstance(values, pl.Series):
        return values.alias(name)
    array = np.asarray(values)
    if array.ndim != 1:
        raise DataError(f"{source}: column {name!r} has shape {array.shape}; it must be of one dimension.")
    if array.dtype.kind == "O":
        return _objects(list(array), name)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind in "Mm":  # a date or a length of time of any unit
        return pl.Series(name, array.astype("datetime64[us]" if array.dtype.kind == "M" else "timedelta64[us]"))
    if array.dtype.kind == "c":
        raise DataError(f"{source}: column {name!r} holds complex numbers; split them into two columns.")
    if array.dtype.kind == "f":
        array = array.astype(np.float64)
    if array.dtype.kind not in "biufU":
        raise DataError(f"{source}: column {name!r} holds values of type {array.dtype}; turn them into numbers or texts.")
    return pl.Series(name, array.tolist() if array.dtype.kind == "U" else np.ascontiguousarray(array))


def _objects(values: list[Any], name: str) -> pl.Series:
    """Python values: numbers, booleans and bytes as such, anything else as text; None and NaN are missing."""
    cleaned = [None if value is None or value is _pandas_na(value) or value != value else value for value in values]
    present = [value for value in cleaned if value is not None]
    if present and all(isinstance(value, bool | np.bool_) for value in present):
        return pl.Series(name, [None if v is None else bool(v) for v in cleaned], dtype=pl.Boolean)
    if present and all(isinstance(value, int | float | np.number) and not isinstance(value, bool) for value in present):
        return pl.Series(name, [None if v is None else float(v) for v in cleaned], dtype=pl.Float64)
    if present and all(isinstance(value, bytes) for value in present):
        return pl.Series(name, cleaned, dtype=pl.Binary)
    return pl.Series(name, [None if value is None else str(value) for value in cleaned], dtype=pl.String)


def _pandas_na(value: Any) -> Any:
    """The value itself when it is pandas' NA or NaT, which must not be compared; else a thing nothing is."""
    return value if type(value).__name__ in ("NAType", "NaTType") else _objects


def _named(arrays: Mapping[Any, Any], source: str) -> pl.DataFrame:
    """One column for each one-dimensional array, several for a matrix, a picture column for uint8 of three or four."""
    columns: list[pl.Series] = []
    for name, values in arrays.items():
        if isinstance(values, pl.Series) or np.ndim(values) == 1:
            columns.append(_one_column(values, str(name), source))
        else:
            columns += _columns(np.asarray(values), str(name))
    lengths = {column.name: len(column) for column in columns}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name}: {length}" for name, length in list(lengths.items())[:6])
        raise DataError(f"{source}: the arrays differ in length ({shown}); every column needs one value a row.")
    if len(lengths) != len(columns):
        raise DataError(f"{source}: two columns have the same name among {', '.join(lengths)}; rename one.")
    return pl.DataFrame(columns)


def _from_pandas(frame: Any) -> pl.DataFrame:
    """Column by column through numpy, so that pyarrow is not needed. The index is left out."""
    if frame.ndim == 1:
        frame = frame.to_frame(frame.name if frame.name is not None else "x0")
    names = [str(name) for name in frame.columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"the frame has two columns named {twice!r}; rename one.")
    columns = []
    for position, name in enumerate(names):
        series = frame.iloc[:, position]
        plain = isinstance(series.dtype, np.dtype) and series.dtype.kind in "biufM"
        columns.append(_one_column(series.to_numpy(), name, "frame") if plain else _pandas_extension(series, name))
    return pl.DataFrame(columns)


def _pandas_extension(series: Any, name: str) -> pl.Series:
    """Categories, nullable types, strings and zoned times."""
    if getattr(series.dtype, "tz", None) is not None:
        return _one_column(series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(), name, "frame")
    return _objects(list(series.astype(object)), name)
