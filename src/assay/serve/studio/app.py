"""The studio as an application: its pages, put together, behind the guard."""

import asyncio
import sys
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from assay.core.errors import AssayError
from assay.serve.limits import LOOPBACK
from assay.serve.studio import runs, starting, trying
from assay.serve.studio.commands import Commands
from assay.serve.studio.guard import Guard, Rules
from assay.serve.studio.index import Index
from assay.serve.studio.pages import environment, page, wants_part
from assay.serve.studio.place import Missing, Place

MORE_BYTES = {"/new": 2**30, "/try": 32 * 2**20}
"""What the addresses that take files may be sent."""

_TITLES = {400: "Not understood", 403: "Not allowed", 404: "Not here", 405: "Not this way", 413: "Too large"}


def make_studio(
    place: Place,
    *,
    token: str | None = None,
    hosts: tuple[str, ...] | None = LOOPBACK,
    more_bytes: Mapping[str, int] | None = None,
) -> FastAPI:
    """The studio over ``place``.

    token: what whoever asks must bring; None: nothing.  hosts: names under which it may be asked, None: any.
    more_bytes: of the body of a request to addresses that begin so, instead of MORE_BYTES.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=_living)
    app.state.place, app.state.pages = place, environment()
    app.state.index, app.state.commands = Index(place), Commands()
    app.add_middleware(Guard, rules=Rules(hosts, token, more_bytes=MORE_BYTES if more_bytes is None else more_bytes))
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    for part in (runs, starting, trying):
        app.include_router(part.routes(place))
    app.add_exception_handler(AssayError, _at_fault)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(Exception, _defect)
    return app


@asynccontextmanager
async def _living(app: FastAPI) -> AsyncIterator[None]:
    """The runs are looked through once before anybody asks; what was started for pages ends with the studio."""
    looking = asyncio.create_task(asyncio.to_thread(app.state.index.runs))
    try:
        yield
    finally:
        app.state.commands.close()
        await asyncio.wait([looking])


def _at_fault(request: Request, error: Exception) -> Response:
    return error_page(request, str(error), 404 if isinstance(error, Missing) else 400)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # what it is registered for
    said = error.detail if isinstance(error.detail, str) and error.detail not in ("Not Found", "Method Not Allowed") else ""
    path = request.url.path[:80]
    words = {404: f"there is nothing at {path!r}.", 405: f"{path!r} is not asked with {request.method}."}
    return error_page(request, said or words.get(error.status_code, "the request failed."), error.status_code)


def _not_understood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # what it is registered for
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"][1:])) or "the request"
    return error_page(request, f"{where}: {first['msg'].lower()}.", 400)


def _defect(request: Request, error: Exception) -> Response:
    sys.stderr.write("".join(traceback.format_exception(error)))
    return error_page(request, "a defect of the studio's; its traceback is where the studio was started.", 500)


def error_page(request: Request, sentence: str, status: int) -> Response:
    """One sentence: as a page, or as a part where htmx asks for one."""
    template = "error_part.html" if wants_part(request) else "error.html"
    return page(request, template, status, title=_TITLES.get(status, "It went wrong"), sentence=sentence, code=status)
