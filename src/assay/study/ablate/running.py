"""An ablation over a run folder: what is to be fitted, the fits, and what came of them.

What was fitted is kept in RUN/ablation, a journal and predictions as those of the run: a killed ablation goes on where it
was, and a second question makes no fit twice.  The locked rows are no part of it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

from assay.core.errors import ConfigError, StudyError
from assay.core.files import write_atomic
from assay.core.threads import usable_threads
from assay.measure.metric import Metric
from assay.measure.parts import Part
from assay.measure.registry import metric_named
from assay.measure.threshold import cross_fitted_labels
from assay.recipes.learner import Context
from assay.recipes.named import base_name
from assay.study.ablate.asked import KINDS, Kind, Question
from assay.study.ablate.columns import ask_columns
from assay.study.ablate.comparing import Comparison
from assay.study.ablate.doubling import ask_sizes
from assay.study.ablate.result import FOLDER, Ablation
from assay.study.ablate.rows import ask_rows
from assay.study.ablate.steps import ask_steps
from assay.study.ablate.variant import AblationLoad, Variant, recipe_of
from assay.study.blend import is_derived
from assay.study.cells import Candidate, Cell
from assay.study.folder import Record, RunFolder, disk_errors
from assay.study.pool import run_cells
from assay.study.scores import Scores
from assay.study.settings import choose_metric
from assay.study.study import Progress
from assay.study.versions import library_versions
from assay.study.work import truth_of


@dataclass(frozen=True)
class AblationWork:
    """What is asked; made and checked by ``prepare_ablation``."""

    scores: Scores
    candidate: Candidate
    metric: Metric
    margin: float | None
    whole: Variant
    questions: tuple[Question, ...]

    @property
    def folder(self) -> RunFolder:
        return RunFolder(self.scores.folder.path / FOLDER)

    @cached_property
    def names(self) -> dict[Variant, str]:
        """Every variant with a name for messages, the whole first."""
        found = {self.whole: self.candidate.name}
        for question in self.questions:
            for table in question.tables:
                for line in table.lines:
                    found.setdefault(line.variant, f"{table.title}: {line.name}")
        return found

    def cells(self, variants: Sequence[Variant]) -> list[Cell]:
        """The fits of these variants; the whole was fitted by the run."""
        base = base_name(self.candidate.recipe)
        made = [variant.candidate(base) for variant in variants if variant != self.whole]
        return [Cell(candidate, fold.repeat, fold.fold) for candidate in made for fold in self.scores.plan.folds]

    @property
    def fits(self) -> int:
        return len(self.cells(list(self.names)))

    @property
    def seconds(self) -> float:
        """About how long the fits that are not kept yet take one after another, by how long those of the run took."""
        records = self.scores.records.values()
        taken = [one.seconds for one in records if one.cell.candidate == self.candidate and one.failure is None]
        return len(self.missing(cut=False)) * (median(taken) if taken else 0.0)

    def missing(self, *, cut: bool) -> list[Cell]:
        """Cells whose predictions are not there; cut: see ``read_journal``."""
        records, _ = self.folder.records(cut=cut)
        return [cell for cell in self.cells(list(self.names)) if cell not in records or not self.folder.has(records[cell])]


def prepare_ablation(
    scores: Scores,
    kinds: Sequence[Kind],
    name: str | None = None,
    *,
    metric: str | None = None,
    margin: float | None = None,
    columns: Sequence[str] = (),
) -> AblationWork:
    """Check everything that can be checked before the first fit.

    kinds: what is asked.  name: a row of the leaderboard, None for the winner.  metric: None for the run's own.
    margin: how much of the metric counts as equal, above 0.  columns: that "columns" asks about, all where there are none.
    Raises StudyError for a candidate without a score, ConfigError for settings that cannot be, DataError for too few rows.
    """
    if not kinds:
        raise ConfigError(f"nothing is asked; choose from {', '.join(KINDS)}.")
    if margin is not None and not margin > 0:
        raise ConfigError(f"margin={margin:g}: how much of the metric counts as equal is above 0, such as 0.005.")
    if columns and "columns" not in kinds:
        raise ConfigError(f"column {columns[0]!r} is named, and what columns are worth is not asked.")
    chosen = name or (scores.opened or {}).get("name") or scores.winner
    if chosen is None:
        raise StudyError(f"nothing was measured in {scores.folder.path}, so there is nothing to ablate.")
    candidate = Candidate.parse(chosen)
    scores.interval(candidate.name)  # raises for a candidate that has no score
    if is_derived(candidate):
        raise ConfigError(f"{chosen} is made of the other candidates and has no fits of its own; name one of them.")
    whole = Variant(recipe=candidate.recipe, treatment=candidate.treatment, calibration=scores.settings.calibration)
    recipe = recipe_of(whole, scores.settings.metric)
    ask = {
        "steps": lambda: ask_steps(scores, whole, recipe),
        "columns": lambda: ask_columns(scores, whole, recipe, columns),
        "rows": lambda: ask_rows(scores, whole),
        "sizes": lambda: ask_sizes(whole, recipe),
    }
    questions = tuple(ask[kind]() for kind in KINDS if kind in kinds)
    measured = metric_named(choose_metric(scores.data, metric or scores.settings.metric))
    return AblationWork(scores, candidate, measured, margin, whole, questions)


def run_ablation(work: AblationWork, *, jobs: int | None = None, progress: Progress | None = None) -> list[Ablation]:
    """Fit what is not kept yet, compare, and keep what was found; equal bytes whatever ``jobs`` is.

    jobs: worker processes (default: the cores).  A variant that fails is a line with its reason.
    """
    jobs = usable_threads() if jobs is None else jobs
    if jobs < 1:
        raise ConfigError(f"jobs={jobs}: at least 1.")
    progress, folder = progress or Progress(), work.folder
    with folder.locked():
        folder.clear_unfinished()
        with disk_errors(folder.path):
            (folder.path / "predictions").mkdir(exist_ok=True)
        for note in _of_other_versions(work):
            progress.note(note)
        _fit(work, jobs, progress)
        parts, failures = _parts(work, folder.records()[0])
        comparison = Comparison(
            work.scores, work.candidate.name, work.whole, work.metric, work.margin, parts, failures, work.names
        )
        found = [comparison.found(question, len(work.cells(_variants(question)))) for question in work.questions]
        with disk_errors(folder.path):
            for one in found:
                write_atomic(folder.path / one.file, one.to_bytes())
    return found


def _variants(question: Question) -> list[Variant]:
    return list(dict.fromkeys(line.variant for table in question.tables for line in table.lines))


def _fit(work: AblationWork, jobs: int, progress: Progress) -> None:
    scores, folder, missing = work.scores, work.folder, work.missing(cut=True)
    settings, base = scores.settings, base_name(work.candidate.recipe)
    progress.begin(work.fits, work.fits - len(missing))
    load = AblationLoad(
        scores.data,
        scores.plan,
        settings.seed,
        settings.metric,
        context=Context(device=settings.device, scratch=folder.scratch, memory=settings.memory),
        variants={variant.candidate(base).recipe: variant for variant in work.names},
    )
    said = {variant.candidate(base): Candidate(name) for variant, name in work.names.items()}

    def named(cell: Cell) -> Cell:
        """The cell as a reader may know it."""
        return replace(cell, candidate=said[cell.candidate])

    # closing(): Ctrl-C here must end the workers too, not leave them to the garbage collector.
    with closing(run_cells(load, missing, jobs=jobs, started=lambda cell: progress.started(named(cell)))) as outcomes:
        for outcome in outcomes:
            folder.keep(outcome)
            progress.finished(replace(outcome, cell=named(outcome.cell)))


def _parts(work: AblationWork, records: Mapping[Cell, Record]) -> tuple[dict[Variant, list[Part]], dict[Variant, str]]:
    """Out-of-fold predictions of every variant whose fits all succeeded, the run's own of the whole; why the others failed."""
    scores, base = work.scores, base_name(work.candidate.recipe)
    truths = {(fold.repeat, fold.fold): truth_of(scores.data, fold.test) for fold in scores.plan.folds}
    parts, failures = {work.whole: scores.parts[work.candidate.name]}, {}
    for variant in work.names:
        if variant == work.whole:
            continue
        own = [records[Cell(variant.candidate(base), *place)] for place in truths]
        reasons = Counter(record.failure.reason for record in own if record.failure is not None)
        if reasons:
            failures[variant] = f"{reasons.total()} of {len(own)} folds failed: {reasons.most_common(1)[0][0]}"
            continue
        made = []
        for (repeat, fold), record in zip(truths, own, strict=True):
            predictions = work.folder.load(record)
            if predictions is None:
                raise StudyError(f"{work.folder.path}: predictions are damaged; run the same command again to make them anew.")
            made.append(Part(repeat, fold, truths[repeat, fold], predictions))
        parts[variant] = _labelled(scores, made)
    return parts, failures


def _labelled(scores: Scores, parts: list[Part]) -> list[Part]:
    """With labels at the operating point, chosen on other folds as the run does."""
    if not scores.data.question.is_classification:
        return parts
    return cross_fitted_labels(parts, scores.threshold_rule, forward=scores.plan.unit == "time")


def _of_other_versions(work: AblationWork) -> list[str]:
    known = (work.scores.folder.read_study() or {}).get("settings", {}).get("versions")
    if known is None or known == library_versions():
        return []
    return ["library versions have changed since the run: the variants may differ from it in more than what was taken away."]
