"""The target as encoders see it that look at it: columns of numbers, whatever the task is.

Also which training rows are held out together, so that a row can be encoded without its own target (cross-fitting:
Micci-Barreca 2001 asks for it; Pargent et al. 2022 measure what it is worth).
"""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from assay.core.errors import ConfigError
from assay.core.seeds import generator

MOST_CLASSES = 100
"""An encoding by the target makes one column a class but the last."""


@dataclass(frozen=True, eq=False)
class Answers:
    """values: float64 (n, c): the value of each row, or 0/1 for one class (binary: the positive; more: all but the last)."""

    values: np.ndarray
    task: Literal["binary", "multiclass", "regression"]

    def take(self, rows: np.ndarray) -> Self:
        return type(self)(self.values[rows], self.task)

    @property
    def positive(self) -> np.ndarray:
        """bool (n,) of a binary target."""
        return np.asarray(self.values[:, 0] > 0)


def answers_of(target: np.ndarray) -> Answers:
    """target: int64 (n,) class codes, or float64 (n,).  Raises ConfigError for more classes than columns can be made of."""
    if target.dtype.kind == "f":
        return Answers(target.astype(np.float64)[:, None], "regression")
    n_classes = int(target.max(initial=1)) + 1
    if n_classes == 2:
        return Answers(target.astype(np.float64)[:, None], "binary")
    if n_classes > MOST_CLASSES:
        raise ConfigError(
            f"encoding by the target makes a column a class, and there are {n_classes} (at most {MOST_CLASSES}); "
            "prepare categories by one-hot, count or hashing."
        )
    return Answers((target[:, None] == np.arange(n_classes - 1)).astype(np.float64), "multiclass")


def two_classes(answers: Answers, purpose: str) -> np.ndarray:
    """bool (n,).  Raises ConfigError unless the task is binary."""
    if answers.task != "binary":
        raise ConfigError(
            f"{purpose} is a log of odds and needs two classes, and this task is {answers.task}; prepare categories by target."
        )
    return answers.positive


def cross_folds(target: np.ndarray, folds: int, seed: int, units: np.ndarray | None = None) -> np.ndarray:
    """int64 (n,): in which fold each row is held out; classes are spread evenly over folds.

    units: int64 (n,) or None: rows of one unit (copies of a row, a group) are held out together; below 0: for itself.
    """
    rng, n = generator(seed, "cross-fit"), len(target)
    if units is None:
        order = rng.permutation(n)
        if target.dtype.kind in "iu":
            order = order[np.argsort(target[order], kind="stable")]
        held = np.empty(n, dtype=np.int64)
        held[order] = np.arange(n) % folds
        return held
    alone = np.where(units < 0, units.max(initial=-1) + 1 + np.arange(n), units)
    found, unit = np.unique(alone, return_inverse=True)
    return (rng.permutation(len(found)) % folds)[unit]
