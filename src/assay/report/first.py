"""The first screen: what was asked, what won, how sure that is, what it costs, and what to worry about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.errors import UnknownNameError
from assay.data.task import Task
from assay.measure.compare import A_BETTER, B_BETTER, TOO_LITTLE
from assay.report.content import ReportInput
from assay.report.evidence import out_of_fold
from assay.report.findings import evidence_in, told
from assay.report.language import ENGLISH, Words
from assay.report.leaderboard import Bar, chosen_name, leader_of, ranked
from assay.report.lock import dishonest
from assay.report.metric import MetricInfo
from assay.report.numbers import count, decimals_for
from assay.report.scale import Scale, scale_for
from assay.report.words import Effect, Piece, Sentence, pair_verdict, sentence, treatment_effects

LEVELS = ("error", "warning", "note")
_SAME_LEVEL = {"fatal": "error", "critical": "error", "warn": "warning", "suspicious": "warning", "info": "note", "hint": "note"}
FEW_ROWS = 100
"""Of a class: with fewer the share of them that is found is known to no better than ten points."""

MOST_WARNINGS = 3
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """sentences: of what won.  sure: of how sure that is."""

    name: str
    verb: str
    sentences: tuple[Sentence, ...]
    sure: tuple[Sentence, ...] = ()
    where: str = ""
    value: str = ""
    interval_words: str = ""
    bar: Bar | None = None
    scale: Scale | None = None
    others: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Treatments:
    """shown: how many effects the first screen holds."""

    headline: str
    lead: str
    empty: str
    effects: tuple[Effect, ...]
    shown: int = 6


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 - what the page calls it
    level: str
    message: str
    columns: tuple[str, ...] = ()
    evidence: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Warnings:
    headline: str
    lead: str
    items: tuple[Warning, ...]


@dataclass(frozen=True, slots=True)
class Worry:
    """level: one of LEVELS.  link: the section that says more, or ""."""

    level: str
    sentence: Sentence
    link: str = ""


def question(content: ReportInput, metric: MetricInfo, rows: str) -> Sentence:
    """What was asked, as one sentence."""
    w, features = content.words, len(content.schema.features)
    source = w("first-from-one") if features == 1 else w("first-from", features)
    if not features or content.task.name == "language-model":  # which reads what it foretells
        source = ""
    held = w("first-of-rows", rows) if rows else ""
    return (*_aim(content.task, w), Piece(f"{source}{held}{w('first-judged', metric.title, metric.direction)}"))


def _aim(task: Task, w: Words) -> Sentence:
    target = Piece(task.target, strong=True)
    if task.positive is not None:
        return sentence(w, "first-aim-binary", target, Piece(task.positive, strong=True))
    if task.is_classification:
        size = str(len(task.classes))
        if task.special:
            return sentence(w, "first-aim-ordered", size, task.classes[0], task.classes[-1], target)
        return sentence(w, "first-aim-classes", size, target)
    if task.is_language:
        return sentence(w, f"first-aim-{task.name}", target)
    return sentence(w, "first-aim-ranking" if task.special == "ranking" else "first-aim-number", target)


def answer(content: ReportInput, metric: MetricInfo) -> Answer:
    """Who leads or won, with the number that may be quoted: the locked test's once it is open, else out of fold."""
    summary, w = content.summary, content.words
    leader = leader_of(summary, metric)
    if leader is None:
        failed = sum(bool(row["failure"]) for row in summary["rows"])
        reason = w("first-all-failed", failed, len(summary["rows"]))
        return Answer("", w("first-no-result"), ((Piece(reason),),))
    chosen = next((row for row in summary["rows"] if row["name"] == chosen_name(summary) and row["value"] is not None), leader)
    test = summary["test"]
    others = [row["value"] for row in summary["rows"] if row["value"] is not None and row["name"] != chosen["name"]]
    won = [*_choice(chosen, leader, summary, metric, w), _runner_up(chosen, summary, metric, w)]
    sure: list[Sentence] = []
    if test is None:
        sure.append((Piece(w("first-shut")),))
        entry: Mapping[str, Any] = chosen["metrics"].get(metric.name) or {**chosen, "level": None}
        return _with_number((chosen["name"], w("first-leads")), (won, sure), w("first-out-of-fold"), entry, others, w)
    entry = test["metrics"].get(metric.name)
    if entry is None or entry["value"] is None:
        return Answer(test["name"], w("first-won"), _told(won), _told(sure))
    places = decimals_for([chosen["value"], chosen["low"], chosen["high"]])
    folds = w.interval(chosen["value"], chosen["low"], chosen["high"], places)
    sure.append((Piece(f"{w('first-folds-said', folds)} {_within(entry, chosen, places, w)}"),))
    if dishonest(test):
        sure.append((Piece(dishonest(test, w), strong=True),))
    return _with_number((test["name"], w("first-won")), (won, sure), w("first-on-test"), entry, others, w)


def _told(sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
    return tuple(one for one in sentences if one)


def _within(entry: Mapping[str, Any], chosen: Mapping[str, Any], places: int, w: Words) -> str:
    if None in (chosen["low"], chosen["high"], entry["low"], entry["high"]):
        return ""
    gave = w.interval(entry["value"], entry["low"], entry["high"], places)
    return w("first-agree" if _meet(entry, chosen) else "first-apart", gave)


def _meet(entry: Mapping[str, Any], chosen: Mapping[str, Any]) -> bool:
    return bool(entry["low"] <= chosen["high"] and chosen["low"] <= entry["high"])


def _with_number(
    who: tuple[str, str],
    said: tuple[Sequence[Sentence], Sequence[Sentence]],
    where: str,
    entry: Mapping[str, Any],
    others: Sequence[float],
    w: Words,
) -> Answer:
    """who: the name and the verb.  others: the values of the other candidates, which give the interval its scale."""
    value, low, high = entry["value"], entry["low"], entry["high"]
    places = decimals_for([value, low, high])
    won, sure = (_told(sentences) for sentences in said)
    text = w.fixed(value, places)
    if low is None or high is None:
        return Answer(*who, won, sure, where, text, interval_words=w("first-no-interval"))
    level = entry.get("level")
    what = w("first-this-model" if entry.get("estimand") == "this model" else "first-this-recipe")
    with_level = w("first-likely") if level is None else w("first-confidence", w.decimal(f"{100 * level:g} %"))
    words = w("first-between", with_level, w.fixed(low, places), w.fixed(high, places), what)
    scale = scale_for([value, low, high, *others]).told(w)
    bar = Bar(scale.at(value), scale.at(low), scale.at(high))
    return Answer(*who, won, sure, where, text, words, bar, scale, tuple(scale.at(other) for other in others))


def _choice(
    chosen: Mapping[str, Any], leader: Mapping[str, Any], summary: Mapping[str, Any], metric: MetricInfo, w: Words
) -> list[Sentence]:
    rows = summary["rows"]
    measured = sum(row["value"] is not None for row in rows)
    failed = sum(bool(row["failure"]) for row in rows)
    sentences: list[Sentence] = []
    if len(rows) != measured:
        tail = w("first-failed-tail", failed) if failed else ""
        noun = "first-measured-one" if len(rows) == 1 else "first-measured"
        sentences.append((Piece(w(noun, count(measured), count(len(rows)), tail)),))
    elif len(rows) > 1:
        sentences.append((Piece(w("first-tried", count(len(rows)))),))
    if chosen["name"] != leader["name"]:
        sentences.append(sentence(w, "first-simpler-preferred", Piece(leader["name"], strong=True), metric.title))
    return sentences


def _rivals(chosen: Mapping[str, Any], summary: Mapping[str, Any], metric: MetricInfo) -> tuple[list[str], list[str]]:
    """Candidates, best first, not shown to differ from the chosen one; and those with too little data to tell."""
    near: list[str] = []
    unknown: list[str] = []
    for row in ranked(summary["rows"], metric):
        if row["value"] is None or row["name"] == chosen["name"]:
            continue
        found = pair_verdict(summary["verdicts"], row["name"], chosen["name"], prefer="leader")
        if found is not None and found["call"] not in (A_BETTER, B_BETTER):
            (unknown if found["call"] == TOO_LITTLE else near).append(row["name"])
    return near, unknown


def _runner_up(chosen: Mapping[str, Any], summary: Mapping[str, Any], metric: MetricInfo, w: Words) -> Sentence:
    """How sure the first place is."""
    others = [row for row in ranked(summary["rows"], metric) if row["value"] is not None and row["name"] != chosen["name"]]
    if not others:
        return (Piece(w("first-alone")),)
    near, unknown = _rivals(chosen, summary, metric)
    if near:
        return sentence(w, "first-near-one" if len(near) == 1 else "first-near", _listed(near, w))
    if unknown:
        return sentence(w, "first-unknown", _listed(unknown, w))
    first = others[0]
    found = pair_verdict(summary["verdicts"], first["name"], chosen["name"], prefer="leader")
    if found is None or found["difference"] is None:
        return ()
    places = max(3, decimals_for([found["difference"], found["low"], found["high"]]))
    sign = 1 if found["a"] == chosen["name"] else -1
    low, high = (found["low"], found["high"]) if sign > 0 else (_minus(found["high"]), _minus(found["low"]))
    gap = w.interval(sign * found["difference"], low, high, places, sign=True)
    return sentence(w, "first-next", Piece(first["name"], strong=True), gap, w.probability(found["p"]))


def _listed(names: Sequence[str], w: Words) -> Sentence:
    """The first three names, and how many more there are."""
    pieces: list[Piece] = []
    for place, name in enumerate(names[:MOST_NAMED]):
        pieces += [Piece(", ")] * (place > 0) + [Piece(name, strong=True)]
    rest = len(names) - MOST_NAMED
    return (*pieces, Piece(f" {w('and-more', rest)}")) if rest > 0 else tuple(pieces)


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def worries(content: ReportInput, metric: MetricInfo, warnings: Warnings) -> tuple[Worry, ...]:
    """What a reader must know before acting on the answer, the worst first."""
    summary, w = content.summary, content.words
    test, leader = summary["test"], leader_of(summary, metric)
    found: list[Worry] = []
    if test is not None and dishonest(test):
        found.append(Worry("error", (Piece(dishonest(test, w)),), "leaderboard"))
    serious = [warning for warning in warnings.items if warning.level != "note"]
    found += [Worry(one.level, (Piece(one.message),), "warnings") for one in serious[:MOST_WARNINGS]]
    if leader is not None:
        chosen = next((row for row in summary["rows"] if row["name"] == chosen_name(summary)), leader)
        entry = None if test is None else test["metrics"].get(metric.name)
        ends = [] if entry is None else [one[end] for one in (entry, chosen) for end in ("low", "high")]
        if entry is not None and None not in ends and not _meet(entry, chosen):
            found.append(Worry("warning", (Piece(w("first-worry-apart")),), "leaderboard"))
        simple = [name for name in _rivals(chosen, summary, metric)[0] if _is_simpler(name, chosen["name"])]
        if simple:
            found.append(Worry("note", sentence(w, "first-worry-simpler", _listed(simple, w)), "verdicts"))
    found += _few_rows(content, w)
    failed = [row["name"] for row in summary["rows"] if row["failure"]]
    if failed:
        found.append(Worry("note", sentence(w, "first-worry-failed", str(len(failed)), _listed(failed, w)), "leaderboard"))
    if test is None and leader is not None:
        found.append(Worry("note", (Piece(w("first-worry-shut")),), "run"))
    return tuple(sorted(found, key=lambda worry: LEVELS.index(worry.level)))


def _few_rows(content: ReportInput, w: Words) -> list[Worry]:
    """Where a class has so few rows that what is said of it is not well known."""
    if not content.task.is_classification:
        return []
    targets = [part.truth["target"] for parts in list(content.folds.values())[:1] for part in out_of_fold(parts)]
    if content.test is not None:
        targets.append(content.test[0]["target"])
    if not targets:
        return []
    counts = np.bincount(np.concatenate(targets).astype(np.int64), minlength=len(content.task.classes))
    rarest = int(counts.argmin())
    if counts[rarest] >= FEW_ROWS:
        return []
    name = Piece(content.task.classes[rarest], strong=True)
    return [Worry("warning", sentence(w, "first-worry-few", count(int(counts[rarest])), name), "pictures")]


def _is_simpler(name: str, than: str) -> bool:
    """Whether a candidate comes before another in the order of ``finish --prefer simple``; of unknown recipes it is not told."""
    from assay.study.cells import Candidate
    from assay.study.finish import simplicity_of  # loads what fits models, which a page of numbers alone does not need

    try:
        return simplicity_of(Candidate.parse(name)) < simplicity_of(Candidate.parse(than))
    except UnknownNameError:
        return False


def treatments(summary: Mapping[str, Any], metric: MetricInfo, w: Words = ENGLISH) -> Treatments:
    effects = treatment_effects(summary, metric, w)
    helped = sum(e.tone == "good" for e in effects)
    hurt = sum(e.tone == "bad" for e in effects)
    lead = w("first-treatments-lead")
    if not effects:
        return Treatments(w("contents-treatments"), lead, w("first-treatments-none"), ())
    total = len(effects)
    headline = w("first-treatments-helped", helped, total) if helped else w("first-treatments-not")
    if hurt:
        headline += w("first-treatments-worse-too", hurt) if helped else w("first-treatments-worse", hurt, total)
    return Treatments(headline, lead, "", tuple(effects))


def collect_warnings(content: ReportInput) -> Warnings:
    """Findings of the data checks and warnings of the run, the worst first, each once."""
    w = content.words
    unique: dict[str, Warning] = {}
    for entry in (*content.findings, *content.summary["warnings"]):
        # The summary's warnings are findings without their evidence: both are known by the English message.
        unique.setdefault(entry if isinstance(entry, str) else told(entry)[0], _warning(entry, w))
    items = tuple(sorted(unique.values(), key=lambda warning: LEVELS.index(warning.level)))
    serious = sum(warning.level != "note" for warning in items)
    parts = [
        w(f"first-{noun}{'' if n == 1 else 's'}", n) for n, noun in ((serious, "warning"), (len(items) - serious, "note")) if n
    ]
    headline = w("first-and").join(parts) if parts else w("first-no-warnings")
    return Warnings(headline, w("first-warnings-lead" if items else "first-warnings-none"), items)


def _warning(entry: Any, w: Words) -> Warning:
    if isinstance(entry, str):
        return Warning("warning", w.reason(entry))
    level = str(entry.get("level") or "warning")
    level = _SAME_LEVEL.get(level, level)
    columns = entry.get("columns") or ()
    message, advice = told(entry, w)
    return Warning(
        level if level in LEVELS else "warning",
        message,
        (columns,) if isinstance(columns, str) else tuple(str(column) for column in columns),
        evidence_in(entry.get("evidence"), w),
        advice,
    )
