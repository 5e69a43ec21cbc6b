"""What the data checks found, in the language of the page: made again from the code and the evidence of each finding.

The checks speak English; of a finding without its evidence (an older summary, a warning of the run) that text is what there is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assay.data.checks.finding import some
from assay.report.language import ENGLISH, Words
from assay.report.numbers import count

Evidence = Mapping[str, Any]
Values = tuple[object, ...]

HIDDEN = ("note", "first", "kind", "target", "signs", "reasons", "other_features")
"""Entries of the evidence that stand in the message already, in words."""
MOST_ENTRIES = 8


def told(finding: Mapping[str, Any], w: Words = ENGLISH) -> tuple[str, str]:
    """(message, advice) of a finding or of a warning of the run, as JSON has them."""
    message, advice = str(finding.get("message") or finding.get("code") or ""), str(finding.get("advice") or "")
    if w.language == "en":
        return message, advice
    return composed(finding, w) or (w.reason(message), w.reason(advice))


def composed(finding: Mapping[str, Any], w: Words) -> tuple[str, str] | None:
    """The message and the advice from code, columns and evidence alone; None where they do not say enough."""
    evidence, columns = finding.get("evidence") or {}, finding.get("columns") or ()
    found = _SAID.get(str(finding.get("code")))
    if found is None or not found[0] <= evidence.keys():
        return None
    key, values = found[1](evidence, list(columns), w)
    do = f"{key}-do"
    if key == "data-few-positives-one" and "most_folds" in evidence:
        do = "data-few-positives-folds-do"
    elif key.startswith("data-broken-pictures"):
        do = "data-broken-pictures-others-do" if evidence["other_features"] else "data-broken-pictures-do"
    return w(key, *values), w(do, *values)


def evidence_in(value: Any, w: Words = ENGLISH, *, most: int = MOST_ENTRIES) -> str:
    """JSON evidence as one line: "rows 12; share 0.006"; long lists are cut and say so.

    >>> evidence_in({"auc": 0.93127, "rows": [3, 8]}), evidence_in(list(range(20)), most=2), evidence_in(None)
    ('auc 0.931; rows 3, 8', '0, 1 and 18 more', '')
    """
    if value is None:
        return ""
    if isinstance(value, Mapping):
        known = [(str(key), inner) for key, inner in value.items() if key not in HIDDEN and inner is not None]
        pairs = [f"{_named(key, w)} {_by(inner, w) if key == 'by' else evidence_in(inner, w)}" for key, inner in known[:most]]
        return _cut("; ".join(pairs), len(known) - most, w)
    if isinstance(value, list | tuple):
        between = ", " if w.language == "en" else " · " if any(isinstance(one, Mapping) for one in value) else "; "
        return _cut(between.join(evidence_in(one, w) for one in value[:most]), len(value) - most, w)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return count(value) if isinstance(value, int) else w.fixed(value)


def _named(key: str, w: Words) -> str:
    """The name of a number; keys that are names of columns or classes stay as they are."""
    return w(f"evidence-{key}") if w.knows(f"evidence-{key}") else key


def _by(value: Any, w: Words) -> str:
    return w(f"evidence-by-{value}") if w.knows(f"evidence-by-{value}") else str(value)


def _cut(text: str, more: int, w: Words) -> str:
    return w("evidence-more", text, more) if more > 0 else text


def _quoted(name: object, w: Words) -> str:
    return f"«{name}»" if w.language == "ru" else repr(name)


def _percent(value: float, places: int, w: Words) -> str:
    return w.decimal(f"{100 * value:.{places}f}\u202f%") if w.language == "ru" else f"{value:.{places}%}"


def _some(names: Sequence[str], w: Words) -> str:
    return some(list(names)) if w.language == "en" else w.list(list(names), 6)


def _rows(number: int, w: Words) -> str:
    return f"{number} row{'s'[: number != 1]}" if w.language == "en" else str(number)


def _infinite(e: Evidence, columns: Sequence[str], w: Words) -> tuple[str, Values]:
    return "data-infinite", (_quoted(columns[0], w), e["count"], e["first_row"], columns[0])


def _of_columns(key: str) -> Callable[[Evidence, Sequence[str], Words], tuple[str, Values]]:
    return lambda _, columns, w: (key, (_some(columns, w), ",".join(columns)))


def _missing(e: Evidence, columns: Sequence[str], w: Words) -> tuple[str, Values]:
    return "data-missing", (e["cells"], _percent(e["share"], 1, w), _some(columns, w))


def _reading(e: Evidence, columns: Sequence[str], w: Words) -> tuple[str, Values]:
    return "data-reading", (w.reason(e["note"]), w(e["kind"]), columns[0])


def _many_levels(e: Evidence, columns: Sequence[str], w: Words) -> tuple[str, Values]:
    rare = _percent(e["rows_in_rare_levels"] / e["rows"], 0, w)
    return "data-many-levels", (_quoted(columns[0], w), e["levels"], rare, e["rare_below"], columns[0])


def _id_like(e: Evidence, columns: Sequence[str], w: Words) -> tuple[str, Values]:
    key = "data-id-like" if e["kind"] == "id" else "data-id-like-whole"
    return key, (_quoted(columns[0], w), e["distinct"], e["rows"], columns[0])


def _codes(e: Evidence, columns: Sequence[str], w: Words) -> tuple[str, Values]:
    shown = ", ".join(f"{value:g}" for value in e["values"][:4])
    return "data-codes", (_quoted(columns[0], w), e["distinct"], shown, columns[0])


def _duplicates(e: Evidence, _: Sequence[str], w: Words) -> tuple[str, Values]:
    return "data-duplicate-rows", (e["count"], _percent(e["share"], 1, w), e["first_row"])


def _conflicting(e: Evidence, _: Sequence[str], _w: Words) -> tuple[str, Values]:
    return "data-conflicting-rows", (e["count"],)


def _few_positives(e: Evidence, _: Sequence[str], w: Words) -> tuple[str, Values]:
    if "classes" in e:
        rarest = sorted(e["classes"].items(), key=lambda one: one[1])
        named = _some([f"{_quoted(label, w)} {rows}" for label, rows in rarest], w)
        key = "data-few-positives-thin" if "wanted" in e else "data-few-positives-hopeless"
        return key, (len(rarest), e["of"], e["folds"], named, e.get("wanted"))
    label = _quoted(e["class"], w)
    if "rows_a_fold" in e:
        return "data-few-positives", (label, e["rows"], e["folds"], w.decimal(f"{e['rows_a_fold']:.1f}"))
    return "data-few-positives-one", (label, _rows(e["rows"], w), e["folds"], "", e.get("most_folds"))


def _few_rows(e: Evidence, _: Sequence[str], w: Words) -> tuple[str, Values]:
    return "data-few-rows", (_rows(e["rows"], w), w.decimal(f"{e['rows_a_fold']:.1f}"), e["folds"])


def _pictures(e: Evidence, columns: Sequence[str], w: Words) -> tuple[str, Values]:
    key = "data-broken-pictures-more" if e["count"] > 1 else "data-broken-pictures"
    return key, (w.reason(e["first"]), e["count"] - 1, columns[0])


def _like(e: Evidence, columns: Sequence[str], w: Words) -> tuple[str, Values]:
    values = (e["count"], _percent(e["share"], 1, w), _quoted(columns[0], w), e["first_row"], e["like_row"])
    return "data-like-pictures", values


def _like_across(e: Evidence, _: Sequence[str], w: Words) -> tuple[str, Values]:
    return "data-pictures-across-lock", (e["with_a_like"], e["locked_rows"], _percent(e["share"], 1, w), e["first_row"])


def _across(e: Evidence, _: Sequence[str], w: Words) -> tuple[str, Values]:
    return "data-copies-across-lock", (e["with_a_copy"], e["locked_rows"], _percent(e["share"], 1, w), e["first_row"])


def _copy(e: Evidence, columns: Sequence[str], w: Words) -> tuple[str, Values]:
    return "data-target-copy", (_quoted(columns[0], w), _quoted(e["target"], w), _alone(e, w), columns[0])


def _suspicious(e: Evidence, columns: Sequence[str], w: Words) -> tuple[str, Values]:
    signs = "; ".join(_sign(sign, e, w) for sign in e["signs"])
    return "data-suspicious", (_quoted(columns[0], w), _alone(e, w), signs, columns[0])


def _alone(e: Evidence, w: Words) -> str:
    """What the column can do by itself."""
    if "auc" in e:
        key = "data-alone-auc-missing" if e["by"] == "missing" else "data-alone-auc"
        return w(key, w.decimal(f"{e['auc']:.3f}"), e["n"])
    if "spearman" in e:
        return w("data-alone-spearman", w.decimal(f"{e['spearman']:.4f}"), e["n"])
    return w("data-alone-balanced", w.decimal(f"{e['balanced_accuracy']:.3f}"), e["n"])


def _sign(sign: str, e: Evidence, w: Words) -> str:
    if sign == "pure":
        levels = ", ".join(level["level"] for level in e["pure_levels"][:5])
        return w("data-sign-pure", _percent(e["pure_share"], 0, w), levels)
    return w("data-sign-fence", w.decimal(f"{e['fence']:.2f}")) if sign == "fence" else w(f"data-sign-{sign}")


_SAID: dict[str, tuple[frozenset[str], Callable[[Evidence, Sequence[str], Words], tuple[str, Values]]]] = {
    "infinite": (frozenset({"count", "first_row"}), _infinite),
    "all-missing": (frozenset(), _of_columns("data-all-missing")),
    "mostly-missing": (frozenset(), _of_columns("data-mostly-missing")),
    "missing": (frozenset({"cells", "share"}), _missing),
    "constant": (frozenset(), _of_columns("data-constant")),
    "reading": (frozenset({"note", "kind"}), _reading),
    "many-levels": (frozenset({"levels", "rows", "rows_in_rare_levels", "rare_below"}), _many_levels),
    "id-like": (frozenset({"distinct", "rows", "kind"}), _id_like),
    "codes": (frozenset({"distinct", "values"}), _codes),
    "duplicate-rows": (frozenset({"count", "share", "first_row"}), _duplicates),
    "conflicting-rows": (frozenset({"count"}), _conflicting),
    "few-positives": (frozenset({"folds"}), _few_positives),
    "few-rows": (frozenset({"rows", "folds", "rows_a_fold"}), _few_rows),
    "broken-pictures": (frozenset({"count", "first", "other_features"}), _pictures),
    "like-pictures": (frozenset({"count", "share", "first_row", "like_row"}), _like),
    "pictures-across-lock": (frozenset({"with_a_like", "locked_rows", "share", "first_row"}), _like_across),
    "copies-across-lock": (frozenset({"with_a_copy", "locked_rows", "share", "first_row"}), _across),
    "target-copy": (frozenset({"target", "n"}), _copy),
    "suspicious": (frozenset({"signs", "n"}), _suspicious),
}
"""By code: the entries of the evidence that are needed, and what makes the key of the phrase and its values."""
CODES = tuple(_SAID)
