"""Rows of which some have no target, in the encoded form in which learners get them."""

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import make_moons

from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, FittedLearner, Learner

TASKS = {2: Task("binary", "y", ("no", "yes")), 3: Task("multiclass", "y", ("a", "b", "c"))}


@dataclass(frozen=True)
class PartlyLabelled(Rows):
    """The rows with a target, and beside them the features of those without."""

    unlabelled: Matrix | None = None


def moons(n: int, labelled: int, seed: int = 0) -> tuple[PartlyLabelled, np.ndarray, np.ndarray]:
    """Two half circles that no line parts: (rows, features of all, target of all); the first rows are the labelled ones."""
    features, target = make_moons(n, noise=0.1, random_state=seed)
    first = np.concatenate([np.flatnonzero(target == code)[: labelled // 2] for code in (0, 1)])
    order = np.concatenate([first, np.setdiff1d(np.arange(n), first)])
    features, target = features[order], target[order].astype(np.int64)
    rows = PartlyLabelled(features[:labelled], target[:labelled], 2, unlabelled=features[labelled:])
    return rows, features, target


def blobs(n: int, labelled: int, seed: int = 0) -> tuple[PartlyLabelled, np.ndarray, np.ndarray]:
    """Three overlapping clouds in four dimensions."""
    random = np.random.default_rng(seed)
    target = np.arange(n) % 3
    features = 1.5 * np.eye(3, 4)[target] + random.normal(size=(n, 4))
    rows = PartlyLabelled(features[:labelled], target[:labelled], 3, unlabelled=features[labelled:])
    return rows, features, target


def fit(learner: Learner, rows: Rows, seed: int = 0) -> FittedLearner:
    return learner.fit(rows, TASKS[rows.n_classes], validation=None, seed=seed, budget=Budget(), context=Context())
