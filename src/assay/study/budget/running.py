"""A budget spent in a run folder, from its first fit or from where it was stopped."""

import os
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from assay.core.errors import ConfigError
from assay.core.threads import usable_threads
from assay.measure.parts import Part
from assay.measure.registry import metric_named
from assay.recipes.named import recipe_named
from assay.study.blend import BLEND
from assay.study.budget.decisions import DecisionLog
from assay.study.budget.duration import parse_duration
from assay.study.budget.ladder import ladder_for
from assay.study.budget.race import Referee
from assay.study.budget.spending import Spending
from assay.study.cells import NO_TREATMENT, Candidate, Cell
from assay.study.folder import RunFolder
from assay.study.pool import run_cells
from assay.study.treated import makes_cells
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
    source = Spending(
        ladder,
        plan,
        log,
        referee,
        jobs=jobs,
        truth=truths.__getitem__,
        joined=join,
        treatments=lambda recipe: treatments_of(study, recipe),
        slowed=slowed(),
    )
    _resume(source, folder, work)
    progress.begin(0, 0)
    # closing(): Ctrl-C here must end the workers too, not leave them to the garbage collector.
    with closing(run_cells(work, source, jobs=jobs, started=progress.started)) as outcomes:
        for outcome in outcomes:
            folder.keep(outcome)
            progress.finished(outcome)


def slowed() -> float:
    """How many times as long work takes on a machine that others use too: those who want a processor, by processors."""
    return max(1.0, os.getloadavg()[0] / usable_threads()) if hasattr(os, "getloadavg") else 1.0


def check_budget(study: "Study") -> None:
    """Raise ConfigError for a budget that is none, or beside what it decides itself."""
    if study.budget is None:
        return
    parse_duration(study.budget)
    if study.trials is not None:
        raise ConfigError(
            f"budget={study.budget!r} and trials={study.trials} are both given; a budget chooses how much is tuned."
        )


def treatments_of(study: "Study", recipe: str) -> list[str]:
    """Those of the study's that make fits of their own with this recipe.  One that it cannot take fails with its reason."""
    settings = study.settings
    if not recipe_named(recipe).treatable:
        return []
    asked = [name for name in settings.treatments if name != NO_TREATMENT and makes_cells(name)]
    return [name for name in asked if (recipe, name) not in settings.left_out]


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
