"""Trying the model of a finished run: a row in a form, sliders, a dropped or drawn picture, a text, pasted rows.

What is tried stands in the address, so that it can be copied; pictures and long texts travel with each request and are kept
nowhere.  A part of a page is asked with what the whole form holds, and answers to the whole.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from assay.core.errors import ConfigError, DataError
from assay.serve.studio.drawn import SIDES, USUAL_SIDE, as_picture, fit_named, framed, ink_of
from assay.serve.studio.pages import page
from assay.serve.studio.place import Place
from assay.serve.studio.trying_answer import view_of
from assay.serve.studio.trying_models import Models, Tried
from assay.serve.studio.trying_row import LEVELS, Asked, asked_of, pairs_of
from assay.serve.studio.trying_rows import MOST_ROWS, answered, as_csv, example_csv

FORM = "application/x-www-form-urlencoded"
MOST_PICTURE = 16 * 2**20
"""Bytes of a file; in a form it takes half as much again, and the studio takes 32 MiB here."""
MOST_FIELDS = 200
"""Columns that have a field on the page; those beyond stay typical unless the address says otherwise."""


def routes(place: Place) -> APIRouter:
    router = APIRouter()
    models = Models(place)

    @router.get("/try/{run}")
    def form(request: Request, run: str) -> Response:
        tried = models.of(run)
        asked = asked_of(tried, pairs_of(request.url.query))
        return page(request, "try_row.html", view=view_of(tried, asked), **_form(tried, asked))

    @router.post("/try/{run}/answer")
    async def answer(request: Request, run: str) -> Response:
        pairs = await _sent(request)
        return await run_in_threadpool(_answer, request, models, run, pairs)

    @router.post("/try/{run}/drawn")
    async def drawn(request: Request, run: str) -> Response:
        body = await request.body()
        return await run_in_threadpool(_drawn, request, models, run, body)

    @router.get("/try/{run}/rows")
    def rows(request: Request, run: str) -> Response:
        return page(request, "try_rows.html", **_rows(models.of(run)))

    @router.post("/try/{run}/rows")
    async def rows_answered(request: Request, run: str) -> Response:
        said = dict(await _sent(request)).get("csv", "")
        return await run_in_threadpool(_rows_page, request, models, run, said)

    @router.post("/try/{run}/rows.csv")
    async def rows_as_csv(request: Request, run: str) -> Response:
        said = dict(await _sent(request)).get("csv", "")
        return await run_in_threadpool(_rows_file, request, models, run, said)

    return router


async def _sent(request: Request) -> list[tuple[str, str]]:
    """The pairs of a form.  Raises ConfigError for anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise ConfigError(f"what is sent here is a form ({FORM}).")
    return await run_in_threadpool(lambda body: pairs_of(body.decode("utf-8", "replace")), await request.body())


def _answer(request: Request, models: Models, run: str, pairs: list[tuple[str, str]]) -> Response:
    tried = models.of(run)
    view = view_of(tried, asked_of(tried, pairs))
    found = page(request, "try_answer.html", tried=tried, view=view, is_part=True, shown=_shown(tried))
    if view.here is not None:
        found.headers["HX-Replace-Url"] = view.here
    return found


def _shown(tried: Tried) -> list[str]:
    """Columns with a field of their own: not the pixels of a grid, and no more than MOST_FIELDS."""
    in_grid = set() if tried.grid is None else set(tried.grid.names)
    return [name for name in tried.fields if name not in in_grid][:MOST_FIELDS]


def _form(tried: Tried, asked: Asked) -> dict[str, Any]:
    """What the page of a row is made from, besides the view.

    kept: (key, value) of cells that have no field, so that a change of another cell does not lose them.
    """
    cells, start, loose = asked.cells, asked.start, asked.loose
    shown = _shown(tried)
    in_grid = [] if tried.grid is None else list(tried.grid.names)
    fields = [tried.fields[name] for name in shown]
    typical = {name: field.typical for name, field in tried.fields.items()}
    kept = [(f"b.{name}", start[name]) for name in typical if start[name] != typical[name] and name not in loose]
    there = {*shown, *in_grid}
    plain = {name: typical[name] if name in loose else start[name] for name in typical}
    kept += [(f"c.{name}", cells[name]) for name in typical if name not in there and cells[name] != plain[name]]
    more = len(typical) - len(there)
    return {
        "tried": tried,
        "is_part": False,
        "shown": shown,
        "fields": fields,
        "pixels": [tried.fields[name] for name in in_grid],
        "kept": kept,
        "more": more,
        "levels": LEVELS,
        "sides": SIDES,
        "most_bytes": MOST_PICTURE,
    }


def _drawn(request: Request, models: Models, run: str, body: bytes) -> Response:
    """The cells that a drawing fills, by column.

    fit, side, ink: how it is placed, how many pixels a side it is made of, light or dark; a grid has the last two of its own.
    """
    tried, said = models.of(run), dict(pairs_of(request.url.query))
    ink, fit = ink_of(body), fit_named(said.get("fit", "edges"))
    column = said.get("column", "")
    if not column and tried.grid is not None:
        return JSONResponse({"cells": tried.grid.cells(framed(ink, fit, tried.grid.side))})
    if column not in tried.pictures:
        raise ConfigError(f"the model has no picture column {column[:80]!r}, and no drawing is read for another.")
    side = said.get("side", str(USUAL_SIDE))
    if side not in map(str, SIDES):
        raise ConfigError(f"side={side[:20]!r} is none of {', '.join(map(str, SIDES))}.")
    picture = as_picture(framed(ink, fit, int(side)), light=said.get("ink", "light") == "light")
    return JSONResponse({"cells": {column: picture}})


def _rows(tried: Tried) -> dict[str, Any]:
    example = "" if tried.pictures else example_csv(list(tried.fields.values()))
    return {"tried": tried, "csv": "", "example": example, "found": None, "fault": "", "most": MOST_ROWS}


def _rows_page(request: Request, models: Models, run: str, said: str) -> Response:
    tried = models.of(run)
    try:
        found = answered(tried, said)
    except (DataError, ConfigError) as error:
        return page(request, "try_rows.html", 400, **{**_rows(tried), "csv": said.replace("\r\n", "\n"), "fault": str(error)})
    return page(request, "try_rows.html", **{**_rows(tried), "csv": said.replace("\r\n", "\n"), "found": found})


def _rows_file(request: Request, models: Models, run: str, said: str) -> Response:
    tried = models.of(run)
    try:
        body = as_csv(tried, said)
    except (DataError, ConfigError) as error:
        return page(request, "try_rows.html", 400, **{**_rows(tried), "csv": said.replace("\r\n", "\n"), "fault": str(error)})
    return Response(body, media_type="text/csv", headers={"content-disposition": 'attachment; filename="answers.csv"'})
