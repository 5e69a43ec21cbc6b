"""Bags and forests of trees, each grown on rows of even classes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from assay.core.seeds import generator, seed32
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.columns import ColumnsStep
from assay.recipes.balanced.draws import Pool, balanced_bootstrap, bootstrap_under_sampled, evened, pool_of
from assay.recipes.balanced.fitted import FittedBalanced
from assay.recipes.balanced.members import Going, grown
from assay.recipes.learner import Budget, Context
from assay.recipes.outputs import CLASSIFICATION
from assay.recipes.recipe import Recipe
from assay.recipes.tree_arrays import TreeArrays

Draw = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class BalancedTrees:
    """Trees that each learn from a draw of even classes and are asked together.

    columns: how many columns each split chooses from, "sqrt" or all (None).  draw: see ``draws``.
    least_leaf: draws a leaf must hold.  deepest: levels of questions.
    Row weights count within a class; what classes weigh goes into the probabilities (see ``draws.Pool``).
    """

    n_trees: int
    draw: Draw
    columns: Literal["sqrt"] | None = None
    deepest: int = 32
    least_leaf: int = 1
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
    ) -> FittedBalanced:
        """Each tree has a stream of its own, so the number of threads changes nothing.

        Grows no more trees when the budget is spent or ``context`` is cancelled.
        """
        going = Going.now(self.n_trees, budget, context)
        pool = pool_of(rows)
        trees = grown(lambda number: self._grow(pool, seed, number), going, context.threads)
        arrays = TreeArrays.of_sklearn(trees, pool.present, rows.n_classes)
        width, notes = pool.features.shape[1], going.note(len(trees), "trees")
        return FittedBalanced(task.name, rows.n_classes, width, "shares", pool.shares, pool.even, arrays, notes)

    def _grow(self, pool: Pool, seed: int, number: int) -> Any:
        from sklearn.tree import DecisionTreeClassifier

        drawn = self.draw(pool.target, generator(seed, "draw", number))
        tree = DecisionTreeClassifier(
            max_features=self.columns,
            max_depth=self.deepest,
            min_samples_leaf=self.least_leaf,
            random_state=seed32(seed, "tree", number),
        )
        target = pool.target[drawn]
        tree.fit(pool.features[drawn], target, sample_weight=evened(target, pool.weights[drawn]))
        return tree.tree_


BALANCED_BAGGING = Recipe(
    name="balanced-bagging",
    title="50 trees, each on a bootstrap cut to even classes",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="trees"),
    learner=BalancedTrees(n_trees=50, draw=bootstrap_under_sampled, least_leaf=5),
    simplicity=41,
    correction="calibrate",
)
"""Source: Hido & Kashima (2008); Wallace, Small, Brodley & Trikalinos (2011)."""

BALANCED_FOREST = Recipe(
    name="balanced-forest",
    title="A random forest of 200 trees, each on a bootstrap of even classes",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="trees"),
    learner=BalancedTrees(n_trees=200, draw=balanced_bootstrap, columns="sqrt", least_leaf=3),
    simplicity=42,
    correction="calibrate",
)
"""Source: Chen, Liaw & Breiman (2004)."""
