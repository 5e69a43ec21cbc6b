"""Starting a run: data are chosen or uploaded, looked at, corrected and checked, and the command is started.

The whole form stands in the address of ``/new/preview``, so that it can be copied, kept and opened again.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from assay.core.errors import AssayError, ConfigError
from assay.serve.studio import jobs_pages
from assay.serve.studio.jobs import is_free, start
from assay.serve.studio.pages import page, wants_part
from assay.serve.studio.place import Place
from assay.serve.studio.preview import SHOWN_COLUMNS, TASK_CHOICES, Preview, preview
from assay.serve.studio.preview_sources import Listed, allowed, listed, may_read, uploads_of
from assay.serve.studio.starting_checks import Checked, Checker, CheckFailedError, Left
from assay.serve.studio.starting_form import ROLES, SETTABLE_KINDS, Asked, check_name, command_line
from assay.serve.studio.starting_posted import posted
from assay.serve.studio.uploads import Receiving, Upload, shown_name, size_words, uploads_in

SHOWN_RECIPES = 12
_GONE = 499


def routes(place: Place) -> APIRouter:
    router = APIRouter()
    checker = Checker(place)

    @router.get("/new")
    def new(request: Request, folder: str = "") -> Response:
        return _choosing(request, place, folder)

    @router.post("/new/upload")
    async def upload(request: Request) -> Response:
        try:
            sent = await _received(request, place)
        except AssayError as error:
            return await run_in_threadpool(_choosing, request, place, "", str(error), 422)
        return RedirectResponse(f"/new/preview?{urlencode({'data': str(sent.path)})}", 303)

    @router.get("/new/preview")
    def form(request: Request) -> Response:
        return _form(request, place, Asked.of(request.query_params.multi_items()))

    @router.get("/new/checks")
    async def checks(request: Request) -> Response:
        asked = Asked.of(request.query_params.multi_items())

        def told(checked: Checked | None, problem: str, status: int = 200) -> Response:
            stops = checked is not None and bool(checked.refusal(strict=asked.strict))
            values = {"checked": checked, "problem": problem, "stops": stops, "strict": asked.strict}
            return page(request, "start_checks.html", status, **values, without=lambda columns: _without(asked, columns))

        try:
            asked.check()
            data = await run_in_threadpool(allowed, place, asked.data)
            shown = shown_name(uploads_of(place), data)
            checked = await checker.check(asked.to_check(), data, request.is_disconnected)
        except Left:
            return Response(status_code=_GONE)
        except CheckFailedError as error:
            return told(None, str(error))
        except AssayError as error:
            return told(None, str(error), 422)
        named = _renamed(checked, str(data), shown)
        return told(named, named.problem)

    @router.post("/new")
    async def begin(request: Request) -> Response:
        asked = Asked.of(await posted(request))
        try:
            job = await _started(place, checker, asked)
        except AssayError as error:
            return await run_in_threadpool(_form, request, place, asked, str(error))
        return RedirectResponse(f"/jobs/{job}?follow=1", 303)

    router.include_router(jobs_pages.routes(place))
    return router


async def _started(place: Place, checker: Checker, asked: Asked) -> str:
    """The id of the job.  Raises AssayError for what ``assay run`` would refuse, as far as that can be known before."""
    asked.check()
    data = await run_in_threadpool(allowed, place, asked.data)
    shown = shown_name(uploads_of(place), data)
    check_name(asked.name)
    found = await run_in_threadpool(preview, asked, data, shown, partial(may_read, place))
    if found.stops:
        raise ConfigError(found.problem)
    if not found.target:
        raise ConfigError("no target is chosen; choose the column that is to be predicted.")
    try:
        checked = await checker.check(asked.to_check(), data)
    except CheckFailedError:
        checked = Checked()  # the run makes its own checks, and says the same
    refusal = _renamed(checked, str(data), shown).refusal(strict=asked.strict)
    if refusal:
        raise ConfigError(refusal)
    asked = replace(asked, data=str(data))  # no link may lead elsewhere by the time it is read
    words = asked.to_run(str(place.runs.absolute() / asked.name))
    job = await run_in_threadpool(start, place, kind="run", run=asked.name, words=words, form=asked.query(), is_new=True)
    return job.id


def _renamed(checked: Checked, path: str, shown: str) -> Checked:
    return replace(checked, problem=checked.problem.replace(path, shown))


async def _received(request: Request, place: Place) -> Upload:
    """The file of a form, streamed to the disk.  Raises AssayError for what is no upload."""
    try:
        receiving = await run_in_threadpool(Receiving, uploads_of(place), request.headers.get("content-type", ""))
        try:
            async for part in request.stream():
                await run_in_threadpool(receiving.write, part)
            return await run_in_threadpool(receiving.finish)
        finally:
            receiving.drop()
    except ClientDisconnect as error:
        raise ConfigError("the file did not arrive whole; send it again.") from error
    except OSError as error:
        raise ConfigError(f"the file cannot be kept here ({error.strerror}); make room, or put it into a data folder.") from error


def _choosing(request: Request, place: Place, folder: str = "", problem: str = "", status: int = 200) -> Response:
    inside = None
    try:
        inside = listed(place, folder) if folder else None
    except AssayError as error:
        problem, status = str(error), 422
    if inside is None and len(place.data) == 1 and not folder:
        inside = _listed_or_none(place)
    return page(
        request,
        "start_choose.html",
        status,
        problem=problem,
        uploads=uploads_in(uploads_of(place)),
        folders=[str(root.resolve()) for root in place.data],
        inside=inside,
        size_words=size_words,
        preview_of=_preview_of,
        list_of=lambda path: f"/new?{urlencode({'folder': str(path)})}",
    )


def _listed_or_none(place: Place) -> Listed | None:
    try:
        return listed(place, str(place.data[0].resolve()))
    except AssayError:
        return None


def _without(asked: Asked, columns: tuple[str, ...]) -> str:
    """The address of the form with these columns left out, the target aside."""
    roles = {**dict(asked.roles), **dict.fromkeys(columns, "ignored")}
    return f"/new/preview?{replace(asked, roles=tuple(roles.items())).query()}"


def _preview_of(path: object) -> str:
    return f"/new/preview?{urlencode({'data': str(path)})}"


def _form(request: Request, place: Place, asked: Asked, problem: str = "") -> Response:
    """The form as far as it is filled in, with one sentence beside it where something is wrong (then 422)."""
    path, shown, found = None, asked.data, Preview((), None, 0, "")
    try:
        path = allowed(place, asked.data)
        shown = shown_name(uploads_of(place), path)
        found = preview(asked, path, shown, partial(may_read, place))
    except AssayError as error:
        problem = problem or str(error)
    problem = problem or found.problem
    name = asked.name or _free_name(place, Path(shown).name)
    answer = page(
        request,
        "start_part.html" if wants_part(request) else "start_form.html",
        422 if problem else 200,
        asked=asked,
        shown=shown,
        short=Path(shown).name or shown,
        found=found,
        problem=problem,
        name=name,
        address=f"/new/preview?{asked.query()}",
        command=_command(place, asked, name),
        first_shown=_first_shown(request, found),
        shown_columns=SHOWN_COLUMNS,
        shown_recipes=SHOWN_RECIPES,
        kinds=SETTABLE_KINDS,
        roles=ROLES,
        tasks=TASK_CHOICES,
        checkable=path is not None and bool(found.target) and not problem,
        checks_address=f"/new/checks?{asked.query()}",
    )
    if wants_part(request):
        answer.headers["HX-Replace-Url"] = f"/new/preview?{asked.query()}"
    return answer


def _first_shown(request: Request, found: Preview) -> int:
    said = request.query_params.get("from", "0")
    first = int(said) if said.isascii() and said.isdecimal() and len(said) < 7 else 0
    return first - first % SHOWN_COLUMNS if first < len(found.columns) else 0


def _command(place: Place, asked: Asked, name: str) -> str:
    """As it would be started; "" while it cannot be."""
    try:
        asked.check()
        return command_line(asked.to_run(str(place.runs.absolute() / check_name(name))))
    except AssayError:
        return ""


def _free_name(place: Place, source: str) -> str:
    """After the data, with a number where there is such a run already."""
    stem = re.sub(r"[^\w-]+", "-", source.split(".")[0]).strip("-_")[:60] or "run"
    tried: Callable[[int], str] = lambda number: stem if number == 1 else f"{stem}-{number}"  # noqa: E731
    return next((tried(number) for number in range(1, 1000) if is_free(place, tried(number))), "")
