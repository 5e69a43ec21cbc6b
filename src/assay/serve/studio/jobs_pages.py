"""Pages of jobs: what runs, what it says, stopping it, going on with it, and opening the lock of a run."""

import json
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from assay.core.errors import AssayError, ConfigError
from assay.serve.studio.jobs import Job, State, job_named, job_of, jobs, start, state, stop, tail
from assay.serve.studio.pages import page
from assay.serve.studio.place import Missing, Place
from assay.serve.studio.starting_form import command_line, option_words
from assay.serve.studio.starting_posted import posted

MOST_LISTED = 100

WORDS = {
    "starting": "starting",
    "running": "running",
    "stopping": "stopping",
    "done": "done",
    "refused": "refused",
    "failed": "failed",
    "stopped": "stopped",
    "lost": "ended, it is not known how",
}


def routes(place: Place) -> APIRouter:
    router = APIRouter()

    @router.get("/jobs")
    def every(request: Request) -> Response:
        shown = [(job, state(job)) for job in jobs(place)[:MOST_LISTED]]
        return page(request, "job_list.html", jobs=shown, words=WORDS, runs=_runs(place, [job.run for job, _ in shown]))

    @router.get("/jobs/of/{run}")
    def of_run(request: Request, run: str) -> Response:
        """A line for the page of a run: what works on it, with its buttons; nothing where nothing was started from here."""
        job = job_of(place, run)
        if job is None:
            return Response("", media_type="text/html")
        return page(request, "job_line.html", **_shown(place, job, follow=False))

    @router.get("/jobs/{name}")
    def one(request: Request, name: str, follow: bool = False) -> Response:
        return page(request, "job_page.html", **_shown(place, job_named(place, name), follow=follow))

    @router.get("/jobs/{name}/part")
    def part(request: Request, name: str, follow: bool = False) -> Response:
        job = job_named(place, name)
        shown = _shown(place, job, follow=follow)
        answer = page(request, "job_part.html", **shown)
        if follow and shown["has_run"] and shown["state"].stand in ("running", "done"):
            answer.headers["HX-Redirect"] = f"/runs/{shown['run_address']}"
        return answer

    @router.post("/jobs/{name}/stop")
    async def end(name: str) -> Response:
        job = await run_in_threadpool(job_named, place, name)
        await run_in_threadpool(stop, job)
        return RedirectResponse(f"/jobs/{job.id}", 303)

    @router.post("/jobs/{name}/again")
    async def again(request: Request, name: str) -> Response:
        job = await run_in_threadpool(job_named, place, name)
        try:
            new = await run_in_threadpool(start, place, kind=job.kind, run=job.run, words=job.words, form=job.form, is_new=False)
        except AssayError as error:
            shown = await run_in_threadpool(_shown, place, job, follow=False, problem=str(error))
            return page(request, "job_page.html", 422, **shown)
        return RedirectResponse(f"/jobs/{new.id}?follow=1" if job.kind == "run" else f"/jobs/{new.id}", 303)

    _finishing(router, place)
    return router


def _finishing(router: APIRouter, place: Place) -> None:
    @router.get("/finish/{run}")
    def asks(request: Request, run: str) -> Response:
        return _finish_page(request, place, run)

    @router.post("/finish/{run}")
    async def finish(request: Request, run: str) -> Response:
        said = dict(await posted(request))
        try:
            words = _finish_words(str(await run_in_threadpool(place.run, run)), said)
            job = await run_in_threadpool(start, place, kind="finish", run=run, words=words, is_new=False)
        except Missing:
            raise
        except AssayError as error:
            return await run_in_threadpool(_finish_page, request, place, run, said, str(error))
        return RedirectResponse(f"/jobs/{job.id}", 303)


def _finish_words(folder: str, said: dict[str, str]) -> list[str]:
    """Raises ConfigError for a choice that cannot be, and where it was not confirmed."""
    if not said.get("sure"):
        raise ConfigError("the test rows stay locked until you say that they are to be opened; tick the box.")
    prefer, margin, reason = said.get("prefer", "best"), said.get("margin", "").strip(), " ".join(said.get("reason", "").split())
    if prefer not in ("best", "simple"):
        raise ConfigError("the winner is the best, or the simplest that is equivalent to it.")
    words = ["finish", folder, "--prefer", prefer]
    if prefer == "simple":
        try:
            is_margin = 0 < float(margin) < 1e9
        except ValueError:
            is_margin = False
        if not is_margin:
            raise ConfigError("the simplest needs a margin above 0: how much of the metric may be given up, such as 0.005.")
        words += ["--margin", margin]
    return [*words, *(option_words("--reason", reason[:500]) if reason else [])]


def _finish_page(request: Request, place: Place, run: str, said: dict[str, str] | None = None, problem: str = "") -> Response:
    folder = place.run(run)
    values = {"prefer": "best", "margin": "", "reason": "", **(said or {})}
    command = command_line(["finish", str(folder), "--prefer", values["prefer"]])
    opened = _opened(folder / "test.json")
    status = 422 if problem else 200
    return page(request, "job_finish.html", status, run=run, values=values, problem=problem, command=command, opened=opened)


def _opened(path: Any) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _shown(place: Place, job: Job, *, follow: bool, problem: str = "") -> dict[str, Any]:
    now: State = state(job)
    return {
        "job": job,
        "state": now,
        "words": WORDS,
        "follow": follow,
        "problem": problem,
        "said": tail(job.folder / "stderr"),
        "printed": tail(job.folder / "stdout"),
        "has_run": bool(_runs(place, [job.run])),
        "run_address": quote(job.run),
        "can_go_on": now.stand in ("stopped", "failed", "lost"),
    }


def _runs(place: Place, names: list[str]) -> set[str]:
    """Those that have a page."""
    found = set()
    for name in set(names):
        try:
            place.run(name)
        except Missing:
            continue
        found.add(name)
    return found
