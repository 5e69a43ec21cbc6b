"""The HTTP face of saved models: predict, health, and a page that says how to ask.

A body is read here, not by the framework, so that it is refused as soon as it is too long, and so
that the sentence in a 4xx answer is the one that Python and the command line give.
"""

import re
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

import assay
from assay.bundle.manifest import versions_here
from assay.bundle.model import Model
from assay.core.errors import AssayError, ConfigError
from assay.core.names import did_you_mean
from assay.data.conforming import conform
from assay.serve.page import docs_page
from assay.serve.schema import answer_schema, request_schema

MAX_BODY_BYTES = 16 * 2**20
MAX_ROWS = 10_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CLOSED = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Served:
    """One model with what a request to it needs. The lock: a learner need not be safe for two threads at once."""

    name: str
    model: Model
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, rows: list[Any], level: Any = None) -> dict[str, Any]:
        """The predictions for rows as JSON has them, with sets or intervals where a level is asked for.

        Raises DataError for rows that do not fit the schema, ConfigError for a level that is none.
        """
        features = conform(rows, self.model.fitted.schema, extra="refuse")
        with self.lock:
            predictions = self.model.predict_features(features, level)
        return {"predictions": predictions.to_dicts(), "model": self.name, "n": predictions.height}


def make_app(models: Mapping[str, Model], *, max_body_bytes: int = MAX_BODY_BYTES, max_rows: int = MAX_ROWS) -> FastAPI:
    """An ASGI application over models by name.

    ``POST /predict`` asks the first model, ``POST /models/NAME/predict`` any; ``GET /health``, ``/docs``, ``/openapi.json``.
    A request over ``max_body_bytes`` gets 413, everything else that is the caller's fault 4xx and {"detail": one sentence}.
    Raises ConfigError without a model, and for a name that does not fit into an address.
    """
    if not models:
        raise ConfigError("there is no model to serve; name at least one.")
    for name in models:
        if not _NAME.fullmatch(name):
            raise ConfigError(f"a model cannot be served as {name!r}; use letters, digits, dot, dash and underscore.")
    app = FastAPI(title="Assay", version=assay.__version__, docs_url=None, redoc_url=None)
    served = [Served(name, model) for name, model in models.items()]
    for one in served:
        endpoint = _predict(one, max_body_bytes, max_rows)
        _add(app, f"/models/{one.name}/predict", endpoint, one, max_rows)
        if one is served[0]:
            _add(app, "/predict", endpoint, one, max_rows)
    _add_pages(app, served)
    app.add_exception_handler(AssayError, _refuse)
    return app


def _add(app: FastAPI, path: str, endpoint: Callable[[Request], Awaitable[Response]], one: Served, max_rows: int) -> None:
    fitted, with_sets = one.model.fitted, one.model.conformal is not None
    detail = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}
    refusals: dict[int | str, dict[str, Any]] = {
        code: {"description": why, "content": {"application/json": {"schema": detail}}}
        for code, why in ((400, "not JSON"), (413, "too long"), (415, "not sent as JSON"), (422, "rows that do not fit"))
    }
    answer = {
        "description": "one prediction a row",
        "content": {"application/json": {"schema": answer_schema(fitted.task, with_sets=with_sets)}},
    }
    request = request_schema(fitted.schema, max_rows, with_level=with_sets)
    body = {"required": True, "content": {"application/json": {"schema": request}}}
    app.add_api_route(
        path,
        endpoint,
        methods=["POST"],
        summary=f"Predictions of {one.name}",
        operation_id=re.sub(r"\W", "_", path.strip("/")),
        response_class=Response,
        responses={200: answer, **refusals},
        openapi_extra={"requestBody": body},
    )


def _predict(one: Served, max_body_bytes: int, max_rows: int) -> Callable[[Request], Awaitable[Response]]:
    def work(body: bytes) -> bytes:
        return orjson.dumps(one.answer(*parse_rows(body, max_rows)))

    async def predict(request: Request) -> Response:
        body = await read_body(request, max_body_bytes)
        return Response(await run_in_threadpool(work, body), media_type="application/json")

    return predict


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The body, given up as soon as it is known to be too long. Raises HTTPException 413, and 415 for another content type."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "the request must be sent with Content-Type: application/json.")
    too_long = HTTPException(413, f"the request is longer than {max_bytes} bytes; send fewer rows at a time.")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > max_bytes:
        raise too_long
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > max_bytes:
            raise too_long
        parts.append(part)
    return b"".join(parts)


def parse_rows(body: bytes, max_rows: int) -> tuple[list[Any], Any]:
    """The rows of a request and its level or None, each still unchecked.

    Raises HTTPException 400 for no JSON, 422 for JSON of another shape.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HTTPException(
            400, f"the request is not JSON ({error}); NaN and Infinity are not, a missing value is null."
        ) from error
    if not isinstance(value, dict) or set(value) - {"level"} != {"rows"} or not isinstance(value["rows"], list):
        raise HTTPException(422, 'the request must be {"rows": [{column: value, …}, …]}, with "level": 0.9 if wanted, no more.')
    rows = value["rows"]
    if len(rows) > max_rows:
        raise HTTPException(422, f"the request has {len(rows)} rows; send at most {max_rows} at a time.")
    return rows, value.get("level")


def _add_pages(app: FastAPI, served: list[Served]) -> None:
    names = [one.name for one in served]
    page = docs_page({one.name: one.model for one in served})
    health = orjson.dumps({"status": "ok", "versions": {"assay": assay.__version__, **versions_here()}, "models": names})

    async def say_health() -> Response:
        return Response(health, media_type="application/json")

    async def show_docs() -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": _CLOSED, "X-Content-Type-Options": "nosniff"})

    async def no_such_model(name: str) -> Response:
        raise HTTPException(404, f"no model {name[:80]!r}{did_you_mean(name[:80], names)}")

    app.add_api_route("/health", say_health, methods=["GET"], summary="Whether the server is up, and what it serves")
    app.add_api_route("/docs", show_docs, methods=["GET"], include_in_schema=False)
    app.add_api_route("/", show_docs, methods=["GET"], include_in_schema=False)
    app.add_api_route("/models/{name}/predict", no_such_model, methods=["POST"], include_in_schema=False)


async def _refuse(_request: Request, error: Exception) -> Response:
    return Response(orjson.dumps({"detail": str(error)}), status_code=422, media_type="application/json")
