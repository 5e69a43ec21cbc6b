"""What the page is made from: plain data, so that a report can be drawn without a study at hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.data.schema import Schema
from assay.data.task import Task
from assay.measure.parts import Design, Part
from assay.measure.payload import Predictions, Truth
from assay.measure.threshold import ThresholdRule
from assay.report.gallery import Pictures
from assay.report.language import Language, Words
from assay.report.look import Look
from assay.report.wrong_texts import Texts
from assay.study.ablate.result import Ablation
from assay.study.looking import Looks


@dataclass(frozen=True, kw_only=True)
class ReportInput:
    """Everything the page shows; no field is changed by drawing it.

    title: what the data is called, for instance its file.
    metric: the metric of the study, a name in METRICS.
    summary: the object that ``--json`` prints.  A warning in it is a text, or a mapping like a finding.  A verdict's
        difference is "a minus b".  Its "treatments" may be absent: then nothing was treated.
    folds: for each row of the leaderboard by name, its out-of-fold parts; a row that failed may be absent.
    test: truth and predictions of the opened lock, with "label" at the threshold; None while the lock is shut.
    findings: the data checks: code, level ("error", "warning" or "note"), columns, message, evidence, advice.
    provenance: command, versions (a mapping), seed, fingerprints (a mapping), plan (a mapping: folds, repeats, unit,
        locked …), times (a mapping), openings (of the lock: how many, or one mapping for each).  Other keys are shown too.
    threshold_rule: how a binary task is cut; None: the page says nothing of thresholds.
    forward: folds follow each other in time, and only earlier ones may choose a threshold.
    looks: the rows before and after each treatment; None: none was tried, or there is no table to draw.
    ablations: what was found to be worth having; empty where nothing was asked.
    pictures: those that are got wrong; None: no column holds pictures.  texts: likewise, where all columns hold texts.
    design: what varies when rows vary (groups, blocks of time); None: every row for itself.
    language: of everything that Assay says on the page; names and data stay as they are.
    """

    title: str
    task: Task
    metric: str
    summary: Mapping[str, Any]
    folds: Mapping[str, Sequence[Part]]
    test: tuple[Truth, Predictions] | None = None
    findings: Sequence[Mapping[str, Any]] = ()
    schema: Schema = field(default_factory=lambda: Schema(()))
    provenance: Mapping[str, Any] = field(default_factory=dict)
    threshold_rule: ThresholdRule | None = None
    forward: bool = False
    design: Design | None = None
    looks: Looks | None = None
    look: Look | None = None
    ablations: Sequence[Ablation] = ()
    pictures: Pictures | None = None
    texts: Texts | None = None
    language: Language = "en"

    @property
    def words(self) -> Words:
        return Words(self.language)
