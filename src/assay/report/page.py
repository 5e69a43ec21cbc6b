"""The page: everything the templates need, rendered into one file that loads nothing.

Autoescape is on, no value is marked safe but the pictures (whose text was escaped when their tree was
serialised) and the numbers of the slider (see ``slider.embedded_json``).  The page's own Content-Security-Policy
forbids every script but the one of the slider, which it knows by its hash, and that one too where there is none.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
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
from assay.report.first import answer, collect_warnings, question, treatments, worries
from assay.report.gallery import gallery_view
from assay.report.glossary import glossary
from assay.report.helped import what_helped
from assay.report.language import Words
from assay.report.leaderboard import Board, abreast, board, leader_of, metric_table, ranked, verdict_table
from assay.report.lock import lock_section
from assay.report.look_view import look_view
from assay.report.looks import looks_view
from assay.report.matrix import verdict_matrix
from assay.report.metric import MetricInfo, describe
from assay.report.money import what_it_costs
from assay.report.numbers import count, decimals_for
from assay.report.operating import where_to_cut
from assay.report.phrases import PHRASES
from assay.report.pictures.canvas import clean
from assay.report.probabilities import truthfulness
from assay.report.slider import script, script_source
from assay.report.spending import spending
from assay.report.wrong_texts import wrong_texts_view

CONTENTS = ("leaderboard", "treatments", "verdicts", "pictures", "folds", "warnings", "columns", "run", "reading")
"""Sections that every report has, by their anchors."""

OPTIONAL = (
    ("cut", "pictures"),
    ("look", "warnings"),
    ("ablation", "folds"),
    ("rows", "folds"),
    ("helped", "folds"),
    ("gallery", "folds"),
    ("texts", "folds"),
    ("spent", "columns"),
)
"""Sections and what they stand after; of two after the same, the later one here comes first."""

MOST_LEVELS = 12
_RUN = ("command", "versions", "seed", "fingerprints", "plan", "times", "openings")


def write_report(content: ReportInput, path: Path) -> None:
    """Write the page to ``path``, whole or not at all; equal content gives equal bytes. Raises OSError."""
    write_atomic(path, render(content).encode())


def render(content: ReportInput) -> str:
    """The page as text. Raises UnknownNameError for a metric that is not in METRICS."""
    return environment().get_template("report.html").render(view_of(content))


@cache
def environment() -> Environment:
    """Of all pages of the package; a template is compiled once, which takes as long as drawing the pictures."""
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


def view_of(content: ReportInput) -> dict[str, Any]:
    """What the templates are given, by name."""
    summary, w = content.summary, content.words
    metric = describe(content.metric, w)
    shown, warnings = board(summary, metric, w), collect_warnings(content)
    cut = where_to_cut(content)
    slider = None if cut is None else cut.slider
    there = {
        "cut": cut,
        "helped": what_helped(summary, w),
        "spent": spending(summary, w),
        "look": None if content.look is None else look_view(content.look, content.language, opened=False),
        "looks": None if content.looks is None else looks_view(content.looks, w),
        "ablations": ablation_views(content.ablations, w),
        "gallery": gallery_view(content.pictures, w),
        "texts": wrong_texts_view(content.texts, w),
    }
    versions = content.provenance.get("versions")
    return {
        **there,
        "w": w,
        "title": content.title,
        "version": versions.get("assay", "") if isinstance(versions, Mapping) else "",
        "metric": metric,
        "question": question(content, metric, _rows(content)),
        "answer": answer(content, metric),
        "costs": what_it_costs(content, cut),
        "worries": worries(content, metric, warnings),
        "treatments": treatments(summary, metric, w),
        "balance": class_balance(content, w),
        "warnings": warnings,
        "contents": _contents({**there, "rows": content.looks, "ablation": content.ablations or None}, w),
        "board": shown,
        "board_lead": _board_lead(shown, w),
        "lock": lock_section(summary, metric, w),
        "verdicts": verdict_table(summary, w),
        "matrix": verdict_matrix(summary, metric, w),
        "slider": slider,
        "positive": content.task.positive,
        "negative": content.task.classes[0] if content.task.name == "binary" else "",
        "script": None if slider is None else script(),
        "script_source": "" if slider is None else script_source(),
        **_pictures(content, metric),
        "columns": [_column(column) for column in content.schema.columns],
        "run": list(_run(content.provenance, w)),
    }


def _pictures(content: ReportInput, metric: MetricInfo) -> dict[str, Any]:
    """What is drawn from the predictions, and every metric with the glossary of all that are shown."""
    summary, w = content.summary, content.words
    names = [row["name"] for row in ranked(summary["rows"], metric)]
    spread_rows, spread_scale = spread(names, content.folds, content.metric, w)
    metrics = metric_table(summary, metric, w)
    heading, lead = pictures_words(content, w)
    return {
        "metric_tables": abreast(metrics),
        "pictures_heading": heading,
        "pictures_lead": lead,
        "figures": figures(content, metric, w),
        "confusion": _confusion(content, metric),
        "truthfulness": truthfulness(content, w),
        "spread": spread_rows,
        "spread_scale": spread_scale,
        "glossary": glossary(content.task, metrics.metrics, w),
    }


def _contents(there: Mapping[str, object], w: Words) -> list[tuple[str, str]]:
    """there: of each optional section, by its anchor, what it shows, or None."""
    found = list(CONTENTS)
    for section, after in OPTIONAL:
        if there[section] is not None:
            found.insert(1 + found.index(after), section)
    return [(anchor, w(f"contents-{anchor}")) for anchor in found]


def _rows(content: ReportInput) -> str:
    """How many rows were measured, out of fold and locked."""
    sizes = [sum(len(part.truth) for part in out_of_fold(parts)) for parts in content.folds.values()]
    locked = 0 if content.test is None else len(content.test[0])
    return count(max(sizes, default=0) + locked) if max(sizes, default=0) + locked else ""


def _board_lead(shown: Board, w: Words) -> str:
    if not shown.level:
        return w("board-lead-bare")
    known = shown.estimand in ("this recipe", "this model")
    return w("board-lead", shown.level, w(f"board-about-{shown.estimand}") if known else shown.estimand, shown.method)


def _confusion(content: ReportInput, metric: MetricInfo) -> Any:
    test, w = content.summary["test"], content.words
    if content.test is not None and test is not None:
        threshold = test.get("threshold")
        rule = "" if threshold is None else w("board-confusion-threshold", w.fixed(threshold, max(3, decimals_for([threshold]))))
        return confusion(content.task, [content.test], name=test["name"], is_test=True, rule=rule, w=w)
    leader = leader_of(content.summary, metric)
    if leader is None:
        return None
    pairs = [(part.truth, part.predictions) for part in out_of_fold(content.folds.get(leader["name"], ()))]
    return confusion(content.task, pairs, name=leader["name"], is_test=False, rule="", w=w)


def _column(column: Column) -> dict[str, Any]:
    levels: Sequence[str] = column.levels
    return {
        "name": column.name,
        "kind": column.kind + (" (whole)" if column.whole else ""),
        "role": column.role,
        "levels": levels[:MOST_LEVELS],
        "more": max(0, len(levels) - MOST_LEVELS),
    }


def _run(provenance: Mapping[str, Any], w: Words) -> Iterable[dict[str, Any]]:
    """The known entries in their order, then any others; what Assay itself calls them in the language of the page."""
    for key in (*_RUN, *(key for key in provenance if key not in _RUN)):
        if key not in provenance:
            continue
        value = provenance[key]
        if key == "openings" and (isinstance(value, int) or not value):
            value = w("run-shut") if not value else w("run-opened-once") if value == 1 else w("run-opened", value)
        elif key == "threshold" and isinstance(value, str):
            value = w.reason(value)
        elif key not in ("command", "versions", "source"):
            value = _in_words(value, w)
        yield {"title": _phrase(f"run-title-{key}", str(key), w), "value": value, "is_code": key == "command"}


def _in_words(value: Any, w: Words) -> Any:
    """The names that Assay gives to entries, and some of their values; anything else as it is."""
    if isinstance(value, Mapping):
        return {_phrase(f"run-key-{key}", str(key), w): _in_words(inner, w) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_in_words(inner, w) for inner in value]
    return w.units(_phrase(f"run-value-{value}", value, w)) if isinstance(value, str) else value


def _phrase(key: str, text: str, w: Words) -> str:
    return w(key) if key in PHRASES else text
