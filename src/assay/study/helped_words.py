"""What helped, in sentences: each is made of the calls of verdicts, and says no more than they do.

A treatment is said to lift, lower, raise or help only where the corrected verdict says so; everything else is "not shown".
They are made from the JSON of ``Helped``, which a summary keeps, so that a page can make them again in its own language.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.core.speech import Language, Speech
from assay.measure.compare import A_BETTER, B_BETTER, NO_DIFFERENCE, TOO_LITTLE
from assay.study.cells import NO_TREATMENT
from assay.study.helped import THRESHOLD_ONLY
from assay.study.helped_phrases import PHRASES

MINUS = "\N{MINUS SIGN}"

Facts = Mapping[str, Any]
Verdict = Mapping[str, Any]
Found = list[tuple[str, Verdict]]
"""(treatment, its verdict)."""


@dataclass(frozen=True)
class _Recipe:
    """The rows of one recipe, "none" first; measures: of all recipes.  say: in which language.  note: of rules that applied."""

    measures: Sequence[Facts]
    rows: Sequence[Facts]
    say: Speech
    note: Callable[[str], str]

    @property
    def deciding(self) -> list[Facts]:
        return [measure for measure in self.measures if measure["decides"]]


def sentences(treatments: Facts, language: Language = "en") -> list[str]:
    """The answer for each recipe, the most important first; of several recipes each sentence names its own."""
    told = by_recipe(treatments, language)
    return [f"{recipe}: {sentence}" if len(told) > 1 else sentence for recipe, said in told for sentence in said]


def by_recipe(treatments: Facts, language: Language = "en", note: Callable[[str], str] = str) -> list[tuple[str, list[str]]]:
    """(recipe, its sentences).  treatments: ``Helped.to_json()``.  note: what the language makes of a fit's English note."""
    found, say = [], Speech(PHRASES, language)
    for recipe in dict.fromkeys(row["recipe"] for row in treatments["rows"]):
        own = _Recipe(treatments["measures"], [row for row in treatments["rows"] if row["recipe"] == recipe], say, note)
        found.append((recipe, [sentence for make in _MAKERS for sentence in make(own)]))
    return found


def _answer(own: _Recipe) -> list[str]:
    say, treated = own.say, [row for row in own.rows if row["treatment"] not in (NO_TREATMENT, THRESHOLD_ONLY)]
    if not treated:
        return []
    found = {row["treatment"]: [(m, v) for m in own.deciding if (v := _verdict(row, m)) is not None] for row in treated}
    calls = {verdict["call"] for verdicts in found.values() for _, verdict in verdicts}
    if calls <= {TOO_LITTLE}:
        return [say("little")]
    better = {name: [(m, v) for m, v in verdicts if v["call"] == A_BETTER] for name, verdicts in found.items()}
    if not any(better.values()):
        what = say.listed([say(measure["key"]) for measure in own.deciding], last=say("or"))
        return [say("none-one" if len(treated) == 1 else "none-many", what, len(treated))]
    return [
        say("helped", name, _and([_moved(measure, verdict, say) for measure, verdict in gains], say))
        for name, gains in better.items()
        if gains
    ]


def _tuning(own: _Recipe) -> list[str]:
    """What the threshold alone does to the untreated model."""
    say = own.say
    for row in own.rows:
        verdict = _of(row, "f1_tuned", NO_TREATMENT)
        if row["treatment"] != THRESHOLD_ONLY or verdict is None or verdict["difference"] is None:
            continue
        before, after = _value(own.rows[0], "f1_at_half"), _value(row, "f1_tuned")
        ends = say("ends", say.decimal(f"{before:.3f}"), say.decimal(f"{after:.3f}"))
        if verdict["call"] in (A_BETTER, B_BETTER):
            return [say("tuning-lifts" if verdict["call"] == A_BETTER else "tuning-lowers", _size(verdict, say), ends)]
        shown = _signed(verdict, say)
        if verdict["p"] is not None:
            shown = say("with-p", shown, say.decimal(f"{verdict['p']:.2f}"))
        return [say("tuning-open", shown, ends)]
    return []


def _at_half(own: _Recipe) -> list[str]:
    """What the treatments do while everyone is cut at 0.5, which is what makes them look good."""
    say, found = own.say, _against(own.rows, "f1_at_half", NO_TREATMENT)
    lifted = _called(found, A_BETTER)
    if not found or not lifted:
        return []
    (least, lowest), (most, highest) = lifted[0], lifted[-1]
    range_of = say("range-one", _size(lowest, say), least)
    if len(lifted) > 1:
        range_of = say("range-many", _size(lowest, say), least, _size(highest, say), most)
    beyond = _called(_against(own.rows, "f1_at_half", THRESHOLD_ONLY), A_BETTER)
    rest = say("beyond", _and([name for name, _ in beyond], say)) if beyond else say("beyond-none")
    key = "at-half-one" if len(found) == 1 else _counted("at-half", lifted)
    return [say(key, range_of, rest, len(lifted), len(found))]


def _after_tuning(own: _Recipe) -> list[str]:
    """Whether anything is left of that once every threshold is tuned."""
    found = _against(own.rows, "f1_tuned", THRESHOLD_ONLY)
    known = [(name, verdict) for name, verdict in found if verdict["difference"] is not None]
    if not known or _called(known, A_BETTER) or all(verdict["call"] == TOO_LITTLE for _, verdict in known):
        return []
    name, verdict = known[-1]
    return [own.say("after-most" if _number(verdict) > 0 else "after-nearest", _signed(verdict, own.say), name)]


def _order(own: _Recipe) -> list[str]:
    """The order of the rows where no verdict speaks: how much it may have moved is said all the same."""
    found = [(name, v) for name, v in _against(own.rows, "roc_auc", NO_TREATMENT) if v["difference"] is not None]
    if not found or any(verdict["call"] != NO_DIFFERENCE for _, verdict in found):
        return []
    name, verdict = max(found, key=lambda one: abs(_number(one[1])))
    if verdict["p"] is not None:
        name = own.say("name-with-p", name, own.say.decimal(f"{verdict['p']:.2f}"))
    return [own.say("order", _signed(verdict, own.say), name)]


def _harm(own: _Recipe) -> list[str]:
    """A sentence for each deciding measure that a treatment makes worse."""
    say, said = own.say, []
    for measure in own.deciding:
        worse = _called(_against(own.rows, measure["key"], _reference(measure)), B_BETTER)
        if worse:
            key = "harm-lowers" if measure["greater_is_better"] else "harm-raises"
            (first, most), *rest = sorted(worse, key=lambda one: -abs(_number(one[1])))
            each = [say(key, first, say(measure["key"]), _size(most, say))]
            each += [say("harm-next", name, _size(verdict, say)) for name, verdict in rest]
            said.append(f"{_and(each, say)}.")
    return said


def _truthful(own: _Recipe) -> list[str]:
    """Whether the probabilities are still right, before correction and after it."""
    before, after = (_against(own.rows, f"log_loss_{view}", NO_TREATMENT) for view in ("before", "after"))
    bent, still = _called(before, B_BETTER), _called(after, B_BETTER)
    if not bent:
        return []
    name, verdict = bent[-1]
    how_many = own.say("worse-one" if len(before) == 1 else _counted("worse", bent), len(bent), len(before))
    ending = own.say(_counted("still", still) if still else "still-none", len(still))
    return [own.say("worse", how_many, _size(verdict, own.say), name, ending)]


def _alarms(own: _Recipe) -> list[str]:
    """Expected alarms at the true prior under the treatment that raises them most."""
    raised = _called(_against(own.rows, "alarms_before", NO_TREATMENT), B_BETTER)
    if not raised:
        return []
    name, plain = raised[-1][0], own.rows[0]
    row = next(row for row in own.rows if row["treatment"] == name)
    counts = [f"{_value(*one):.0f}" for one in ((plain, "alarms_before"), (row, "alarms_before"), (row, "alarms_after"))]
    false = _false(plain, row, "before", own.say), _false(None, row, "after", own.say)
    return [own.say("alarms", name, *counts[:2], false[0], counts[2], false[1])]


def _false(plain: Facts | None, row: Facts, view: str, say: Speech) -> str:
    mine = row["measures"][f"false_share_{view}"]["value"]
    theirs = None if plain is None else plain["measures"][f"false_share_{view}"]["value"]
    if mine is None:
        return ""
    return say("false", f"{mine:.0%}") if theirs is None else say("false-against", f"{mine:.0%}", f"{theirs:.0%}")


def _corrected(own: _Recipe) -> list[str]:
    """What the out-of-fold log loss chose for each treatment."""
    said = []
    for row in own.rows:
        if row["corrections"]:
            fits = sum(row["corrections"].values())
            chosen = sorted(row["corrections"].items(), key=lambda one: -one[1])
            said.append(
                own.say("corrected-one", row["treatment"], _and([_way(way, n, fits, own.say) for way, n in chosen], own.say))
            )
    return [own.say("corrected", "; ".join(said))] if said else []


def _way(way: str, count: int, fits: int, say: Speech) -> str:
    return say("way", say(way) if way in PHRASES else way, count, fits)


def _rules(own: _Recipe) -> list[str]:
    return [f"{row['treatment']}: {own.note(note)}" for row in own.rows for note in row["notes"]]


_MAKERS: tuple[Callable[[_Recipe], list[str]], ...] = (
    _answer,
    _tuning,
    _at_half,
    _after_tuning,
    _order,
    _harm,
    _truthful,
    _corrected,
    _alarms,
    _rules,
)


def _reference(measure: Facts) -> str:
    """What the treated ones are held against: the untreated model, cut at its tuned threshold where they are cut at theirs."""
    return THRESHOLD_ONLY if measure["key"].endswith("_tuned") else NO_TREATMENT


def _of(row: Facts, key: str, reference: str) -> Verdict | None:
    entry = row["measures"].get(key)
    found: Verdict | None = None if entry is None else entry["against"].get(reference)
    return found


def _verdict(row: Facts, measure: Facts) -> Verdict | None:
    return _of(row, measure["key"], _reference(measure))


def _against(rows: Sequence[Facts], key: str, reference: str) -> Found:
    """The treatments' verdicts on one measure, the smallest difference first; those without one before all others."""
    found = [
        (row["treatment"], verdict)
        for row in rows
        if row["treatment"] != THRESHOLD_ONLY and (verdict := _of(row, key, reference)) is not None
    ]
    return sorted(found, key=lambda one: float("-inf") if one[1]["difference"] is None else one[1]["difference"])


def _called(found: Found, call: str) -> Found:
    return [(name, verdict) for name, verdict in found if verdict["call"] == call]


def _number(verdict: Verdict) -> float:
    return float(verdict["difference"] or 0.0)


def _value(row: Facts, key: str) -> float:
    value = row["measures"][key]["value"]
    return float("nan") if value is None else float(value)


def _moved(measure: Facts, verdict: Verdict, say: Speech) -> str:
    return say("lifts" if measure["greater_is_better"] else "lowers", say(measure["key"]), _size(verdict, say))


def _size(verdict: Verdict, say: Speech) -> str:
    """The difference without its sign, its interval turned with it."""
    value, low, high = _number(verdict), verdict["low"], verdict["high"]
    if value >= 0 or low is None or high is None:
        return _with_ends(abs(value), low, high, say, sign="")
    return _with_ends(-value, -high, -low, say, sign="")


def _signed(verdict: Verdict, say: Speech) -> str:
    return _with_ends(_number(verdict), verdict["low"], verdict["high"], say, sign="+")


def _with_ends(value: float, low: float | None, high: float | None, say: Speech, *, sign: str) -> str:
    """Three decimals, more where they would all be 0."""
    places = 3 if abs(value) >= 0.0005 or value == 0 else 4
    text = say.decimal(_digits(value, places, sign))
    return text if low is None or high is None else f"{text} {say.ends(_digits(low, places, sign), _digits(high, places, sign))}"


def _digits(value: float, places: int, sign: str) -> str:
    """A number with a true minus, and no sign before what is 0 in these places."""
    text = f"{value:{sign}.{places}f}"
    return text.replace("-", MINUS) if any(digit in text for digit in "123456789") else text.lstrip("+-")


def _counted(key: str, found: Sequence[object]) -> str:
    """English verbs go with the number of what was found."""
    return f"{key}-single" if len(found) == 1 else f"{key}-many"


def _and(parts: Sequence[str], say: Speech) -> str:
    return say.listed(parts, last=say("and"))
