"""The list of all runs, and runs side by side."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from assay.core.errors import ConfigError
from assay.report.numbers import decimals_for, ends_text, number
from assay.serve.studio import reports, run_page, verdicts
from assay.serve.studio.asked import SIZES, Asked, choices, fitting
from assay.serve.studio.facts import STATES, Facts, State
from assay.serve.studio.index import Index, Listed
from assay.serve.studio.pages import page, wants_part
from assay.serve.studio.place import Place
from assay.serve.studio.run_view import STATE_WORDS, TONES, metric_title

MOST_BESIDE = 12


def routes(place: Place) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def every(request: Request, asked: Annotated[Asked, Depends(_asked)]) -> Response:
        return _list(request, place, asked)

    @router.get("/side")
    def side(request: Request, run: Annotated[list[str] | None, Query()] = None) -> Response:
        return _side(request, place, list(dict.fromkeys(run or ())))

    for part in (run_page, verdicts, reports):
        router.include_router(part.routes(place))
    return router


def _asked(  # more than 8 arguments: one for each field of the address
    q: str = "",
    task: str = "",
    metric: str = "",
    recipe: str = "",
    data: str = "",
    state: str = "",
    sort: str = "-changed",
    page: int = 1,
    size: int = 50,
) -> Asked:
    return Asked(q.strip(), task, metric, recipe, data.strip(), state, sort, page, size)


def _list(request: Request, place: Place, asked: Asked) -> Response:
    index: Index = request.app.state.index
    runs = index.runs()
    shown = fitting(runs, asked, place)
    values: dict[str, Any] = {
        "asked": asked,
        "shown": shown,
        "rows": [_row(place, run, state) for run, state in shown.runs],
        "all": len(runs),
        "sorts": (("name", "Run"), ("data", "Data")),
    }
    if wants_part(request):
        answer = page(request, "runs_list.html", **values)
        answer.headers["HX-Push-Url"] = asked.address()
        return answer
    return page(request, "runs.html", **values, choices=choices(runs), states=STATES, words=STATE_WORDS, sizes=SIZES)


def _row(place: Place, run: Listed, state: State) -> dict[str, Any]:
    facts = run.facts
    return {
        "name": run.name,
        "state": STATE_WORDS[state],
        "tone": TONES[state],
        "fits": _fits(place, run) if state == "running" else None,
        "changed": datetime.fromtimestamp(run.changed_ns / 1e9).strftime("%Y-%m-%d %H:%M"),
        "metric": metric_title(facts.metric),
        **_value(facts),
        "facts": facts,
    }


def _fits(place: Place, run: Listed) -> int:
    """Lines of the journal, one a fit."""
    journal = place.runs / run.name / "journal"
    return journal.read_bytes().count(b"\n") if journal.is_file() else 0


def _value(facts: Facts) -> dict[str, str]:
    places = decimals_for([facts.value, facts.low, facts.high])
    return {
        "value": "" if facts.value is None else number(facts.value, places),
        "ends": ends_text(facts.low, facts.high, places),
    }


def _side(request: Request, place: Place, names: list[str]) -> Response:
    if not names:
        raise ConfigError("no run is chosen; tick some in the list.")
    if len(names) > MOST_BESIDE:
        raise ConfigError(f"{len(names)} runs are chosen; at most {MOST_BESIDE} stand side by side.")
    for name in names:
        place.run(name)
    by_name = {run.name: run for run in request.app.state.index.runs()}
    found = [by_name[name] for name in names if name in by_name]
    rows = [_row(place, run, run.state(place)) for run in found]
    facts = [run.facts for run in found if not run.facts.fault]
    same_rows = len({(one.fingerprint, one.plan) for one in facts}) <= 1
    same_data = len({one.fingerprint for one in facts}) <= 1
    same_metric = len({one.metric for one in facts}) <= 1
    return page(request, "side.html", rows=rows, same_rows=same_rows, same_data=same_data, same_metric=same_metric)
