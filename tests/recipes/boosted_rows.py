"""Rows with gaps and level codes that boosted trees learn from, and a fit on them."""

from typing import Any

import numpy as np

from assay.data.rows import Block, Rows
from assay.data.task import Task
from assay.recipes.learner import Budget, Context

N, HELD = 600, 450
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 5))
X[RNG.random(X.shape) < 0.1] = np.nan
X[:, 4] = RNG.integers(0, 7, N)
X[RNG.random(N) < 0.1, 4] = np.nan
SIGNAL = np.nan_to_num(X[:, 0] + X[:, 1] * X[:, 2]) + np.isin(X[:, 4], [1, 4, 6]) + 0.3 * RNG.normal(size=N)
BLOCKS = (*(Block(f"x{column}", "number", column, column + 1) for column in range(4)), Block("c", "code", 4, 5))
TARGETS = {
    "binary": ((SIGNAL > 0.3).astype(np.int64), Task("binary", "y", ("a", "b"))),
    "multiclass": (np.digitize(SIGNAL, [-0.3, 0.8]), Task("multiclass", "y", ("a", "b", "c"))),
    "regression": (SIGNAL, Task("regression", "y")),
}
WEIGHTS = RNG.uniform(0.5, 2, N)
ASKED = np.concatenate([X, RNG.normal(size=(200, 5)) * 3, np.full((1, 5), np.nan)])
"""More rows: with codes that no row had, negative and broken ones too."""

ASKED[N : N + 100, 4] = RNG.integers(0, 12, 100)


def rows_of(task: str, part: slice, weights: np.ndarray | None = None) -> Rows:
    target, question = TARGETS[task]
    own = None if weights is None else weights[part]
    return Rows(X[part], target[part], len(question.classes), own, BLOCKS)


def fit(
    learner: Any,
    task: str,
    *,
    weights: np.ndarray | None = None,
    watched: bool = True,
    budget: Budget | None = None,
    context: Context | None = None,
) -> Any:
    """The learner on the first rows, watched by the others where asked."""
    train, held = rows_of(task, slice(0, HELD), weights), rows_of(task, slice(HELD, N), weights)
    return learner.fit(
        train,
        TARGETS[task][1],
        validation=held if watched else None,
        seed=1,
        budget=budget or Budget(),
        context=context or Context(),
    )


def cancelled_after(rounds: int) -> tuple[Context, list[int]]:
    """A context that wants no more after so many reports, and the list of what was reported."""
    seen: list[int] = []
    return Context(progress=lambda done, _: seen.append(done), cancelled=lambda: len(seen) >= rounds), seen


def loss(task: str, fitted: Any) -> float:
    """Of the held rows: mean log loss, or mean squared error."""
    target, output = TARGETS[task][0][HELD:], fitted.predict(X[HELD:])
    if task == "regression":
        return float(((output.score - target) ** 2).mean())
    said = output.probability if task == "multiclass" else np.stack([1 - output.probability, output.probability], axis=1)
    return float(-np.log(said[np.arange(len(target)), target]).mean())
