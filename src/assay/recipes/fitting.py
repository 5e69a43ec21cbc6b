"""The walk of the training rows: treatment, preparation, learner, honest probabilities.

Everything here sees training rows only.  Rows for early stopping are carved out before the
treatment acts; rows for calibration are predicted out of fold, so they are never synthetic
and never seen by the model that scores them.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.balance.treatment import Balanced, Correction, Treatment
from assay.core.errors import ConfigError, DataError
from assay.core.seeds import seed32
from assay.data.dataset import Dataset
from assay.data.rows import Rows
from assay.data.schema import Schema
from assay.data.task import Task
from assay.measure.calibration import FittedCalibrator, PriorCorrection, fit_platt, fit_vector_scaling
from assay.recipes.fitted import Fitted
from assay.recipes.learner import Budget, Context
from assay.recipes.recipe import Recipe
from assay.splits.inner import carve, inner_folds

CALIBRATION_FOLDS = 3
VALIDATION_SHARE = 0.15


@dataclass(frozen=True)
class TrainingRows:
    """Training rows with what must not be split apart in them.

    features: the feature columns.  groups, time: per row, or None (see Plan).
    """

    features: pl.DataFrame
    schema: Schema
    task: Task
    target: np.ndarray
    weights: np.ndarray | None
    groups: np.ndarray | None
    time: np.ndarray | None

    def __len__(self) -> int:
        return len(self.target)

    def take(self, rows: np.ndarray) -> "TrainingRows":
        def pick(values: np.ndarray | None) -> np.ndarray | None:
            return None if values is None else values[rows]

        return TrainingRows(
            self.features[rows],
            self.schema,
            self.task,
            self.target[rows],
            pick(self.weights),
            pick(self.groups),
            pick(self.time),
        )

    def as_rows(self) -> Rows:
        return Rows(self.features, self.target, len(self.task.classes), self.weights)


def training_rows(recipe: Recipe, data: Dataset, groups: np.ndarray | None) -> TrainingRows:
    """The columns of ``data`` that the recipe reads; groups default to the data's own group column."""
    columns = tuple(column for column in data.schema.features if column.kind in recipe.reads)
    return TrainingRows(
        features=data.frame.select([column.name for column in columns]),
        schema=Schema(columns),
        task=data.question,
        target=data.target,
        weights=data.weights,
        groups=data.groups if groups is None else groups,
        time=data.time,
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
) -> Fitted:
    """Fit a recipe under a treatment on the rows of ``data``, all of which are training rows.

    groups: int64 (n_rows,) that override the data's group column (grouped copies), or None.
    Raises ConfigError or DataError when recipe and treatment cannot work together on these rows.
    """
    recipe.check(data)
    _check_pair(recipe, treatment, data.question)
    train = training_rows(recipe, data, groups)
    calibrator = None
    if correction_of(recipe, treatment) == "calibrate":
        calibrator = _calibrate_out_of_fold(recipe, treatment, train, seed, budget, context)
    return _fit_once(recipe, treatment, train, seed, budget, context, calibrator)


def correction_of(recipe: Recipe, treatment: Treatment) -> Correction:
    """How the probabilities are made honest again: as the treatment says, unless the recipe memorises its training rows."""
    return "calibrate" if treatment.correction == "prior" and recipe.memorises else treatment.correction


def _check_pair(recipe: Recipe, treatment: Treatment, task: Task) -> None:
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


def _fit_once(
    recipe: Recipe,
    treatment: Treatment,
    train: TrainingRows,
    seed: int,
    budget: Budget,
    context: Context,
    calibrator: FittedCalibrator | None,
) -> Fitted:
    train, validation = _set_apart(train, seed) if recipe.learner.wants_validation else (train, None)
    balanced = _untreated(train.as_rows())
    if treatment.stage == "raw":
        balanced = treatment.apply(balanced.rows, seed32(seed, "treatment"))
    step = recipe.step.fit(_frame(balanced.rows), train.schema, balanced.rows.target, seed32(seed, "prepare"))
    encoded = Rows(
        step.transform(_frame(balanced.rows)), balanced.rows.target, balanced.rows.n_classes, balanced.rows.weights, step.blocks
    )
    if treatment.stage in ("encoded", "learner"):
        balanced = treatment.apply(encoded, seed32(seed, "treatment"))
        encoded = balanced.rows
    held_rows = None if validation is None else _shifted(validation, step.transform(validation.features), balanced)
    learner = recipe.learner.fit(
        encoded, train.task, validation=held_rows, seed=seed32(seed, "learner"), budget=budget, context=context
    )
    calibrators: tuple[FittedCalibrator, ...] = () if calibrator is None else (calibrator,)
    if correction_of(recipe, treatment) == "prior":
        calibrators = (PriorCorrection(balanced.prior_before, balanced.prior_after),)
    return Fitted(recipe.name, train.task, train.schema, step, learner, calibrators)


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
    shifted = not np.array_equal(balanced.prior_before, balanced.prior_after)
    if shifted:
        seen = balanced.prior_before > 0
        factor = np.where(seen, balanced.prior_after / np.where(seen, balanced.prior_before, 1.0), 1.0)
        weights = weights * factor[validation.target]
    kept = weights if shifted or validation.weights is not None else None
    return Rows(matrix, validation.target, balanced.rows.n_classes, kept)  # type: ignore[arg-type]


def _calibrate_out_of_fold(
    recipe: Recipe, treatment: Treatment, train: TrainingRows, seed: int, budget: Budget, context: Context
) -> FittedCalibrator:
    """A calibrator fitted on real rows, each predicted by a model that did not see it."""
    folds = inner_folds(
        train.target,
        classification=True,
        groups=train.groups,
        time=train.time,
        folds=CALIBRATION_FOLDS,
        seed=seed32(seed, "calibration"),
    )
    probabilities, held_rows = [], []
    for number, (kept, held) in enumerate(folds):
        fitted = _fit_once(
            recipe, treatment, train.take(kept), seed32(seed, "calibration-fit", number), budget, context, calibrator=None
        )
        probabilities.append(fitted.predict(train.features[held])["probability"])
        held_rows.append(held)
    rows = np.concatenate(held_rows)
    probability = np.concatenate(probabilities)
    weights = None if train.weights is None else train.weights[rows]
    if train.task.name == "binary":
        return fit_platt(train.target[rows], probability, weights)
    return fit_vector_scaling(train.target[rows], probability, weights)
