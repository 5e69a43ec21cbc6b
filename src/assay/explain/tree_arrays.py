"""Trees of any of our learners in one form, for the exact attribution: what is compared with what, and which way a gap goes."""

from dataclasses import dataclass

import numpy as np

from assay.recipes.balanced.fitted import FittedBalanced
from assay.recipes.boosted_trees import FittedBoostedTrees
from assay.recipes.boosting import FittedBoosting
from assay.recipes.learner import FittedLearner
from assay.recipes.lightgbm_text import BoostedModel, BoostedTree
from assay.recipes.tree_arrays import LEAF, LevelSets, TreeArrays
from assay.recipes.trees import FittedTrees

DEEPEST = 66
"""Room for the questions on the way to a leaf: no saved tree has more levels (recipes.tree_arrays.DEEPEST)."""

GAP_RIGHT, GAP_LEFT, GAP_IS_ZERO = 0, 1, 2
"""Where a missing value goes: as LightGBM has it, where it saw none in training it is taken for 0."""

_GAPS = {0: GAP_IS_ZERO, 2: GAP_IS_ZERO, 8: GAP_RIGHT, 10: GAP_LEFT}

OfTrees = FittedTrees | FittedBoosting | FittedBoostedTrees | FittedBalanced
"""Learners whose score is a sum of leaves (of balanced ensembles before the correction to the true class shares)."""


@dataclass(frozen=True)
class Forest:
    """A sum of trees.  starts: int64 (T + 1,); left, right, feature: int32 (nodes,), children within their tree, LEAF at leaves.

    threshold: float64 (nodes,), a value not above it goes left.  gap: int8 (nodes,), see GAP_LEFT.
    values: float64 (nodes, K), what a leaf adds to each of K scores; 0 elsewhere.  base: float64 (K,), what is said before.
    sets: questions by sets of levels.  in_float32: whether values are compared as float32 (scikit-learn does).
    """

    starts: np.ndarray
    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    gap: np.ndarray
    values: np.ndarray
    base: np.ndarray
    sets: LevelSets
    in_float32: bool

    def rows(self, matrix: np.ndarray) -> np.ndarray:
        """float64 (n, width) as the trees compare them."""
        return np.ascontiguousarray(matrix.astype(np.float32) if self.in_float32 else matrix, dtype=np.float64)

    def has_more_levels_than(self, most: int) -> bool:
        """Whether a leaf lies under more than so many questions."""
        first = np.repeat(self.starts[:-1], np.diff(self.starts))
        nodes = self.starts[:-1]
        for _ in range(most):
            nodes = nodes[self.left[nodes] != LEAF]
            nodes = np.concatenate([self.left[nodes] + first[nodes], self.right[nodes] + first[nodes]])
        return bool((self.left[nodes] != LEAF).any())


def forest_of(learner: FittedLearner) -> Forest:
    """Of a learner in OfTrees.  Raises TypeError for others."""
    if isinstance(learner, FittedBoosting):
        return of_boosted(learner.model)
    if isinstance(learner, FittedBoostedTrees):
        return of_boosted_trees(learner)
    if isinstance(learner, FittedBalanced):
        return _of_balanced(learner)
    if isinstance(learner, FittedTrees):
        scores = {"binary": np.array([1]), "regression": np.array([0])}
        return of_arrays(learner.trees, scores.get(learner.task, np.arange(learner.n_classes)))
    raise TypeError(f"{type(learner).__name__} has no trees.")


def of_arrays(trees: TreeArrays, columns: np.ndarray) -> Forest:
    """The mean of trees, for the scores (columns of the leaves' values) that are asked for."""
    values = np.zeros((len(trees.left), len(columns)))
    values[trees.left == LEAF] = trees.values[:, columns] / trees.n_trees
    return _forest(trees, values, np.zeros(len(columns)), LevelSets.none(len(trees.left)), in_float32=True)


def of_boosted_trees(model: FittedBoostedTrees) -> Forest:
    """Trees whose leaves are added to a start."""
    trees, leaves = model.trees, np.flatnonzero(model.trees.left == LEAF)
    values = np.zeros((len(trees.left), len(model.base)))
    if len(model.columns):
        tree = np.repeat(np.arange(trees.n_trees), np.diff(trees.starts))[leaves]
        values[leaves, model.columns[tree % len(model.columns)]] = trees.values[:, 0]
    else:
        values[leaves] = trees.values
    return _forest(trees, values, model.base, model.sets, in_float32=model.precision == "float32")


def _of_balanced(model: FittedBalanced) -> Forest:
    if model.task == "binary" and model.says == "shares":
        return of_arrays(model.trees, np.array([1]))
    forest = of_arrays(model.trees, np.arange(model.n_classes))
    if model.task != "binary":
        return forest
    odds = forest.values[:, 1:] - forest.values[:, :1]
    return _forest(model.trees, odds, np.zeros(1), forest.sets, in_float32=True)


def _forest(trees: TreeArrays, values: np.ndarray, base: np.ndarray, sets: LevelSets, *, in_float32: bool) -> Forest:
    gap = np.where(trees.missing_left, GAP_LEFT, GAP_RIGHT).astype(np.int8)
    arrays = trees.starts, trees.left, trees.right, trees.feature, trees.threshold
    return Forest(*arrays, gap, values, base, sets, in_float32)


def of_boosted(model: BoostedModel) -> Forest:
    """LightGBM's trees: tree t adds to score t mod K."""
    made = [_boosted_tree(tree, place % model.n_scores, model.n_scores) for place, tree in enumerate(model.trees)]
    starts = np.concatenate([[0], np.cumsum([len(left) for left, *_ in made])]).astype(np.int64)
    left, right, feature, threshold, gap, values = (np.concatenate(parts) for parts in zip(*made, strict=True))
    base, sets = np.zeros(model.n_scores), LevelSets.none(len(left))
    return Forest(starts, left, right, feature, threshold, gap, values, base, sets, in_float32=False)


def _boosted_tree(tree: BoostedTree, score: int, n_scores: int) -> tuple[np.ndarray, ...]:
    """Splits first, then leaves; LightGBM writes leaf j as child -(j + 1)."""
    splits, n = tree.n_leaves - 1, 2 * tree.n_leaves - 1
    left, right = np.full((2, n), LEAF, dtype=np.int32)
    for children, own in ((left, tree.left_child), (right, tree.right_child)):
        children[:splits] = np.where(own >= 0, own, splits - own - 1)
    feature, threshold, gap = np.zeros(n, np.int32), np.zeros(n), np.zeros(n, np.int8)
    feature[:splits] = tree.split_feature
    threshold[:splits] = [float(text) for text in tree.threshold.split(" ") if text]
    gap[:splits] = [_GAPS[kind] for kind in tree.decision_type.tolist()]
    values = np.zeros((n, n_scores))
    values[splits:, score] = [float(text) for text in tree.leaf_value.split(" ")]
    return left, right, feature, threshold, gap, values
