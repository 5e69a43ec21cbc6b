"""The nearest training rows vote.

Distances are taken row by row in float64 from float32 rows, and every training row as near as
the k-th votes: rows at one distance share what is left of the k votes.  So neither the order of
the rows nor how many are asked at once changes a prediction, and repeated rows are no trouble.
Without prior and without ties it equals scikit-learn's KNeighborsClassifier and -Regressor.
Source: Fix & Hodges (1951); Dudani (1976) for votes by distance.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.outputs import TABLE_TASKS, check_width, class_columns, dense, from_shares, task_and_classes, task_header
from assay.recipes.recipe import Recipe
from assay.recipes.space import Choice, Whole

CELLS_AT_ONCE = 4_000_000
"""Distances held in memory at once (32 MB)."""

TIE = 1e-9
"""Distances (squared ones: euclidean) closer than this, relative to the rows' own (squared) lengths, are equal."""

METRICS = ("euclidean", "manhattan", "cosine")
WEIGHTINGS = ("uniform", "distance")

NO_DISTANCE = 1e-150
"""Below it, where 1 / distance would not be finite for long, rows are the same row."""

MOST_NEIGHBOURS = 100_000


@dataclass(frozen=True)
class FittedNeighbours:
    """rows: float32 (n, width).  target: int64 (n,) class codes or float64 (n,) values.  weights: float64 (n,), above 0.

    prior_weight: the training rows as a whole vote like so many rows of mean weight.
    weighting: "uniform", or "distance": the k votes are given out in proportion to 1 / distance, all of them to rows at
        distance 0 where there are such.
    """

    KIND: ClassVar[str] = "neighbours"

    task: str
    n_classes: int
    k: int
    prior_weight: float
    metric: str
    weighting: str
    rows: np.ndarray
    target: np.ndarray
    weights: np.ndarray

    def predict(self, matrix: Matrix) -> Output:
        """score: the share of the votes (classes) or their mean (regression)."""
        check_width(matrix, self.rows.shape[1])
        asked = dense(matrix).astype(np.float32).astype(np.float64)
        known = self.rows.astype(np.float64)
        if self.metric == "cosine":
            asked, known = _unit(asked), _unit(known)
        votes = class_columns(self.target, self.n_classes) * self.weights[:, None]
        ballots = np.column_stack([votes, self.weights])  # (n, K + 1)
        prior = self.prior_weight * ballots.mean(axis=0)
        counted = np.empty((len(asked), ballots.shape[1]))
        step = max(1, CELLS_AT_ONCE // len(known))
        for start in range(0, len(asked), step):
            part = asked[start : start + step]
            counted[start : start + step] = self._count(part, known, ballots)
        counted += prior
        return from_shares(self.task, counted[:, :-1] / counted[:, -1:])

    def _count(self, asked: np.ndarray, known: np.ndarray, ballots: np.ndarray) -> np.ndarray:
        """float64 (n_asked, K + 1): the ballots of the k nearest, those at the last distance in equal part."""
        distances, slack = _distances(self.metric, asked, known)
        last = np.partition(distances, self.k - 1, axis=1)[:, self.k - 1 : self.k]
        near = distances <= last + slack
        ties = near & (distances >= last - slack)
        n_ties = ties.sum(axis=1)
        n_sure = near.sum(axis=1) - n_ties
        asking, voting = np.nonzero(near)
        share = np.where(ties[asking, voting], ((self.k - n_sure) / n_ties)[asking], 1.0)
        if self.weighting == "distance":
            share = share * _nearness(asking, self._apart(asked, known, asking, voting))
            share *= self.k / np.bincount(asking, share, minlength=len(asked))[asking]
        columns = [np.bincount(asking, share * column[voting], minlength=len(asked)) for column in ballots.T]
        return np.column_stack(columns)

    def _apart(self, asked: np.ndarray, known: np.ndarray, asking: np.ndarray, voting: np.ndarray) -> np.ndarray:
        """float64 (n_pairs,): distances from the differences themselves, which stay exact where rows are close."""
        found = np.empty(len(asking))
        step = max(1, CELLS_AT_ONCE // max(1, asked.shape[1]))
        for start in range(0, len(asking), step):
            part = slice(start, start + step)
            apart = asked[asking[part]] - known[voting[part]]
            if self.metric == "manhattan":
                found[part] = np.abs(apart).sum(axis=1)
            else:
                found[part] = (apart**2).sum(axis=1)
        if self.metric == "cosine":  # of rows of length 1 it is half the squared distance; one without length has no angle
            has_angle = (asked != 0).any(axis=1)[asking] & (known != 0).any(axis=1)[voting]
            return np.where(has_angle, found / 2, 1.0)
        return np.sqrt(found) if self.metric == "euclidean" else found

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, self.n_classes),
            "k": self.k,
            "prior_weight": self.prior_weight,
            "metric": self.metric,
            "weighting": self.weighting,
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
        prior_weight = checks.real(state, "prior_weight", low=0.0, high=1e6)
        metric, weighting = checks.choice(state, "metric", METRICS), checks.choice(state, "weighting", WEIGHTINGS)
        return cls(task, n_classes, k, prior_weight, metric, weighting, rows, target, weights)


def _distances(metric: str, asked: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float64 (n_asked, n_known), squared for euclidean, and (n_asked, 1): differences that may be rounding."""
    if metric == "manhattan":
        from scipy.spatial.distance import cdist

        return cdist(asked, known, "cityblock"), TIE * (1.0 + np.abs(asked).sum(axis=1, keepdims=True))
    own = (asked**2).sum(axis=1, keepdims=True)
    distances = asked @ known.T
    if metric == "cosine":
        return np.subtract(1.0, distances, out=distances), TIE * (1.0 + own)
    distances *= -2
    distances += (known**2).sum(axis=1)
    distances += own
    return distances, TIE * (1.0 + own)


def _unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1; a row of zeros stays one, at a distance of 1 from every other."""
    lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0))


def _nearness(asking: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """float64 (n_pairs,): 1 / distance; of a row that has neighbours at distance 0, 1 for them and 0 for the others."""
    same = distances < NO_DISTANCE
    has_same = np.bincount(asking, same)[asking] > 0
    return np.where(has_same, same, 1 / np.where(same, 1.0, distances))


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """k: how many vote.  prior_weight: how many votes the class shares have, so that no class gets exactly 0.

    metric: "euclidean", "manhattan" (sum of absolute differences: one far column weighs less) or "cosine" (1 - cosine of the
        angle: for rows whose length says nothing).
    weighting: "uniform", or "distance": the k votes are given out in proportion to 1 / distance.
    """

    k: int = 25
    prior_weight: float = 1.0
    metric: str = "euclidean"
    weighting: str = "uniform"
    takes_weights: bool = True

    def __post_init__(self) -> None:
        for name, value, options in (("metric", self.metric, METRICS), ("weighting", self.weighting, WEIGHTINGS)):
            if value not in options:
                raise ConfigError(f"knn has no {name} {value!r}{did_you_mean(value, options)}")

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
        form = (task.name, rows.n_classes, k, prior_weight, self.metric, self.weighting)
        return FittedNeighbours(*form, features, target, weights[kept])


KNN = Recipe(
    name="knn",
    title="The nearest training rows",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="dense"),
    learner=Neighbours(),
    simplicity=25,
    space={"k": Whole(1, 200, log=True), "metric": Choice(METRICS), "weighting": Choice(WEIGHTINGS)},
)
