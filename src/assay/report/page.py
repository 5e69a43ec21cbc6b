"""The page: everything the templates need, rendered into one file that loads nothing.

Autoescape is on, no value is marked safe but the pictures (whose text was escaped when their tree was
serialised), no script is in the page, and its own Content-Security-Policy forbids any.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from assay.core.files import write_atomic
from assay.data.schema import Column
from assay.report.ablation_parts import ablation_views
from assay.report.content import ReportInput
from assay.report.evidence import class_balance, confusion, out_of_fold, spread
from assay.report.figures import figures, pictures_words
from assay.report.first import answer, collect_warnings, question, treatments
from assay.report.glossary import glossary
from assay.report.helped import what_helped
from assay.report.leaderboard import Board, abreast, board, leader_of, metric_table, ranked, verdict_table
from assay.report.lock import lock_section
from assay.report.look_view import look_view
from assay.report.looks import looks_view
from assay.report.metric import MetricInfo, describe
from assay.report.numbers import count, decimals_for, number
from assay.report.operating import where_to_cut
from assay.report.pictures.canvas import clean
from assay.report.probabilities import truthfulness
from assay.report.spending import spending

CONTENTS = (
    ("leaderboard", "Leaderboard"),
    ("treatments", "Treatments"),
    ("verdicts", "Verdicts"),
    ("pictures", "Pictures"),
    ("folds", "Folds"),
    ("warnings", "Warnings"),
    ("columns", "Columns"),
    ("run", "What was run"),
    ("reading", "How to read this"),
)
CUT = ("cut", "Where to cut")
"""Stands after the pictures where there is a threshold."""

HELPED = ("helped", "What helped")
"""Stands after the folds where treatments were tried."""

LOOKS = ("rows", "Rows before and after")
"""Stands after that where treatments changed rows that can be drawn."""

LOOK = ("look", "A look at the data")
"""Stands after the warnings."""

ABLATION = ("ablation", "What is worth having")
"""Stands after that where it was asked (assay ablate)."""

SPENT = ("spent", "Where the time went")
"""Stands before what was run where there was a budget."""

OPTIONAL = (
    *((CUT, "pictures"), (LOOK, "warnings"), (ABLATION, "folds"), (LOOKS, "folds"), (HELPED, "folds")),
    (SPENT, "columns"),
)
"""Sections and what they stand after; of two after the same, the later one here comes first."""

MOST_LEVELS = 12
_RUN_TITLES = {
    "command": "Command",
    "versions": "Versions",
    "seed": "Seed",
    "fingerprints": "Fingerprints (SHA-256)",
    "plan": "Plan",
    "times": "Times",
    "openings": "Openings of the lock",
}


def write_report(content: ReportInput, path: Path) -> None:
    """Write the page to ``path``, whole or not at all; equal content gives equal bytes. Raises OSError."""
    write_atomic(path, render(content).encode())


def render(content: ReportInput) -> str:
    """The page as text. Raises UnknownNameError for a metric that is not in METRICS."""
    return environment().get_template("report.html").render(_view(content))


def environment() -> Environment:
    return Environment(
        loader=PackageLoader("assay.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )


def _finalize(value: Any) -> Any:
    """Plain text without what HTML cannot hold; pictures and macros, which are Markup, go through."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _view(content: ReportInput) -> dict[str, Any]:
    summary, metric = content.summary, describe(content.metric)
    shown = board(summary, metric)
    names = [row["name"] for row in ranked(summary["rows"], metric)]
    spread_rows, spread_scale = spread(names, content.folds, content.metric)
    balance = class_balance(content)
    metrics = metric_table(summary, metric)
    heading, lead = pictures_words(content)
    cut, helped, spent = where_to_cut(content), what_helped(summary), spending(summary)
    versions = content.provenance.get("versions")
    return {
        "title": content.title,
        "version": versions.get("assay", "") if isinstance(versions, Mapping) else "",
        "metric": metric,
        "question": question(content, metric, _rows(content)),
        "answer": answer(content, metric),
        "treatments": treatments(summary, metric),
        "balance": balance,
        "warnings": collect_warnings(content),
        "contents": _contents(
            {"cut": cut, "helped": helped, "rows": content.looks, "look": content.look, "spent": spent}
            | {"ablation": content.ablations or None}
        ),
        "board": shown,
        "board_lead": _board_lead(shown),
        "winner_word": "chosen" if summary["test"] is not None else "leads",
        "metric_tables": abreast(metrics),
        "lock": lock_section(summary, metric),
        "verdicts": verdict_table(summary),
        "pictures_heading": heading,
        "pictures_lead": lead,
        "figures": figures(content, metric),
        "confusion": _confusion(content, metric),
        "truthfulness": truthfulness(content),
        "cut": cut,
        "helped": helped,
        "look": None if content.look is None else look_view(content.look, opened=False),
        "looks": None if content.looks is None else looks_view(content.looks),
        "spread": spread_rows,
        "spread_scale": spread_scale,
        "spent": spent,
        "ablations": ablation_views(content.ablations),
        "columns": [_column(column) for column in content.schema.columns],
        "run": list(_run(content.provenance)),
        "glossary": glossary(content.task, metrics.metrics),
    }


def _contents(there: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """there: of each optional section, by its anchor, what it shows, or None."""
    found = list(CONTENTS)
    for section, after in OPTIONAL:
        if there[section[0]] is not None:
            found.insert(1 + [anchor for anchor, _ in found].index(after), section)
    return tuple(found)


def _rows(content: ReportInput) -> str:
    """How many rows were measured, out of fold and locked."""
    sizes = [sum(len(part.truth) for part in out_of_fold(parts)) for parts in content.folds.values()]
    locked = 0 if content.test is None else len(content.test[0])
    return count(max(sizes, default=0) + locked) if max(sizes, default=0) + locked else ""


def _board_lead(shown: Board) -> str:
    if not shown.level:
        return "Every candidate that was tried, the failed ones with their reason."
    parts = {
        "this recipe": "of the recipe, out of fold (rows and fitted models vary)",
        "this model": "of the fitted model (rows vary)",
    }
    about = parts.get(shown.estimand, shown.estimand)
    return f"Intervals at {shown.level}, {about}; {shown.method}."


def _confusion(content: ReportInput, metric: MetricInfo) -> Any:
    test = content.summary["test"]
    if content.test is not None and test is not None:
        threshold = test.get("threshold")
        rule = "" if threshold is None else f"at the threshold {number(threshold, max(3, decimals_for([threshold])))}"
        return confusion(content.task, [content.test], name=test["name"], is_test=True, rule=rule)
    leader = leader_of(content.summary, metric)
    if leader is None:
        return None
    pairs = [(part.truth, part.predictions) for part in out_of_fold(content.folds.get(leader["name"], ()))]
    return confusion(content.task, pairs, name=leader["name"], is_test=False, rule="")


def _column(column: Column) -> dict[str, Any]:
    levels: Sequence[str] = column.levels
    return {
        "name": column.name,
        "kind": column.kind + (" (whole)" if column.whole else ""),
        "role": column.role,
        "levels": levels[:MOST_LEVELS],
        "more": max(0, len(levels) - MOST_LEVELS),
    }


def _run(provenance: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """The known entries in their order, then any others."""
    for key in (*_RUN_TITLES, *(key for key in provenance if key not in _RUN_TITLES)):
        if key not in provenance:
            continue
        value = provenance[key]
        if key == "openings" and isinstance(value, int):
            value = "shut: never opened" if value == 0 else ("opened once" if value == 1 else f"opened {value} times")
        elif key == "openings" and not value:
            value = "shut: never opened"
        yield {"title": _RUN_TITLES.get(key, key), "value": value, "is_code": key == "command"}
