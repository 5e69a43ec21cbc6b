"""One decision tree, and forests of them: grown by scikit-learn, kept and walked as our own arrays.

Source: Breiman, Friedman, Olshen & Stone (1984); Breiman (1996) for bagging, (2001) for forests; Geurts, Ernst & Wehenkel
(2006) for extra trees.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np

from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.balanced.members import Going
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.outputs import MOST_FEATURES, TABLE_TASKS, check_width, dense, from_shares, task_and_classes, task_header
from assay.recipes.recipe import Recipe
from assay.recipes.space import Choice, Space, Whole
from assay.recipes.tree_arrays import TreeArrays

TREES_AT_ONCE = 20
"""Grown between two looks at the clock."""


@dataclass(frozen=True)
class FittedTrees:
    """width: how many columns it reads.  notes: what applied while it was fitted, in words; not saved with it."""

    KIND: ClassVar[str] = "trees"

    task: str
    n_classes: int
    width: int
    trees: TreeArrays
    notes: tuple[str, ...] = ()

    def predict(self, matrix: Matrix) -> Output:
        """score: the mean class share (or value) of the leaves."""
        check_width(matrix, self.width)
        return from_shares(self.task, self.trees.mean(dense(matrix)))

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, self.n_classes),
            "width": self.width,
            "trees": self.trees.state(),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        width = checks.whole(state, "width", low=0, high=MOST_FEATURES)
        trees = TreeArrays.from_state(checks.entry(state, "trees"), width=width, n_values=n_classes or 1)
        return cls(task, n_classes, width, trees)


def _arrays(model: Any, trees: list[Any], rows: Rows, task: Task) -> TreeArrays:
    columns = np.asarray(model.classes_) if task.is_classification else np.array([0])
    return TreeArrays.of_sklearn(trees, columns, rows.n_classes or 1)


def _fitted(trees: TreeArrays, rows: Rows, task: Task, notes: tuple[str, ...] = ()) -> FittedTrees:
    return FittedTrees(task.name, rows.n_classes, rows.features.shape[1], trees, notes)


@dataclass(frozen=True, kw_only=True)
class Tree:
    """least_leaf: rows a leaf must hold.  deepest: levels of questions."""

    deepest: int = 12
    least_leaf: int = 10
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
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedTrees:
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        grow = DecisionTreeClassifier if task.is_classification else DecisionTreeRegressor
        model = grow(max_depth=self.deepest, min_samples_leaf=self.least_leaf, random_state=seed)
        model.fit(dense(rows.features), rows.target, sample_weight=rows.weights)  # type: ignore[arg-type]
        return _fitted(_arrays(model, [model.tree_], rows, task), rows, task)


@dataclass(frozen=True, kw_only=True)
class Forest:
    """least_leaf: rows a leaf must hold.  deepest: levels of questions.

    columns: the share of the columns that each split chooses from; None: the square root of their number (classes), or for
    regression a third of them (forest; Breiman 2001) or all (extra; Geurts, Ernst & Wehenkel 2006).
    grow: "forest" (each tree on a bootstrap of the rows, by the best thresholds) or "extra" (on all rows, by the best of
    thresholds drawn at random).
    """

    n_trees: int = 200
    deepest: int = 32
    least_leaf: int = 3
    columns: float | None = None
    grow: Literal["forest", "extra"] = "forest"
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
    ) -> FittedTrees:
        """Grows no more trees when the budget is spent or ``context`` is cancelled; those that there are stay the same."""
        features = dense(rows.features).astype(np.float32)  # type: ignore[arg-type]
        model, going, grown = self._model(task, seed, context.threads), Going.now(self.n_trees, budget, context), 0
        parts: list[TreeArrays] = []
        while grown < self.n_trees and (not grown or going(grown)):
            before, grown = grown, min(grown + TREES_AT_ONCE, self.n_trees)
            model.set_params(n_estimators=grown)
            model.fit(features, rows.target, sample_weight=rows.weights)
            parts.append(_arrays(model, [tree.tree_ for tree in model.estimators_[before:]], rows, task))
            # scikit-learn counts those it has and reads them no more; its own form of a tree takes four times as much as ours
            model.estimators_[before:] = [None] * (grown - before)
        context.progress(grown, self.n_trees)
        return _fitted(TreeArrays.joined(parts), rows, task, going.note(grown, "trees"))

    def _model(self, task: Task, seed: int, threads: int) -> Any:
        from sklearn import ensemble

        kinds = {
            ("forest", True): ensemble.RandomForestClassifier,
            ("forest", False): ensemble.RandomForestRegressor,
            ("extra", True): ensemble.ExtraTreesClassifier,
            ("extra", False): ensemble.ExtraTreesRegressor,
        }
        usual = "sqrt" if task.is_classification else 1 / 3 if self.grow == "forest" else 1.0
        return kinds[self.grow, task.is_classification](
            max_depth=self.deepest,
            min_samples_leaf=self.least_leaf,
            max_features=usual if self.columns is None else self.columns,
            n_jobs=threads,
            random_state=seed,
            warm_start=True,
        )


OF_FOREST: Space = {
    "columns": Choice((None, 0.1, 0.25, 0.5, 0.75, 1.0)),
    "least_leaf": Whole(1, 50, log=True),
    "deepest": Whole(4, 32),
}

TREE = Recipe(
    name="tree",
    title="One decision tree",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="trees"),
    learner=Tree(),
    simplicity=20,
    space={"deepest": Whole(2, 24), "least_leaf": Whole(1, 200, log=True)},
)

BAGGING = Recipe(
    name="bagging",
    title="100 trees, each on a bootstrap of the rows",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="trees"),
    learner=Forest(n_trees=100, least_leaf=5, columns=1.0),
    simplicity=38,
    space={"least_leaf": Whole(1, 50, log=True), "deepest": Whole(4, 32)},
)

FOREST = Recipe(
    name="forest",
    title="A random forest of 200 trees",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="trees"),
    learner=Forest(),
    simplicity=40,
    space=OF_FOREST,
)

EXTRA_TREES = Recipe(
    name="extra-trees",
    title="A forest of 200 trees whose thresholds are drawn at random",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="trees"),
    learner=Forest(grow="extra"),
    simplicity=39,
    space=OF_FOREST,
)
