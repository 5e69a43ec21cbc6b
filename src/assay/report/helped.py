"""What helped, as the page shows it: the sentences of the study, and its measures in tables.

Only arranges what the summary says under "treatments" (see ``study.helped``); nothing is decided here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay.measure.compare import A_BETTER, B_BETTER, TOO_LITTLE
from assay.report.looks import set_in_type
from assay.report.numbers import MISSING, decimals_for, ends_text, number, share

THRESHOLD_ONLY = "threshold-only"
_TABLES = (
    (
        "Order and labels",
        "Each with its interval, and below it the paired difference: F1 at its tuned threshold against threshold-only, all "
        "else against none. Threshold-only is the untreated model cut at its own tuned threshold: it makes no rows, and its "
        "tuned F1 is that of none.",
        ("roc_auc", "average_precision", "f1_at_half", "f1_tuned", "f1_before", "f1_after"),
    ),
    (
        "Are the probabilities still right?",
        "Before correction: as the learner gives them. After: brought back to the true prior, or calibrated on out-of-fold "
        "rows. Below each the paired difference to none.",
        ("log_loss_before", "log_loss_after", "brier_before", "brier_after"),
    ),
    (
        "",
        "The slope of calibration: 1 is right, below 1 the probabilities say too much, above 1 too little.",
        ("slope_before", "slope_after"),
    ),
)
_SHORT = {
    "f1_at_half": "F1 at 0.5",
    "f1_tuned": "F1, tuned",
    "f1_before": "F1, before correction",
    "f1_after": "F1, after correction",
    "log_loss_before": "Log loss, before",
    "log_loss_after": "Log loss, after",
    "brier_before": "Brier, before",
    "brier_after": "Brier, after",
    "slope_before": "Slope, before",
    "slope_after": "Slope, after",
}
_ALARMS = (
    ("before", "At 0.5, before correction"),
    ("after", "At 0.5, after correction"),
    ("tuned", "At its tuned threshold"),
)
Tone = Literal["good", "bad", ""]


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


def what_helped(summary: Mapping[str, Any]) -> WhatHelped | None:
    """None where nothing was treated."""
    found = summary.get("treatments")
    if found is None:
        return None
    titles = {measure["key"]: measure for measure in found["measures"]}
    tables = [
        _table(found["rows"], title, caption, [titles[key] for key in keys if key in titles]) for title, caption, keys in _TABLES
    ]
    prevalence = found["prevalence"]
    return WhatHelped(
        _by_recipe(found["sentences"], [row["recipe"] for row in found["rows"]]),
        tuple(table for table in tables if table.heads),
        _alarms(found["rows"]) if "alarms_before" in titles else None,
        "" if prevalence is None else share(prevalence),
    )


def _by_recipe(sentences: Sequence[str], recipes: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Sentences that begin with the name of a recipe stand together under it; those of all of them come first."""
    found: dict[str, list[str]] = {"": []}
    for sentence in sentences:
        # Of a recipe whose name begins another one's ("mlp", "mlp: …"), the colon tells them apart.
        name = next((name for name in recipes if sentence.startswith(f"{name}: ")), "")
        found.setdefault(name, []).append(set_in_type(sentence.removeprefix(f"{name}: ") if name else sentence))
    return tuple((name, tuple(said)) for name, said in found.items() if said)


def _table(rows: Sequence[Mapping[str, Any]], title: str, caption: str, measures: Sequence[Mapping[str, Any]]) -> HelpedTable:
    columns = [_column(rows, measure) for measure in measures]
    lines = [
        (recipe, row["treatment"], tuple(column[place] for column in columns))
        for place, (recipe, row) in enumerate(zip(_recipes(rows), rows, strict=True))
    ]
    heads = tuple(_SHORT.get(measure["key"], measure["title"]) + _arrow(measure) for measure in measures)
    return HelpedTable(title, caption, heads, tuple(lines))


def _column(rows: Sequence[Mapping[str, Any]], measure: Mapping[str, Any]) -> list[HelpedCell]:
    key = measure["key"]
    found = [row["measures"].get(key) for row in rows]
    places = decimals_for([entry[end] for entry in found if entry is not None for end in ("value", "low", "high")])
    reference = THRESHOLD_ONLY if key.endswith("_tuned") else "none"
    cells = []
    for row, entry in zip(rows, found, strict=True):
        own = "none" if row["treatment"] == THRESHOLD_ONLY else reference
        is_told_below = row["treatment"] == "none" and key.endswith("_tuned")  # it is threshold-only
        cells.append(HelpedCell("") if entry is None or is_told_below else _cell(entry, places, entry["against"].get(own)))
    return cells


def _cell(entry: Mapping[str, Any], places: int, verdict: Mapping[str, Any] | None) -> HelpedCell:
    if entry["value"] is None:
        return HelpedCell(MISSING, str(entry["undefined"] or ""))
    value, ends = number(entry["value"], places), ends_text(entry["low"], entry["high"], places)
    if verdict is None or verdict["difference"] is None:
        return HelpedCell(value, ends)
    change = f"{number(verdict['difference'], places, sign=True)} {ends_text(verdict['low'], verdict['high'], places, sign=True)}"
    words: dict[str, tuple[str, Tone]] = {
        A_BETTER: ("better", "good"),
        B_BETTER: ("worse", "bad"),
        TOO_LITTLE: ("too little data", ""),
    }
    call, tone = words.get(verdict["call"], ("", ""))
    return HelpedCell(value, ends, change.rstrip(), call, tone)


def _alarms(rows: Sequence[Mapping[str, Any]]) -> HelpedTable:
    """A line a treatment: in each way of cutting, the alarms among 1000 cases and how many of them are false."""
    lines = []
    for recipe, row in zip(_recipes(rows), rows, strict=True):
        is_plain = row["treatment"] == "none"
        cells = tuple(
            HelpedCell("") if is_plain and view == "tuned" else _alarm_cell(row["measures"], view) for view, _ in _ALARMS
        )
        lines.append((recipe, row["treatment"], cells))
    return HelpedTable("Alarms per 1000 cases", "", tuple(words for _, words in _ALARMS), tuple(lines))


def _alarm_cell(measures: Mapping[str, Any], view: str) -> HelpedCell:
    alarms, false = measures.get(f"alarms_{view}"), measures.get(f"false_share_{view}")
    if alarms is None or alarms["value"] is None:
        return HelpedCell("")
    shown = _cell(alarms, 0, alarms["against"].get(THRESHOLD_ONLY if view == "tuned" else "none"))
    part = "" if false is None or false["value"] is None else f"{share(false['value'])} false {_percents(false)}".rstrip()
    word = {"better": "fewer", "worse": "more"}.get(shown.call, "")
    return HelpedCell(f"{shown.value} {shown.ends}".rstrip(), part, "", word, shown.tone)


def _percents(entry: Mapping[str, Any]) -> str:
    if entry["low"] is None or entry["high"] is None:
        return ""
    return f"[{share(entry['low'])}, {share(entry['high'])}]"


def _recipes(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The recipe of each row where it is a new one; nothing where all are of one."""
    names = [row["recipe"] for row in rows]
    if len(set(names)) < 2:
        return [""] * len(names)
    return [name if place == 0 or names[place - 1] != name else "" for place, name in enumerate(names)]


def _arrow(measure: Mapping[str, Any]) -> str:
    return {True: " ↑", False: " ↓", None: ""}[measure["greater_is_better"]]
