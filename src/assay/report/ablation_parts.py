"""Each question of an ablation as its template shows it: sentences, tables with bars on one scale, the learning curve."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.report.ablation_pictures import learning_curve
from assay.report.leaderboard import Bar
from assay.report.metric import describe
from assay.report.numbers import MISSING, count, decimals_for, ends_text, number, probability
from assay.report.scale import Scale, scale_for
from assay.study.ablate.result import BETTER_WITHOUT, WORTH, Ablation, Found, FoundTable
from assay.study.ablate.words import TITLES, in_order, sentences, verdict_words

MOST_LINES = 60
FEWEST_DECIMALS = 4
"""Small differences stand beside large ones: with fewer, their intervals would seem to touch 0."""

TONES = {WORTH: "good", BETTER_WITHOUT: "bad"}
GLOSSARY = (
    (
        "Worth",
        "How much better the metric is with the thing than without, on the same rows, folds and seeds; above 0 is better, "
        "whichever way the metric counts.",
    ),
    (
        "The same within the margin",
        "The whole interval (at 90 % for verdicts at 95 %) lies inside the margin that you named: too small to matter.",
    ),
    ("No difference shown", "The rows tell neither way; it does not say that there is none."),
    ("p", "Of no difference, corrected by Holm for all lines of a table."),
    (
        "Left out and dealt",
        "Here the model is fitted again without the column, so that others may take over. Permutation importance (assay explain) "
        "says how much the fitted model leans on it.",
    ),
)


@dataclass(frozen=True, slots=True)
class LineView:
    """value, ends: of the metric.  worth, worth_ends: with its bar, which is None where there is nothing to compare."""

    name: str
    rows: str
    value: str
    ends: str
    bar: Bar | None
    worth: str
    worth_ends: str
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class TableView:
    """zero, band: where 0 and the margin stand, in per cent.  more: lines that are not shown."""

    title: str
    axis: str
    has_rows: bool
    lines: tuple[LineView, ...]
    scale: Scale
    zero: float
    band: tuple[float, float] | None
    more: int


def ablation_views(found: Sequence[Ablation]) -> list[dict[str, Any]]:
    """What ablation_section.html shows, one entry a question."""
    return [_view(one, place) for place, one in enumerate(found)]


def _view(found: Ablation, place: int) -> dict[str, Any]:
    metric, whole = describe(found.metric), found.whole
    places = max(FEWEST_DECIMALS, decimals_for([whole.value]))
    return {
        "key": f"ablation-{place + 1}",
        "heading": TITLES[found.kind],
        "candidate": found.candidate,
        "metric": metric.title,
        "whole": f"{number(whole.value, places)} {ends_text(whole.low, whole.high, places)}".strip(),
        "level": f"{found.level:.0%}",
        "margin": None if found.margin is None else f"{found.margin:g}",
        "fits": count(found.fits),
        "sentences": [*sentences(found), *found.notes],
        "tables": [_table(found, table, metric.title) for table in found.tables],
        "picture": _picture(found, place) if found.kind == "rows" else None,
    }


def _table(found: Ablation, table: FoundTable, metric: str) -> TableView:
    lines = in_order(table)
    shown = lines[:MOST_LINES]
    ends = [end for line in shown if line.worth is not None for end in (line.worth.value, line.worth.low, line.worth.high)]
    scale = scale_for(ends, keep=[0.0])
    worths = max(FEWEST_DECIMALS, decimals_for(ends))
    values = max(FEWEST_DECIMALS, decimals_for([line.value.value for line in shown if line.value is not None]))
    band = None if found.margin is None or not ends else (scale.at(-found.margin), scale.at(found.margin))
    axis = f"Gain of {metric} on the line before" if table.shape == "ladder" else f"Worth in {metric}"
    views = tuple(_line(found, table, line, scale, (values, worths)) for line in shown)
    has_rows = any(line.rows is not None for line in shown)
    return TableView(table.title, axis, has_rows, views, scale, scale.at(0.0), band, len(lines) - len(shown))


def _line(found: Ablation, table: FoundTable, line: Found, scale: Scale, places: tuple[int, int]) -> LineView:
    value, worth = line.value, line.worth
    words = verdict_words(found.kind, table, line) + ("" if line.p is None else f", p {probability(line.p)}")
    known = worth is not None and worth.value is not None
    return LineView(
        name=line.name,
        rows="" if line.rows is None else count(round(line.rows)),
        value=MISSING if value is None else number(value.value, places[0]),
        ends="" if value is None else ends_text(value.low, value.high, places[0]),
        bar=_bar(line, scale) if known else None,
        worth=number(worth.value, places[1], sign=True) if worth is not None and known else "",
        worth_ends="" if worth is None else ends_text(worth.low, worth.high, places[1], sign=True) or (worth.undefined or ""),
        words=words,
        tone="failed" if line.failure else TONES.get(line.call, "open" if known else ""),
    )


def _bar(line: Found, scale: Scale) -> Bar | None:
    worth = line.worth
    if worth is None or worth.value is None:
        return None
    low, high = worth.low, worth.high
    return Bar(scale.at(worth.value), None if low is None else scale.at(low), None if high is None else scale.at(high))


def _picture(found: Ablation, place: int) -> Any:
    lines = [line for line in found.tables[0].lines if line.value is not None and line.value.value is not None]
    return learning_curve(lines, f"ablation-curve-{place + 1}", describe(found.metric).title) if len(lines) > 1 else None
