"""A budget spent in a run folder, from its first fit or from where it was stopped."""

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from assay.core.errors import ConfigError
from assay.measure.parts import Part
from assay.measure.registry import metric_named
from assay.study.blend import BLEND
from assay.study.budget.decisions import DecisionLog
from assay.study.budget.duration import parse_duration
from assay.study.budget.ladder import ladder_for
from assay.study.budget.race import Referee
from assay.study.budget.spending import Spending
from assay.study.cells import NO_TREATMENT, Candidate, Cell
from assay.study.folder import RunFolder
from assay.study.pool import run_cells
from assay.study.work import Workload, truth_of

if TYPE_CHECKING:
    from assay.study.study import Progress, Study


def spend(
    study: "Study",
    folder: RunFolder,
    work: Workload,
    seconds: float,
    jobs: int,
    progress: "Progress",
    join: Callable[[Candidate], None],
) -> None:
    """Fit what there is time for.

    seconds: of the whole run, with what comes after the fits.  join: puts a candidate on record before its first fit.
    """
    log = DecisionLog(folder.path, seconds, progress.note)
    settings, plan = study.settings, study.plan
    rule = settings.threshold_rule.for_rows(len(study.data)) if study.data.question.is_classification else None
    referee = Referee(plan, metric_named(settings.metric), rule)
    named = None if study.recipes is None else [name for name in settings.recipes if name != BLEND.recipe]
    ladder = ladder_for(study.data, named)
    truths = {place: truth_of(study.data, fold.test) for place, fold in enumerate(plan.folds)}
    source = Spending(ladder, plan, log, referee, jobs=jobs, truth=truths.__getitem__, joined=join)
    _resume(source, folder, work)
    progress.begin(0, 0)
    # closing(): Ctrl-C here must end the workers too, not leave them to the garbage collector.
    with closing(run_cells(work, source, jobs=jobs, started=progress.started)) as outcomes:
        for outcome in outcomes:
            folder.keep(outcome)
            progress.finished(outcome)


def check_budget(study: "Study") -> None:
    """Raise ConfigError for a budget that is none, or beside what it decides itself."""
    if study.budget is None:
        return
    parse_duration(study.budget)
    if study.trials is not None:
        raise ConfigError(
            f"budget={study.budget!r} and trials={study.trials} are both given; a budget chooses how much is tuned."
        )
    if [name for name in study.settings.treatments if name != NO_TREATMENT]:
        raise ConfigError("a budget is spent on recipes; run the treatments afterwards, without budget, in the same folder.")


def _resume(source: Spending, folder: RunFolder, work: Workload) -> None:
    records, _ = folder.records()
    kept: dict[str, dict[int, Part]] = {}
    seconds: dict[str, list[float]] = {}
    for name in source.log.tried():
        for place, fold in enumerate(work.plan.folds):
            record = records.get(Cell(Candidate.parse(name), fold.repeat, fold.fold))
            predictions = None if record is None else folder.load(record)
            if record is None or predictions is None:
                continue
            truth = truth_of(work.data, fold.test)
            kept.setdefault(name, {})[place] = Part(fold.repeat, fold.fold, truth, predictions)
            seconds.setdefault(name, []).append(record.seconds)
    source.resume(kept, seconds)
