"""What the server takes and gives, as an OpenAPI document."""

import re
from collections.abc import Mapping
from typing import Any

import assay
from assay.bundle.model import Model
from assay.serve.schema import answer_schema, request_schema

_DETAIL = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}
_REFUSALS = {
    400: "not JSON, CSV or Parquet",
    401: "without a key, where the server wants one",
    408: "did not arrive in time",
    413: "too long",
    415: "of another content type",
    422: "rows that do not fit",
    503: "too many requests at once; Retry-After says when to come back",
    504: "no answer in time",
}


def document(models: Mapping[str, Model], most_rows: int) -> dict[str, Any]:
    """OpenAPI 3.1 as JSON values."""
    paths: dict[str, Any] = {}
    for place, (name, model) in enumerate(models.items()):
        for path in (["/predict"] if place == 0 else []) + [f"/models/{name}/predict"]:
            paths[path] = {"post": _predict(path, name, model, most_rows)}
    for path, (summary, kind) in _OTHERS.items():
        answers = {"200": {"description": summary, "content": {kind: {}}}}
        paths[path] = {"get": {"summary": summary, "operationId": path.strip("/"), "responses": answers}}
    return {"openapi": "3.1.0", "info": {"title": "Assay", "version": assay.__version__}, "paths": paths}


_OTHERS = {
    "/health": ("Whether the server is up, and what it serves", "application/json"),
    "/metrics": ("What it has done so far, for Prometheus", "text/plain"),
}


def _predict(path: str, name: str, model: Model, most_rows: int) -> dict[str, Any]:
    fitted, with_sets = model.fitted, model.conformal is not None
    request = request_schema(fitted.schema, most_rows, with_level=with_sets)
    answer = {
        "description": "one prediction a row",
        "content": {"application/json": {"schema": answer_schema(fitted.task, with_sets=with_sets)}},
    }
    refusals = {
        str(code): {"description": why, "content": {"application/json": {"schema": _DETAIL}}} for code, why in _REFUSALS.items()
    }
    table = {"schema": {"type": "string", "format": "binary"}}
    content = {"application/json": {"schema": request}, "text/csv": table, "application/vnd.apache.parquet": table}
    return {
        "summary": f"Predictions of {name}",
        "operationId": re.sub(r"\W", "_", path.strip("/")),
        "requestBody": {"required": True, "content": content},
        "responses": {"200": answer, **refusals},
    }
