"""AdaBoost: small trees one after the other, each on weights that the ones before left high where they were wrong.

Classes by SAMME: the votes add up to logits, which are too sure of themselves by far, so that the recipe asks for the
correction that is chosen out of fold.  Values by AdaBoost.R2: the weighted median of the trees.
Source: Freund & Schapire (1997); Drucker (1997) for values; Zhu, Zou, Rosset & Hastie (2009) for K classes.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.seeds import generator, seed32
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.balanced.members import Going
from assay.recipes.balanced.rounds import Voter, boost
from assay.recipes.boosted_trees import FittedBoostedTrees, weighed
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.outputs import (
    ABSENT_LOGIT,
    MOST_FEATURES,
    TABLE_TASKS,
    check_width,
    dense,
    task_and_classes,
    task_header,
)
from assay.recipes.recipe import Recipe
from assay.recipes.space import Whole
from assay.recipes.tree_arrays import LEAF, ROWS_AT_ONCE, LevelSets, TreeArrays

LEAST_ERROR = 1e-10
"""Of a tree that fits its rows: the vote stays finite."""


@dataclass(frozen=True)
class FittedMedianTrees:
    """The weighted median of what the trees say.  votes: float64 (n_trees,), above 0.

    notes: what applied while it was fitted, in words; not saved with it.
    """

    KIND: ClassVar[str] = "median-trees"

    width: int
    votes: np.ndarray
    trees: TreeArrays
    notes: tuple[str, ...] = ()

    def predict(self, matrix: Matrix) -> Output:
        """score: the value."""
        check_width(matrix, self.width)
        rows = dense(matrix).astype(np.float32)
        found = np.zeros(len(rows))
        for first in range(0, len(rows), ROWS_AT_ONCE):
            part = slice(first, first + ROWS_AT_ONCE)
            said = np.stack([self.trees.values[leaves, 0] for _, _, leaves in self.trees.reached(rows[part])], axis=1)
            found[part] = weighted_median(said, self.votes)
        return Output(found, None)

    def state(self) -> State:
        return {
            **task_header(self.KIND, "regression", 0),
            "width": self.width,
            "votes": self.votes,
            "trees": self.trees.state(),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, _ = task_and_classes(state)
        if task != "regression":
            raise BundleError(f"the saved trees' median is a value, and their task is {task}.")
        width = checks.whole(state, "width", low=0, high=MOST_FEATURES)
        trees = TreeArrays.from_state(checks.entry(state, "trees"), width=width, n_values=1)
        votes = checks.floats(state, "votes", (trees.n_trees,))
        if votes.min() <= 0:
            raise BundleError("the saved model's 'votes' must be above 0.")
        return cls(width, votes, trees)


def weighted_median(said: np.ndarray, votes: np.ndarray) -> np.ndarray:
    """float64 (n,): the least value up to which half of the votes lie. said: (n, n_trees); votes: (n_trees,)."""
    order = np.argsort(said, axis=1, kind="stable")
    so_far = np.cumsum(votes[order], axis=1)
    place = (so_far >= 0.5 * so_far[:, -1:]).argmax(axis=1)
    row = np.arange(len(said))
    return np.asarray(said[row, order[row, place]])


@dataclass(frozen=True, kw_only=True)
class AdaBoost:
    """rounds: at most.  deepest: levels of a tree's questions."""

    rounds: int = 100
    deepest: int = 3
    takes_weights: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,
        budget: Budget,
        context: Context,
    ) -> FittedBoostedTrees | FittedMedianTrees:
        """Stops when the budget is spent or ``context`` is cancelled, or when a tree is no better than chance."""
        rows = weighed(rows)
        going = Going.now(self.rounds, budget, context)
        features = dense(rows.features).astype(np.float32)  # type: ignore[arg-type]
        weights = np.ones(len(rows)) if rows.weights is None else rows.weights
        if not task.is_classification:
            return self._values(features, rows.target, weights, seed, going)
        stopped: list[int] = []

        def go_on(number: int) -> bool:
            goes = going(number)
            stopped.extend([] if goes else [number])
            return goes

        voters = boost(features, rows.target, weights, rounds=self.rounds, deepest=self.deepest, seed=seed, go_on=go_on)
        notes = going.note(stopped[0], "rounds") if stopped else ()
        return _of_votes(voters, rows, task, notes)

    def _values(
        self, features: np.ndarray, target: np.ndarray, weights: np.ndarray, seed: int, going: Going
    ) -> FittedMedianTrees:
        """AdaBoost.R2 with the linear loss; each tree learns from a draw of rows by their weights."""
        from sklearn.tree import DecisionTreeRegressor

        share, number = weights / weights.sum(), 0
        trees: list[Any] = []
        votes: list[float] = []
        while number < self.rounds and (not number or going(number)):
            drawn = generator(seed, "draw", number).choice(len(target), len(target), p=share)
            tree = DecisionTreeRegressor(max_depth=self.deepest, random_state=seed32(seed, "round", number))
            tree.fit(features[drawn], target[drawn])
            number += 1
            off = np.abs(tree.predict(features) - target)
            off = off / max(off.max(), np.finfo(np.float64).tiny)
            error = float((share * off).sum())
            if error >= 0.5 and trees:
                break  # no better than chance under these weights, and it would stay so
            beta = max(error, LEAST_ERROR) / (1 - min(error, 0.5))
            trees.append(tree.tree_)
            votes.append(max(-np.log(beta), LEAST_ERROR))
            if error <= LEAST_ERROR or error >= 0.5:
                break
            share = share * beta ** (1 - off)
            share = share / share.sum()
        arrays = TreeArrays.of_sklearn(trees, np.array([0]), 1)
        notes = going.note(number, "rounds") if number == len(trees) else ()
        return FittedMedianTrees(features.shape[1], np.array(votes), arrays, notes)


def _of_votes(voters: list[Voter], rows: Rows, task: Task, notes: tuple[str, ...]) -> FittedBoostedTrees:
    """Leaves that hold a tree's vote for the class it names: for and against class 1, or by class."""
    classes = np.unique(rows.target)
    arrays = TreeArrays.of_sklearn([voter.tree.tree_ for voter in voters], classes, rows.n_classes)
    of_tree = np.repeat(np.arange(len(voters)), np.diff(arrays.starts))[arrays.left == LEAF]
    votes, named = np.array([voter.vote for voter in voters])[of_tree], arrays.values.argmax(axis=1)
    base = np.where(np.isin(np.arange(rows.n_classes), classes), 0.0, ABSENT_LOGIT)
    columns = np.zeros(0, dtype=np.int64)
    values = np.zeros(arrays.values.shape)
    values[np.arange(len(values)), named] = votes
    if task.name == "binary":
        base, values, columns = base[1:] - base[:1], values[:, 1:] - values[:, :1], np.zeros(1, dtype=np.int64)
    trees = TreeArrays(**{**arrays.state(), "values": values})
    width, sets = rows.features.shape[1], LevelSets.none(len(arrays.left))
    return FittedBoostedTrees(task.name, rows.n_classes, width, "float32", base, columns, trees, sets, notes)


ADABOOST = Recipe(
    name="adaboost",
    title="100 small trees, each on the rows that the ones before got wrong (AdaBoost)",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="trees"),
    learner=AdaBoost(),
    simplicity=37,
    correction="calibrate",
    space={"rounds": Whole(20, 300, log=True), "deepest": Whole(1, 8)},
)
