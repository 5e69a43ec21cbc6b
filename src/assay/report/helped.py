"""What helped, as the page shows it: the study's sentences in the language of the page, and its measures in tables.

Only arranges what the summary says under "treatments" (see ``study.helped``); nothing is decided here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay.measure.compare import A_BETTER, B_BETTER, TOO_LITTLE
from assay.report.language import ENGLISH, Words
from assay.report.looks import set_in_type
from assay.report.numbers import MISSING, decimals_for
from assay.study.helped_words import by_recipe

THRESHOLD_ONLY = "threshold-only"
_TABLES = (
    (
        "helped-order",
        "helped-order-text",
        ("roc_auc", "average_precision", "f1_at_half", "f1_tuned", "f1_before", "f1_after"),
    ),
    ("helped-right", "helped-right-text", ("log_loss_before", "log_loss_after", "brier_before", "brier_after")),
    ("", "helped-slope-text", ("slope_before", "slope_after")),
)
"""Phrases of the title and of the caption, and the measures."""

_ALARMS = ("before", "after", "tuned")
Tone = Literal["good", "bad", ""]
_CALLS: dict[str, tuple[str, Tone]] = {
    A_BETTER: ("helped-better", "good"),
    B_BETTER: ("helped-worse", "bad"),
    TOO_LITTLE: ("helped-little", ""),
}


@dataclass(frozen=True, slots=True)
class HelpedCell:
    """change: the paired difference with its interval, or "".  call: in a word, or ""."""

    value: str
    ends: str = ""
    change: str = ""
    call: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class HelpedTable:
    """title: "" for one that belongs to the table above.

    rows: (recipe or "", treatment, cells); the recipe stands where a new one begins, and only if there are several."""

    title: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[HelpedCell, ...]], ...]


@dataclass(frozen=True, slots=True)
class WhatHelped:
    """said: (recipe or "", its sentences, the verdict first); the recipe is "" where there is one alone.

    prevalence: the share of the positive class in words, or "" where the task has none.
    """

    said: tuple[tuple[str, tuple[str, ...]], ...]
    tables: tuple[HelpedTable, ...]
    alarms: HelpedTable | None
    prevalence: str


def what_helped(summary: Mapping[str, Any], w: Words = ENGLISH) -> WhatHelped | None:
    """None where nothing was treated."""
    found = summary.get("treatments")
    if found is None:
        return None
    known = {measure["key"]: measure for measure in found["measures"]}
    tables = [
        _table(found["rows"], (title, caption), [known[key] for key in keys if key in known], w)
        for title, caption, keys in _TABLES
    ]
    told = by_recipe(found, w.language, w.reason)
    prevalence = found["prevalence"]
    return WhatHelped(
        tuple((recipe if len(told) > 1 else "", tuple(map(set_in_type, said))) for recipe, said in told if said),
        tuple(table for table in tables if table.heads),
        _alarms(found["rows"], w) if "alarms_before" in known else None,
        "" if prevalence is None else w.share(prevalence),
    )


def _table(
    rows: Sequence[Mapping[str, Any]], keys: tuple[str, str], measures: Sequence[Mapping[str, Any]], w: Words
) -> HelpedTable:
    """keys: of the phrases of its title, "" without one, and of its caption."""
    columns = [_column(rows, measure, w) for measure in measures]
    lines = [
        (recipe, row["treatment"], tuple(column[place] for column in columns))
        for place, (recipe, row) in enumerate(zip(_recipes(rows), rows, strict=True))
    ]
    heads = tuple(w(f"helped-measure-{measure['key']}") + _arrow(measure) for measure in measures)
    return HelpedTable(w(keys[0]) if keys[0] else "", w(keys[1]), heads, tuple(lines))


def _column(rows: Sequence[Mapping[str, Any]], measure: Mapping[str, Any], w: Words) -> list[HelpedCell]:
    key = measure["key"]
    found = [row["measures"].get(key) for row in rows]
    places = decimals_for([entry[end] for entry in found if entry is not None for end in ("value", "low", "high")])
    reference = THRESHOLD_ONLY if key.endswith("_tuned") else "none"
    cells = []
    for row, entry in zip(rows, found, strict=True):
        own = "none" if row["treatment"] == THRESHOLD_ONLY else reference
        is_told_below = row["treatment"] == "none" and key.endswith("_tuned")  # it is threshold-only
        cells.append(HelpedCell("") if entry is None or is_told_below else _cell(entry, places, entry["against"].get(own), w))
    return cells


def _cell(entry: Mapping[str, Any], places: int, verdict: Mapping[str, Any] | None, w: Words) -> HelpedCell:
    if entry["value"] is None:
        return HelpedCell(MISSING, w.reason(entry["undefined"]))
    value, ends = w.fixed(entry["value"], places), w.range(entry["low"], entry["high"], places)
    if verdict is None or verdict["difference"] is None:
        return HelpedCell(value, ends)
    change = w.interval(verdict["difference"], verdict["low"], verdict["high"], places, sign=True)
    key, tone = _CALLS.get(verdict["call"], ("", ""))
    return HelpedCell(value, ends, change, w(key) if key else "", tone)


def _alarms(rows: Sequence[Mapping[str, Any]], w: Words) -> HelpedTable:
    """A line a treatment: in each way of cutting, the alarms among 1000 cases and how many of them are false."""
    lines = []
    for recipe, row in zip(_recipes(rows), rows, strict=True):
        is_plain = row["treatment"] == "none"
        cells = tuple(
            HelpedCell("") if is_plain and view == "tuned" else _alarm_cell(row["measures"], view, w) for view in _ALARMS
        )
        lines.append((recipe, row["treatment"], cells))
    return HelpedTable(w("helped-alarms"), "", tuple(w(f"helped-alarms-{view}") for view in _ALARMS), tuple(lines))


def _alarm_cell(measures: Mapping[str, Any], view: str, w: Words) -> HelpedCell:
    alarms, false = measures.get(f"alarms_{view}"), measures.get(f"false_share_{view}")
    if alarms is None or alarms["value"] is None:
        return HelpedCell("")
    verdict = alarms["against"].get(THRESHOLD_ONLY if view == "tuned" else "none")
    shown = _cell(alarms, 0, verdict, w)
    part = ""
    if false is not None and false["value"] is not None:
        part = w("helped-false", w.share(false["value"]), _percents(false, w)).rstrip()
    word = {"good": w("helped-fewer"), "bad": w("helped-more")}.get(shown.tone, "")
    return HelpedCell(f"{shown.value} {shown.ends}".rstrip(), part, "", word, shown.tone)


def _percents(entry: Mapping[str, Any], w: Words) -> str:
    if entry["low"] is None or entry["high"] is None:
        return ""
    return w.ends(w.share(entry["low"]), w.share(entry["high"]))


def _recipes(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The recipe of each row where it is a new one; nothing where all are of one."""
    names = [row["recipe"] for row in rows]
    if len(set(names)) < 2:
        return [""] * len(names)
    return [name if place == 0 or names[place - 1] != name else "" for place, name in enumerate(names)]


def _arrow(measure: Mapping[str, Any]) -> str:
    return {True: " ↑", False: " ↓", None: ""}[measure["greater_is_better"]]
