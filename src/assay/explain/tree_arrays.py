"""Trees of any of our learners in one form, for the exact attribution: what is compared with what, and which way a gap goes."""

from dataclasses import dataclass

import numpy as np

from assay.recipes.lightgbm_text import BoostedModel, BoostedTree
from assay.recipes.tree_arrays import LEAF, TreeArrays

GAP_RIGHT, GAP_LEFT, GAP_IS_ZERO = 0, 1, 2
"""Where a missing value goes: as LightGBM has it, where it saw none in training it is taken for 0."""

_GAPS = {0: GAP_IS_ZERO, 2: GAP_IS_ZERO, 8: GAP_RIGHT, 10: GAP_LEFT}


@dataclass(frozen=True)
class Forest:
    """A sum of trees.  starts: int64 (T + 1,); left, right, feature: int32 (nodes,), children within their tree, LEAF at leaves.

    threshold: float64 (nodes,), a value not above it goes left.  gap: int8 (nodes,), see GAP_LEFT.
    values: float64 (nodes, K), what a leaf adds to each of K scores; 0 elsewhere.
    in_float32: whether values are compared as float32 (scikit-learn does).
    """

    starts: np.ndarray
    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    gap: np.ndarray
    values: np.ndarray
    in_float32: bool

    def rows(self, matrix: np.ndarray) -> np.ndarray:
        """float64 (n, width) as the trees compare them."""
        return np.ascontiguousarray(matrix.astype(np.float32) if self.in_float32 else matrix, dtype=np.float64)


def of_arrays(trees: TreeArrays, columns: np.ndarray) -> Forest:
    """The mean of trees, for the scores (columns of the leaves' values) that are asked for."""
    leaves = trees.left == LEAF
    values = np.zeros((len(leaves), len(columns)))
    values[leaves] = trees.values[:, columns] / trees.n_trees
    gap = np.where(trees.missing_left, GAP_LEFT, GAP_RIGHT).astype(np.int8)
    return Forest(trees.starts, trees.left, trees.right, trees.feature, trees.threshold, gap, values, in_float32=True)


def of_boosted(model: BoostedModel) -> Forest:
    """LightGBM's trees: tree t adds to score t mod K."""
    made = [_boosted_tree(tree, place % model.n_scores, model.n_scores) for place, tree in enumerate(model.trees)]
    starts = np.concatenate([[0], np.cumsum([len(left) for left, *_ in made])]).astype(np.int64)
    left, right, feature, threshold, gap, values = (np.concatenate(parts) for parts in zip(*made, strict=True))
    return Forest(starts, left, right, feature, threshold, gap, values, in_float32=False)


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
