"""Each question of an ablation as its template shows it: sentences, tables with bars on one scale, the learning curve."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.report.ablation_pictures import learning_curve
from assay.report.language import ENGLISH, Words
from assay.report.leaderboard import Bar
from assay.report.metric import describe
from assay.report.numbers import MISSING, count, decimals_for
from assay.report.scale import Scale, scale_for
from assay.study.ablate.result import BETTER_WITHOUT, WORTH, Ablation, Found, FoundTable
from assay.study.ablate.words import in_order, name_of, notes_of, sentences, speech, title_of, verdict_words

MOST_LINES = 60
FEWEST_DECIMALS = 4
"""Small differences stand beside large ones: with fewer, their intervals would seem to touch 0."""

TONES = {WORTH: "good", BETTER_WITHOUT: "bad"}
_TERMS = ("worth", "same", "open", "p", "dealt")


def ablation_glossary(w: Words = ENGLISH) -> list[tuple[str, str]]:
    """(term, explanation)."""
    return [(w(f"ablation-term-{term}"), w(f"ablation-term-{term}-text")) for term in _TERMS]


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


def ablation_views(found: Sequence[Ablation], w: Words = ENGLISH) -> list[dict[str, Any]]:
    """What ablation_section.html shows, one entry a question."""
    return [_view(one, place, w) for place, one in enumerate(found)]


def _view(found: Ablation, place: int, w: Words) -> dict[str, Any]:
    title, whole = describe(found.metric, w).title, found.whole
    places = max(FEWEST_DECIMALS, decimals_for([whole.value]))
    return {
        "w": w,
        "key": f"ablation-{place + 1}",
        "heading": speech(w.language)(found.kind),
        "candidate": found.candidate,
        "whole": w("ablation-as-it-is", title, w.interval(whole.value, whole.low, whole.high, places)),
        "fits": w("ablation-fits", count(found.fits), _percent(found.level, w)),
        "margin": "" if found.margin is None else w("ablation-margin", w.decimal(f"{found.margin:g}")),
        "sentences": [*sentences(found, w.language), *notes_of(found, w.language)],
        "tables": [_table(found, table, title, w) for table in found.tables],
        "picture": _picture(found, place, w) if found.kind == "rows" else None,
    }


def _percent(level: float, w: Words) -> str:
    return w.decimal(f"{100 * level:g} %") if w.language == "ru" else f"{level:.0%}"


def _table(found: Ablation, table: FoundTable, metric: str, w: Words) -> TableView:
    lines = in_order(table)
    shown = lines[:MOST_LINES]
    ends = [end for line in shown if line.worth is not None for end in (line.worth.value, line.worth.low, line.worth.high)]
    scale = scale_for(ends, keep=[0.0]).told(w)
    worths = max(FEWEST_DECIMALS, decimals_for(ends))
    values = max(FEWEST_DECIMALS, decimals_for([line.value.value for line in shown if line.value is not None]))
    band = None if found.margin is None or not ends else (scale.at(-found.margin), scale.at(found.margin))
    axis = w("ablation-axis-ladder" if table.shape == "ladder" else "ablation-axis", metric)
    views = tuple(_line(found, table, line, (scale, values, worths), w) for line in shown)
    has_rows = any(line.rows is not None for line in shown)
    title, more = title_of(table, w.language), len(lines) - len(shown)
    return TableView(title, axis, has_rows, views, scale, scale.at(0.0), band, more)


def _line(found: Ablation, table: FoundTable, line: Found, how: tuple[Scale, int, int], w: Words) -> LineView:
    """how: the scale, and decimals of values and of worths."""
    value, worth, (scale, *places) = line.value, line.worth, how
    words = w.reason(line.failure) or verdict_words(found.kind, table, line, w.language)
    words += "" if line.p is None else w("ablation-p", w.probability(line.p))
    known = worth is not None and worth.value is not None
    return LineView(
        name=name_of(table, line, w.language),
        rows="" if line.rows is None else count(round(line.rows)),
        value=MISSING if value is None else w.fixed(value.value, places[0]),
        ends="" if value is None else w.range(value.low, value.high, places[0]),
        bar=_bar(line, scale) if known else None,
        worth=w.fixed(worth.value, places[1], sign=True) if worth is not None and known else "",
        worth_ends="" if worth is None else w.range(worth.low, worth.high, places[1], sign=True) or w.reason(worth.undefined),
        words=words,
        tone="failed" if line.failure else TONES.get(line.call, "open" if known else ""),
    )


def _bar(line: Found, scale: Scale) -> Bar | None:
    worth = line.worth
    if worth is None or worth.value is None:
        return None
    low, high = worth.low, worth.high
    return Bar(scale.at(worth.value), None if low is None else scale.at(low), None if high is None else scale.at(high))


def _picture(found: Ablation, place: int, w: Words) -> Any:
    lines = [line for line in found.tables[0].lines if line.value is not None and line.value.value is not None]
    return learning_curve(lines, f"ablation-curve-{place + 1}", describe(found.metric, w).title, w) if len(lines) > 1 else None
