"""The columns of a look as the template shows them: a line of the overview for each, and a card with the target along it."""

from collections.abc import Callable
from typing import Any

from assay.data.look.columns import ColumnLook, Summary
from assay.data.look.parts import Part
from assay.measure.interval import Interval
from assay.report.language import Words
from assay.report.look import Look
from assay.report.look_strength import Strength
from assay.report.look_target import Along
from assay.report.numbers import MISSING
from assay.report.pictures.look_bars import Bars, bars
from assay.report.scale import Scale, scale_for


def overview(look: Look, w: Words) -> list[dict[str, Any]]:
    """A line for each column that is shown."""
    strengths = {one.column: one for one in look.strengths}
    return [_line(column, place, strengths.get(column.name), w) for place, column in _shown(look)]


def cards(look: Look, w: Words) -> list[dict[str, Any]]:
    strengths, alongs = {one.column: one for one in look.strengths}, {one.column: one for one in look.alongs}
    return [
        _card(look, column, place, (strengths.get(column.name), alongs.get(column.name)), w) for place, column in _shown(look)
    ]


def _shown(look: Look) -> list[tuple[int, ColumnLook]]:
    names = set(look.shown)
    return [(place, column) for place, column in enumerate(look.columns, 1) if column.name in names]


def _line(column: ColumnLook, place: int, strong: Strength | None, w: Words) -> dict[str, Any]:
    far = column.outliers
    return {
        "place": place,
        "name": column.name,
        "kind": w(column.kind),
        "role": "" if column.role == "feature" else w(f"role-{column.role}"),
        "missing": "" if column.missing == 0 else w.share(column.missing_share),
        "distinct": MISSING if column.distinct is None else w.count(column.distinct),
        "bars": _bars(column),
        "middle": _middle(column, w),
        "far": "" if far is None or far.count == 0 else w.share(far.count / column.rows),
        "strength": None if strong is None else _strength(strong, w),
    }


def _bars(column: ColumnLook) -> Bars | None:
    if column.histogram is not None:
        return bars(column.histogram.counts)
    if column.levels is not None and column.levels.top:
        return bars([rows for _, rows in column.levels.top])
    return None


def _middle(column: ColumnLook, w: Words) -> str:
    if column.summary is not None:
        low, middle, high = (_cell(column.summary, column.summary.quantiles[place], w) for place in (1, 3, 5))
        return f"{middle} {w.ends(low, high)}"
    if column.levels is not None and column.levels.top:
        name, rows = column.levels.top[0]
        return f"{w.name(name)} ({w.share(rows / column.rows)})"
    return ""


def _strength(one: Strength, w: Words) -> dict[str, Any]:
    """Positions in per cent of 0 … 1, and the words."""
    found = one.interval
    if found.value is None:
        return {"at": None, "text": MISSING, "shown": False, "ends": ""}
    low, high = (found.value if end is None else end for end in (found.low, found.high))
    return {
        "at": round(100 * found.value, 1),
        "low": round(100 * low, 1),
        "high": round(100 * high, 1),
        "text": w.two(found.value),
        "ends": w.ends(w.two(found.low), w.two(found.high)),
        "shown": one.is_shown(),
    }


def _card(look: Look, column: ColumnLook, place: int, found: tuple[Strength | None, Along | None], w: Words) -> dict[str, Any]:
    strong, bins = found
    association = ""
    if strong is not None and strong.interval.value is not None:
        told = _strength(strong, w)
        association = w("association", w(strong.name), f"{told['text']} {told['ends']}", w("p-holm", w.probability(strong.p)))
    return {
        **_line(column, place, strong, w),
        "facts": _facts(column, w),
        "far_words": _far_words(column, w),
        "beyond": _beyond(column, w),
        "ends": _ends(column, w),
        "levels": _levels(column, w) if bins is None else [],
        "association": association,
        "along": None if bins is None else _along(look, bins, w),
    }


def _facts(column: ColumnLook, w: Words) -> str:
    gone = w("some-missing", w.count(column.missing), w.share(column.missing_share)) if column.missing else w("none-missing")
    said = [gone]
    if column.distinct is not None:
        said.append(w("some-distinct", w.count(column.distinct)))
    if column.summary is not None:
        said += _summary(column.summary, w)
    text = "; ".join(said) + "."
    if column.summary is not None and column.summary.unit == "characters":
        text += " " + w("in-characters")
    return text[:1].upper() + text[1:]


def _summary(found: Summary, w: Words) -> list[str]:
    quantiles = [_cell(found, value, w) for value in found.quantiles]
    said = [w("range", quantiles[0], quantiles[-1]), w("quartiles", *quantiles[2:5])]
    if found.unit == "date":
        return said
    middle = w("mean", w.number(found.mean))
    said.append(middle if found.sd is None else w("mean-sd", w.number(found.mean), w.number(found.sd)))
    said += [w("zeros", w.count(found.zeros))] if found.zeros and found.unit == "number" else []
    return said + ([w("infinite", w.count(found.infinite))] if found.infinite else [])


def _cell(found: Summary, value: float, w: Words) -> str:
    return w.cell(value, found.unit, span=found.quantiles[-1] - found.quantiles[0])


def _far_words(column: ColumnLook, w: Words) -> str:
    far, summary = column.outliers, column.summary
    if far is None or summary is None or column.histogram is None:
        return ""
    if far.low is None or far.high is None:
        return w("far-no-rule")
    low, high = _cell(summary, far.low, w), _cell(summary, far.high, w)
    if not far.count:
        return w("far-none", low, high, w(far.rule))
    examples = ", ".join(w("example", w.count(row), _cell(summary, value, w)) for row, value in far.examples)
    return w("far-some", w.count(far.count), w.share(far.count / column.rows), low, high, w(far.rule), examples)


def _beyond(column: ColumnLook, w: Words) -> str:
    drawn, summary = column.histogram, column.summary
    if drawn is None or summary is None or drawn.below + drawn.above == 0:
        return ""
    low, high = _ends(column, w) or ("", "")
    sides = (("beyond-low", drawn.below, low), ("beyond-high", drawn.above, high))
    return " ".join(w(key, w.count(rows), end) for key, rows, end in sides if rows)


def _ends(column: ColumnLook, w: Words) -> tuple[str, str] | None:
    """What stands below the histogram, left and right."""
    if column.histogram is None or column.summary is None:
        return None
    half = 0.5 if column.histogram.whole else 0.0  # the whole number within the bar
    edges = column.histogram.edges
    return _cell(column.summary, edges[0] + half, w), _cell(column.summary, edges[-1] - half, w)


def _levels(column: ColumnLook, w: Words) -> list[dict[str, Any]]:
    """Bars of the commonest levels, where no target goes along them."""
    if column.levels is None or not column.levels.top:
        return []
    known = column.levels
    most = known.top[0][1]
    lines = [{"what": "level", "text": name, "rows": rows} for name, rows in known.top]
    if known.other_levels:
        lines.append({"what": "other", "text": w("others", w.count(known.other_levels)), "rows": known.other_rows})
    if column.missing:
        lines.append({"what": "missing", "text": w("is-missing"), "rows": column.missing})
    most = max(most, *(int(str(line["rows"])) for line in lines))
    return [
        {**line, "percent": round(100 * rows / most, 1), "count": w.count(rows), "share": w.share(rows / column.rows)}
        for line in lines
        for rows in [int(str(line["rows"]))]
    ]


def _along(look: Look, found: Along, w: Words) -> dict[str, Any]:
    is_share = bool(found.classes)
    values = [value for place in found.places for one in place.values for value in (one.value, one.low, one.high)]
    scale = scale_for(values, ticks=4, keep=(0.0, *found.overall) if is_share else found.overall)
    told, end = (w.share, w.percent) if is_share else (w.number, w.number)
    most = max(place.rows for place in found.places)
    lines = []
    for place in found.places:
        bars_of = [_whisker(one, scale, (told, end), w) for one in place.values]
        text = part_text(place.part, w)
        percent = round(100 * place.rows / most, 1)
        lines.append({"what": place.part.what, "text": text, "rows": w.count(place.rows), "percent": percent, "values": bars_of})
    headings = [w("share-of", w.name(name)) for name in found.classes] or [w("mean-of", w.name(look.target or ""))]
    overall = [{"at": scale.at(value), "text": w("overall", told(value))} for value in found.overall]
    return {"lines": lines, "headings": headings, "overall": overall, "is_level": found.places[0].part.what in ("level", "other")}


def _whisker(
    found: Interval, scale: Scale, forms: tuple[Callable[[float], str], Callable[[float], str]], w: Words
) -> dict[str, Any]:
    """forms: of the value, and of the ends of its interval."""
    told, end = forms
    if found.value is None:
        return {"at": None, "text": MISSING, "low": None, "high": None, "ends": ""}
    value = {"at": scale.at(found.value), "text": told(found.value), "low": None, "high": None, "ends": ""}
    if found.low is None or found.high is None:
        return value
    low, high = scale.at(max(found.low, scale.low)), scale.at(min(found.high, scale.high))
    return {**value, "low": low, "high": high, "ends": w.ends(end(found.low), end(found.high))}


def part_text(part: Part, w: Words) -> str:
    """A part in words; the names of levels as they are."""
    if part.what == "level":
        return part.level or ""
    if part.what == "missing":
        return w("is-missing")
    if part.what == "other":
        return w("others", w.count(part.levels))
    low, high = part.low or 0.0, part.high or 0.0
    if part.what == "value":
        return w.cell(low, part.unit)
    return f"{w.cell(low, part.unit, span=high - low)} … {w.cell(high, part.unit, span=high - low)}"
