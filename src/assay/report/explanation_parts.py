"""Each section of an explanation as its template shows it: texts, bars with their scales, pictures."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.data.task import Task
from assay.explain.curves import Curve
from assay.explain.explanation import RowExplanation
from assay.explain.fairness import FOUR_FIFTHS, Fairness
from assay.explain.faults import Slices, WrongRow
from assay.explain.group_rates import RATES
from assay.explain.interactions import Interaction
from assay.explain.permutation import Importance, Importances
from assay.explain.shapley import ShapValues
from assay.measure.interval import Interval
from assay.report.explanation_pictures import centred, curve_picture, shown_outputs
from assay.report.figures import LegendEntry
from assay.report.leaderboard import Bar
from assay.report.numbers import MISSING, count, decimals_for, ends_text, number, probability, share
from assay.report.pictures.canvas import DASHES, Drawing
from assay.report.scale import Scale, scale_for

MOST_COLUMNS = 25
MOST_SLICES = 12
MOST_LEVELS = 12
FEWEST_DECIMALS = 4
"""Small drops stand beside large ones: with fewer, their intervals would seem to touch 0."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table with a bar: bar is None without a value."""

    name: str
    bar: Bar | None
    value: str
    ends: str
    words: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows on one scale.  zero: where 0 stands, in per cent.  more: rows that are not shown."""

    lines: tuple[Line, ...]
    scale: Scale
    zero: float
    more: int = 0


def _table(entries: Sequence[tuple[str, Interval, str, str]], most: int) -> Table:
    """(name, interval, words, tone) of each row; 0 is on the scale."""
    shown = entries[:most]
    intervals = [interval for _, interval, _, _ in shown]
    ends = [end for one in intervals for end in (one.value, one.low, one.high)]
    scale = scale_for(ends, keep=[0.0])
    places = max(FEWEST_DECIMALS, decimals_for(ends))
    lines = tuple(_line(name, interval, words, tone, scale, places) for name, interval, words, tone in shown)
    return Table(lines, scale, scale.at(0.0), len(entries) - len(shown))


def _line(name: str, interval: Interval, words: str, tone: str, scale: Scale, places: int) -> Line:
    if interval.value is None:
        return Line(name, None, MISSING, interval.undefined or "", words, tone)
    low, high = interval.low, interval.high
    bar = Bar(scale.at(interval.value), None if low is None else scale.at(low), None if high is None else scale.at(high))
    return Line(name, bar, number(interval.value, places), ends_text(low, high, places), words, tone)


def importance_view(found: Importances) -> dict[str, Any]:
    """Columns and groups on one scale, largest first."""

    def entry(one: Importance) -> tuple[str, Interval, str, str]:
        p = "" if one.p is None or one.call == "not known" else f", p {probability(one.p)}"
        tone = {"matters": "good", "better without it": "bad"}.get(one.call, "open")
        return one.name, one.drop, f"{one.call}{p}", tone

    whole = found.whole
    return {
        "metric": found.metric,
        "whole": f"{number(whole.value, 4)} {ends_text(whole.low, whole.high, 4)}",
        "level": f"{whole.level:.0%}",
        "estimand": "rows and fitted models vary" if whole.estimand == "this recipe" else "rows vary",
        "deals": found.deals,
        "rows": count(found.rows),
        "columns": _table([entry(one) for one in found.columns], MOST_COLUMNS),
        "groups": _table([entry(one) for one in found.groups], MOST_COLUMNS) if found.groups else None,
    }


def shap_view(found: ShapValues) -> dict[str, Any]:
    sizes = found.sizes()
    return {
        "method": found.method,
        "rows": count(len(found.units)),
        "table": _table([(name, interval, "", "") for name, interval in sizes.items()], MOST_COLUMNS),
        "summed": len(found.outputs) > 1,
    }


def curve_views(curves: Sequence[tuple[Curve, Curve]], task: Task) -> list[dict[str, Any]]:
    """A picture for an ordered column, a table for levels (names that come from data are not drawn)."""
    unit = "Change of the probability" if task.is_classification else "Change of the answer"
    found = []
    for place, (dependence, effects) in enumerate(curves):
        outputs = shown_outputs(effects)
        entry: dict[str, Any] = {"column": effects.column, "rows": count(effects.rows), "svg": None, "levels": None, "legend": ()}
        entry["which"] = effects.outputs[outputs[0]] if task.name == "binary" else ""
        if effects.grid.ordered:
            said = f"From {effects.grid.texts[0]} to {effects.grid.texts[-1]}: reach {number(effects.reach)}."
            drawing = Drawing(f"curve-{place}", f"Effect of {effects.column}", said, 4.6, 3.0)
            entry["svg"] = curve_picture(drawing, effects, dependence, outputs, y=unit)
            if len(outputs) > 1:
                entry["legend"] = [_legend(effects.outputs[output], slot) for slot, output in enumerate(outputs)]
        else:
            entry["levels"] = _level_table(effects, dependence, outputs[0])
            entry["output"] = effects.outputs[outputs[0]]
            entry["left_out"] = effects.grid.left_out
        found.append(entry)
    return found


def _legend(name: str, slot: int) -> LegendEntry:
    pattern = DASHES[slot % len(DASHES)]
    return LegendEntry(name, slot, "" if pattern == "-" else " ".join(f"{2 * length:g}" for length in pattern[1]), is_main=False)


def _level_table(effects: Curve, dependence: Curve, output: int) -> Table:
    """Levels by their effect, largest first; beside it the partial dependence about its mean."""
    beside = dict(zip(dependence.grid.texts, centred(dependence)[:, output].tolist(), strict=True))
    entries = []
    for place, text in enumerate(effects.grid.texts):
        low, value, high = (float(one[place, output]) for one in (effects.low, effects.value, effects.high))
        interval = Interval(value, min(low, value), max(high, value), effects.level, "bootstrap", effects.rows, "this model")
        words = f"{share(float(effects.share[place]))} of the rows; dependence {number(beside.get(text), 3, sign=True)}"
        entries.append((text, interval, words, ""))
    return _table(sorted(entries, key=lambda entry: -(entry[1].value or 0.0)), MOST_LEVELS)


def interaction_views(found: Sequence[Interaction]) -> Table | None:
    if not found:
        return None
    entries = [
        (
            f"{one.columns[0]} and {one.columns[1]}",
            one.h,
            f"{'act together' if one.acts else 'not shown'}; strength {number(one.strength.value, 3)}",
            "good" if one.acts else "open",
        )
        for one in found
    ]
    return _table(entries, 10)


def slice_views(found: Slices) -> dict[str, Any]:
    failing = [
        (one.name, one.difference, f"{count(one.rows)} rows, {_here(one.here, one.elsewhere)}", "bad")
        for one in found.found
        if one.fails
    ]
    shifted = [
        (one.name, one.shift, f"{count(one.rows)} rows, p {probability(one.p_shift)}", "bad")
        for one in found.found
        if one.misjudged
    ]
    return {
        "metric": found.metric,
        "looked_at": count(found.looked_at),
        "too_small": count(found.too_small),
        "failing": _table(failing, MOST_SLICES) if failing else None,
        "shifted": _table(sorted(shifted, key=lambda entry: -abs(entry[1].value or 0.0)), MOST_SLICES) if shifted else None,
    }


def _here(here: float, elsewhere: float) -> str:
    places = max(3, decimals_for([here, elsewhere]))
    return f"{number(here, places)} here, {number(elsewhere, places)} elsewhere"


def wrong_views(found: Sequence[WrongRow], columns: Sequence[str]) -> dict[str, Any] | None:
    if not found:
        return None
    rows = [
        {
            "unit": count(one.unit),
            "truth": _value(one.truth),
            "said": _value(one.said),
            "chance": "" if one.chance is None else number(one.chance, 4),
            "loss": number(one.loss, 3),
            "cells": [_value(one.values.get(name)) for name in columns],
        }
        for one in found
    ]
    return {"columns": columns, "rows": rows, "has_chance": found[0].chance is not None}


def _value(value: Any) -> str:
    if value is None:
        return "(missing)"
    if isinstance(value, float):
        return number(value, None if value != round(value) else 0)
    return re.sub(r" 00:00:00$", "", str(value))[:60]


def fairness_view(found: Fairness) -> dict[str, Any]:
    def cell(interval: Interval) -> tuple[str, str]:
        if interval.value is None:
            return MISSING, interval.undefined or ""
        return share(interval.value), "" if interval.low is None else f"{share(interval.low)} to {share(interval.high or 0.0)}"

    groups = [
        {
            "name": one.group,
            "rows": count(one.rows),
            "cells": [cell(one.base_rate), *(cell(one.rates[what]) for what in RATES)],
            "shift": (number(one.shift.value, 3, sign=True), ends_text(one.shift.low, one.shift.high, 3, sign=True)),
        }
        for one in found.groups
    ]
    gaps = [
        (f"{gap.what}: {gap.first} less {gap.second}", gap.difference, f"p {probability(gap.p)}", "bad" if gap.shown else "open")
        for gap in sorted(found.gaps, key=lambda gap: (not gap.shown, -abs(gap.difference.value or 0.0)))
    ]
    worst = found.worst
    impact = None
    if worst is not None:
        ratio, high = worst.ratio, worst.ratio.high
        below = ratio.value is not None and ratio.value < FOUR_FIFTHS
        rule = (
            "below four fifths"
            if high is not None and high < FOUR_FIFTHS
            else "below four fifths, as measured"
            if below
            else "not below four fifths"
        )
        impact = {
            "text": f"{number(ratio.value, 2)} {ends_text(ratio.low, ratio.high, 2)}".strip(),
            "lower": worst.lower,
            "higher": worst.higher,
            "rule": rule,
        }
    return {
        "column": found.column,
        "positive": found.positive,
        "threshold": number(found.threshold, 3),
        "names": ["base rate", *RATES],
        "groups": groups,
        "gaps": _table(gaps, MOST_COLUMNS),
        "impact": impact,
        "left_out": count(found.left_out) if found.left_out else "",
        "notes": found.notes,
    }


def row_view(found: RowExplanation) -> dict[str, Any]:
    pushes = None
    if found.shap and len(found.score) == 1:
        ranked = sorted(found.shap.items(), key=lambda entry: -abs(entry[1][0]))
        entries = [
            (name, Interval(value[0], None, None, 0.95, "", 1, "this model"), f"= {_value(found.values[name])}", "")
            for name, value in ranked
        ]
        pushes = _table(entries, 15)
    change = found.counterfactual
    return {
        "unit": count(found.unit),
        "said": [(name, number(value, 3)) for name, value in found.said.items()],
        "pushes": pushes,
        "base": "" if not found.base else number(found.base[0], 3),
        "score": "" if not found.score else number(found.score[0], 3),
        "change": change,
        "probability": None if change is None else tuple(number(value, 3) for value in change.probability),
        "changes": []
        if change is None
        else [{"column": one.column, "before": _value(one.before), "after": _value(one.after)} for one in change.changes],
        "kept": () if change is None else change.kept,
    }
