"""What the page of a run shows, as plain values: from its small files, without reading its data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from assay.core.errors import UnknownNameError
from assay.report.leaderboard import Board, board, lock_metrics
from assay.report.metric import describe
from assay.serve.studio.facts import Facts, State, read_facts, read_json
from assay.serve.studio.files import Stored, stored_files
from assay.serve.studio.measured import read_measured
from assay.serve.studio.place import Place
from assay.serve.studio.progress import Progress, read_progress, read_study
from assay.study.folder import RunFolder

STATE_WORDS: dict[State, str] = {
    "running": "running",
    "finished": "finished",
    "done": "done",
    "failed": "failed",
    "interrupted": "interrupted",
    "unreadable": "cannot be read",
}
STATE_NOTES: dict[State, str] = {
    "running": "A run is working in this folder now.",
    "finished": "The locked test rows were opened, and the winner is saved.",
    "done": "Every candidate was tried. The locked test rows are shut.",
    "failed": "Nothing could be measured.",
    "interrupted": "It ended before it was through. What was computed is kept; the same command goes on with it.",
    "unreadable": "Its files cannot be read.",
}
TONES: dict[State, str] = {
    "running": "now",
    "finished": "good",
    "done": "good",
    "failed": "bad",
    "interrupted": "",
    "unreadable": "bad",
}

STILL_TO_COME = "are not computed yet."
"""How ``Scores.failure`` ends for a candidate that is not through."""


@dataclass(frozen=True)
class Live:
    """What may change while a run goes on.  measured: the leaderboard, None while there is none.

    is_partial: the leaderboard is that of an earlier, smaller run.  so_far: fits that were done when it was measured on demand,
    None for the run's own.  fault: why a file cannot be read, or "".
    """

    state: State
    facts: Facts
    progress: Progress | None
    measured: Board | None
    metric: str
    is_partial: bool
    so_far: int | None
    test: dict[str, Any] | None
    warnings: list[Mapping[str, Any]] | None
    report: str
    model: bool
    files: list[Stored]
    fault: str = ""


def read_live(place: Place, folder: Path) -> Live:
    """Never fails for a file that cannot be read: the page says so, and shows the others."""
    state: State = "running" if RunFolder(folder).is_held() else "interrupted"
    facts = read_facts(str(folder))
    state = state if state == "running" else facts.rest
    files, report = stored_files(folder), report_state(folder)
    model = (folder / "model" / "manifest.json").is_file()
    if facts.fault:
        return Live(state, facts, None, None, "", False, None, None, None, report, model, files, facts.fault)
    progress = read_progress(folder, read_study(folder))
    summary, opened = read_json(f"{folder}/leaderboard.json"), read_json(f"{folder}/test.json")
    measured, fault, test, so_far = None, progress.fault, None, None
    kept = read_measured(place, folder)
    if kept is not None and _is_more(kept[1], summary, progress):
        so_far, summary = kept[0], _through(kept[1])
    try:
        measured = (
            None
            if summary is None or not summary["rows"]
            else board(_with_seconds(summary, opened, progress), describe(facts.metric))
        )
        test = None if opened is None else _test(opened, facts.metric)
    except (UnknownNameError, KeyError, TypeError, AttributeError) as error:
        fault = fault or f"its leaderboard is that of another version of Assay ({type(error).__name__}: {error})."
    names = set() if measured is None else {row.name for row in measured.rows}
    warnings = None if summary is None else summary.get("warnings")
    return Live(
        state=state,
        facts=facts,
        progress=progress,
        measured=measured,
        metric=metric_title(facts.metric),
        is_partial=so_far is None and measured is not None and any(row.name not in names for row in progress.rows),
        so_far=so_far,
        test=test,
        warnings=warnings if isinstance(warnings, list) else None,
        report=report,
        model=model,
        files=files,
        fault=fault,
    )


def _is_more(kept: Mapping[str, Any], summary: Mapping[str, Any] | None, progress: Progress) -> bool:
    """Whether what was measured on demand says more than the leaderboard that the run has written itself, if it has."""
    if summary is None:
        return True
    own, asked = ({row["name"] for row in one["rows"]} for one in (summary, kept))
    return any(row.name not in own for row in progress.rows) and own < asked


def _through(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Without the candidates that have folds to come, which are no failures; the progress shows them."""
    rows = [row for row in summary["rows"] if not str(row["failure"] or "").endswith(STILL_TO_COME)]
    return {**summary, "rows": rows}


def _with_seconds(summary: Mapping[str, Any], opened: Mapping[str, Any] | None, progress: Progress) -> dict[str, Any]:
    """The summary as ``--json`` prints it: leaderboard.json keeps no wall clock."""
    spent = {row.name: row.seconds for row in progress.rows}
    rows = [{**row, "seconds": spent.get(row["name"])} for row in summary["rows"]]
    return {**summary, "rows": rows, "test": opened}


def _test(opened: Mapping[str, Any], chosen: str) -> dict[str, Any]:
    """What the opened rows said, the study's metric first."""
    metrics = sorted(lock_metrics(opened), key=lambda found: found[0].name != chosen)
    rows = [{"title": metric.title, "value": value, "ends": ends, "reason": reason} for metric, value, ends, reason in metrics]
    return {
        "name": str(opened["name"]),
        "rows": rows,
        "openings": int(opened["openings"]),
        "seen": int(opened.get("seen_before", 0)),
        "threshold": opened["threshold"],
        "rule": opened.get("threshold_rule"),
    }


def report_state(folder: Path) -> str:
    """ "absent", "old" where something was measured after it was drawn, or "drawn"."""
    try:
        drawn = (folder / "report.html").lstat().st_mtime_ns
    except OSError:
        return "absent"
    written = [path for path in (folder / "journal", folder / "test.json") if path.is_file()]
    return "old" if any(path.lstat().st_mtime_ns > drawn for path in written) else "drawn"


def metric_title(name: str) -> str:
    """Its own name where it is no metric of this version."""
    try:
        return describe(name).title
    except UnknownNameError:
        return name


def question(facts: Facts) -> dict[str, str]:
    """The parts of the sentence that says what the run is."""
    return {"target": facts.target, "data": facts.data, "task": facts.task, "metric": metric_title(facts.metric)}


def settings_of(study: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was run, in words; settings that are as usual are left out."""
    kept: Mapping[str, Any] = study.get("settings", {})
    usual = {"copies": "warn", "device": "cpu", "interval": "default", "scheme": "k-fold"}
    titles = {
        "folds": "Folds",
        "repeats": "Repeats",
        "seed": "Seed",
        "cost": "Cost of a miss, of a false alarm",
        "threshold": "Threshold",
        "calibration": "Calibration",
        "copies": "Copies",
        "device": "Nets are trained on",
        "scheme": "Folds are cut by",
        "shares": "To learn from, to compare on, locked",
        "gap": "Gap",
        "window": "Window",
        "interval": "Intervals",
        "read.drop": "Columns left out",
        "read.kinds": "Kinds that were set",
        "read.positive": "Positive class",
        "read.time": "Time",
        "read.group": "Group",
        "read.weight": "Weight",
        "read.test": "Test rows from",
        "read.split": "Test rows said by",
    }
    found = []
    for key, title in titles.items():
        value = kept.get(key)
        if value not in (None, [], "") and usual.get(key) != value:
            found.append((title, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return found


def address(*parts: str) -> str:
    """Of a page, from names that may hold anything."""
    return "/" + "/".join(quote(part, safe="") for part in parts)
