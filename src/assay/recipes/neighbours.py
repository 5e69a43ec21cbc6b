"""The nearest training rows vote.

Distances are taken row by row in float64 from float32 rows, and every training row as near as
the k-th votes: rows at one distance share what is left of the k votes.  So neither the order of
the rows nor how many are asked at once changes a prediction, and repeated rows are no trouble.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.outputs import TABLE_TASKS, check_width, class_columns, dense, from_shares, task_and_classes, task_header
from assay.recipes.recipe import Recipe

CELLS_AT_ONCE = 4_000_000
"""Distances held in memory at once (32 MB)."""

TIE = 1e-9
"""Squared distances closer than this, relative to the rows' own squared lengths, are equal."""

MOST_NEIGHBOURS = 100_000


@dataclass(frozen=True)
class FittedNeighbours:
    """rows: float32 (n, width).  target: int64 (n,) class codes or float64 (n,) values.  weights: float64 (n,), above 0.

    prior_weight: the training rows as a whole vote like so many rows of mean weight.
    """

    KIND: ClassVar[str] = "neighbours"

    task: str
    n_classes: int
    k: int
    prior_weight: float
    rows: np.ndarray
    target: np.ndarray
    weights: np.ndarray

    def predict(self, matrix: Matrix) -> Output:
        """score: the share of the votes (classes) or their mean (regression)."""
        check_width(matrix, self.rows.shape[1])
        asked = dense(matrix).astype(np.float32).astype(np.float64)
        known = self.rows.astype(np.float64)
        lengths = (known**2).sum(axis=1)
        votes = class_columns(self.target, self.n_classes) * self.weights[:, None]
        ballots = np.column_stack([votes, self.weights])  # (n, K + 1)
        prior = self.prior_weight * ballots.mean(axis=0)
        counted = np.empty((len(asked), ballots.shape[1]))
        step = max(1, CELLS_AT_ONCE // len(known))
        for start in range(0, len(asked), step):
            part = asked[start : start + step]
            counted[start : start + step] = self._count(part, known, lengths, ballots)
        counted += prior
        return from_shares(self.task, counted[:, :-1] / counted[:, -1:])

    def _count(self, asked: np.ndarray, known: np.ndarray, lengths: np.ndarray, ballots: np.ndarray) -> np.ndarray:
        """float64 (n_asked, K + 1): the ballots of the k nearest, those at the last distance in equal part."""
        own = (asked**2).sum(axis=1, keepdims=True)
        distances = asked @ known.T
        distances *= -2
        distances += lengths
        distances += own
        last = np.partition(distances, self.k - 1, axis=1)[:, self.k - 1 : self.k]
        slack = TIE * (1.0 + own)
        near = distances <= last + slack
        ties = near & (distances >= last - slack)
        n_ties = ties.sum(axis=1, keepdims=True)
        n_sure = near.sum(axis=1, keepdims=True) - n_ties
        sure, tied = _add(near & ~ties, ballots), _add(ties, ballots)
        return np.asarray(sure + tied * (self.k - n_sure) / n_ties)

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, self.n_classes),
            "k": self.k,
            "prior_weight": self.prior_weight,
            "rows": self.rows,
            "target": self.target,
            "weights": self.weights,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        rows = checks.floats(state, "rows", (None, None), np.float32)
        n = len(rows)
        if n_classes:
            target = checks.integers(state, "target", (n,), low=0, high=n_classes - 1)
        else:
            target = checks.floats(state, "target", (n,))
        weights = checks.floats(state, "weights", (n,))
        checks.real({"weight": float(weights.min(initial=1.0))}, "weight", low=1e-300)
        k = checks.whole(state, "k", low=1, high=min(n, MOST_NEIGHBOURS))
        return cls(task, n_classes, k, checks.real(state, "prior_weight", low=0.0, high=1e6), rows, target, weights)


def _add(chosen: np.ndarray, ballots: np.ndarray) -> np.ndarray:
    """float64 (n_asked, K + 1): the ballots of the chosen rows, summed in row order."""
    asked, known = np.nonzero(chosen)
    columns = [np.bincount(asked, column[known], minlength=len(chosen)) for column in ballots.T]
    return np.column_stack(columns)


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """k: how many vote.  prior_weight: how many votes the class shares have, so that no class gets exactly 0."""

    k: int = 25
    prior_weight: float = 1.0
    takes_weights: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,  # noqa: ARG002
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedNeighbours:
        """Rows of weight 0 are left out."""
        weights = np.ones(len(rows)) if rows.weights is None else rows.weights.astype(np.float64)
        kept = weights > 0
        features = dense(rows.features)[kept].astype(np.float32)  # type: ignore[arg-type]
        target = rows.target[kept]
        prior_weight = self.prior_weight if task.is_classification else 0.0
        k = min(self.k, len(features))
        return FittedNeighbours(task.name, rows.n_classes, k, prior_weight, features, target, weights[kept])


KNN = Recipe(
    name="knn",
    title="The 25 nearest training rows",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="dense"),
    learner=Neighbours(),
    simplicity=25,
)
