"""What a request and its answer look like, as JSON schemas made from the schema of the model.

They describe what ``assay.data.conform`` lets through, which is what checks a request: one check for
Python, the command line and HTTP, so that all three say the same sentence.
"""

from typing import Any

from assay.data.schema import Column, Schema
from assay.data.task import Task

_CELLS: dict[str, tuple[list[str], str, str]] = {  # kind -> JSON types, in words, an example
    "number": (["number"], "a number", "1.5"),
    "category": (["string", "number", "boolean"], "text, a number or a boolean", "text"),
    "text": (["string"], "text", "some text"),
    "id": (["string", "number", "boolean"], "text, a number or a boolean", "text"),
    "date": (["string"], "a date such as 2024-12-31", "2024-12-31"),
    "boxes": (["string"], "text", "text"),
    "image": (["string"], "a picture as data:image/png;base64,…", "data:image/png;base64,…"),
}


def in_words(column: Column) -> str:
    """What a cell of the column is in JSON, null aside."""
    return _CELLS[column.kind][1]


def example(column: Column) -> Any:
    """A value that could stand in a request."""
    if column.kind == "number":
        return 1 if column.whole else 1.5
    return column.levels[0] if column.levels else _CELLS[column.kind][2]


def row_schema(schema: Schema) -> dict[str, Any]:
    """JSON schema of one row: every column must be there, and no other."""
    cells = {
        column.name: {"type": [*_CELLS[column.kind][0], "null"], "description": in_words(column)} for column in schema.features
    }
    return {"type": "object", "required": list(cells), "additionalProperties": False, "properties": cells}


def request_schema(schema: Schema, max_rows: int, *, with_level: bool = False) -> dict[str, Any]:
    """JSON schema of the body of a request; with_level: the model gives sets or intervals at a level."""
    rows = {"type": "array", "minItems": 1, "maxItems": max_rows, "items": row_schema(schema)}
    properties: dict[str, Any] = {"rows": rows}
    if with_level:
        words = "how often the set or the interval of a row holds the truth, such as 0.9"
        properties["level"] = {"type": ["number", "null"], "exclusiveMinimum": 0, "exclusiveMaximum": 1, "description": words}
    words = "how many columns to name for each answer, those that moved it most; models of another kind refuse (422)"
    properties["reasons"] = {"type": ["integer", "null"], "minimum": 1, "description": words}
    request = {"type": "object", "required": ["rows"], "additionalProperties": False, "properties": properties}
    return {**request, "example": {"rows": [{column.name: example(column) for column in schema.features}]}}


_REASON = {
    "type": "object",
    "required": ["column", "value", "effect"],
    "properties": {
        "column": {"type": "string"},
        "value": {"type": ["number", "string", "null"], "description": "of the column in this row"},
        "effect": {"type": "number", "description": "on the score before calibration, against a typical training row"},
        "bin": {"type": "string", "description": "of a scorecard, whose effects are in points"},
    },
}


def answer_schema(task: Task, *, with_sets: bool = False) -> dict[str, Any]:
    """JSON schema of the answer; with_sets: what a row has besides where the request had a level."""
    if task.is_language:
        return _language_answers(task)
    number, label = {"type": "number"}, {"type": "string", "enum": list(task.classes)}
    cells: dict[str, Any] = {"prediction": label if task.is_classification else number}
    if task.name == "binary":
        cells |= {"probability": number, "score": number}
    elif task.is_classification:
        cells |= {f"probability_{name}": number for name in task.classes}
    required = list(cells)
    if not task.is_classification:
        cells["spread"] = {**number, "description": "of recipes that say how far the truth may lie from the prediction"}
    cells["reasons"] = {"type": "array", "items": _REASON, "description": "where the request asked for reasons"}
    if with_sets and task.is_classification:
        cells |= {"set": {"type": "array", "items": label}, "set_size": {"type": "integer"}}
    elif with_sets:
        cells |= {"low": {"type": ["number", "null"]}, "high": {"type": ["number", "null"]}}
    return _answers({"type": "object", "required": required, "properties": cells})


def _language_answers(task: Task) -> dict[str, Any]:
    """Of a text that is written or tagged the text; of a language model how likely it finds the text."""
    cells: dict[str, Any] = {"prediction": {"type": "string"}}
    if task.prediction == "tokens":
        cells = {"log_probability": {"type": "number"}, "tokens": {"type": "integer"}, "perplexity": {"type": "number"}}
    return _answers({"type": "object", "required": list(cells), "properties": cells})


def _answers(row: dict[str, Any]) -> dict[str, Any]:
    fields = {"predictions": {"type": "array", "items": row}, "model": {"type": "string"}, "n": {"type": "integer"}}
    return {"type": "object", "required": list(fields), "properties": fields}
