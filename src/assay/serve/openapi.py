"""What the server takes and gives, as an OpenAPI document."""

import re
from collections.abc import Mapping
from typing import Any

import assay
from assay.bundle.model import Model
from assay.serve.limits import Limits
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


_ANY_TIME = {
    403: "a page from elsewhere asks",
    421: "asked under a name that is not the server's",
    500: "a defect of the server's, under the id of the request in its log",
}
_OBJECT: dict[str, Any] = {"type": "object"}
_NAMES = {"type": "array", "items": {"type": "string"}}
_HEALTH = {
    "type": "object",
    "required": ["status", "versions", "models"],
    "properties": {
        "status": {"type": "string", "enum": ["ok", "stuck", "dead"]},
        "versions": {"type": "object", "additionalProperties": {"type": "string"}},
        "models": _NAMES,
        "stuck": {**_NAMES, "description": "models that do not come back from a request"},
        "dead": {**_NAMES, "description": "models whose thread ended; it has been begun anew"},
    },
}
_SHIFT = {
    "type": "object",
    "required": ["column", "rows", "index", "p", "p_raw", "shifted", "moved", "share_before", "share_now"],
    "properties": {
        "column": {"type": "string"},
        "rows": {"type": "integer", "description": "asked about since"},
        "index": {"type": "number", "description": "population stability index"},
        "p": {"type": ["number", "null"], "description": "of no shift, corrected for the number of columns (Holm)"},
        "p_raw": {"type": ["number", "null"]},
        "shifted": {"type": "boolean"},
        "moved": {"type": "string", "description": "the part of the column whose share changed most"},
        "share_before": {"type": "number"},
        "share_now": {"type": "number"},
    },
}
_INTERVAL = {
    "type": "object",
    "required": ["value", "low", "high"],
    "properties": {name: {"type": "number"} for name in ("value", "low", "high")},
}
_COMPARED = {
    "type": "object",
    "required": ["rows", "failed", "left_out", "level"],
    "properties": {
        **{name: {"type": "integer"} for name in ("rows", "failed", "left_out")},
        "level": {"type": "number"},
        "problem": {"type": "string"},
        "difference": {**_INTERVAL, "description": "shadow minus live, of the probability or the value"},
        "other_label": {**_INTERVAL, "description": "share of rows to which the two say something else"},
    },
}


def _by_model(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["models"],
        "properties": {"models": {"type": "object", "additionalProperties": schema}},
    }


_OTHERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "/health": ("Whether the server is up, and what it serves; without a key", "application/json", _HEALTH),
    "/metrics": ("What it has done so far, for Prometheus", "text/plain", {"type": "string"}),
    "/drift": (
        "How far the last rows lie from the training rows, by model and column",
        "application/json",
        _by_model({"type": "array", "items": _SHIFT}),
    ),
    "/shadow": ("What the shadow of each model says otherwise", "application/json", _by_model(_COMPARED)),
    "/openapi.json": ("This document", "application/json", _OBJECT),
    "/docs": ("How to ask, for people", "text/html", {"type": "string"}),
}


def document(models: Mapping[str, Model], limits: Limits) -> dict[str, Any]:
    """OpenAPI 3.1 as JSON values."""
    paths: dict[str, Any] = {}
    for place, (name, model) in enumerate(models.items()):
        for path in (["/predict"] if place == 0 else []) + [f"/models/{name}/predict"]:
            paths[path] = {"post": _predict(path, name, model, limits.rows)}
        paths[f"/models/{name}/reload"] = {"post": _reload(name)}
    for path, (summary, kind, schema) in _OTHERS.items():
        paths[path] = {"get": _get(path, summary, kind, schema)}
    found = {"openapi": "3.1.0", "info": {"title": "Assay", "version": assay.__version__}, "paths": paths}
    if not limits.keys:
        return found
    scheme = {"type": "http", "scheme": "bearer", "description": "a key of the server's file of keys"}
    paths["/health"]["get"]["security"] = []
    return {**found, "components": {"securitySchemes": {"key": scheme}}, "security": [{"key": []}]}


def _refusals(codes: Mapping[int, str]) -> dict[str, Any]:
    return {str(code): {"description": why, "content": {"application/json": {"schema": _DETAIL}}} for code, why in codes.items()}


def _get(path: str, summary: str, kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    answers = {"200": {"description": summary, "content": {kind: {"schema": schema}}}}
    refusals = _refusals({401: _REFUSALS[401], 503: _REFUSALS[503], **_ANY_TIME})
    if path == "/health":
        refusals["503"] = {"description": "a model is stuck or dead", "content": _json(_HEALTH)}
    return {"summary": summary, "operationId": re.sub(r"\W", "_", path.strip("/")), "responses": {**answers, **refusals}}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _reload(name: str) -> dict[str, Any]:
    fields = {"model": {"type": "string"}, "title": {"type": "string"}}
    answer = {"type": "object", "required": list(fields), "properties": fields}
    codes = {
        401: _REFUSALS[401],
        409: "the file now answers another question, or the model came from no file",
        422: "the file is no model",
        503: _REFUSALS[503],
        **_ANY_TIME,
    }
    return {
        "summary": f"Put the file of {name} as it is now in its place",
        "operationId": re.sub(r"\W", "_", f"models/{name}/reload"),
        "responses": {"200": {"description": "it is in its place", "content": _json(answer)}, **_refusals(codes)},
    }


def _predict(path: str, name: str, model: Model, most_rows: int) -> dict[str, Any]:
    fitted, with_sets = model.fitted, model.conformal is not None
    request = request_schema(fitted.schema, most_rows, with_level=with_sets)
    answer = {
        "description": "one prediction a row",
        "content": {"application/json": {"schema": answer_schema(fitted.task, with_sets=with_sets)}},
    }
    table = {"schema": {"type": "string", "format": "binary"}}
    content = {"application/json": {"schema": request}, "text/csv": table, "application/vnd.apache.parquet": table}
    return {
        "summary": f"Predictions of {name}",
        "operationId": re.sub(r"\W", "_", path.strip("/")),
        "requestBody": {"required": True, "content": content},
        "responses": {"200": answer, **_refusals({**_REFUSALS, **_ANY_TIME})},
    }
