"""One decision tree, and a forest of them: grown by scikit-learn, kept and walked as our own arrays."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.outputs import MOST_FEATURES, TABLE_TASKS, check_width, dense, from_shares, task_and_classes, task_header
from assay.recipes.recipe import Recipe
from assay.recipes.tree_arrays import TreeArrays


@dataclass(frozen=True)
class FittedTrees:
    """width: how many columns it reads."""

    KIND: ClassVar[str] = "trees"

    task: str
    n_classes: int
    width: int
    trees: TreeArrays

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


def _fitted(model: Any, trees: list[Any], rows: Rows, task: Task) -> FittedTrees:
    columns = np.asarray(model.classes_) if task.is_classification else np.array([0])
    arrays = TreeArrays.of_sklearn(trees, columns, rows.n_classes or 1)
    return FittedTrees(task.name, rows.n_classes, rows.features.shape[1], arrays)


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
        return _fitted(model, [model.tree_], rows, task)


@dataclass(frozen=True, kw_only=True)
class Forest:
    """least_leaf: rows a leaf must hold.  deepest: levels of questions."""

    n_trees: int = 200
    deepest: int = 32
    least_leaf: int = 3
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
        context: Context,
    ) -> FittedTrees:
        """Each split chooses from the square root of the columns (classes) or a third of them (regression; Breiman 2001)."""
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        grow, share = (RandomForestClassifier, "sqrt") if task.is_classification else (RandomForestRegressor, 1 / 3)
        model = grow(
            n_estimators=self.n_trees,
            max_depth=self.deepest,
            min_samples_leaf=self.least_leaf,
            max_features=share,
            n_jobs=context.threads,
            random_state=seed,
        )
        model.fit(dense(rows.features), rows.target, sample_weight=rows.weights)  # type: ignore[arg-type]
        return _fitted(model, [tree.tree_ for tree in model.estimators_], rows, task)


TREE = Recipe(
    name="tree",
    title="One decision tree",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="trees"),
    learner=Tree(),
    simplicity=20,
)

FOREST = Recipe(
    name="forest",
    title="A random forest of 200 trees",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="trees"),
    learner=Forest(),
    simplicity=40,
)
