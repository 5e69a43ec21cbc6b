"""Fitted models with rows that none of them has seen: what every explanation is made on.

On the rows a model was fitted on, importance shows what it remembered, not what it found.  Of a run these rows are those of
each fold, explained by the model that was fitted without them; the locked rows stay locked, because whoever sees there which
columns matter will choose columns by it, and the test is spent.  Of a saved model they are the rows that the user brings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from assay.core.errors import DataError
from assay.core.seeds import generator
from assay.data.dataset import Dataset
from assay.data.schema import Column
from assay.data.task import Task
from assay.measure.interval import Estimand
from assay.measure.parts import Design, Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.threshold import with_labels
from assay.recipes.fitted import Fitted

HALF = 0.5


@dataclass(frozen=True)
class Held:
    """One fitted model and rows it was not fitted on.

    features: the columns the model reads, one line a row.  target: (n,), class codes or numbers; None where it is not known.
    weights: float64 (n,) or None.  units: int64 (n,), the rows' numbers in the data.
    reference: feature rows that stand for the population (the training rows of the model, where they are at hand).
    """

    fitted: Fitted
    features: pl.DataFrame
    target: np.ndarray | None
    weights: np.ndarray | None
    units: np.ndarray
    reference: pl.DataFrame
    repeat: int = 0
    fold: int = 0

    def __len__(self) -> int:
        return len(self.units)

    def take(self, rows: np.ndarray) -> "Held":
        """The rows at these positions; the reference stays."""

        def pick(values: np.ndarray | None) -> np.ndarray | None:
            return None if values is None else values[rows]

        return replace(
            self,
            features=self.features[rows],
            target=pick(self.target),
            weights=pick(self.weights),
            units=self.units[rows],
        )

    @property
    def truth(self) -> Truth:
        """Raises DataError where the target is not known."""
        task = self.fitted.task
        if self.target is None:
            raise DataError(f"these rows do not say {task.target!r}, so no error can be measured on them; add the column.")
        arrays = {"target": self.target} if self.weights is None else {"target": self.target, "weight": self.weights}
        return Truth(task.name if task.is_classification else "value", self.units, arrays)


@dataclass(frozen=True)
class HeldOut:
    """One model with its rows, or each model of a cross-validation with its own.

    design: what is independent among all these rows.  threshold: of a binary decision, None: 0.5.
    estimand: "this model" for one, "this recipe" for the models of the folds.  about: in one sentence, which rows these are.
    warnings: what a reader must know of them.  level: of every interval.
    """

    parts: tuple[Held, ...]
    design: Design
    estimand: Estimand
    about: str
    threshold: float | None = None
    warnings: tuple[str, ...] = ()
    level: float = 0.95

    @property
    def task(self) -> Task:
        return self.parts[0].fitted.task

    @property
    def recipe(self) -> str:
        return self.parts[0].fitted.recipe

    @property
    def columns(self) -> list[Column]:
        """The feature columns of the model, in the order of its schema."""
        return self.parts[0].fitted.schema.features

    @property
    def n_rows(self) -> int:
        return sum(map(len, self.parts))

    @property
    def knows_target(self) -> bool:
        return all(part.target is not None for part in self.parts)

    @property
    def cut(self) -> float:
        return HALF if self.threshold is None else self.threshold

    def features(self) -> pl.DataFrame:
        """Every held-out row's features, part after part."""
        return pl.concat([part.features for part in self.parts])

    def at_most(self, rows: int, seed: int) -> "HeldOut":
        """No more than about so many rows, drawn without replacement, evenly from the parts; the design is cut to them."""
        if self.n_rows <= rows:
            return self
        share = rows / self.n_rows
        kept = []
        for part in self.parts:
            n = max(1, round(share * len(part)))
            drawn = generator(seed, "held-rows", part.repeat, part.fold).choice(len(part), n, replace=False)
            kept.append(part.take(np.sort(drawn)))
        return replace(self, parts=tuple(kept), design=cut_design(self.design, kept))

    def measured(self, threshold: float | None = None) -> list[Part]:
        """Truth and predictions of every part, with labels where there are classes."""
        cut = self.cut if threshold is None else threshold
        return [
            Part(part.repeat, part.fold, part.truth, labelled(part.fitted, part.features, part.units, cut)) for part in self.parts
        ]


def cut_design(design: Design, parts: Sequence[Held]) -> Design:
    """The design of the rows that are left."""
    units = np.unique(np.concatenate([part.units for part in parts]))
    if design.clusters is None:
        return Design(units)
    clusters = design.clusters[design.positions(units)]
    return Design(units, np.unique(clusters, return_inverse=True)[1], design.kind)


def labelled(fitted: Fitted, features: pl.DataFrame, units: np.ndarray, cut: float) -> Predictions:
    """Predictions, with labels where there are classes."""
    predictions = fitted.predict(features, units)
    return with_labels(predictions, cut) if fitted.task.is_classification else predictions


def held_rows(fitted: Fitted, data: Dataset, rows: np.ndarray, reference: np.ndarray, *, repeat: int = 0, fold: int = 0) -> Held:
    """The rows of ``data`` at these numbers as held-out rows of a model; reference: row numbers too."""
    names = [column.name for column in fitted.schema.features]
    part = data.take(rows)
    return Held(
        fitted=fitted,
        features=part.frame.select(names),
        target=part.target,
        weights=part.weights,
        units=np.asarray(rows, dtype=np.int64),
        reference=data.frame[reference].select(names),
        repeat=repeat,
        fold=fold,
    )


def one_model(
    fitted: Fitted,
    features: pl.DataFrame,
    target: np.ndarray | None,
    *,
    weights: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    threshold: float | None = None,
    about: str = "rows that were given with the model",
    level: float = 0.95,
) -> HeldOut:
    """A single model on rows of its own; groups: int64 (n,), rows that belong together, or None."""
    units = np.arange(features.height)
    held = Held(fitted, features, target, weights, units, features)
    parts = [Part(0, 0, Truth("value", units, {}), Predictions("value", units, {}))]
    design = design_of(parts, kind="row" if groups is None else "group", groups=groups)
    return HeldOut((held,), design, "this model", about, threshold, level=level)


def outputs(fitted: Fitted, features: pl.DataFrame) -> np.ndarray:
    """float64 (n, K): what the model says after calibration.

    K is the number of classes, or 1: the probability of the positive class, or the value.
    """
    predictions = fitted.predict(features)
    said = predictions["probability"] if fitted.task.is_classification else predictions["value"]
    return said[:, None] if said.ndim == 1 else said


def output_names(task: Task) -> tuple[str, ...]:
    """What the K numbers of ``outputs`` are of: the positive class, every class, or the target."""
    if task.name == "binary":
        return (task.classes[1],)
    return task.classes or (task.target,)
