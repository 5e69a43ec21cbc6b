"""What a request must look like, made from the schema of the model: once for the documentation, once to refuse the rest.

A column's name may be anything, so the fields of the request model are numbered and carry the
name as their alias.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AllowInfNan, BaseModel, ConfigDict, Field, ValidationError, create_model

from assay.core.errors import DataError
from assay.data.schema import Column, Schema
from assay.data.task import Task

Record = dict[str, Any]
_DATA_URL = "data:image/"
_NUMBER = Annotated[float, AllowInfNan(False)] | int | None
_TYPES: dict[str, tuple[Any, str, str]] = {  # kind -> the type in JSON, in words, an example
    "number": (_NUMBER, "a number or null", "1.5"),
    "category": (str | None, "text or null", "text"),
    "text": (str | None, "text or null", "some text"),
    "id": (str | None, "text or null", "text"),
    "date": (str | None, "a date as ISO 8601 text, or null", "2024-01-31"),
    "image": (str | None, "a picture as a data URL (data:image/png;base64,…), or null", "data:image/png;base64,…"),
    "boxes": (str | None, "text or null", "text"),
}


def in_words(column: Column) -> str:
    """What a cell of the column is in JSON."""
    return _TYPES[column.kind][1]


def example(column: Column) -> Any:
    if column.kind == "number":
        return 1 if column.whole else 1.5
    return column.levels[0] if column.kind == "category" and column.levels else _TYPES[column.kind][2]


def row_model(schema: Schema) -> type[BaseModel]:
    """A strict model of one row: every column must be there, and no other."""
    fields: dict[str, Any] = {
        f"column_{i}": (_TYPES[column.kind][0], Field(alias=column.name, description=in_words(column)))
        for i, column in enumerate(schema.columns)
    }
    # hide_input: a value of the caller does not belong into our messages twice; we quote it ourselves, cut short
    return create_model("Row", __config__=ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True), **fields)


def request_schema(schema: Schema, max_rows: int) -> dict[str, Any]:
    """JSON schema of the body of a request, without references."""
    rows = {"type": "array", "minItems": 1, "maxItems": max_rows, "items": row_model(schema).model_json_schema()}
    return {"type": "object", "required": ["rows"], "additionalProperties": False, "properties": {"rows": rows}}


def answer_schema(task: Task) -> dict[str, Any]:
    """JSON schema of the answer."""
    number, label = {"type": "number"}, {"type": "string", "enum": list(task.classes)}
    names: dict[str, Any] = {"prediction": label if task.is_classification else number}
    if task.name == "binary":
        names |= {"probability": number, "score": number}
    elif task.is_classification:
        names |= {f"probability_{name}": number for name in task.classes}
    row = {"type": "object", "required": list(names), "properties": names}
    fields = {"predictions": {"type": "array", "items": row}, "model": {"type": "string"}, "n": {"type": "integer"}}
    return {"type": "object", "required": list(fields), "properties": fields}


def check_types(model: type[BaseModel], schema: Schema, rows: Sequence[Record]) -> None:
    """Raise DataError for the first cell that is of another type than the column's kind has in JSON."""
    for number, row in enumerate(rows):
        try:
            model.model_validate(row)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_context=False)[0]
            name = str(fault["loc"][0])
            if name not in schema or name not in row:
                raise DataError(f"row {number}, column {name!r}: {fault['msg'].lower()}.") from error
            found = repr(row[name])
            shown = found if len(found) <= 60 else found[:59] + "…"
            raise DataError(f"row {number}, column {name!r}: {in_words(schema[name])} is expected, not {shown}.") from error


def open_pictures(schema: Schema, rows: Sequence[Record]) -> list[Record]:
    """Rows with the data URLs of image columns as bytes. Text in an image column is never taken for a path on the server."""
    names = [column.name for column in schema.columns if column.kind == "image"]
    if not names:
        return list(rows)
    return [
        {**row, **{name: _picture(row[name], name, number) for name in names if name in row}} for number, row in enumerate(rows)
    ]


def _picture(value: Any, name: str, number: int) -> bytes | None:
    if value is None:
        return None
    where = f"row {number}, column {name!r}"
    head, _, body = value.partition(",") if isinstance(value, str) else ("", "", "")
    if not head.startswith(_DATA_URL) or not head.endswith(";base64"):
        raise DataError(f"{where}: {_TYPES['image'][1]} is expected.")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError(f"{where}: the data URL does not hold base64 ({error}).") from error
