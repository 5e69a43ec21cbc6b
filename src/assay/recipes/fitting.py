"""The walk of the training rows: treatment, preparation, learner, honest probabilities.

Everything here sees training rows only.  Rows for early stopping are carved out before the
treatment acts; rows for calibration are predicted out of fold, so they are never synthetic
and never seen by the model that scores them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from assay.balance.treatment import Balanced, Correction, Treatment
from assay.core.errors import AssayError, ConfigError, DataError
from assay.core.seeds import derive, generator, seed32
from assay.data.batches import Batches
from assay.data.dataset import Dataset
from assay.data.rows import Rows, table_rows
from assay.data.schema import Schema
from assay.data.shelf import Shelf
from assay.data.task import Task
from assay.measure.calibration import PriorCorrection, Unchanged, calibrator_for
from assay.measure.calibration.calibrator import Calibrator, FittedCalibrator
from assay.measure.payload import Truth
from assay.prepare.pixels import stored
from assay.prepare.step import FittedStep, fit_and_encode
from assay.recipes.correction import (
    CALIBRATE,
    PRIOR,
    CorrectionChoice,
    HeldOut,
    calibrator_on,
    check_calibration,
    choose_correction,
)
from assay.recipes.ensembles.nested import Asked, FitsRecipes
from assay.recipes.fitted import Fitted
from assay.recipes.learner import Budget, Context
from assay.recipes.memory import bounded_rows, learns_in_batches
from assay.recipes.objectives import check_draws, check_objective
from assay.recipes.recipe import Recipe
from assay.recipes.space import Values
from assay.recipes.tuning.loss import loss_by, tuning_metric
from assay.recipes.tuning.search import Search
from assay.recipes.tuning.trials import TrialLog
from assay.recipes.tuning.tune import tune
from assay.splits.cuts import Pair
from assay.splits.inner import carve, inner_folds

CALIBRATION_FOLDS = 3
VALIDATION_SHARE = 0.15
BATCHED_SHARE = 1 / 32
"""Of the memory bound: where the matrix would be larger, what can learn in batches does."""

USUAL_CALIBRATION = {"binary": "platt", "multiclass": "vector"}
"""The candidate "calibrate" of a correction: few numbers, so that a rare class's few rows will do."""


@dataclass(frozen=True)
class TrainingRows:
    """Training rows with what must not be split apart in them.

    features: the feature columns.  groups, time: per row, or None (see Plan).
    unlabelled: the feature columns of rows without a target, for a recipe that reads them; or None.
    shelf: where taken rows lie that are too many for memory; None: always in memory.
    """

    features: pl.DataFrame
    schema: Schema
    task: Task
    target: np.ndarray
    weights: np.ndarray | None
    groups: np.ndarray | None
    time: np.ndarray | None
    unlabelled: pl.DataFrame | None = None
    shelf: Shelf | None = None

    def __len__(self) -> int:
        return len(self.target)

    def take(self, rows: np.ndarray) -> "TrainingRows":
        def pick(values: np.ndarray | None) -> np.ndarray | None:
            return None if values is None else values[rows]

        return TrainingRows(
            self.features[rows] if self.shelf is None else self.shelf.taken(self.features, rows),
            self.schema,
            self.task,
            self.target[rows],
            pick(self.weights),
            pick(self.groups),
            pick(self.time),
            self.unlabelled,
            self.shelf,
        )

    @property
    def queries(self) -> np.ndarray | None:
        """Of a ranking the query of each row."""
        return self.groups if self.task.special == "ranking" else None

    def as_rows(self) -> Rows:
        rows = table_rows(self.features, self.schema, self.task.classes, self.target, self.weights)
        return rows if self.queries is None else replace(rows, queries=self.queries)


def training_rows(recipe: Recipe, data: Dataset, groups: np.ndarray | None) -> TrainingRows:
    """The columns of ``data`` that the recipe reads; groups default to the data's own group column."""
    columns = tuple(column for column in data.schema.features if column.kind in recipe.reads)
    names = [column.name for column in columns]
    return TrainingRows(
        features=data.frame.select(names),
        schema=Schema(columns),
        task=data.question,
        target=data.target,
        weights=data.weights,
        groups=data.groups if groups is None else groups,
        time=data.time,
        unlabelled=data.unlabelled.select(names) if recipe.unlabelled and data.unlabelled is not None else None,
        shelf=None if data.stored is None else data.stored.shelf,
    )


def fit(
    recipe: Recipe,
    treatment: Treatment,
    data: Dataset,
    *,
    groups: np.ndarray | None,
    seed: int,
    budget: Budget,
    context: Context,
    calibration: str | None = None,
) -> Fitted:
    """Fit a recipe under a treatment on the rows of ``data``, all of which are training rows.

    groups: int64 (n_rows,) that override the data's group column (grouped copies), or None.
    calibration: None mends what the treatment bent, and no more, by what the out-of-fold log loss chooses
    (``recipes.correction``); what was chosen is in ``Fitted.correction``.  A name of CALIBRATORS fits that one out of fold
    whatever the treatment is: it sees real rows, so there is nothing left for a prior to put back.  "none" leaves the
    probabilities as the learner gives them.
    Raises ConfigError or DataError when recipe, treatment and calibration cannot work together on these rows.
    """
    recipe.check(data)
    check_pair(recipe, treatment, data.question)
    if isinstance(recipe.learner, FitsRecipes):
        return recipe.learner.fit_recipes(
            Asked(
                recipe=recipe,
                treatment=treatment,
                data=data,
                groups=groups,
                seed=seed,
                budget=budget,
                context=context,
                calibration=calibration,
            )
        )
    bounded = None
    if context.memory is not None:
        rows, bounded = bounded_rows(recipe, treatment, data, context.memory, seed)
        if rows is not None:
            data, groups = data.take(rows), None if groups is None else groups[rows]
    walk = _Walk(recipe, treatment, training_rows(recipe, data, groups), budget, context)
    fitted = _fit_walk(walk, calibration, seed)
    return fitted if bounded is None else replace(fitted, notes=(bounded, *fitted.notes))


def _fit_walk(walk: "_Walk", calibration: str | None, seed: int) -> Fitted:
    """Tuned, where the recipe says so."""
    recipe = walk.recipe
    if recipe.search is not None:
        walk, note = _tuned(walk, recipe.search, seed)
        fitted = _fit_honest(walk, calibration, seed)
        return replace(fitted, notes=(note, *fitted.notes))
    return _fit_honest(walk, calibration, seed)


def _fit_honest(walk: "_Walk", calibration: str | None, seed: int) -> Fitted:
    """On all rows of the walk, with probabilities that mean what they say."""
    if calibration is not None:
        return _fit_calibrated(walk, calibrator_for(calibration, walk.train.task.name), seed)
    return walk.fit(seed)[0] if walk.correction == "none" else _fit_corrected(walk, seed)


@dataclass(frozen=True)
class _Walk:
    """One recipe under one treatment on its training rows: what the inner fits and the last one share."""

    recipe: Recipe
    treatment: Treatment
    train: TrainingRows
    budget: Budget
    context: Context

    @property
    def correction(self) -> Correction:
        """The treatment's, or where it needs none the recipe's own; numbers have no probabilities to correct."""
        if not self.train.task.is_classification:
            return "none"
        return self.recipe.correction if self.treatment.correction == "none" else self.treatment.correction

    def fit(self, seed: int, rows: np.ndarray | None = None) -> tuple[Fitted, Balanced]:
        """Fitted on these rows (all of them: None), probabilities as the learner gives them."""
        train = self.train if rows is None else self.train.take(rows)
        return _fit_once(self.recipe, self.treatment, train, seed, self.budget, self.context)


def _tuned(walk: _Walk, search: Search, seed: int) -> tuple[_Walk, str]:
    """The walk with the settings that did best on inner folds of its rows, and a sentence about them.

    Half of the budget, where there is one, is the search's.  Raises DataError where the rows cannot be parted.
    """
    recipe, train = walk.recipe, walk.train
    pairs = _inner_pairs(train, seed)
    metric = tuning_metric(search.metric, train.task, bent=walk.correction != "none")
    loss = loss_by(metric)

    def attempt(values: Values, number: int, share: float) -> float:
        kept, held = pairs[number]
        if share < 1:
            kept = some_of_each(train.target, kept, share, generator(seed, "search", number), train.task.is_classification)
        tried = replace(walk, recipe=recipe.with_settings(values))
        fitted, _ = tried.fit(seed32(seed, "search-fit", number), kept)
        rows = train.take(held)
        arrays = {"target": rows.target} if rows.weights is None else {"target": rows.target, "weight": rows.weights}
        if rows.queries is not None:
            arrays["query"] = rows.queries
        truth = Truth(train.task.name if train.task.is_classification else "value", np.arange(len(rows)), arrays)
        return loss(truth, fitted.predict(rows.features))

    scratch, limit = walk.context.scratch, walk.budget.seconds
    found = tune(
        recipe.space,
        recipe.settings(),
        search,
        attempt,
        folds=len(pairs),
        seed=derive(seed, "search"),
        log=TrialLog(None if scratch is None else scratch / "trials"),
        seconds=None if limit is None else limit / 2,
        cancelled=walk.context.cancelled,
    )
    return replace(walk, recipe=recipe.with_settings(found.values)), found.sentence(search, metric.name, len(pairs))


def some_of_each(
    target: np.ndarray, rows: np.ndarray, share: float, rng: np.random.Generator, classification: bool
) -> np.ndarray:
    """This share of the rows, of every class alike and at least one; rising positions."""
    if not classification:
        return np.sort(rng.choice(rows, max(1, round(share * len(rows))), replace=False))
    parts = [rows[target[rows] == code] for code in np.unique(target[rows])]
    return np.sort(np.concatenate([rng.choice(part, max(1, round(share * len(part))), replace=False) for part in parts]))


def _fit_calibrated(walk: _Walk, calibrator: Calibrator, seed: int) -> Fitted:
    """With the calibrator that was asked for, and no choice."""
    check_calibration(calibrator.name, walk.treatment.correction, walk.treatment.name)
    if calibrator.name == "none":
        return walk.fit(seed)[0]
    held = _predict_inner(walk, _inner_pairs(walk.train, seed), seed)
    with _named(f"calibration {calibrator.name!r}"):
        calibrators = (calibrator_on(held, calibrator),)
    return replace(walk.fit(seed)[0], calibrators=calibrators)


def _fit_corrected(walk: _Walk, seed: int) -> Fitted:
    """With the correction that the inner folds speak for; that nothing was needed is a calibrator too (see ``Predictions``).

    Where rows are too few for inner folds, the closed form is taken as it is after a treatment of which it is known to
    undo the shift; after others nothing is known, and that is an error.  A recipe that asks for a correction of its own
    accord goes without one.
    """
    task = walk.train.task.name
    calibrator = calibrator_for(USUAL_CALIBRATION[task], task)
    try:
        pairs = _inner_pairs(walk.train, seed)
    except DataError:
        if walk.treatment.correction == "none":
            return walk.fit(seed)[0]
        if walk.treatment.correction != "prior":
            raise
        choice, held = CorrectionChoice(PRIOR, {}, 0), []
    else:
        held = _predict_inner(walk, pairs, seed)
        with _named("the choice of a correction"):
            choice = choose_correction(held, calibrator, walk.correction)
    fitted, balanced = walk.fit(seed)
    applied: FittedCalibrator = Unchanged()
    if choice.chosen == PRIOR:
        applied = PriorCorrection(balanced.prior_before, balanced.prior_after)
    elif choice.chosen == CALIBRATE:
        with _named(f"calibration {calibrator.name!r}"):
            applied = calibrator_on(held, calibrator)
    return replace(fitted, calibrators=(applied,), correction=choice)


def check_pair(recipe: Recipe, treatment: Treatment, task: Task) -> None:
    if treatment.name == "none":
        return
    if not task.is_classification:
        raise ConfigError(f"treatment {treatment.name!r} acts on classes, and the task is {task.name}; use treatments=none.")
    if treatment.stage == "learner" and not recipe.learner.takes_weights:
        raise ConfigError(f"recipe {recipe.name!r} takes no row weights, so treatment {treatment.name!r} cannot act on it.")
    if treatment.stage == "encoded" and not recipe.encoded_treatments:
        raise ConfigError(
            f"treatment {treatment.name!r} interpolates rows of numbers, and recipe {recipe.name!r} reads pictures or tokens; "
            "use random-oversample or class-weight."
        )
    check_objective(recipe, treatment)
    check_draws(recipe, treatment)


def _fit_once(
    recipe: Recipe, treatment: Treatment, train: TrainingRows, seed: int, budget: Budget, context: Context
) -> tuple[Fitted, Balanced]:
    """The recipe fitted, its probabilities as the learner gives them, and what the treatment did to the rows."""
    train, validation = _set_apart(train, seed) if recipe.learner.wants_validation(train.task) else (train, None)
    balanced = _untreated(train.as_rows())
    if treatment.stage == "raw":
        balanced = treatment.apply(balanced.rows, seed32(seed, "treatment"))
    step, matrix = _encoded(recipe, treatment, train, balanced, seed, context)
    encoded = balanced.rows.encoded(matrix, step.blocks)
    if treatment.stage in ("encoded", "learner"):
        balanced = treatment.apply(encoded, seed32(seed, "treatment"))
        encoded = balanced.rows
    if train.unlabelled is not None:
        encoded = replace(encoded, unlabelled=step.transform(train.unlabelled))
    held_rows = None
    if validation is not None:
        is_in_parts = isinstance(matrix, Batches)
        held = replace(matrix, frame=validation.features) if is_in_parts else step.transform(validation.features)
        held_rows = _shifted(validation, held, balanced)
    learner = recipe.learner.fit(
        encoded, train.task, validation=held_rows, seed=seed32(seed, "learner"), budget=budget, context=context
    )
    notes = (*balanced.notes, *getattr(learner, "notes", ()))
    return Fitted(recipe.name, train.task, train.schema, step, learner, notes=notes), balanced


def _encoded(
    recipe: Recipe, treatment: Treatment, train: TrainingRows, balanced: Balanced, seed: int, context: Context
) -> tuple[FittedStep, Any]:
    """The fitted preparation and the training rows as a matrix; in batches where that would be a large share of the memory."""
    frame, target, seed = _frame(balanced.rows), balanced.rows.target, seed32(seed, "prepare")
    preparation = stored(recipe.step, context.pictures)
    if context.memory is not None and learns_in_batches(recipe, treatment):
        step = recipe.step.fit(frame, train.schema, target, seed)
        probe = step.transform(frame.head(1))
        if probe.shape[1] * 8 * frame.height > BATCHED_SHARE * context.memory:
            return step, Batches(frame, step.transform, probe.shape[1])
        return step, step.transform(frame)
    return fit_and_encode(preparation, frame, train.schema, target, seed, _units(train, balanced.source_rows))


def _set_apart(train: TrainingRows, seed: int) -> tuple[TrainingRows, TrainingRows | None]:
    """Rows to fit and rows for early stopping; None where no rows can be parted (one group, four rows).

    A learner then does its fixed number of rounds, which is no worse than not being tried.  The rows are drawn from all
    training rows even where these are ordered in time: they say how long to train and measure nothing, and the latest
    rows, when they are of another regime, stop a model before it has learned anything.
    """
    try:
        kept, held = carve(
            train.target,
            classification=train.task.is_classification,
            groups=train.groups,
            time=None,
            share=VALIDATION_SHARE,
            seed=seed32(seed, "carve"),
        )
    except DataError:
        return train, None
    return train.take(kept), train.take(held)


def _units(train: TrainingRows, source_rows: np.ndarray) -> np.ndarray | None:
    """Rows that must not tell each other their target: of one group, or copies of one row; None where each stands alone."""
    real = source_rows >= 0
    if train.groups is not None:
        group = np.unique(train.groups, return_inverse=True)[1]
        return np.where(real, group[source_rows], -1)
    is_copied = len(np.unique(source_rows[real])) < int(real.sum())
    return source_rows if is_copied else None


def _untreated(rows: Rows) -> Balanced:
    prior = rows.prior if rows.n_classes else np.ones(1)
    return Balanced(rows, np.arange(len(rows)), prior, prior)


def _frame(rows: Rows) -> pl.DataFrame:
    if not isinstance(rows.features, pl.DataFrame):
        raise TypeError("a raw-stage treatment handed back something that is not a frame.")
    return rows.features


def _shifted(validation: TrainingRows, matrix: object, balanced: Balanced) -> Rows:
    """Validation rows weighted to the class shares the learner is trained on.

    Without this, early stopping would judge a model of the shifted prior by the loss under
    the true one, and stop it at once.
    """
    weights = np.ones(len(validation)) if validation.weights is None else validation.weights
    shifted = balanced.rows.objective is None and not np.array_equal(balanced.prior_before, balanced.prior_after)
    if shifted:
        seen = balanced.prior_before > 0
        factor = np.where(seen, balanced.prior_after / np.where(seen, balanced.prior_before, 1.0), 1.0)
        weights = weights * factor[validation.target]
    kept = weights if shifted or validation.weights is not None else None
    return Rows(matrix, validation.target, balanced.rows.n_classes, kept, queries=validation.queries)  # type: ignore[arg-type]


def _inner_pairs(train: TrainingRows, seed: int) -> list[Pair]:
    """Raises DataError where the rows cannot be parted."""
    return inner_folds(
        train.target,
        classification=train.task.is_classification,
        groups=train.groups,
        time=train.time,
        folds=CALIBRATION_FOLDS,
        seed=seed32(seed, "calibration"),
    )


def _predict_inner(walk: _Walk, pairs: list[Pair], seed: int) -> list[HeldOut]:
    """Real rows, each predicted by a model that did not see it; one HeldOut a pair."""
    found = []
    for number, (kept, held) in enumerate(pairs):
        with _named(f"calibration, inner fold {number + 1} of {len(pairs)}"):
            fitted, balanced = walk.fit(seed32(seed, "calibration-fit", number), kept)
            rows = walk.train.take(held)
            said = fitted.predict(rows.features)["probability"]
            found.append(HeldOut(rows.target, said, rows.weights, rows.groups, balanced.prior_before, balanced.prior_after))
    return found


@contextmanager
def _named(where: str) -> Iterator[None]:
    """Whatever goes wrong says where: the same recipe may well succeed on all rows, and would look innocent."""
    try:
        yield
    except AssayError as error:
        raise type(error)(f"in {where}: {error}") from error
    except Exception as error:
        error.add_note(f"in {where}")
        raise
