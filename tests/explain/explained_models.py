"""Models whose every number is known, as ``Fitted`` has them: a function of the columns, and real recipes on small tables."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.explain.held import Held, HeldOut, one_model
from assay.prepare.columns import ColumnsStep
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.outputs import dense
from assay.recipes.recipe import Recipe
from assay.recipes.registry import RECIPES
from assay.recipes.treatments import treatment_named


@dataclass(frozen=True)
class Formula:
    """A learner that is a function of the matrix (n, width): a value, or a logit."""

    function: Callable[[np.ndarray], np.ndarray]
    is_binary: bool = False

    def predict(self, matrix) -> Output:
        score = np.asarray(self.function(dense(matrix)), dtype=np.float64)
        return Output(score, 1 / (1 + np.exp(-score)) if self.is_binary else None)

    def state(self):
        return {"kind": "formula"}


def formula(function: Callable[[np.ndarray], np.ndarray], frame: pl.DataFrame, *, binary: bool = False) -> Fitted:
    """Numbers are read as they are, categories as their place in the order of names."""
    columns = tuple(
        Column(name, "number")
        if frame[name].dtype.is_numeric()
        else Column(name, "category", levels=tuple(frame[name].unique().sort()))
        for name in frame.columns
    )
    schema = Schema(columns)
    step = ColumnsStep(mode="trees").fit(frame, schema, np.zeros(frame.height), 0)
    task = Task("binary", "y", ("no", "yes")) if binary else Task("regression", "y")
    return Fitted("formula", task, schema, step, Formula(function, binary))


def held(function: Callable[[np.ndarray], np.ndarray], frame: pl.DataFrame, target: np.ndarray | None = None, **more) -> HeldOut:
    binary = more.pop("binary", False)
    return one_model(formula(function, frame, binary=binary), frame, target, **more)


def table(task: str, n: int = 400, seed: int = 0, gaps: bool = True) -> Dataset:
    """Three numbers, two of them correlated, a category, a date; the target follows from two of them."""
    random = np.random.default_rng(seed)
    a, c = random.normal(size=(2, n))
    b = 0.8 * a + 0.6 * random.normal(size=n)
    level = random.choice(["red", "green", "blue"], n)
    signal = a * (level == "red") + 0.7 * c + 0.5 * a + 0.3 * random.normal(size=n)
    days = np.datetime64("2024-01-01") + random.integers(0, 700, n).astype("timedelta64[D]")
    frame = pl.DataFrame({"a": a, "b": b, "c": c, "colour": level, "day": days.astype("datetime64[us]")})
    if gaps:
        frame = frame.with_columns(
            pl.when(pl.Series(random.random(n) < 0.1)).then(None).otherwise(pl.col(name)).alias(name) for name in ("a", "colour")
        )
    target, classes = signal, ()
    if task == "binary":
        target, classes = np.where(signal > 0.4, "yes", "no"), ("no", "yes")
    if task == "multiclass":
        target, classes = np.array(["low", "middle", "top"])[np.digitize(signal, [-0.5, 0.6])], ("low", "middle", "top")
    frame = frame.with_columns(pl.Series("y", target))
    kinds = {"a": "number", "b": "number", "c": "number", "day": "date"}
    columns = [
        Column(name, kinds[name]) if name in kinds else Column(name, "category", levels=("blue", "green", "red"))
        for name in ("a", "b", "c", "colour", "day")
    ]
    kind = "category" if classes else "number"
    return Dataset(frame, Schema((*columns, Column("y", kind, "target"))), Task(task, "y", classes))


def fitted(recipe: str | Recipe, data: Dataset, rows: np.ndarray | None = None) -> Fitted:
    """A recipe, or the one of the registry, on these rows."""
    part = data if rows is None else data.take(rows)
    one = RECIPES.get(recipe) if isinstance(recipe, str) else recipe
    return fit(one, treatment_named("none"), part, groups=None, seed=0, budget=Budget(), context=Context())


def held_recipe(recipe: str | Recipe | Fitted, data: Dataset) -> HeldOut:
    """Fitted on the first half, held out the second."""
    n = len(data)
    first, second = np.arange(n // 2), np.arange(n // 2, n)
    model = recipe if isinstance(recipe, Fitted) else fitted(recipe, data, first)
    part = data.take(second)
    found = one_model(model, part.features, part.target)
    held = Held(model, part.features, part.target, None, found.parts[0].units, data.take(first).features)
    return HeldOut((held,), found.design, "this model", found.about)
