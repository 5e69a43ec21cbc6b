"""From verdicts to sentences: what was shown, and no more than that.

Every sentence is built from the call that the study made; nothing is decided here.
A sentence is (before, middle, after) around the two names, so that names stay names:
the template puts them into elements and escapes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay.measure.compare import A_BETTER, B_BETTER, SAME, TOO_LITTLE
from assay.report.metric import MetricInfo
from assay.report.numbers import decimals_for, interval_text, number, probability

Tone = Literal["good", "bad", "open", "failed"]
NO_TREATMENT = "none"


@dataclass(frozen=True, slots=True)
class Effect:
    """One treatment with one recipe against doing nothing.

    difference, low, high: of the metric, with the treatment minus without; None when nothing was compared.
    """

    treatment: str
    recipe: str
    tone: Tone
    before: str
    middle: str
    after: str
    detail: str
    difference: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A row against the leader, in a few words."""

    text: str
    tone: Tone | Literal["leader", ""]


def treatment_effects(summary: Mapping[str, Any], metric: MetricInfo) -> list[Effect]:
    """One effect for each row with a treatment, in the order of the rows."""
    rows = summary["rows"]
    plain = {row["recipe"]: row for row in rows if row["treatment"] == NO_TREATMENT}
    treated = [row for row in rows if row["treatment"] != NO_TREATMENT]
    return [_effect(row, plain.get(row["recipe"]), summary["verdicts"], metric) for row in treated]


def standing(row: Mapping[str, Any], leader: str | None, verdicts: Sequence[Mapping[str, Any]]) -> Standing:
    """What the verdict against the leader says about ``row``."""
    if row["name"] == leader:
        return Standing("the leader", "leader")
    found = None if leader is None else pair_verdict(verdicts, row["name"], leader, prefer="leader")
    if found is None:
        return Standing("", "")
    call = found["call"]
    if call in (A_BETTER, B_BETTER):
        is_better = (found["a"] if call == A_BETTER else found["b"]) == row["name"]
        return Standing(f"{'better' if is_better else 'worse'}, p {probability(found['p'])}", "good" if is_better else "bad")
    return Standing(call, "open")


def pair_verdict(verdicts: Sequence[Mapping[str, Any]], one: str, other: str, *, prefer: str) -> Mapping[str, Any] | None:
    """The verdict on two rows; of several, the one whose family has ``prefer`` in its name."""
    found = [v for v in verdicts if {v["a"], v["b"]} == {one, other}]
    return next((v for v in found if prefer in str(v["family"])), found[0] if found else None)


def call_in_words(verdict: Mapping[str, Any]) -> tuple[str, str, Tone]:
    """(name that is better or "", words, tone) of a verdict."""
    call = verdict["call"]
    if call == A_BETTER:
        return verdict["a"], " is better", "good"
    if call == B_BETTER:
        return verdict["b"], " is better", "good"
    return "", call, "open"


def _effect(
    row: Mapping[str, Any], plain: Mapping[str, Any] | None, verdicts: Sequence[Mapping[str, Any]], metric: MetricInfo
) -> Effect:
    treatment, recipe = row["treatment"], row["recipe"]
    if row["failure"]:
        return Effect(treatment, recipe, "failed", "", " with ", " failed", str(row["failure"]))
    if plain is None or plain["failure"]:
        reason = "The recipe without a treatment was not run." if plain is None else "The recipe without a treatment failed."
        return Effect(treatment, recipe, "open", "", " with ", " has nothing to be compared with", reason)
    found = pair_verdict(verdicts, row["name"], plain["name"], prefer="treatment")
    if found is None or found["difference"] is None:
        return Effect(treatment, recipe, "open", "", " with ", " was not compared", _values(row, plain, metric))
    sign = 1 if found["a"] == row["name"] else -1
    difference = sign * found["difference"]
    low, high = found["low"], found["high"]
    if sign < 0 and low is not None and high is not None:
        low, high = -high, -low
    tone, before, middle, after = _phrase(found["call"], is_a=found["a"] == row["name"])
    places = max(3, decimals_for([difference, low, high]))
    detail = (
        f"{_values(row, plain, metric)} Difference {interval_text(difference, low, high, places, sign=True)}, "
        f"adjusted p {probability(found['p'])}."
    )
    return Effect(treatment, recipe, tone, before, middle, after, detail, difference, low, high)


def _phrase(call: str, *, is_a: bool) -> tuple[Tone, str, str, str]:
    """Tone and the words before, between and after the two names."""
    if call == (A_BETTER if is_a else B_BETTER):
        return "good", "", " helps ", ""
    if call in (A_BETTER, B_BETTER):
        return "bad", "", " makes ", " worse"
    if call == SAME:
        return "open", "", " changes ", " by no more than the margin"
    if call == TOO_LITTLE:
        return "open", "Too little data to say whether ", " helps ", ""
    return "open", "", " is not shown to help ", ""


def _values(row: Mapping[str, Any], plain: Mapping[str, Any], metric: MetricInfo) -> str:
    places = decimals_for([row["value"], plain["value"]])
    return f"{metric.title} {number(row['value'], places)} with it, {number(plain['value'], places)} without."
