"""What happens in one cell: fit on the fold's training rows, predict its test rows.

The only place that catches every exception: a recipe that fails is a record with its
reason, and the others go on.
"""

import resource
import sys
import time
import traceback
from dataclasses import dataclass, field, replace

import numpy as np
from threadpoolctl import threadpool_limits

from assay.balance.treatment import Treatment
from assay.core.errors import AssayError
from assay.core.seeds import derive
from assay.data.dataset import Dataset
from assay.measure.payload import Truth
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.named import base_name, recipe_named
from assay.recipes.recipe import Recipe
from assay.recipes.treatments import treatment_named
from assay.splits.plan import Fold, Plan
from assay.study.cells import Cell, Failure, Outcome
from assay.study.language_truth import language_truth


@dataclass(frozen=True)
class Given:
    """What one fit is made of.  data: every row; rows: the numbers of those that train."""

    recipe: Recipe
    treatment: Treatment
    data: Dataset
    rows: np.ndarray
    calibration: str | None


@dataclass(frozen=True)
class Workload:
    """All that a worker needs besides the cell. It is the same for every cell of a study.

    metric: what tuned recipes are tuned for.
    context: its ``scratch`` is the folder of all cells; each works in one of its own there.
    """

    data: Dataset
    plan: Plan
    seed: int
    metric: str | None = None
    calibration: str | None = None
    context: Context = field(default_factory=Context)

    def given(self, cell: Cell) -> Given:
        """What a cell is fitted with; an ablation gives less.  Raises for a name that is none."""
        candidate = cell.candidate
        recipe, treatment = recipe_named(candidate.recipe, self.metric), treatment_named(candidate.treatment)
        return Given(recipe, treatment, self.data, _fold(self.plan, cell).train, self.calibration)


def truth_of(data: Dataset, rows: np.ndarray) -> Truth:
    """The truth of some rows, in the form of the task."""
    if data.question.is_language:
        return language_truth(data, rows)
    names = [column.name for column in data.schema.columns if column.role in ("target", "weight")]
    part = replace(data, frame=data.frame.select(names)[rows], given_test=None, stored=None)
    arrays = {"target": part.target}
    if part.weights is not None:
        arrays["weight"] = part.weights
    task = data.question
    if task.special == "ranking" and data.groups is not None:
        arrays["query"] = data.groups[rows]  # numbered in all the data: folds are pooled
    return Truth(task.name if task.is_classification else "value", rows, arrays)


def cell_seed(seed: int, cell: Cell) -> int:
    """Neither treatment nor tuning is part of it: candidates that differ in nothing else share the learner's randomness."""
    return derive(seed, "cell", base_name(cell.candidate.recipe), cell.repeat, cell.fold)


def run_cell(work: Workload, cell: Cell, seconds: float | None = None) -> Outcome:
    """Fit and predict one cell; a failure is an outcome, not an exception.

    seconds: a soft limit of the fit, or None.
    """
    fold = _fold(work.plan, cell)
    predictions, failure, correction = None, None, None
    notes: tuple[str, ...] = ()
    started = time.perf_counter()
    try:
        fitted = fit_cell(work, cell, seconds)
        with threadpool_limits(limits=work.context.threads):
            predictions = fitted.predict_rows(work.data.frame, fold.test)
        correction, notes = fitted.correction, fitted.notes
    except AssayError as error:
        failure = Failure(str(error))
    except Exception as error:  # noqa: BLE001 - the boundary of a cell: the reason is kept, the traceback too
        failure = Failure(f"{type(error).__name__}: {error}", traceback.format_exc())
    seed = cell_seed(work.seed, cell)
    return Outcome(cell, seed, predictions, failure, time.perf_counter() - started, peak_memory_mb(), correction, notes)


def fit_cell(work: Workload, cell: Cell, seconds: float | None = None) -> Fitted:
    """The model of a cell, fitted on the training rows of its fold.  Raises what the fit raises."""
    given = work.given(cell)
    scratch = None if work.context.scratch is None else work.context.scratch / cell.name
    with threadpool_limits(limits=work.context.threads):
        return fit(
            given.recipe,
            given.treatment,
            given.data.take(given.rows),
            groups=None if work.plan.groups is None else work.plan.groups[given.rows],
            seed=cell_seed(work.seed, cell),
            budget=Budget(seconds),
            context=replace(work.context, scratch=scratch),
            calibration=given.calibration,
        )


def _fold(plan: Plan, cell: Cell) -> Fold:
    for fold in plan.folds:
        if (fold.repeat, fold.fold) == (cell.repeat, cell.fold):
            return fold
    raise KeyError(f"the plan has no repeat {cell.repeat}, fold {cell.fold}.")


def peak_memory_mb() -> float:
    """The largest resident size of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
