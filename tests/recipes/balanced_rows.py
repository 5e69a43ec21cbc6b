"""One simulated table, a tenth of it positive, for the tests of balanced ensembles."""

from typing import Any

import numpy as np
from sklearn.datasets import make_classification

from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.balanced.fitted import FittedBalanced
from assay.recipes.learner import Budget, Context

X, Y = make_classification(2400, n_features=8, n_informative=4, weights=[0.9], flip_y=0.02, class_sep=1.0, random_state=3)
TRAIN, ASKED = slice(0, 800), slice(800, None)
THREE = np.where(Y == 1, 2, (X[:, 0] > 0.8).astype(np.int64))
BINARY = Task("binary", "y", ("a", "b"))
TASKS = {"binary": (Y, BINARY), "multiclass": (THREE, Task("multiclass", "y", ("a", "b", "c")))}


def fit(
    learner: Any,
    task: str = "binary",
    *,
    seed: int = 0,
    threads: int = 1,
    weights: np.ndarray | None = None,
    rows: np.ndarray | slice = TRAIN,
) -> FittedBalanced:
    target, question = TASKS[task]
    known = Rows(X[rows], target[rows], len(question.classes), weights)
    return learner.fit(known, question, validation=None, seed=seed, budget=Budget(), context=Context(threads=threads))


def even_rows() -> np.ndarray:
    """As many training rows of either class."""
    return np.sort(np.concatenate([np.flatnonzero(Y[TRAIN] == code)[:80] for code in (0, 1)]))
