"""A verdict on any two candidates of a run: what ``assay compare`` says, kept for as long as the run stays as it is."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

import assay
from assay.core.errors import AssayError, ConfigError
from assay.core.files import write_atomic
from assay.report.leaderboard import verdict_table
from assay.report.metric import describe
from assay.report.numbers import count, number
from assay.serve.studio.commands import Commands
from assay.serve.studio.facts import key_of, read_json
from assay.serve.studio.pages import page
from assay.serve.studio.place import Place
from assay.serve.studio.progress import read_study
from assay.serve.studio.run_view import address

SECONDS = 600.0


def routes(place: Place) -> APIRouter:
    router = APIRouter()

    @router.get("/runs/{name}/verdict")
    def form(request: Request, name: str, a: str = "", b: str = "", margin: str = "") -> Response:
        folder = place.run(name)
        names = [str(one) for one in read_study(folder).get("candidates", ())]
        values: dict[str, Any] = {"a": a, "b": b, "margin": margin, "found": None, "problem": ""}
        if a or b:
            try:
                pair = _pair(names, a, b, margin)
                kept = _kept(place, folder, pair)
                values["found"] = None if kept is None else _view(folder, kept)
            except AssayError as error:
                values["problem"] = str(error)
        return page(request, "verdict.html", name=folder.name, here=address("runs", folder.name), names=names, **values)

    @router.get("/runs/{name}/verdict/part")
    def part(request: Request, name: str, a: str, b: str, margin: str = "") -> Response:
        folder = place.run(name)
        names = [str(one) for one in read_study(folder).get("candidates", ())]
        commands: Commands = request.app.state.commands
        found = compare(place, folder, _pair(names, a, b, margin), commands)
        return page(request, "verdict_part.html", found=_view(folder, found))

    return router


Pair = tuple[str, str, float | None]


def _pair(names: list[str], a: str, b: str, margin: str) -> Pair:
    """Raises ConfigError for what is no pair of candidates, or no margin."""
    for one in (a, b):
        if one not in names:
            raise ConfigError(f"{one[:80]!r} is no candidate of this run." if one else "choose two candidates.")
    if a == b:
        raise ConfigError(f"{a} is compared with itself; choose two.")
    if not margin.strip():
        return a, b, None
    try:
        value = float(margin)
    except ValueError as error:
        raise ConfigError(f"the margin {margin[:40]!r} is no number; write one such as 0.005.") from error
    if not 0 < value < float("inf"):
        raise ConfigError(f"the margin {margin[:40]}: it must be above 0.")
    return a, b, value


def compare(place: Place, folder: Path, pair: Pair, commands: Commands) -> dict[str, Any]:
    """What ``assay compare`` prints; raises AssayError with its sentence."""
    kept = _kept(place, folder, pair)
    if kept is not None:
        return kept
    key = _key(folder)
    a, b, margin = pair
    more = [] if margin is None else ["--margin", repr(margin)]
    found = commands.json(["compare", "--json", *more, "--", str(folder.absolute()), a, b], seconds=SECONDS)
    file = _file(place, folder, pair)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(file, orjson.dumps({"key": key, "found": found}))
    return found


def _kept(place: Place, folder: Path, pair: Pair) -> dict[str, Any] | None:
    """An answer of before, if nothing of the run has changed since."""
    try:
        kept = read_json(str(_file(place, folder, pair)))
    except ValueError:  # cut off or edited
        return None
    if kept is None or kept.get("key") != _key(folder) or not isinstance(kept.get("found"), dict):
        return None
    found: dict[str, Any] = kept["found"]
    return found


def _key(folder: Path) -> list[Any]:
    journal = (folder / "journal").stat() if (folder / "journal").is_file() else None
    grown = [] if journal is None else [journal.st_size, journal.st_mtime_ns]
    return [assay.__version__, *(key_of(str(folder)) or ()), *grown]


def _file(place: Place, folder: Path, pair: Pair) -> Path:
    def digest(value: object) -> str:
        return hashlib.sha256(repr(value).encode()).hexdigest()[:32]

    return place.kept / "verdicts" / digest(folder.name) / f"{digest(pair)}.json"


def _view(folder: Path, found: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its bar, as the report shows verdicts, and how far the rows can tell two candidates apart."""
    verdict = found["verdict"]
    table = verdict_table({"verdicts": [verdict]})
    row = table.rows[0]
    apart = found["separation"]
    return {
        "row": row,
        "scale": table.scale,
        "zero": table.scale.at(0.0),
        "margin": None if verdict.get("margin") is None else number(verdict["margin"]),
        "method": verdict["method"],
        "greater": describe(verdict["metric"]).greater_is_better,
        "apart": None if apart is None else _apart(apart),
        "in_family": _in_family(folder, verdict["a"], verdict["b"]),
    }


def _apart(apart: Mapping[str, Any]) -> dict[str, Any]:
    needed = apart["needed"]
    return {
        "rows": count(apart["rows"]),
        "smallest": number(apart["smallest"]),
        "wanted": number(apart["wanted"]),
        "needed": None if needed is None or needed <= apart["rows"] else count(needed),
        "undefined": apart["undefined"] if needed is None else None,
    }


def _in_family(folder: Path, a: str, b: str) -> list[dict[str, str]]:
    """What the study itself says of the pair, corrected for all the comparisons of a family."""
    try:
        board = read_json(str(folder / "leaderboard.json"))
    except ValueError:
        return []
    verdicts = [one for one in (board or {}).get("verdicts", []) if {one["a"], one["b"]} == {a, b}]
    rows = verdict_table({"verdicts": verdicts}).rows if verdicts else ()
    return [{"family": row.family, "p": row.p, "words": f"{row.better}{row.call}"} for row in rows]
