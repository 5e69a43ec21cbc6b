"""From verdicts to sentences: what was shown, and no more than that.

Every sentence is built from the call that the study made; nothing is decided here.
A sentence is (before, middle, after) around the two names, or pieces of which some are names, so that names stay names:
the template puts them into elements and escapes them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay.measure.compare import A_BETTER, B_BETTER, CALLS, SAME, TOO_LITTLE
from assay.report.language import ENGLISH, Words
from assay.report.metric import MetricInfo
from assay.report.numbers import decimals_for

Tone = Literal["good", "bad", "open", "failed"]
NO_TREATMENT = "none"
_OPEN, _CLOSE = "\ue000", "\ue001"


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a sentence; a strong one is a name that comes from the data."""

    text: str
    strong: bool = False


Sentence = tuple[Piece, ...]


def sentence(w: Words, key: str, *values: str | Piece | Sequence[Piece]) -> Sentence:
    """A phrase around values of which some are names: those stand as pieces of their own, whatever they hold.

    >>> sentence(ENGLISH, "first-next", Piece("a{0}", strong=True), "1", "2")[1].text
    'a{0}'
    """
    held: list[Sequence[Piece]] = []
    told: list[str] = []
    for value in values:
        if isinstance(value, str):
            value = (Piece(value),)
        held.append((value,) if isinstance(value, Piece) else value)
        told.append(f"{_OPEN}{len(held) - 1}{_CLOSE}")
    found: list[Piece] = []
    for place, part in enumerate(re.split(f"{_OPEN}([0-9]+){_CLOSE}", w(key, *told))):
        found += held[int(part)] if place % 2 else [Piece(part)] * bool(part)
    return tuple(found)


def family_in(w: Words, family: str) -> str:
    """The family of a verdict as the study called it, which is English, in the language of the page."""
    for start in ("treatments of ", "variants of "):
        if family.startswith(start):
            return w(f"board-family-{start.strip()}", w.name(family.removeprefix(start)))
    whole = {"against the leader": "board-family-leader", "pretraining": "board-family-pretraining"}.get(family)
    return family if whole is None else w(whole)


def call_in(w: Words, call: str) -> str:
    """A call that names neither row."""
    return w(f"board-call-{call}") if call in CALLS else call


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


def treatment_effects(summary: Mapping[str, Any], metric: MetricInfo, w: Words = ENGLISH) -> list[Effect]:
    """One effect for each row with a treatment, in the order of the rows."""
    rows = summary["rows"]
    plain = {row["recipe"]: row for row in rows if row["treatment"] == NO_TREATMENT}
    treated = [row for row in rows if row["treatment"] != NO_TREATMENT]
    return [_effect(row, plain.get(row["recipe"]), summary["verdicts"], metric, w) for row in treated]


def standing(row: Mapping[str, Any], leader: str | None, verdicts: Sequence[Mapping[str, Any]], w: Words = ENGLISH) -> Standing:
    """What the verdict against the leader says about ``row``."""
    if row["name"] == leader:
        return Standing(w("board-is-leader"), "leader")
    found = None if leader is None else pair_verdict(verdicts, row["name"], leader, prefer="leader")
    if found is None:
        return Standing("", "")
    call = found["call"]
    if call in (A_BETTER, B_BETTER):
        is_better = (found["a"] if call == A_BETTER else found["b"]) == row["name"]
        said = w("board-better-p" if is_better else "board-worse-p", w.probability(found["p"]))
        return Standing(said, "good" if is_better else "bad")
    return Standing(call_in(w, call), "open")


def pair_verdict(verdicts: Sequence[Mapping[str, Any]], one: str, other: str, *, prefer: str) -> Mapping[str, Any] | None:
    """The verdict on two rows; of several, the one whose family has ``prefer`` in its name."""
    found = [v for v in verdicts if {v["a"], v["b"]} == {one, other}]
    return next((v for v in found if prefer in str(v["family"])), found[0] if found else None)


def call_in_words(verdict: Mapping[str, Any], w: Words = ENGLISH) -> tuple[str, str, Tone]:
    """(name that is better or "", words, tone) of a verdict."""
    call = verdict["call"]
    if call == A_BETTER:
        return verdict["a"], w("board-is-better"), "good"
    if call == B_BETTER:
        return verdict["b"], w("board-is-better"), "good"
    return "", call_in(w, call), "open"


def _effect(
    row: Mapping[str, Any],
    plain: Mapping[str, Any] | None,
    verdicts: Sequence[Mapping[str, Any]],
    metric: MetricInfo,
    w: Words,
) -> Effect:
    treatment, recipe = row["treatment"], row["recipe"]
    between = w("board-effect-with")
    if row["failure"]:
        return Effect(treatment, recipe, "failed", "", between, w("board-effect-failed"), w.reason(str(row["failure"])))
    if plain is None or plain["failure"]:
        reason = w("board-effect-plain-not-run" if plain is None else "board-effect-plain-failed")
        return Effect(treatment, recipe, "open", "", between, w("board-effect-alone"), reason)
    found = pair_verdict(verdicts, row["name"], plain["name"], prefer="treatment")
    if found is None or found["difference"] is None:
        return Effect(treatment, recipe, "open", "", between, w("board-effect-not-compared"), _values(row, plain, metric, w))
    sign = 1 if found["a"] == row["name"] else -1
    difference = sign * found["difference"]
    low, high = found["low"], found["high"]
    if sign < 0 and low is not None and high is not None:
        low, high = -high, -low
    tone, before, middle, after = _phrase(found["call"], is_a=found["a"] == row["name"], w=w)
    places = max(3, decimals_for([difference, low, high]))
    told = w.interval(difference, low, high, places, sign=True)
    detail = f"{_values(row, plain, metric, w)} {w('board-effect-difference', told, w.probability(found['p']))}"
    return Effect(treatment, recipe, tone, before, middle, after, detail, difference, low, high)


def _phrase(call: str, *, is_a: bool, w: Words) -> tuple[Tone, str, str, str]:
    """Tone and the words before, between and after the two names."""
    if call == (A_BETTER if is_a else B_BETTER):
        return "good", "", w("board-effect-helps"), ""
    if call in (A_BETTER, B_BETTER):
        return "bad", "", w("board-effect-hurts"), w("board-effect-hurts-end")
    if call == SAME:
        return "open", "", w("board-effect-same"), w("board-effect-same-end")
    if call == TOO_LITTLE:
        return "open", w("board-effect-little"), w("board-effect-helps"), ""
    return "open", w("board-effect-open-start"), w("board-effect-open"), ""


def _values(row: Mapping[str, Any], plain: Mapping[str, Any], metric: MetricInfo, w: Words) -> str:
    places = decimals_for([row["value"], plain["value"]])
    values = (w.fixed(one["value"], places) for one in (row, plain))
    return w("board-effect-values", metric.title, *values)
