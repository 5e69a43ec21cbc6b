"""Small rows that every learner can learn from, and what its contract compares."""

import json
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from assay.data.rows import Rows
from assay.data.schema import Column, Schema
from assay.data.task import Task, task_form
from assay.prepare.step import FittedStep, Step
from assay.recipes.learner import Budget, Context, FittedLearner, Output
from assay.recipes.recipe import Recipe

N = 150
CLASSES = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "ordinal": ("low", "mid", "high")}
CLASSES |= {"regression": (), "counts": (), "ranking": ()}
SCHEMA = Schema((Column("x", "number"), Column("z", "number"), Column("c", "category"), Column("t", "text")))


def table() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    words = ["red", "green", "синий", "late", "early"]
    return pl.DataFrame(
        {
            "x": [None if i % 9 == 0 else float(v) for i, v in enumerate(rng.normal(size=N))],
            "z": rng.normal(size=N),
            "c": rng.choice(["u", "v", "w"], N),
            "t": [" ".join(rng.choice(words, 3)) for _ in range(N)],
        }
    )


FRAME = table()
VALUES = FRAME["x"].fill_null(0).to_numpy() + (FRAME["c"] == "u").to_numpy() + FRAME["t"].str.contains("red").to_numpy()
TARGETS = {
    "binary": (np.median(VALUES) < VALUES).astype(np.int64),
    "multiclass": np.digitize(VALUES, np.quantile(VALUES, [0.4, 0.7])),
    "regression": VALUES,
}
TARGETS |= {"ordinal": TARGETS["multiclass"], "counts": 1 + np.round(np.exp(VALUES)), "ranking": 1.0 * TARGETS["multiclass"]}
QUERIES = np.arange(N) // 10
WEIGHTS = np.where(np.arange(N) % 3 == 0, 2.0, 1.0)
UNSEEN = pl.DataFrame({"x": [None, 1e200], "z": [np.inf, -3.0], "c": ["never", None], "t": ["unknown words", None]})


def pictures() -> pl.Series:
    """A texture for each part of the values that some target tells apart, with noise on it."""
    rng = np.random.default_rng(1)
    textures = np.kron(rng.integers(40, 216, (4, 6, 6, 3)), np.ones((1, 4, 4, 1)))  # (4, 24, 24, 3)
    shown = textures[np.digitize(VALUES, np.quantile(VALUES, [0.4, 0.5, 0.7]))]
    pixels = np.clip(shown + rng.normal(0, 12, shown.shape), 0, 255).astype(np.uint8)
    return pl.Series("i", pixels, dtype=pl.Array(pl.UInt8, pixels.shape[1:]))


PICTURED = FRAME.with_columns(pictures())
UNSEEN_PICTURED = UNSEEN.with_columns(PICTURED["i"][:2])


def reads_pictures(recipe: Recipe) -> bool:
    return "image" in recipe.needs


@cache
def pictured(step: Step) -> tuple[FittedStep, np.ndarray]:
    """A step that reads pictures, and its rows: fitted once, because keypoints cost time and no target is looked at."""
    fitted = step.fit(PICTURED, Schema((*SCHEMA.columns, Column("i", "image"))), TARGETS["binary"], 0)
    return fitted, fitted.transform(PICTURED)


def base_of(name: str) -> str:
    return task_form(name).base or name


def task_of(name: str) -> Task:
    return Task(base_of(name), "y", CLASSES[name], "" if base_of(name) == name else name)


def encoded(recipe: Recipe, task: str, weights: np.ndarray | None = None, frame: pl.DataFrame = FRAME) -> Rows:
    target = TARGETS[task] if frame is FRAME else np.repeat(TARGETS[task], WEIGHTS.astype(int))
    if reads_pictures(recipe):
        assert frame is FRAME
        fitted, matrix = pictured(recipe.step)
        return Rows(matrix, target, len(CLASSES[task]), weights, fitted.blocks)
    step = recipe.step.fit(FRAME, SCHEMA, TARGETS[task], 0)
    queries = QUERIES if task == "ranking" else None
    return Rows(step.transform(frame), target, len(CLASSES[task]), weights, step.blocks, queries=queries)


def learn(recipe: Recipe, rows: Rows, task: str, seed: int = 0) -> FittedLearner:
    validation = None
    if recipe.learner.wants_validation(task_of(task)):
        validation, rows = rows.take(np.arange(0, N, 4)), rows.take(np.flatnonzero(np.arange(N) % 4))
    return recipe.learner.fit(rows, task_of(task), validation=validation, seed=seed, budget=Budget(), context=Context())


def copied(value: Any) -> Any:
    """Through JSON and array copies, as a bundle keeps it; anything else fails."""
    if isinstance(value, np.ndarray):
        assert value.dtype.kind in "fiub"
        return value.copy()
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    if isinstance(value, list):
        return [copied(part) for part in value]
    assert value is None or isinstance(value, bool | int | float | str)
    return json.loads(json.dumps(value, allow_nan=False))


def state_bytes(state: Any) -> str:
    return json.dumps(state, sort_keys=True, default=lambda array: [array.dtype.str, array.shape, array.tobytes().hex()])


def assert_equal(a: Output, b: Output, tolerance: float) -> None:
    np.testing.assert_allclose(a.score, b.score, rtol=0, atol=tolerance)
    assert (a.probability is None) == (b.probability is None)
    if a.probability is not None:
        np.testing.assert_allclose(a.probability, b.probability, rtol=0, atol=tolerance)
