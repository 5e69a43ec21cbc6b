"""The first screen: the question, the answer in words, the treatments and the warnings in short."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.data.task import Task
from assay.measure.compare import A_BETTER, B_BETTER, TOO_LITTLE
from assay.report.content import ReportInput
from assay.report.leaderboard import Bar, chosen_name, leader_of, ranked
from assay.report.lock import dishonest
from assay.report.metric import MetricInfo
from assay.report.numbers import count, decimals_for, ends_text, interval_text, number, probability
from assay.report.scale import Scale, scale_for
from assay.report.words import Effect, pair_verdict, treatment_effects

LEVELS = ("error", "warning", "note")
_SAME_LEVEL = {"fatal": "error", "critical": "error", "warn": "warning", "suspicious": "warning", "info": "note", "hint": "note"}


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a sentence; a strong one is a name that comes from the data."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    name: str
    verb: str
    sentences: tuple[tuple[Piece, ...], ...]
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


def question(content: ReportInput, metric: MetricInfo, rows: str) -> tuple[Piece, ...]:
    """What was asked, as one sentence."""
    task = content.task
    features = len(content.schema.features)
    source = f" from {features} {'column' if features == 1 else 'columns'}" if features else ""
    held = f" of {rows} rows" if rows else ""
    return (*_aim(task), Piece(f"{source}{held}? Judged by {metric.title}, {metric.direction}."))


def _aim(task: Task) -> tuple[Piece, ...]:
    target = Piece(task.target, strong=True)
    if task.positive is not None:
        return Piece("Can we tell when "), target, Piece(" is "), Piece(task.positive, strong=True)
    if task.is_classification:
        what = f"{len(task.classes)} classes in order, from {task.classes[0]} to {task.classes[-1]}," if task.special else ""
        return Piece(f"Can we tell which of {what or f'{len(task.classes)} classes'} "), target, Piece(" is")
    if task.special == "ranking":
        return Piece("Can we put the rows of each query in the order of "), target
    return Piece("Can we predict the number "), target


def answer(content: ReportInput, metric: MetricInfo) -> Answer:
    """Who leads or won, with the number that may be quoted: the locked test's once it is open, else out of fold."""
    summary = content.summary
    leader = leader_of(summary, metric)
    if leader is None:
        failed = sum(bool(row["failure"]) for row in summary["rows"])
        reason = f"{failed} of {len(summary['rows'])} failed; the reasons stand in the leaderboard."
        return Answer("", "No candidate gave a result.", ((Piece(reason),),))
    chosen = next((row for row in summary["rows"] if row["name"] == chosen_name(summary) and row["value"] is not None), leader)
    test = summary["test"]
    others = [row["value"] for row in summary["rows"] if row["value"] is not None and row["name"] != chosen["name"]]
    sentences = [*_choice(chosen, leader, summary, metric), _runner_up(chosen, summary, metric)]
    if test is None:
        sentences.append((Piece("The locked test rows have not been opened; this number comes from cross-validation."),))
        entry: Mapping[str, Any] = chosen["metrics"].get(metric.name) or {**chosen, "level": None}
        return _with_number(chosen["name"], " leads.", sentences, "out of fold", entry, others)
    entry = test["metrics"].get(metric.name)
    if entry is None or entry["value"] is None:
        return Answer(test["name"], " won.", tuple(s for s in sentences if s))
    places = decimals_for([chosen["value"], chosen["low"], chosen["high"]])
    folds = interval_text(chosen["value"], chosen["low"], chosen["high"], places)
    sentences.append((Piece(f"Cross-validation had said {folds}. {_within(entry, chosen, places)}"),))
    if dishonest(test):
        sentences.append((Piece(dishonest(test), strong=True),))
    return _with_number(test["name"], " won.", sentences, "on the locked test rows", entry, others)


def _within(entry: Mapping[str, Any], chosen: Mapping[str, Any], places: int) -> str:
    if None in (chosen["low"], chosen["high"], entry["low"], entry["high"]):
        return ""
    gave = f"The locked rows gave {interval_text(entry['value'], entry['low'], entry['high'], places)}"
    if entry["low"] <= chosen["high"] and chosen["low"] <= entry["high"]:
        return f"{gave}: the two agree."
    return f"{gave}: the intervals do not meet. Either the rows differ (in time, say), or the choice flattered the winner."


def _with_number(
    name: str, verb: str, sentences: Sequence[tuple[Piece, ...]], where: str, entry: Mapping[str, Any], others: Sequence[float]
) -> Answer:
    """``others``: the values of the other candidates, which give the interval its scale."""
    value, low, high = entry["value"], entry["low"], entry["high"]
    places = decimals_for([value, low, high])
    kept = tuple(sentence for sentence in sentences if sentence)
    if low is None or high is None:
        return Answer(name, verb, kept, where, number(value, places), interval_words="No interval could be computed.")
    level = entry.get("level")
    what = "this model on new rows" if entry.get("estimand") == "this model" else "this recipe on new rows, with new folds"
    with_level = f"With {100 * level:g} % confidence" if level is not None else "In all likelihood"
    words = f"{with_level}, between {number(low, places)} and {number(high, places)} for {what}."
    scale = scale_for([value, low, high, *others])
    bar = Bar(scale.at(value), scale.at(low), scale.at(high))
    return Answer(name, verb, kept, where, number(value, places), words, bar, scale, tuple(scale.at(other) for other in others))


def _choice(
    chosen: Mapping[str, Any], leader: Mapping[str, Any], summary: Mapping[str, Any], metric: MetricInfo
) -> list[tuple[Piece, ...]]:
    rows = summary["rows"]
    measured = sum(row["value"] is not None for row in rows)
    failed = sum(bool(row["failure"]) for row in rows)
    noun = "candidate" if len(rows) == 1 else "candidates"
    tail = f"; {failed} failed" if failed else ""
    sentences: list[tuple[Piece, ...]] = [(Piece(f"{count(measured)} of {count(len(rows))} {noun} gave a result{tail}."),)]
    if len(rows) == measured:
        sentences = (
            []
            if len(rows) == 1
            else [(Piece(f"{count(len(rows))} candidates (a recipe with or without a treatment) were tried on equal terms."),)]
        )
    if chosen["name"] != leader["name"]:
        sentences.append(
            (
                Piece(leader["name"], strong=True),
                Piece(f" has the better {metric.title}, but the simpler candidate was preferred."),
            )
        )
    return sentences


def _runner_up(chosen: Mapping[str, Any], summary: Mapping[str, Any], metric: MetricInfo) -> tuple[Piece, ...]:
    """How sure the first place is."""
    others = [row for row in ranked(summary["rows"], metric) if row["value"] is not None and row["name"] != chosen["name"]]
    if not others:
        return (Piece("It is the only candidate with a result, so there is nothing to compare it with."),)
    near: list[str] = []
    unknown: list[str] = []
    for row in others:
        found = pair_verdict(summary["verdicts"], row["name"], chosen["name"], prefer="leader")
        if found is not None and found["call"] not in (A_BETTER, B_BETTER):
            (unknown if found["call"] == TOO_LITTLE else near).append(row["name"])
    if near:
        verb = "is" if len(near) == 1 else "are"
        return Piece("Not shown to differ from it: "), *_listed(near), Piece(f", which {verb} as defensible a choice.")
    if unknown:
        return Piece("Too little data to compare it with: "), *_listed(unknown), Piece(".")
    first = others[0]
    found = pair_verdict(summary["verdicts"], first["name"], chosen["name"], prefer="leader")
    if found is None or found["difference"] is None:
        return ()
    places = max(3, decimals_for([found["difference"], found["low"], found["high"]]))
    sign = 1 if found["a"] == chosen["name"] else -1
    low, high = (found["low"], found["high"]) if sign > 0 else (_minus(found["high"]), _minus(found["low"]))
    gap = f"{number(sign * found['difference'], places, sign=True)} {ends_text(low, high, places, sign=True)}".strip()
    return (
        Piece("Next comes "),
        Piece(first["name"], strong=True),
        Piece(f": a difference of {gap}, adjusted p {probability(found['p'])}."),
    )


def _listed(names: Sequence[str]) -> list[Piece]:
    """The first three names, and how many more there are."""
    pieces: list[Piece] = []
    for place, name in enumerate(names[:3]):
        pieces += [Piece(", ")] * (place > 0) + [Piece(name, strong=True)]
    return [*pieces, Piece(f" and {len(names) - 3} more")] if len(names) > 3 else pieces


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def treatments(summary: Mapping[str, Any], metric: MetricInfo) -> Treatments:
    effects = treatment_effects(summary, metric)
    helped = sum(e.tone == "good" for e in effects)
    hurt = sum(e.tone == "bad" for e in effects)
    lead = (
        "Each treatment was tried against doing nothing, with the same recipe on the same rows. "
        "“Not shown to help” is not “shown to be equal”."
    )
    if not effects:
        return Treatments("Treatments", lead, "No treatment of class imbalance was tried.", ())
    total = len(effects)
    headline = f"Treatments helped in {helped} of {total} trials" if helped else "No treatment is shown to help"
    if hurt:
        headline += f", and made it worse in {hurt}" if helped else f"; {hurt} of {total} made it worse"
    return Treatments(headline, lead, "", tuple(effects))


def collect_warnings(content: ReportInput) -> Warnings:
    """Findings of the data checks and warnings of the run, the worst first, each once."""
    found = [_warning(entry) for entry in (*content.findings, *content.summary["warnings"])]
    unique: dict[str, Warning] = {}
    for warning in found:
        unique.setdefault(warning.message, warning)
    items = tuple(sorted(unique.values(), key=lambda warning: LEVELS.index(warning.level)))
    serious = sum(warning.level != "note" for warning in items)
    notes = len(items) - serious
    parts = [f"{n} {noun}{'' if n == 1 else 's'}" for n, noun in ((serious, "warning"), (notes, "note")) if n]
    headline = " and ".join(parts) if parts else "No warnings"
    lead = (
        "What the checks found, the worst first." if items else "The checks of the data and of the run found nothing to mention."
    )
    return Warnings(headline, lead, items)


def _warning(entry: Any) -> Warning:
    if isinstance(entry, str):
        return Warning("warning", entry)
    level = str(entry.get("level") or "warning")
    level = _SAME_LEVEL.get(level, level)
    columns = entry.get("columns") or ()
    return Warning(
        level if level in LEVELS else "warning",
        str(entry.get("message") or entry.get("code") or ""),
        (columns,) if isinstance(columns, str) else tuple(str(column) for column in columns),
        evidence_text(entry.get("evidence")),
        str(entry.get("advice") or ""),
    )


def evidence_text(value: Any, *, most: int = 8) -> str:
    """JSON evidence as one line: "rows 12, share 0.006"; long lists are cut and say so.

    >>> evidence_text({"roc_auc": 0.93127, "rows": [3, 8]}), evidence_text(list(range(20)), most=2), evidence_text(None)
    ('roc auc 0.931; rows 3, 8', '0, 1 and 18 more', '')
    """
    if value is None:
        return ""
    if isinstance(value, Mapping):
        pairs = [f"{str(key).replace('_', ' ')} {evidence_text(inner)}" for key, inner in list(value.items())[:most]]
        return "; ".join(pairs) + (f" and {len(value) - most} more" if len(value) > most else "")
    if isinstance(value, list | tuple):
        return ", ".join(evidence_text(inner) for inner in value[:most]) + (
            f" and {len(value) - most} more" if len(value) > most else ""
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return count(value) if isinstance(value, int) else number(value)
