"""New rows in the form of a schema: a file to be scored, a frame, or the records of a request.

Everything that reaches a model after it was made passes here, so a wrong cell is refused with its row and column and
never becomes a missing value in silence. Rows are counted from 1.
"""

import base64
import binascii
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import polars as pl

from assay.core.errors import DataError
from assay.core.names import nearest
from assay.data.kinds import as_kind
from assay.data.reader import load
from assay.data.schema import Column, Schema
from assay.data.sources.lines import TEXT_COLUMN
from assay.data.values import blank_to_null, day_is_ambiguous, number_text

Extra = Literal["ignore", "refuse"]

_DATA_URI = "data:image/"


def read_features(source: Any, schema: Schema) -> pl.DataFrame:
    """The feature columns of ``schema`` from a file, a folder or zip of pictures, a frame or arrays; other columns are ignored.

    A .txt file without the name of a model's only column, of texts, is running text: a row each line.
    Raises DataError as ``read`` and ``conform`` do.
    """
    if isinstance(source, str | Path):
        from assay.data.sources.files import from_path

        text = _only_text(schema)
        raw = from_path(Path(source), labelled=False, lines=text is not None, unless=text or "")
        if text is not None and raw.target == TEXT_COLUMN and raw.frame.columns == [TEXT_COLUMN]:
            raw = replace(raw, frame=raw.frame.rename({TEXT_COLUMN: text}))
    else:
        raw = load(source)
    return conform(raw.frame, schema, root=raw.root)


def _only_text(schema: Schema) -> str | None:
    features = schema.features
    return features[0].name if len(features) == 1 and features[0].kind == "text" else None


def conform(
    rows: pl.DataFrame | Sequence[dict[str, Any]], schema: Schema, *, extra: Extra = "ignore", root: Path | None = None
) -> pl.DataFrame:
    """The schema's feature columns, in its order and with the types of ``Dataset``.

    rows: a frame of any types, or records of JSON values. In records a number must be a number; a category may be a
        string, a number or a boolean; a date is an ISO string; a picture is a path or "data:image/…;base64,…".
    extra: "refuse" is for requests: unknown columns are refused, NaN too, and pictures must be sent, not named by a
        path, unless ``root`` says below which folder paths may lie.
    root: the folder that relative picture paths start from.
    Category levels that were not seen in training pass; encoders know what to do with them.
    Raises DataError for a missing column and for a value of the wrong type or an infinite one, with row and column.
    """
    frame = rows if isinstance(rows, pl.DataFrame) else _from_records(list(rows), schema, extra=extra, root=root)
    names = [column.name for column in schema.features]
    there = frozenset(frame.columns)
    for name in names:
        if name not in there:
            raise DataError(f"column {name!r} is missing{_nearest(name, frame.columns)}")
    if extra == "refuse":
        _refuse_extra(frame.columns, names)
    return pl.DataFrame([_column(frame[column.name], column, root) for column in schema.features])


def _nearest(name: str, names: Sequence[str]) -> str:
    near = nearest(name, names)
    return f"; did you mean {near!r} by it?" if near else "; add it (it may be empty where it is not known)."


def _refuse_extra(found: Sequence[str], names: Sequence[str]) -> None:
    for name in found:
        if name not in names:
            near = nearest(name, names)
            raise DataError(
                f"column {name!r} is not one of the model's" + (f"; did you mean {near!r}?" if near else "; leave it out.")
            )


def _column(series: pl.Series, column: Column, root: Path | None) -> pl.Series:
    if column.kind == "date" and series.dtype == pl.String:
        cells = blank_to_null(series)
        # The training file may have proved day/month; a few new rows cannot, and a silent swap would be a wrong number.
        if day_is_ambiguous(cells):
            cell = next(one for one in cells.drop_nulls() if day_is_ambiguous(pl.Series([one])))
            raise DataError(
                f"column {column.name!r}: {cell!r} can be read as day/month and as month/day; write it as 2024-12-31."
            )
    converted = as_kind(series, column.kind, root=root, levels=column.levels)
    if column.kind == "number":
        infinite = converted.is_infinite().fill_null(value=False)
        if infinite.any():
            row = int(infinite.arg_true()[0])
            raise DataError(f"row {row + 1}, column {column.name!r}: expected a finite number, found {converted[row]}.")
    return converted


def _from_records(records: list[dict[str, Any]], schema: Schema, *, extra: Extra, root: Path | None) -> pl.DataFrame:
    if not records:
        raise DataError("there are no rows; send at least one.")
    names = [column.name for column in schema.features]
    for row, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise DataError(f"row {row}: expected an object with the columns as keys, found {_what(record)}.")
        if len(record) == len(names) and all(name in record for name in names):
            continue
        missing = next((name for name in names if name not in record), None)
        if missing is not None:
            raise DataError(f"row {row}: column {missing!r} is missing{_nearest(missing, list(record))}")
        if extra == "refuse":
            _refuse_extra(list(record), names)
    columns = []
    for column in schema.features:
        cells = [_cell(record[column.name], row, column, extra) for row, record in enumerate(records, start=1)]
        columns.append(_series(cells, column, extra=extra, root=root))
    return pl.DataFrame(columns)


def _what(value: Any) -> str:
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    shown = repr(value)
    return f"{kinds.get(type(value), type(value).__name__)} ({shown if len(shown) <= 40 else shown[:37] + '…'})"


def _cell(value: Any, row: int, column: Column, extra: Extra) -> Any:
    """A JSON value that suits the column, or DataError."""
    if value is None:
        return None
    where = f"row {row}, column {column.name!r}"
    if isinstance(value, float) and not math.isfinite(value):
        if math.isnan(value) and extra == "ignore":
            return None
        raise DataError(f"{where}: expected a finite number or null, found {value}.")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if column.kind == "number":
        if not is_number:
            raise DataError(f"{where}: expected a number, found {_what(value)}.")
        return _float(value, where)
    if column.kind == "category" or column.kind == "id":
        if isinstance(value, bool):
            return "true" if value else "false"
        if is_number:
            return number_text(pl.Series([_float(value, where)]))[0]
    if column.kind == "image" and isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        expected = {"date": "a date such as 2024-12-31", "image": "a picture", "text": "text"}.get(
            column.kind, "a string or a number"
        )
        raise DataError(f"{where}: expected {expected}, found {_what(value)}.")
    return value


def _float(value: int | float, where: str) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise DataError(f"{where}: the number is too large.") from error


def _series(cells: list[Any], column: Column, *, extra: Extra, root: Path | None) -> pl.Series:
    if column.kind == "image":
        return _pictures(cells, column.name, extra=extra, root=root)
    return pl.Series(column.name, cells, dtype=pl.Float64 if column.kind == "number" else pl.String)


def _pictures(cells: list[Any], name: str, *, extra: Extra, root: Path | None) -> pl.Series:
    """Paths as they are; once a picture was sent in full, all of them as bytes."""
    paths = [isinstance(cell, str) and not cell.startswith(_DATA_URI) for cell in cells]
    for row, (cell, is_path) in enumerate(zip(cells, paths, strict=True), start=1):
        if is_path and extra == "refuse":
            _refuse_path(cell, f"row {row}, column {name!r}", root)
    if all(is_path or cell is None for cell, is_path in zip(cells, paths, strict=True)):
        return pl.Series(name, cells, dtype=pl.String)
    encoded = [_encoded(cell, f"row {row}, column {name!r}", root) for row, cell in enumerate(cells, start=1)]
    return pl.Series(name, encoded, dtype=pl.Binary)


def _refuse_path(cell: str, where: str, root: Path | None) -> None:
    """A request may not make the server open files of its choice."""
    if root is None:
        raise DataError(f"{where}: expected a picture as data:image/png;base64,…, found text ({cell[:40]!r}).")
    if not (root / cell).resolve().is_relative_to(root.resolve()):
        raise DataError(f"{where}: the path {cell[:80]!r} leads outside the folder of pictures.")


def _encoded(cell: str | bytes | None, where: str, root: Path | None) -> bytes | None:
    if cell is None or isinstance(cell, bytes):
        return cell
    if not cell.startswith(_DATA_URI):
        path = (Path.cwd() if root is None else root) / cell
        if not path.is_file():
            raise DataError(f"{where}: there is no picture {path}.")
        return path.read_bytes()
    head, _, body = cell.partition(",")
    if not head.endswith(";base64"):
        raise DataError(f"{where}: expected data:image/png;base64,…, found {head[:40]!r}.")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise DataError(f"{where}: the picture is not valid base64 ({error}).") from error
