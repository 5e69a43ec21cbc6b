"""Rows before and after each treatment, as the templates show them: pictures, how good the new rows are, what warns."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from assay.balance.quality.report import Quality
from assay.measure.interval import Interval
from assay.report.numbers import MISSING, THIN, count, number, share
from assay.report.pictures.canvas import Drawing
from assay.report.pictures.rows import NEW_SLOT, SLOTS, limits_of, new_codes, rows_picture
from assay.study.looking import SHOWN_LEVELS, Axis, Cloud, Look, Looks

GLOSSARY = (
    (
        "Told from real rows",
        "A boosting learns to tell new rows from real ones of their class, as many of both; shown is its ROC AUC on rows of "
        "places that it has not seen. 0.5 is chance, 1 is always.",
    ),
    (
        "Among rows of another class",
        "Rows whose 5 nearest real rows are mostly of another class. Real rows are asked without themselves, copies without "
        "the row they copy. Far above the real rows' share: the treatment pours rows onto overlap or onto wrong labels.",
    ),
    ("Exact copies", "New rows that equal a training row in every column."),
    (
        "Distance to the nearest training row",
        "The median, against that of the real rows to each other. Far below 1 the new rows hug those they were made from; "
        "a hint about privacy and no guarantee.",
    ),
    (
        "Column distance",
        "Numbers: Kolmogorov-Smirnov, the largest gap between the two distribution functions. Categories: total variation, the "
        "share of rows that would have to change. Chance: what two samples of one law pass in one case of twenty.",
    ),
    (
        "Pair difference",
        "How differently two columns go together: Spearman's rank correlation of two numbers, Cramér's V with a category.",
    ),
    (
        "Interval",
        "Of new rows over families (new rows nearest to one real row), as these stand or fall together; of real rows Wilson's.",
    ),
)


def looks_view(looks: Looks) -> dict[str, Any]:
    """What looks.html shows."""
    order = np.argsort([-rows for rows in looks.counts], kind="stable").tolist()
    return {
        "counts": [(looks.classes[code], count(looks.counts[code])) for code in order],
        "lines": [line for look in looks.looks for line in _lines(look)],
        "sections": [_section(looks, look, place, order) for place, look in enumerate(looks.looks)],
        "axes": [_axis_words(which, axis) for which, axis in zip(("Across", "Upwards"), looks.axes, strict=True)],
        "most": tuple(count(most) for most in looks.most_drawn),
        "left_out": looks.left_out,
    }


def _lines(look: Look) -> list[dict[str, Any]]:
    """The summary: a line for each class that grew, one with words where none did."""
    if not look.qualities:
        return [{"name": look.name, "said": look.said or _lost(look), "failed": look.failed, "quality": None, "below": ""}]
    below = "" if look.bounded is None else "short training"
    return [
        {"name": look.name, "said": "", "failed": False, "quality": _short(quality), "below": below} for quality in look.qualities
    ]


def _lost(look: Look) -> str:
    return f"It leaves rows out and makes none: {count(sum(look.counts))} stay."


def _short(quality: Quality) -> dict[str, Any]:
    worst = quality.column_worst
    return {
        "label": quality.label,
        "new": count(quality.new),
        "auc": value_ends(quality.told_apart),
        "among": value_ends(quality.among_others, as_share=True),
        "among_real": _share_of(quality.among_others_real),
        "copies": share(quality.copies_share),
        "worst": "" if worst is None else worst.name,
        "distance": MISSING if worst is None else number(worst.distance, 2),
        "warnings": len(quality.warnings),
    }


def _section(looks: Looks, look: Look, place: int, order: Sequence[int]) -> dict[str, Any]:
    before = looks.counts if look.bounded is None else look.bounded.rows
    return {
        "anchor": f"treatment-{place + 1}",
        "name": look.name,
        "said": look.said or ("" if look.qualities else _lost(look)),
        "failed": look.failed,
        "bounded": bounded_words(look),
        "is_sample": look.bounded is not None and sum(look.bounded.rows) < look.bounded.of,
        "counts": [(looks.classes[code], count(before[code]), count(look.counts[code])) for code in order],
        "figures": [] if look.after is None else _figures(looks, look, look.after, place, order),
        "qualities": [_quality(quality) for quality in look.qualities],
    }


def bounded_words(look: Look) -> str:
    """What the rows of a treatment that trains a net were made from, where it was not all rows and its whole training; or ""."""
    if look.bounded is None:
        return ""
    used, bounded = sum(look.bounded.rows), look.bounded
    rows = (
        f"from a sample of {count(used)} of the {count(bounded.of)} rows" if used < bounded.of else f"from all {count(used)} rows"
    )
    return (
        f"Made {rows}, with {count(bounded.steps)} of {count(bounded.of_steps)} training steps, so that the page need not wait "
        "for the net: the whole training mostly makes better rows. To see those, look at this treatment by itself "
        f"(assay check … --treatments {look.name} --out page.html)."
    )


def set_in_type(sentence: str) -> str:
    """Shares and large numbers of a sentence as the page writes them; what stands in quotes is a name and stays.

    >>> set_in_type("354 of 25526 new rows (1%), 'up 10000 by 5%'")
    "354 of 25\u202f526 new rows (1\u202f%), 'up 10000 by 5%'"
    """
    return _TYPED.sub(_typed, sentence)


_TYPED = re.compile(r"(?<!\w)'[^']*'|(?<![\w.])\d{5,}(?![\w.]*\w)|(?<=\d)%")


def _typed(found: re.Match[str]) -> str:
    text = found[0]
    if text == "%":
        return f"{THIN}%"
    return text if text.startswith("'") else count(int(text))


def _quality(quality: Quality) -> dict[str, Any]:
    looked = f"Looked at: {count(quality.used_new)} new rows and {count(quality.used_real)} real ones of the class, among "
    return {
        "label": quality.label,
        "said": set_in_type(quality.said),
        "warnings": [set_in_type(warning.sentence) for warning in quality.warnings],
        "rows": _rows(quality),
        "looked": looked + f"{count(quality.used_reference)} real rows of all classes.",
        "left_out": quality.left_out,
    }


def _figures(looks: Looks, look: Look, after: Cloud, place: int, order: Sequence[int]) -> list[dict[str, Any]]:
    """Before and after on the same axes."""
    limits = limits_of([looks.before, after])
    found = []
    for key, heading, cloud in (("before", "Before", looks.before), ("after", "After", after)):
        new = int(cloud.is_new.sum())
        said = f"{heading}: {count(len(cloud) - new)} real rows are drawn" + (f", and {count(new)} new ones." if new else ".")
        if new and look.bounded is not None and sum(look.bounded.rows) < look.bounded.of:
            said += f" The new ones were made from a sample of {count(sum(look.bounded.rows))} rows."
        drawing = Drawing(f"rows-{place + 1}-{key}", f"Rows {heading.lower()} treatment {place + 1}", said, 5.0, 4.2)
        svg: Markup = rows_picture(drawing, cloud, looks.axes, limits, order)
        real = [(SLOTS[rank % len(SLOTS)], 0, code) for rank, code in enumerate(order) if looks.counts[code]]
        made = [(NEW_SLOT, rank + 1, code) for rank, code in enumerate(new_codes(cloud, order))]
        legend = [{"name": looks.classes[code], "slot": slot + 1, "new": shape} for slot, shape, code in (*real, *made)]
        found.append({"heading": heading, "svg": svg, "caption": said, "legend": legend})
    return found


def _axis_words(which: str, axis: Axis) -> dict[str, Any]:
    more = len(axis.levels) - SHOWN_LEVELS
    levels = ", ".join(f"{place} {level}" for place, level in enumerate(axis.levels[:SHOWN_LEVELS], 1))
    return {"which": which, "title": axis.title, "is_name": axis.is_name, "levels": levels + (" …" if more > 0 else "")}


def _rows(quality: Quality) -> list[dict[str, Any]]:
    """The table of one class: what, of the new rows, of the real rows."""
    ratio = quality.nearest_ratio
    rows = [
        ("Rows", (count(quality.new), ""), (count(quality.real), "")),
        ("Told from real rows (ROC AUC)", value_ends(quality.told_apart), ("0.5", "chance")),
        (
            "Among rows of another class",
            value_ends(quality.among_others, as_share=True),
            value_ends(quality.among_others_real, as_share=True),
        ),
        ("Exact copies of training rows", (share(quality.copies_share), f"{count(quality.copies)} rows"), (MISSING, "")),
        ("Distance to the nearest training row", (MISSING if ratio is None else f"{number(ratio, 2)} ×", "median"), ("1 ×", "")),
        (
            "As close as the closest 5 % of real rows",
            value_ends(quality.close, as_share=True),
            value_ends(quality.close_real, as_share=True),
        ),
    ]
    mean, worst = quality.column_mean, quality.column_worst
    if mean is not None and worst is not None:
        chance = f"chance up to {number(worst.chance, 2)}"
        rows.append(("Column distance, mean", (number(mean, 2), f"{count(len(quality.columns))} columns"), (MISSING, "")))
        rows.append((f"Column distance, worst: {worst.name}", (number(worst.distance, 2), chance), ("0", "")))
    if quality.pairs:
        pair = quality.pairs[0]
        measure = pair.measure[:1].upper() + pair.measure[1:]
        name = f"{measure} of {pair.first} and {pair.second} (most different pair)"
        all_pairs = f"all pairs differ by {number(quality.pair_mean, 2)}"
        rows.append((name, (number(pair.new, 2), all_pairs), (number(pair.real, 2), "")))
    return [{"what": what, "new": new, "real": real} for what, new, real in rows]


def value_ends(interval: Interval, *, as_share: bool = False) -> tuple[str, str]:
    """A value and its interval, as text; a dash and the reason where there is none."""
    if interval.value is None:
        return MISSING, interval.undefined or ""
    text = share if as_share else _two
    if interval.low is None or interval.high is None:
        return text(interval.value), interval.undefined or ""
    return text(interval.value), f"[{text(interval.low)}, {text(interval.high)}]"


def _two(value: float) -> str:
    return number(value, 2)


def _share_of(interval: Interval) -> str:
    return MISSING if interval.value is None else share(interval.value)
