"""From predictions of variants to what each is worth: paired, corrected within each table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.stats import norm

from assay.measure.compare.calls import A_BETTER, B_BETTER
from assay.measure.evaluate import Evaluation, evaluate
from assay.measure.interval import Interval
from assay.measure.metric import Metric
from assay.measure.parts import Part
from assay.study.ablate.asked import Asked, Line, Question
from assay.study.ablate.outlook import Outlook, look_ahead
from assay.study.ablate.result import BETTER_WITHOUT, EQUAL, WORTH, Ablation, Found, FoundTable
from assay.study.ablate.variant import Variant
from assay.study.scores import Scores
from assay.study.verdicts import Judge, Verdict

CALLS = {A_BETTER: WORTH, B_BETTER: BETTER_WITHOUT}


@dataclass(frozen=True)
class Comparison:
    """parts: of each variant that was measured, the whole among them.  failures: why the others were not.

    names: of each variant, for messages.
    """

    scores: Scores
    candidate: str
    whole: Variant
    metric: Metric
    margin: float | None
    parts: Mapping[Variant, Sequence[Part]]
    failures: Mapping[Variant, str]
    names: Mapping[Variant, str]

    def found(self, question: Question, fits: int) -> Ablation:
        """fits: how many the question needs besides the run's own."""
        evaluation = self._evaluation(question)
        tables = tuple(self._table(evaluation, asked) for asked in question.tables)
        return Ablation(
            candidate=self.candidate,
            kind=question.kind,
            metric=self.metric.name,
            greater_is_better=self.metric.greater_is_better,
            level=self.scores.settings.level,
            margin=self.margin,
            whole=evaluation.interval(self.names[self.whole], self.metric.name),
            tables=tables,
            notes=question.notes,
            fits=fits,
            outlook=self._outlook(evaluation, question.tables[0]) if question.kind == "rows" else None,
        )

    def _evaluation(self, question: Question) -> Evaluation:
        asked = [self.whole, *(line.variant for table in question.tables for line in table.lines)]
        settings = self.scores.settings
        return evaluate(
            {self.names[variant]: self.parts[variant] for variant in dict.fromkeys(asked) if variant in self.parts},
            [self.metric],
            self.scores.design,
            level=settings.level,
            estimand="this recipe",
            method=settings.interval,
            replicates=settings.replicates,
            seed=settings.seed,
        )

    def _judge(self, evaluation: Evaluation) -> Judge:
        task, smallest = self.scores.data.question, None
        if task.name == "binary" or (task.is_classification and self.metric.by_class):
            codes = self.scores.data.target[self.scores.design.units]
            smallest = int(np.bincount(codes, minlength=len(task.classes)).min())
        return Judge(evaluation, self.metric, evaluation.level, smallest, self.margin)

    def _table(self, evaluation: Evaluation, asked: Asked) -> FoundTable:
        """Each line's pair is (more, less): what has the thing, and what lacks it."""
        pairs: dict[Line, tuple[str, str]] = {}
        before: Line | None = None
        for line in asked.lines:
            if line.variant not in self.parts:
                continue
            if asked.shape != "ladder":
                pairs[line] = self.names[self.whole], self.names[line.variant]
            elif before is not None:
                pairs[line] = self.names[line.variant], self.names[before.variant]
            before = line
        verdicts = dict(zip(pairs, self._judge(evaluation).family(asked.title, list(pairs.values())), strict=True))
        lines = [self._line(evaluation, line, verdicts.get(line)) for line in asked.lines]
        return FoundTable(asked.key, asked.title, asked.shape, tuple(lines))

    def _line(self, evaluation: Evaluation, line: Line, verdict: Verdict | None) -> Found:
        if line.variant not in self.parts:
            return Found(line.name, line.columns, line.rows, None, None, None, None, "", self.failures[line.variant])
        value = evaluation.interval(self.names[line.variant], self.metric.name)
        if verdict is None:
            return Found(line.name, line.columns, line.rows, value, None, None, None, "")
        difference = verdict.difference
        call = EQUAL if difference.value == difference.low == difference.high == 0 else CALLS.get(verdict.call, verdict.call)
        return Found(line.name, line.columns, line.rows, value, self._worth(verdict.difference), verdict.p_raw, verdict.p, call)

    def _worth(self, difference: Interval) -> Interval:
        if self.metric.greater_is_better or difference.value is None:
            return difference
        low, high = difference.low, difference.high
        turned = replace(difference, value=-difference.value + 0.0)
        return turned if low is None or high is None else replace(turned, low=-high + 0.0, high=-low + 0.0)

    def _outlook(self, evaluation: Evaluation, asked: Asked) -> Outlook | None:
        """What twice the rows would gain, from the doublings that were measured; None where the whole was not reached."""
        measured = [line for line in asked.lines if line.variant in self.parts]
        if not measured or measured[-1].variant != self.whole:
            return None
        names = [self.names[line.variant] for line in measured]
        found = [evaluation.difference(more, less, self.metric.name).interval for less, more in pairwise(names)]
        sign = 1.0 if self.metric.greater_is_better else -1.0
        gains = sign * np.array([one.value for one in found], dtype=np.float64)
        low, high = (np.array([getattr(one, end) for one in found], dtype=np.float64) for end in ("low", "high"))
        # as wide as the interval is by a normal law: with few folds that is more than the standard error
        errors = (high - low) / 2 / float(norm.isf((1 - evaluation.level) / 2))
        rows = np.array([line.rows for line in measured], dtype=np.float64)
        return look_ahead(rows, gains, errors, level=evaluation.level, seed=self.scores.settings.seed)
