"""The page of several runs side by side: one file that loads nothing and holds no script."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.core.files import write_atomic
from assay.measure.interval import Interval
from assay.report.language import Language, Words
from assay.report.leaderboard import Bar, bar_of, verdict_table
from assay.report.metric import describe
from assay.report.numbers import MISSING, decimals_for
from assay.report.page import environment
from assay.report.scale import Scale, scale_for
from assay.study.side_by_side import Run, SideBySide


@dataclass(frozen=True, slots=True)
class Line:
    """One candidate in one run.  first: of its candidate, whose name is written once.  reason: why there is no value, or ""."""

    name: str
    first: bool
    size: int
    run: str
    bar: Bar | None
    value: str
    interval: str
    reason: str


@dataclass(frozen=True, slots=True)
class Board:
    """One metric of every candidate in every run, on one scale."""

    title: str
    direction: str
    scale: Scale
    lines: tuple[Line, ...]


def write_comparison(found: SideBySide, path: Path, language: Language = "en") -> None:
    """Write the page to ``path``, whole or not at all; equal runs give equal bytes.  Raises OSError."""
    write_atomic(path, render_comparison(found, language).encode())


def render_comparison(found: SideBySide, language: Language = "en") -> str:
    """The page as text."""
    w = Words(language)
    boards = [_board(found, name, w) for name in found.metrics]
    judged = {run.label for family in found.families for run in family}
    level = found.runs[0].scores.settings.level
    view: dict[str, Any] = {
        "w": w,
        "count": w.count(len(found.runs)),
        "labels": [run.label for run in found.runs],
        "runs": [_run(run, w) for run in found.runs],
        "level": f"{100 * level:g} %",
        "board": boards[0],
        "others": boards[1:],
        "verdicts": verdict_table({"verdicts": [verdict.to_json() for verdict in found.verdicts]}, w),
        "left": [run.label for run in found.runs if run.label not in judged] if judged else [],
        "settings": found.settings,
    }
    return environment().get_template("comparison.html").render(view)


def _run(run: Run, w: Words) -> dict[str, str]:
    scores, test = run.scores, run.scores.opened
    metric, winner = scores.settings.metric, scores.winner
    opened = None if test is None else test["metrics"].get(metric)
    return {
        "label": run.label,
        "source": Path(scores.data.source).name or scores.data.source,
        "rows": w.count(len(scores.plan.development)),
        "locked": w.count(len(scores.plan.locked)),
        "metric": describe(metric, w).title,
        "winner": winner or "",
        "value": "" if winner is None else _text(scores.interval(winner, metric), w),
        "test": "" if opened is None else _text(Interval(**opened), w),
        "tested": "" if test is None else test["name"],
        "openings": "" if test is None else w("comparison-openings", test["openings"]),
    }


def _text(interval: Interval, w: Words) -> str:
    places = decimals_for([interval.value, interval.low, interval.high])
    if interval.value is None:
        return w.reason(interval.undefined)
    return f"{w.fixed(interval.value, places)} {w.range(interval.low, interval.high, places)}".strip()


def _board(found: SideBySide, metric: str, w: Words) -> Board:
    info = describe(metric, w)
    cells = {(name, run.label): found.interval(run, name, metric) for name in found.candidates for run in found.runs}
    ends = [end for one in cells.values() if one is not None for end in (one.value, one.low, one.high)]
    scale, places = scale_for(ends).told(w), decimals_for(ends)
    lines = [line for name in found.candidates for line in _lines(name, found.runs, cells, scale, places, w)]
    return Board(info.title, info.direction, scale, tuple(lines))


def _lines(
    name: str, runs: Sequence[Run], cells: dict[tuple[str, str], Interval | None], scale: Scale, places: int, w: Words
) -> list[Line]:
    """Of the runs that know the candidate; those that do not are named in one more line."""
    told = []
    for run in runs:
        interval = cells[name, run.label]
        if interval is not None:
            value, ends = w.fixed(interval.value, places), w.range(interval.low, interval.high, places)
            bar = bar_of(scale, interval.value, interval.low, interval.high)
            told.append((run.label, bar, value, ends, "" if interval.value is not None else w.reason(interval.undefined)))
        else:
            tried = any(candidate.name == name for candidate in run.scores.candidates)
            told.append((run.label, None, MISSING, "", w("comparison-failed" if tried else "comparison-absent")))
    return [Line(name, place == 0, len(told), *one) for place, one in enumerate(told)]
