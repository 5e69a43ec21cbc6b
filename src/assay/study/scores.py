"""What a study measured: every score, interval and verdict, all derived from the kept predictions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from assay.core.errors import StudyError
from assay.core.names import did_you_mean
from assay.data.checks.finding import Finding
from assay.data.dataset import Dataset
from assay.measure.evaluate import Evaluation, evaluate
from assay.measure.interval import Interval
from assay.measure.metric import Metric
from assay.measure.parts import Design, Part, design_of
from assay.measure.registry import metric_named, metrics_shown
from assay.measure.threshold import ThresholdRule, cross_fitted_labels
from assay.recipes.learner import Context
from assay.splits.plan import Plan
from assay.study.blend import blend_parts, is_derived, why_no_blend
from assay.study.budget.decisions import read_decisions, stops
from assay.study.cells import Candidate, Cell, Failure
from assay.study.folder import Identity, Record, RunFolder
from assay.study.helped import Helped, what_helped
from assay.study.settings import Settings
from assay.study.verdicts import Judge, Verdict, study_verdicts
from assay.study.work import Workload, truth_of


@dataclass(frozen=True)
class Scores:
    """candidates: in the order they were added.  records: one a cell, as far as the run has come."""

    data: Dataset
    plan: Plan
    settings: Settings
    folder: RunFolder
    candidates: tuple[Candidate, ...]
    records: Mapping[Cell, Record]
    findings: tuple[Finding, ...]
    identity: Identity

    @cached_property
    def parts(self) -> dict[str, list[Part]]:
        """Out-of-fold predictions of every candidate whose cells all succeeded, with labels at the operating point.

        The threshold behind a fold's labels is chosen on the other folds (in time: the earlier ones), never on its own.
        """
        truths = {(fold.repeat, fold.fold): truth_of(self.data, fold.test) for fold in self.plan.folds}
        found: dict[str, list[Part]] = {}
        for candidate in self.candidates:
            if is_derived(candidate) or self.failure(candidate) is not None:
                continue
            parts = []
            for (repeat, number), truth in truths.items():
                predictions = self.folder.load(self.records[Cell(candidate, repeat, number)])
                if predictions is None:
                    raise StudyError(
                        f"{self.folder.path}: the predictions of {candidate.name} (repeat {repeat}, fold {number}) are damaged; "
                        "run the study again to make them anew."
                    )
                parts.append(Part(repeat, number, truth, predictions))
            found[candidate.name] = self._labelled(parts)
        for candidate in filter(is_derived, self.candidates):
            if why_no_blend(candidate, len(found)) is None:
                found[candidate.name] = self._labelled(blend_parts(found, forward=self.plan.unit == "time"))
        return found

    def _labelled(self, parts: list[Part]) -> list[Part]:
        if not self.data.question.is_classification:
            return parts
        return cross_fitted_labels(parts, self.threshold_rule, forward=self.plan.unit == "time")

    @cached_property
    def stopped(self) -> dict[str, str]:
        """Why a budget did not let candidates go on, by name."""
        return stops(read_decisions(self.folder.path))

    @property
    def members(self) -> dict[str, list[Part]]:
        """What a blend is made of: the parts of the candidates that were fitted."""
        derived = {candidate.name for candidate in self.candidates if is_derived(candidate)}
        return {name: parts for name, parts in self.parts.items() if name not in derived}

    def failure(self, candidate: Candidate) -> Failure | None:
        """Why a candidate has no score: the most common reason of its failed or missing cells, and how many there are."""
        if is_derived(candidate):
            reason = why_no_blend(candidate, len(self.members))
            return None if reason is None else Failure(reason)
        cells = [Cell(candidate, fold.repeat, fold.fold) for fold in self.plan.folds]
        failures = [self.records[cell].failure for cell in cells if cell in self.records]
        reasons = Counter(failure.reason for failure in failures if failure is not None)
        absent = sum(cell not in self.records for cell in cells)
        if absent and candidate.name in self.stopped:
            return Failure(f"stopped: {self.stopped[candidate.name]}.")
        if not reasons:
            return None if not absent else Failure(f"{absent} of {len(cells)} folds are not computed yet.")
        reason, _ = reasons.most_common(1)[0]
        detail = next(failure.detail for failure in failures if failure is not None and failure.reason == reason)
        return Failure(f"{reasons.total()} of {len(cells)} folds failed: {reason}", detail)

    @cached_property
    def metrics(self) -> list[Metric]:
        """The study's own metric, then those that every study of the task shows."""
        shown = metrics_shown(*self.data.question.measured_as)
        return [metric_named(name) for name in dict.fromkeys([self.settings.metric, *shown])]

    @property
    def threshold_rule(self) -> ThresholdRule:
        """The rule of the operating point; a capacity in rows is one of the rows of the data."""
        return self.settings.threshold_rule.for_rows(len(self.data))

    @cached_property
    def design(self) -> Design:
        """What is resampled: the rows that were predicted out of fold, in their groups or blocks of time."""
        parts = next(iter(self.parts.values()))
        return design_of(parts, kind=self.plan.unit, groups=self.plan.groups, time=self.plan.time)

    @cached_property
    def evaluation(self) -> Evaluation:
        return evaluate(
            self.parts,
            self.metrics,
            self.design,
            level=self.settings.level,
            estimand="this recipe",
            method=self.settings.interval,
            replicates=self.settings.replicates,
            seed=self.settings.seed,
        )

    def interval(self, name: str, metric: str | None = None) -> Interval:
        """The interval of one candidate by name; the study's metric unless another is named."""
        self._known(name)
        return self.evaluation.interval(name, metric or self.settings.metric)

    @cached_property
    def ranking(self) -> list[str]:
        """Measured candidates, best first by the study's metric; ties and undefined values in the order of adding."""
        sign = -1.0 if metric_named(self.settings.metric).greater_is_better else 1.0

        def key(name: str) -> float:
            value = self.evaluation.interval(name, self.settings.metric).value
            return np.inf if value is None else sign * value

        return sorted(self.parts, key=key)

    @property
    def winner(self) -> str | None:
        """The best by the metric, or None when nothing was measured."""
        if not self.ranking or self.interval(self.ranking[0]).value is None:
            return None
        return self.ranking[0]

    def judge(self, margin: float | None = None) -> Judge:
        metric = metric_named(self.settings.metric)
        smallest = None
        if self.data.question.name == "binary" or (self.data.question.is_classification and metric.by_class):
            codes = self.data.target[self.design.units]
            smallest = int(np.bincount(codes, minlength=len(self.data.question.classes)).min())
        return Judge(self.evaluation, metric, self.settings.level, smallest, margin)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        measured = [candidate for candidate in self.candidates if candidate.name in self.parts]
        return [] if not measured else study_verdicts(self.judge(), measured, self.winner)

    @cached_property
    def helped(self) -> Helped | None:
        """Did a treatment help? None where none was tried."""
        return what_helped(self)

    def verdict(self, a: str, b: str, *, margin: float | None = None) -> Verdict:
        """One comparison that the user asks for: a family of its own."""
        for name in (a, b):
            self._known(name)
        return self.judge(margin).family("asked", [(a, b)])[0]

    def workload(self) -> Workload:
        """What its cells were fitted with, to fit one of them again."""
        settings, context = self.settings, Context(device=self.settings.device, memory=self.settings.memory)
        return Workload(self.data, self.plan, settings.seed, settings.metric, calibration=settings.calibration, context=context)

    @property
    def opened(self) -> dict[str, Any] | None:
        """What the test rows said, if the lock of this run was opened; the ``test`` of the summary."""
        return self.folder.read_opened()

    def _known(self, name: str) -> None:
        if name not in self.parts:
            for candidate in self.candidates:
                failure = self.failure(candidate)
                if candidate.name == name and failure is not None:
                    raise StudyError(f"{name} has no score: {failure.reason}")
            raise StudyError(f"no candidate {name!r} in this study{did_you_mean(name, self.parts)}")
