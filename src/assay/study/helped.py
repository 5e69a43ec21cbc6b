"""Did a treatment help?  Every treatment of a recipe against doing nothing, and against tuning the threshold alone.

Nothing is fitted here: all is derived from the kept out-of-fold predictions.  "none" is the untreated model cut at 0.5;
"threshold-only" is the same model cut at its tuned threshold, so that it has the same scores and probabilities.  Every
difference is paired (same rows, same folds), and corrected by Holm in its family: one measure, one recipe, one of the two
references.  "Tuned" is the threshold of greatest F1, whatever rule the study cuts by, and each fold is cut where the others
say.  Rates are at the true prior, because the rows that are measured are real ones, never treated.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.shown import Shown
from assay.measure.evaluate import Evaluation, evaluate
from assay.measure.interval import Interval
from assay.measure.metric import Metric
from assay.measure.parts import Part
from assay.measure.threshold import ThresholdRule, cross_fitted_labels, with_labels
from assay.study.cells import NO_TREATMENT, Candidate
from assay.study.helped_measures import FALSE_SHARE, Measure, View, measures_of
from assay.study.verdicts import Judge, Verdict

if TYPE_CHECKING:
    from assay.study.scores import Scores

THRESHOLD_ONLY = "threshold-only"


@dataclass(frozen=True)
class HelpedRow(Shown):
    """values: by key of the measure.  against: by (key of the measure, reference: "none" or "threshold-only").

    corrections: in how many fits each way of CORRECTIONS was chosen.  notes: rules that applied in some fits, in words.
    """

    recipe: str
    treatment: str
    values: Mapping[str, Interval]
    against: Mapping[tuple[str, str], Verdict]
    corrections: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        measures = {}
        for key, interval in self.values.items():
            found = {reference: _plain(verdict) for (of, reference), verdict in self.against.items() if of == key}
            measures[key] = {**interval.to_json(), "against": found}
        name = Candidate(self.recipe, self.treatment).name
        said = {"corrections": dict(self.corrections), "notes": list(self.notes)}
        return {"name": name, "recipe": self.recipe, "treatment": self.treatment, "measures": measures, **said}


@dataclass(frozen=True)
class Helped(Shown):
    """rows: recipe by recipe, "none" first, then "threshold-only" (two classes), then the treatments.

    prevalence: the share of the positive class among the measured rows, weighted; None unless there are two classes.
    """

    task: str
    prevalence: float | None
    measures: tuple[Measure, ...]
    rows: tuple[HelpedRow, ...]

    def to_json(self) -> dict[str, Any]:
        """As a summary keeps it; ``helped_words`` makes the sentences of it."""
        measures = [
            {
                "key": measure.key,
                "title": measure.title[:1].upper() + measure.title[1:],
                "greater_is_better": measure.metric.greater_is_better if measure.compared else None,
                "decides": measure.decides,
            }
            for measure in self.measures
        ]
        return {"prevalence": self.prevalence, "measures": measures, "rows": [row.to_json() for row in self.rows]}


def what_helped(scores: "Scores") -> Helped | None:
    """None where nothing was treated, or the task has no classes."""
    task = scores.data.question.name
    plain = _treated(scores) if task in ("binary", "multiclass") else {}
    if not plain:
        return None
    bench = _Bench.of(scores, [name for recipe, names in plain.items() for name in (recipe, *names)])
    rows = tuple(row for recipe, names in plain.items() for row in bench.rows(recipe, names))
    return Helped(task, _prevalence(scores) if task == "binary" else None, bench.measures, rows)


def _treated(scores: "Scores") -> dict[str, list[str]]:
    """The untreated candidates that were measured, each with its treated ones."""
    found: dict[str, list[str]] = {}
    asked = THRESHOLD_ONLY in scores.settings.treatments and scores.data.question.name == "binary"
    for recipe in dict.fromkeys(candidate.recipe for candidate in scores.candidates):
        own = [c.name for c in scores.candidates if c.recipe == recipe and c.treatment != NO_TREATMENT and c.name in scores.parts]
        if Candidate(recipe).name in scores.parts and (own or asked):
            found[Candidate(recipe).name] = own
    return found


@dataclass(frozen=True)
class _Bench:
    """The evaluations that every measure is read off.  Candidates of ``viewed`` are called by ``_called``."""

    scores: "Scores"
    measures: tuple[Measure, ...]
    viewed: Mapping[str, Evaluation]

    @classmethod
    def of(cls, scores: "Scores", names: Sequence[str]) -> "_Bench":
        known = {metric.name for metric in scores.metrics}
        measures = tuple(m for m in measures_of(scores.data.question.name) if m.view is not None or m.metric.name in known)
        views: dict[View, dict[str, list[Part]]] = {"before": {}, "after": {}, "tuned": {}}
        for name in names:
            for view, parts in views.items():
                parts[name] = _seen(scores, scores.parts[name], view)
        viewed = {}
        for metric in {m.metric.name: m.metric for m in measures if m.view is not None}.values():
            used = [m.view for m in measures if m.metric.name == metric.name and m.view is not None]
            candidates = {_called(name, view): views[view][name] for view in used for name in names}
            viewed[metric.name] = _evaluation(scores, candidates, metric)
        return cls(scores, measures, viewed)

    def rows(self, plain: str, treated: Sequence[str]) -> list[HelpedRow]:
        """plain: the untreated candidate; treated: the others of its recipe."""
        names = (plain, *treated)
        values = {name: {m.key: self._interval(name, m) for m in self.measures} for name in names}
        against: dict[str, dict[tuple[str, str], Verdict]] = {name: {} for name in (*names, THRESHOLD_ONLY)}
        for measure in self.measures:
            if not measure.compared:
                continue
            reference = THRESHOLD_ONLY if measure.view == "tuned" else NO_TREATMENT
            extra = [(THRESHOLD_ONLY, _called(plain, "tuned"))] if measure.key == "f1_at_half" else []
            pairs = [*((name, self._name(name, measure)) for name in treated), *extra]
            found = self._family(measure, pairs, self._name(plain, measure), f"{measure.title}, {plain} against {reference}")
            for name, verdict in found.items():
                key = "f1_tuned" if name == THRESHOLD_ONLY else measure.key
                against[name][key, reference] = verdict
            if measure.key == "f1_at_half":
                pairs = [(name, self._name(name, measure)) for name in treated]
                title = f"{measure.title}, {plain} against {THRESHOLD_ONLY}"
                for name, verdict in self._family(measure, pairs, _called(plain, "tuned"), title).items():
                    against[name][measure.key, THRESHOLD_ONLY] = verdict
        rows = [HelpedRow(plain, NO_TREATMENT, values[plain], {})]
        if self.scores.data.question.name == "binary":
            only = {m.key: values[plain][m.key] for m in self.measures if m.view in (None, "tuned") or m.metric.needs != "label"}
            rows.append(HelpedRow(plain, THRESHOLD_ONLY, only, against[THRESHOLD_ONLY]))
        return [*rows, *(self._treated(plain, name, values[name], against[name]) for name in treated)]

    def _treated(
        self, plain: str, name: str, values: Mapping[str, Interval], against: Mapping[tuple[str, str], Verdict]
    ) -> HelpedRow:
        candidate = Candidate.parse(name)
        records = [record for cell, record in sorted(self.scores.records.items()) if cell.candidate == candidate]
        chosen = Counter(record.correction.chosen for record in records if record.correction is not None)
        notes = tuple(dict.fromkeys(note for record in records for note in record.notes))
        return HelpedRow(plain, candidate.treatment, values, against, chosen, notes)

    def _name(self, name: str, measure: Measure) -> str:
        return name if measure.view is None else _called(name, measure.view)

    def _evaluation(self, measure: Measure) -> Evaluation:
        return self.scores.evaluation if measure.view is None else self.viewed[measure.metric.name]

    def _interval(self, name: str, measure: Measure) -> Interval:
        return self._evaluation(measure).interval(self._name(name, measure), measure.metric.name)

    def _family(self, measure: Measure, pairs: Sequence[tuple[str, str]], reference: str, title: str) -> dict[str, Verdict]:
        """pairs: (key of the answer, the evaluation's name of it)."""
        task, smallest = self.scores.data.question, None
        if task.name == "binary" or measure.metric.by_class:
            codes = self.scores.data.target[self.scores.design.units]
            smallest = int(np.bincount(codes, minlength=len(task.classes)).min())
        judge = Judge(self._evaluation(measure), measure.metric, self.scores.settings.level, smallest)
        pairs = [pair for pair in pairs if self._comparable(measure, pair[1]) and self._comparable(measure, reference)]
        verdicts = judge.family(title, [(called, reference) for _, called in pairs])
        return {key: verdict for (key, _), verdict in zip(pairs, verdicts, strict=True)}

    def _comparable(self, measure: Measure, called: str) -> bool:
        """Whether every fold has a value: of false alarms a fold without alarms has none, and folds are then not paired."""
        if measure.metric is not FALSE_SHARE:
            return True
        estimator = self._evaluation(measure).estimators.get((called, FALSE_SHARE.name))
        parts = () if estimator is None else estimator.parts
        return bool(parts) and all(FALSE_SHARE.undefined(part.truth, part.predictions) is None for part in parts)


def _called(name: str, view: View) -> str:
    return f"{name} ({view})"


def _seen(scores: "Scores", parts: Sequence[Part], view: View) -> list[Part]:
    """The parts in one view, with its probabilities and labels."""
    if view == "tuned":
        rule = ThresholdRule("f1")
        if scores.data.question.name != "binary" or scores.threshold_rule == rule:
            return list(parts)
        return cross_fitted_labels(parts, rule, forward=scores.plan.unit == "time")
    seen = []
    for part in parts:
        said = part.predictions
        if view == "before" and "uncorrected" in said.arrays:
            said = said.with_array("probability", said["uncorrected"])
        seen.append(replace(part, predictions=with_labels(said)))
    return seen


def _evaluation(scores: "Scores", candidates: Mapping[str, Sequence[Part]], metric: Metric) -> Evaluation:
    settings = scores.settings
    return evaluate(
        candidates,
        [metric],
        scores.design,
        level=settings.level,
        estimand="this recipe",
        method=settings.interval,
        replicates=settings.replicates,
        seed=settings.seed,
    )


def _prevalence(scores: "Scores") -> float:
    units = scores.design.units
    weights = None if scores.data.weights is None else scores.data.weights[units]
    return float(np.average(scores.data.target[units] == 1, weights=weights))


def _plain(verdict: Verdict) -> dict[str, Any]:
    kept = verdict.to_json()
    return {key: kept[key] for key in ("difference", "low", "high", "p_raw", "p", "family", "method", "call")}
