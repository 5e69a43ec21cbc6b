"""The mistake itself, made on purpose: rows are resampled first and dealt to folds afterwards.

This is what many notebooks do: the whole table is encoded, the classes are balanced, and the balanced table is
cross-validated.  A row made from two others then stands on one side of the split and its parents on the other, and the
rows that are scored have class shares that no new row will have.

Nothing here may be used to measure a model: ``study.leak`` puts the numbers beside honest ones and says what they are.
Sources: Blagus & Lusa (2015); Santos et al. (2018), cross-validation and oversampling.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from assay.balance.treatment import Balanced, Treatment
from assay.core.errors import DataError, DefectError
from assay.core.seeds import derive, seed32
from assay.data.dataset import Dataset
from assay.data.rows import Rows
from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth
from assay.measure.threshold import with_labels
from assay.recipes.fitting import VALIDATION_SHARE, training_rows
from assay.recipes.learner import Budget, Context
from assay.recipes.recipe import Recipe
from assay.splits.inner import carve, inner_folds


@dataclass(frozen=True)
class Mistake:
    """A table that was resampled as a whole, and what models cross-validated on it say.

    source_rows: int64 (n,), the position in the given rows that each row is a copy of; -1 where it is synthetic.
    target: int64 (n,).  parts: of every fold; units are positions in the resampled table.
    """

    source_rows: np.ndarray
    target: np.ndarray
    parts: tuple[Part, ...]

    @property
    def made(self) -> np.ndarray:
        """bool (n,): synthetic rows, and copies after the first of a row."""
        real = np.zeros(len(self.source_rows), dtype=bool)
        given = np.flatnonzero(self.source_rows >= 0)
        real[given[np.unique(self.source_rows[given], return_index=True)[1]]] = True
        return ~real


def resample_whole(recipe: Recipe, treatment: Treatment, data: Dataset, seed: int) -> Balanced:
    """All rows encoded by a step that was fitted on all of them, and resampled; raises what the treatment raises."""
    train = training_rows(recipe, data, None)
    balanced = None
    rows = train.as_rows()
    if treatment.stage == "raw":
        balanced = treatment.apply(rows, seed32(seed, "treatment"))
        rows = balanced.rows
    if not isinstance(rows.features, pl.DataFrame):
        raise DefectError(f"treatment {treatment.name!r} of stage raw handed back something that is not a frame.")
    step = recipe.step.fit(rows.features, train.schema, rows.target, seed32(seed, "prepare"))
    encoded = rows.encoded(step.transform(rows.features), step.blocks)
    return treatment.apply(encoded, seed32(seed, "treatment")) if balanced is None else replace(balanced, rows=encoded)


def make_mistake(  # more than 8 arguments: what the honest side is given too
    recipe: Recipe,
    treatment: Treatment,
    data: Dataset,
    *,
    folds: int,
    seed: int,
    fit_seeds: Callable[[int], int],
    budget: Budget,
    context: Context,
    done: Callable[[int, int], None],
) -> Mistake:
    """Cross-validate on the resampled rows; shuffled folds with the classes spread evenly, as scikit-learn deals them.

    Labels are cut at 0.5, as ``predict`` of most libraries cuts them; probabilities stand as the learner gives them.
    fit_seeds: the seed of each fold's learner.  done(folds fitted, of how many).
    Raises DataError when the resampled rows do not suffice for two folds, and what treatment and learner raise.
    """
    balanced = resample_whole(recipe, treatment, data, seed)
    rows, task = balanced.rows, data.question
    pairs = inner_folds(
        rows.target, classification=True, groups=None, time=None, folds=folds, seed=derive(seed, "folds after resampling")
    )
    parts = []
    for number, (train, test) in enumerate(pairs):
        kept, held = _with_validation(recipe, rows.take(train), data, fit_seeds(number))
        learner = recipe.learner.fit(
            kept, task, validation=held, seed=seed32(fit_seeds(number), "learner"), budget=budget, context=context
        )
        output = learner.predict(rows.take(test).features)  # type: ignore[arg-type]
        if output.probability is None:
            raise DataError(f"recipe {recipe.name!r} gives no probabilities, and {task.name} needs them.")
        said = Predictions(task.name, test, {"score": output.score, "probability": output.probability})
        truth = {"target": rows.target[test]} | ({} if rows.weights is None else {"weight": rows.weights[test]})
        parts.append(Part(0, number, Truth(task.name, test, truth), with_labels(said)))
        done(number + 1, len(pairs))
    return Mistake(balanced.source_rows, rows.target, tuple(parts))


def _with_validation(recipe: Recipe, rows: Rows, data: Dataset, seed: int) -> tuple[Rows, Rows | None]:
    """Rows to fit and rows for early stopping, out of the resampled ones: the leak goes on inside the fold."""
    if not recipe.learner.wants_validation(data.question):
        return rows, None
    try:
        kept, held = carve(
            rows.target, classification=True, groups=None, time=None, share=VALIDATION_SHARE, seed=seed32(seed, "carve")
        )
    except DataError:
        return rows, None
    return rows.take(kept), rows.take(held)
