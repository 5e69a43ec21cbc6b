"""What stands out in a look, in sentences, and what is said of missing cells. Also what the screen shows."""

from typing import Any

from assay.report.language import Words
from assay.report.look import Look
from assay.report.look_missing import MissingEffect
from assay.report.numbers import MISSING

MANY_MISSING, MANY_FAR, ALIKE = 0.5, 0.01, 0.95
STRONGEST = 5
SHOWN_HOLES, PATTERN_NAMES = 40, 6


def facts(look: Look, w: Words) -> list[dict[str, str]]:
    """The first line of the page: (what, value, words)."""
    kinds = [column.kind for column in look.columns]
    told = ", ".join(f"{w(kind)} {w.count(kinds.count(kind))}" for kind in dict.fromkeys(kinds))
    found = [
        {"what": w("rows"), "value": w.count(look.rows), "words": ""},
        {"what": w("columns"), "value": w.count(len(look.columns)), "words": told},
        {"what": w("cells-missing"), "value": w.share(look.missing.cells / (look.rows * len(look.columns))), "words": ""},
    ]
    if look.target is not None:
        words = "" if look.positive is None else w("positive", w.name(look.positive))
        if look.classes and look.positive is None:
            words = w("classes", w.count(len(look.classes)))
        found.append({"what": w("target"), "value": w.name(look.target), "words": words})
    return found


def standing_out(look: Look, w: Words) -> list[str]:
    """Sentences, the most telling first."""
    found = [*_of_target(look, w), *_of_columns(look, w)]
    alike = [pair for pair in look.pairs.strongest(1000) if abs(pair.value) >= ALIKE]
    if alike:
        names = [f"{w.name(pair.a)} – {w.name(pair.b)} ({w(pair.measure)} {w.two(pair.value)})" for pair in alike]
        found.append(w("out-alike", w.list(names)))
    if look.left_out:
        rule = w("by-strength" if look.strengths else "by-order")
        found.append(w("out-left", w.count(len(look.shown)), w.count(len(look.columns)), rule))
    found += _how_counted(look, w)
    return found


def _of_target(look: Look, w: Words) -> list[str]:
    found = []
    strong = [one for one in look.strengths if one.is_shown()]
    if strong:
        names = [f"{w.name(one.column)} {w.two(one.interval.value)}" for one in strong]
        found.append(w("out-strong", w.list(names, STRONGEST)))
    elif look.strengths:
        found.append(w("out-no-strong", w.count(len(look.strengths))))
    telling = [one for one in look.missing_effects if one.shown]
    if telling:
        found.append(w("out-signal", w.list([w.name(one.column) for one in telling])))
    return found


def _of_columns(look: Look, w: Words) -> list[str]:
    named = (
        ("out-empty", [w.name(one.name) for one in look.columns if one.missing == one.rows]),
        ("out-constant", [w.name(one.name) for one in look.columns if one.is_constant]),
        (
            "out-holes",
            [f"{w.name(one.name)} {w.share(one.missing_share)}" for one in look.columns if MANY_MISSING < one.missing_share < 1],
        ),
        (
            "out-far",
            [
                f"{w.name(one.name)} {w.share(one.outliers.count / one.rows)}"
                for one in look.columns
                if one.outliers is not None and one.outliers.count > max(MANY_FAR * one.rows, 1)
            ],
        ),
    )
    return [w(key, w.list(names)) for key, names in named if names]


def _how_counted(look: Look, w: Words) -> list[str]:
    found = []
    if look.weight is not None and look.target is not None:
        found.append(w("out-weighed", w.name(look.weight)))
    if look.group is not None and look.target is not None:
        found.append(w("out-grouped", w.name(look.group)))
    if look.of is not None:
        found.append(w("out-some", w.count(look.rows), w.count(look.of)))
    elif look.target is not None:
        found.append(w("out-lock"))
    return found


def holes_view(look: Look, w: Words) -> dict[str, Any]:
    """The section on missing cells; lines empty where there are none."""
    holes, effects = look.missing, {one.column: one for one in look.missing_effects}
    lines = []
    for name, rows in holes.columns[:SHOWN_HOLES]:
        effect = effects.get(name)
        told = None if effect is None else _effect(effect, w, is_share=bool(look.classes))
        percent = round(100 * rows / holes.rows, 2)
        lines.append(
            {"name": name, "rows": w.count(rows), "share": w.share(rows / holes.rows), "percent": percent, "effect": told}
        )
    more = ""
    if len(holes.columns) > SHOWN_HOLES:
        more = w("holes-more", w.count(SHOWN_HOLES), w.count(len(holes.columns)))
    whole, with_holes = w.count(holes.whole), w.count(len(holes.columns))
    return {
        "lead": w("holes-lead", whole, w.count(holes.rows), with_holes, w.count(len(look.columns))),
        "lines": lines,
        "more": more,
        "has_effects": bool(effects),
        "is_difference": len(look.classes) < 3,
        "difference": w("difference-points" if look.classes else "difference"),
        "patterns": [_pattern(one.columns, one.rows, holes.rows, w) for one in holes.patterns],
        "patterns_more": w("patterns-more", w.count(holes.other_patterns), w.count(holes.other_rows))
        if holes.other_patterns
        else "",
    }


def _pattern(names: tuple[str, ...], rows: int, of: int, w: Words) -> dict[str, Any]:
    rest = len(names) - PATTERN_NAMES
    return {
        "names": names[:PATTERN_NAMES],
        "more": w("and-more", w.count(rest)) if rest > 0 else "",
        "rows": w.count(rows),
        "share": w.share(rows / of),
    }


def _effect(one: MissingEffect, w: Words, *, is_share: bool) -> dict[str, Any]:
    def told(value: float | None) -> str:
        return MISSING if value is None else (w.share(value) if is_share else w.number(value))

    if one.missing is None and one.difference is not None:  # Cramér's V: no share of one class
        ends = "" if one.low is None else w.ends(w.two(one.low), w.two(one.high))
        return {"missing": "", "present": "", "difference": w.two(one.difference), "ends": ends, **_p(one, w)}
    ends = ""
    if one.low is not None and one.high is not None:
        ends = w.ends(_signed(one.low, w, is_share), _signed(one.high, w, is_share))
    gap = MISSING if one.difference is None else _signed(one.difference, w, is_share)
    return {"missing": told(one.missing), "present": told(one.present), "difference": gap, "ends": ends, **_p(one, w)}


def _p(one: MissingEffect, w: Words) -> dict[str, Any]:
    return {"p": w.probability(one.p), "shown": one.shown}


def _signed(value: float, w: Words, is_share: bool) -> str:
    sign = "+" if value > 0 else ""
    return sign + (w.number(100 * value, 1) if is_share else w.number(value))
