"""Stacking: models of different kinds, and a line over what each of them said of rows it had not seen.

The training rows are parted into inner folds; each member is fitted without a fold and asked about it.  A regularised
logistic regression on the members' log odds (of several classes ``stack_pool``, of values ridge) learns from these answers
how far to trust whom, and since it has seen real rows under the true class shares, its probabilities mean what they say:
treatments act inside the members, uncorrected, and the line is the correction.  Then the members are fitted once more, on
all rows.

A probability counts as no nearer to 0 or 1 than half a row in all training rows could tell; a tree's leaf says 0 easily.
Source: Wolpert (1992); Breiman (1996), Stacked regressions; Ting & Witten (1999) on probabilities.
"""

import time
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from assay.core.errors import AssayError, ConfigError
from assay.core.seeds import seed32
from assay.data.rows import Rows
from assay.data.schema import Schema
from assay.data.task import Task
from assay.measure.calibration import Unchanged, calibrator_for
from assay.measure.calibration.calibrator import FittedCalibrator
from assay.recipes.correction import HeldOut, calibrator_on
from assay.recipes.ensembles.nested import Asked, FitsRecipes
from assay.recipes.ensembles.stack_pool import fit_pool
from assay.recipes.ensembles.stacked import LARGEST_CLIP, LEAST_CLIP, FittedStack, numbers_of
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import TrainingRows, check_pair, fit, training_rows
from assay.recipes.frames import FittedFrame
from assay.recipes.learner import Budget, Context, FittedLearner
from assay.recipes.linear import FittedLinear, Logistic
from assay.recipes.linear_squares import fit_squares
from assay.recipes.named import recipe_named
from assay.recipes.outputs import TABLE_TASKS
from assay.recipes.recipe import Recipe
from assay.splits.cuts import Pair
from assay.splits.inner import inner_folds

FEWEST_MEMBERS = 2
FEWEST_FOLDS = 2
"""Asked about, however little time there is: the line of a single fold would be judged by nothing."""


@dataclass(frozen=True)
class FrameStep:
    """No preparation: each member has its own."""

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> FittedFrame:  # noqa: ARG002
        return FittedFrame(tuple(features.columns))


@dataclass(frozen=True, kw_only=True)
class Stack:
    """members: recipes as users write them; those for other tasks are passed over.  folds: at most, of the training rows.

    penalty_strength: of the line, the weight of its squared coefficients (of values: in units of the target's variance)
    against the summed loss.
    """

    members: tuple[str, ...] = ("logistic", "ridge", "extra-trees", "boosting")
    folds: int = 5
    penalty_strength: float = 1.0
    takes_weights: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,  # noqa: ARG002
        task: Task,  # noqa: ARG002
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,  # noqa: ARG002
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedLearner:
        """Raises ConfigError: there is no matrix that all members could read."""
        raise ConfigError("a stack is made of recipes with preparations of their own, and cannot learn from prepared rows.")

    def fit_recipes(self, asked: Asked) -> Fitted:
        """Raises ConfigError where fewer than two members can answer, DataError where the rows cannot be parted."""
        recipes, notes = self._members(asked)
        train = training_rows(asked.recipe, asked.data, asked.groups)
        pairs = inner_folds(
            train.target,
            classification=train.task.is_classification,
            groups=train.groups,
            time=train.time,
            folds=self.folds,
            seed=seed32(asked.seed, "stack"),
        )
        walk = _Walk(asked, recipes, len(pairs))
        clip = float(np.clip(0.5 / (len(train) + 1), LEAST_CLIP, LARGEST_CLIP))
        folds = _asked_about(walk, pairs, train, clip)
        if len(folds) < len(pairs):
            notes += (f"the time of the stack was up after {len(folds)} of {len(pairs)} inner folds",)
        line = self._line(folds, train.task)
        calibrators = self._calibrators(asked, folds, train.task)
        members = tuple(walk.fit(recipe, None, None) for recipe in recipes)
        read = {column.name for member in members for column in member.schema.features}
        columns = tuple(column for column in train.schema.features if column.name in read)
        learner = FittedStack(train.task.name, len(train.task.classes), members, line, clip, notes)
        step = FittedFrame(tuple(column.name for column in columns))
        return Fitted(asked.recipe.name, train.task, Schema(columns), step, learner, calibrators, notes=notes)

    def _members(self, asked: Asked) -> tuple[list[Recipe], tuple[str, ...]]:
        """The members that can answer, and which cannot and why."""
        found: list[Recipe] = []
        notes: tuple[str, ...] = ()
        for name in self.members:
            recipe = recipe_named(name)
            if isinstance(recipe.learner, FitsRecipes):
                raise ConfigError(f"recipe {asked.recipe.name!r}: {name!r} is made of recipes itself, and cannot be a member.")
            if not asked.data.question.suits(recipe.tasks):
                continue
            try:
                recipe.check(asked.data)
                check_pair(recipe, asked.treatment, asked.data.question)
            except ConfigError as error:
                notes += (f"without {name}: {error}",)
                continue
            found.append(recipe)
        if len(found) < FEWEST_MEMBERS:
            raise ConfigError(
                f"recipe {asked.recipe.name!r} needs {FEWEST_MEMBERS} members, and of {', '.join(self.members)} "
                f"{len(found)} can answer here; {'; '.join(notes) or 'the others are for other tasks'}."
            )
        return found, notes

    def _line(self, folds: "list[_Answers]", task: Task) -> FittedLinear:
        weights = [fold.weights for fold in folds if fold.weights is not None]
        rows = Rows(
            np.concatenate([fold.numbers for fold in folds]),
            np.concatenate([fold.target for fold in folds]),
            len(task.classes),
            np.concatenate(weights) if weights else None,
        )
        if task.name == "multiclass":
            return fit_pool(rows, self.penalty_strength)
        if task.is_classification:
            logistic = Logistic(penalty_strength=self.penalty_strength)
            return logistic.fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context())
        variance = float(np.average((rows.target - np.average(rows.target, weights=rows.weights)) ** 2, weights=rows.weights))
        return fit_squares(rows, self.penalty_strength * (variance or 1.0))

    def _calibrators(self, asked: Asked, folds: "list[_Answers]", task: Task) -> tuple[FittedCalibrator, ...]:
        """The one that was asked for, on what lines of the other folds say of each fold.

        After a treatment that none was needed is a calibrator too (see ``recipes.fitting``): the line has done its work.
        """
        calibrator = None if asked.calibration is None else calibrator_for(asked.calibration, task.name)
        if calibrator is None or calibrator.name == "none":
            mended = calibrator is None and asked.treatment.correction != "none"
            return (Unchanged(),) if mended else ()
        held = []
        for place, fold in enumerate(folds):
            line = self._line([other for number, other in enumerate(folds) if number != place], task)
            said = line.predict(fold.numbers).probability
            even = np.full(len(task.classes), 1 / len(task.classes))  # read by the closed form alone, which is not tried
            held.append(HeldOut(fold.target, np.asarray(said), fold.weights, None, even, even))
        return (calibrator_on(held, calibrator),)


@dataclass(frozen=True)
class _Answers:
    """What models that had not seen some rows said of them.  numbers: float64 (m, members × K)."""

    numbers: np.ndarray
    target: np.ndarray
    weights: np.ndarray | None


@dataclass
class _Walk:
    """The fits of all members on all folds, and then on all rows; each gets an even share of the time that is left."""

    asked: Asked
    recipes: list[Recipe]
    folds: int
    done: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def total(self) -> int:
        return len(self.recipes) * (self.folds + 1)

    def fit(self, recipe: Recipe, fold: int | None, rows: np.ndarray | None) -> Fitted:
        """A member on these rows (None: all of them), its probabilities as it gives them."""
        asked = self.asked
        place = "all rows" if fold is None else f"inner fold {fold + 1} of {self.folds}"
        scratch = asked.context.scratch
        folder = None if scratch is None else scratch / f"{recipe.name}-{'all' if fold is None else fold}".replace(":", "-")
        try:
            fitted = fit(
                recipe,
                asked.treatment,
                asked.data if rows is None else asked.data.take(rows),
                groups=asked.groups if rows is None or asked.groups is None else asked.groups[rows],
                seed=seed32(asked.seed, "stack-member", recipe.name, -1 if fold is None else fold),
                budget=self._share(),
                context=replace(asked.context, scratch=folder, watch=None, progress=_quiet),
                calibration="none" if asked.data.question.is_classification else None,
            )
        except AssayError as error:
            raise type(error)(f"in {recipe.name!r} of the stack, {place}: {error}") from error
        self.done += 1
        asked.context.progress(self.done, self.total)
        return fitted

    def _share(self) -> Budget:
        seconds = self.asked.budget.seconds
        if seconds is None:
            return Budget()
        return Budget(max(seconds - (time.monotonic() - self.began), 0.0) / (self.total - self.done))

    def is_over(self) -> bool:
        """Whether nobody wants more folds, or the time for them is spent; the fits on all rows have theirs."""
        seconds = self.asked.budget.seconds
        for_folds = None if seconds is None else seconds * self.folds / (self.folds + 1)
        return self.asked.context.cancelled() or (for_folds is not None and time.monotonic() - self.began > for_folds)


def _quiet(_done: int, _total: int) -> None:
    """The stack counts its fits; what goes on inside of one is not told."""


def _asked_about(walk: _Walk, pairs: list[Pair], train: TrainingRows, clip: float) -> list[_Answers]:
    """Every member's answers on each fold; two folds at least, the others while there is time."""
    found: list[_Answers] = []
    for number, (kept, held) in enumerate(pairs):
        if number >= FEWEST_FOLDS and walk.is_over():
            break
        rows = train.take(held)
        said = [walk.fit(recipe, number, kept).predict(rows.features) for recipe in walk.recipes]
        numbers = np.concatenate([numbers_of(one, clip) for one in said], axis=1)
        found.append(_Answers(numbers, rows.target, rows.weights))
    walk.done = len(walk.recipes) * len(pairs)
    return found


STACK = Recipe(
    name="stack",
    title="Logistic regression, extra trees and boosting, weighed by a line on what they say out of fold (stacking)",
    tasks=TABLE_TASKS,
    reads=frozenset({"number", "category", "date", "text"}),
    step=FrameStep(),
    learner=Stack(),
    simplicity=70,
)
