"""Rows before and after each treatment, as the templates show them: pictures, how good the new rows are, what warns."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from markupsafe import Markup

from assay.balance.quality.report import Quality
from assay.measure.interval import Interval
from assay.report.language import ENGLISH, Words
from assay.report.numbers import MISSING, THIN, count
from assay.report.pictures.canvas import Drawing
from assay.report.pictures.rows import NEW_SLOT, SLOTS, limits_of, new_codes, rows_picture
from assay.report.quality_words import statement_in, warnings_in
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


def looks_view(looks: Looks, w: Words = ENGLISH) -> dict[str, Any]:
    """What looks.html shows."""
    order = np.argsort([-rows for rows in looks.counts], kind="stable").tolist()
    return {
        "w": w,
        "counts": [(looks.classes[code], count(looks.counts[code])) for code in order],
        "lines": [line for look in looks.looks for line in _lines(look, w)],
        "sections": [_section(looks, look, place, order, w) for place, look in enumerate(looks.looks)],
        "axes": [_axis_words(which, axis, w) for which, axis in zip(("across", "upwards"), looks.axes, strict=True)],
        "most": tuple(count(most) for most in looks.most_drawn),
        "left_out": looks.left_out,
    }


def _lines(look: Look, w: Words) -> list[dict[str, Any]]:
    """The summary: a line for each class that grew, one with words where none did."""
    if not look.qualities:
        said = w.reason(look.said) or _lost(look, w)
        return [{"name": look.name, "said": said, "failed": look.failed, "quality": None, "below": ""}]
    below = "" if look.bounded is None else w("rows-short")
    return [
        {"name": look.name, "said": "", "failed": False, "quality": _short(quality, w), "below": below}
        for quality in look.qualities
    ]


def _lost(look: Look, w: Words) -> str:
    return w("rows-lost", count(sum(look.counts)))


def _short(quality: Quality, w: Words) -> dict[str, Any]:
    worst = quality.column_worst
    return {
        "label": quality.label,
        "new": count(quality.new),
        "auc": value_ends(quality.told_apart, w),
        "among": value_ends(quality.among_others, w, as_share=True),
        "among_real": _share_of(quality.among_others_real, w),
        "copies": w.share(quality.copies_share),
        "worst": "" if worst is None else worst.name,
        "distance": MISSING if worst is None else w.fixed(worst.distance, 2),
        "warnings": len(quality.warnings),
    }


def _section(looks: Looks, look: Look, place: int, order: Sequence[int], w: Words) -> dict[str, Any]:
    before = looks.counts if look.bounded is None else look.bounded.rows
    return {
        "anchor": f"treatment-{place + 1}",
        "name": look.name,
        "said": w.reason(look.said) or ("" if look.qualities else _lost(look, w)),
        "failed": look.failed,
        "bounded": bounded_words(look, w),
        "is_sample": look.bounded is not None and sum(look.bounded.rows) < look.bounded.of,
        "counts": [(looks.classes[code], count(before[code]), count(look.counts[code])) for code in order],
        "figures": [] if look.after is None else _figures(looks, look, look.after, (place, order), w),
        "qualities": [_quality(quality, w) for quality in look.qualities],
    }


def bounded_words(look: Look, w: Words = ENGLISH) -> str:
    """What the rows of a treatment that trains a net were made from, where it was not all rows and its whole training; or ""."""
    if look.bounded is None:
        return ""
    used, bounded = sum(look.bounded.rows), look.bounded
    rows = w("rows-from-all", count(used))
    if used < bounded.of:
        rows = w("rows-from-sample", count(used), count(bounded.of))
    return w("rows-made-from", rows, count(bounded.steps), count(bounded.of_steps), look.name)


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


def _quality(quality: Quality, w: Words) -> dict[str, Any]:
    looked = (count(rows) for rows in (quality.used_new, quality.used_real, quality.used_reference))
    return {
        "label": quality.label,
        "said": set_in_type(statement_in(quality, w)),
        "warnings": [set_in_type(warning) for warning in warnings_in(quality, w)],
        "rows": _rows(quality, w),
        "looked": w("rows-looked", *looked),
        "left_out": [w.reason(name) for name in quality.left_out],
    }


def _figures(looks: Looks, look: Look, after: Cloud, where: tuple[int, Sequence[int]], w: Words) -> list[dict[str, Any]]:
    """Before and after on the same axes.  where: the place of the treatment, and the classes in their order."""
    limits, (place, order) = limits_of([looks.before, after]), where
    axes = _drawn(looks.axes[0], "rows-across", w), _drawn(looks.axes[1], "rows-upwards", w)
    found = []
    for key, cloud in (("before", looks.before), ("after", after)):
        new = int(cloud.is_new.sum())
        said = w(f"rows-said-{key}-new" if new else f"rows-said-{key}", count(len(cloud) - new), count(new))
        if new and look.bounded is not None and sum(look.bounded.rows) < look.bounded.of:
            said += f" {w('rows-said-sample', count(sum(look.bounded.rows)))}"
        drawing = Drawing(f"rows-{place + 1}-{key}", w(f"rows-picture-{key}", place + 1), said, 5.0, 4.2, w.point)
        svg: Markup = rows_picture(drawing, cloud, axes, limits, order)
        real = [(SLOTS[rank % len(SLOTS)], 0, code) for rank, code in enumerate(order) if looks.counts[code]]
        made = [(NEW_SLOT, rank + 1, code) for rank, code in enumerate(new_codes(cloud, order))]
        legend = [{"name": looks.classes[code], "slot": slot + 1, "new": shape} for slot, shape, code in (*real, *made)]
        found.append({"heading": w(f"rows-{key}"), "svg": svg, "caption": said, "legend": legend})
    return found


def _drawn(axis: Axis, which: str, w: Words) -> Axis:
    """With what is written at it: a column's name is not."""
    return replace(axis, title=w(which) if axis.is_name else w.reason(axis.title), is_name=False)


def _axis_words(which: str, axis: Axis, w: Words) -> dict[str, Any]:
    more = len(axis.levels) - SHOWN_LEVELS
    levels = ", ".join(f"{place} {level}" for place, level in enumerate(axis.levels[:SHOWN_LEVELS], 1))
    title = axis.title if axis.is_name else w.reason(axis.title)
    if not axis.is_name:
        title = title[:1].lower() + title[1:]
    return {"which": w(f"rows-{which}"), "title": title, "is_name": axis.is_name, "levels": levels + (" …" if more > 0 else "")}


def _rows(quality: Quality, w: Words) -> list[dict[str, Any]]:
    """The table of one class: what, of the new rows, of the real rows."""
    ratio, half = quality.nearest_ratio, (w.decimal("0.5"), w("rows-chance"))
    copies = (w.share(quality.copies_share), w("rows-copies-rows", count(quality.copies)))
    rows = [
        (w("rows-what-rows"), (count(quality.new), ""), (count(quality.real), "")),
        (w("rows-what-told"), value_ends(quality.told_apart, w), half),
        (
            w("rows-what-among"),
            value_ends(quality.among_others, w, as_share=True),
            value_ends(quality.among_others_real, w, as_share=True),
        ),
        (w("rows-what-copies"), copies, (MISSING, "")),
        (w("rows-what-nearest"), (MISSING if ratio is None else f"{w.fixed(ratio, 2)} ×", w("rows-median")), ("1 ×", "")),
        (
            w("rows-what-close"),
            value_ends(quality.close, w, as_share=True),
            value_ends(quality.close_real, w, as_share=True),
        ),
        *_of_columns(quality, w),
    ]
    return [{"what": what, "new": new, "real": real} for what, new, real in rows]


def _of_columns(quality: Quality, w: Words) -> list[tuple[str, tuple[str, str], tuple[str, str]]]:
    rows: list[tuple[str, tuple[str, str], tuple[str, str]]] = []
    mean, worst = quality.column_mean, quality.column_worst
    if mean is not None and worst is not None:
        chance, columns = w("rows-chance-up-to", w.fixed(worst.chance, 2)), w("rows-columns", count(len(quality.columns)))
        rows.append((w("rows-what-mean"), (w.fixed(mean, 2), columns), (MISSING, "")))
        rows.append((w("rows-what-worst", worst.name), (w.fixed(worst.distance, 2), chance), ("0", "")))
    if quality.pairs:
        pair = quality.pairs[0]
        name = w("rows-what-pair", w(f"rows-pair-{pair.measure}"), pair.first, pair.second)
        rows.append(
            (name, (w.fixed(pair.new, 2), w("rows-all-pairs", w.fixed(quality.pair_mean, 2))), (w.fixed(pair.real, 2), ""))
        )
    return rows


def value_ends(interval: Interval, w: Words = ENGLISH, *, as_share: bool = False) -> tuple[str, str]:
    """A value and its interval, as text; a dash and the reason where there is none."""

    def text(value: float) -> str:
        return w.share(value) if as_share else w.fixed(value, 2)

    if interval.value is None:
        return MISSING, w.reason(interval.undefined)
    if interval.low is None or interval.high is None:
        return text(interval.value), w.reason(interval.undefined)
    return text(interval.value), w.ends(text(interval.low), text(interval.high))


def _share_of(interval: Interval, w: Words) -> str:
    return MISSING if interval.value is None else w.share(interval.value)
