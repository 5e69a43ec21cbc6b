"""Decision trees in a graph: ONNX's own operator says which leaf of each tree a row reaches, and tables say the rest.

The operator sums leaves in float32.  So it is only asked for the number of the leaf, a small whole number which is exact
there, as one target a tree; what the leaves are worth is looked up and added in float64.  Thresholds are float64 too, and
a row on one goes the way it goes here.

A question about a set of levels becomes a column of its own, 0 where the level goes left and 1 elsewhere.
"""

from collections.abc import Mapping

import numpy as np

from assay.bundle.onnx.graph import ML_DOMAIN, Graph, onnx
from assay.core.errors import ConfigError
from assay.recipes.lightgbm_text import BoostedModel
from assay.recipes.tree_arrays import LEAF, LevelSets, TreeArrays

MOST_NODES = 20_000_000
"""About 60 bytes each; an ONNX file has at most 2 GiB."""


def leaves(graph: Graph, matrix: str, width: int, trees: TreeArrays, sets: LevelSets | None = None) -> str:
    """int64 (n, trees): the place among ``trees.values`` of the leaf that each row of the matrix, (n, width), reaches."""
    n = int(trees.starts[-1])
    if n > MOST_NODES:
        raise ConfigError(f"the model's trees have {n:,} nodes, and an ONNX export takes {MOST_NODES:,}; use fewer trees.")
    feature, threshold, missing = trees.feature, trees.threshold, trees.missing_left
    if sets is not None and (sets.of_node >= 0).any():
        matrix, feature, threshold, missing = _asked(graph, matrix, width, trees, sets)
    is_leaf = trees.left == LEAF
    sizes = np.diff(trees.starts)
    tree = np.repeat(np.arange(trees.n_trees), sizes)
    own = np.arange(n) - np.repeat(trees.starts[:-1], sizes)
    ends = np.concatenate([[0], np.cumsum(is_leaf)])
    first = ends[trees.starts[:-1]]  # of each tree, among all leaves
    number = (ends[:-1] - np.repeat(first, sizes))[is_leaf]
    helper, double = onnx().helper, onnx().TensorProto.DOUBLE
    attributes = {
        "n_targets": trees.n_trees,
        "aggregate_function": "SUM",
        "post_transform": "NONE",
        "nodes_treeids": tree.tolist(),
        "nodes_nodeids": own.tolist(),
        "nodes_featureids": np.where(is_leaf, 0, feature).tolist(),
        "nodes_modes": np.where(is_leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_values_as_tensor": helper.make_tensor("thresholds", double, [n], np.where(is_leaf, 0.0, threshold)),
        "nodes_truenodeids": np.where(is_leaf, 0, trees.left).tolist(),
        "nodes_falsenodeids": np.where(is_leaf, 0, trees.right).tolist(),
        "nodes_missing_value_tracks_true": (missing & ~is_leaf).astype(int).tolist(),
        "target_treeids": tree[is_leaf].tolist(),
        "target_nodeids": own[is_leaf].tolist(),
        "target_ids": tree[is_leaf].tolist(),
        "target_weights_as_tensor": helper.make_tensor("leaves", double, [len(number)], number.astype(np.float64)),
    }
    reached = graph.add("TreeEnsembleRegressor", matrix, attributes=attributes, domain=ML_DOMAIN)
    return graph.add("Add", graph.whole(reached), graph.constant(first[None, :].astype(np.int64)))


def single(graph: Graph, matrix: str) -> str:
    """The precision of float32, as a float64: what libraries compare that grow trees on float32."""
    return graph.number(graph.add("Cast", matrix, attributes={"to": onnx().TensorProto.FLOAT}))


def note_thresholds(graph: Graph, trees: TreeArrays, plain: Mapping[int, str]) -> None:
    """Rows are to be compared at thresholds of columns that are asked as they are."""
    inner = trees.left != LEAF
    for column, name in plain.items():
        found = np.unique(trees.threshold[inner & (trees.feature == column)])
        graph.points.setdefault(name, []).extend(found.tolist())


def _asked(
    graph: Graph, matrix: str, width: int, trees: TreeArrays, sets: LevelSets
) -> tuple[str, np.ndarray, np.ndarray, np.ndarray]:
    """matrix with a column for each set that is asked, and feature, threshold and missing of the nodes that ask them."""
    nodes = np.flatnonzero(sets.of_node >= 0)
    levels = sets.left.shape[1]
    # by column: the answer of each distinct set to every level, and to what is none
    answers = np.column_stack([sets.left[sets.of_node[nodes]], trees.missing_left[nodes]])
    feature, threshold, missing = trees.feature.copy(), trees.threshold.copy(), trees.missing_left.copy()
    joined = [matrix]
    for column in np.unique(trees.feature[nodes]):
        here = trees.feature[nodes] == column
        distinct, which = np.unique(answers[here], axis=0, return_inverse=True)
        value = graph.columns(matrix, [int(column)])
        known = graph.add("Equal", graph.add("Floor", value), value)  # not so for NaN
        for op, bound in (("GreaterOrEqual", 0.0), ("Less", float(levels))):
            known = graph.add("And", known, graph.add(op, value, bound))
        index = graph.whole(graph.where(known, value, float(levels)))
        joined.append(graph.looked_up(1.0 - distinct.T.astype(np.float64), index))
        feature[nodes[here]] = width + which.reshape(-1)
        width += len(distinct)
    threshold[nodes], missing[nodes] = 0.5, False
    return graph.joined(joined), feature, threshold, missing


def of_lightgbm(model: BoostedModel) -> TreeArrays:
    """The same trees; to a split that saw no missing value in training, one is 0."""
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("left", "right", "feature", "threshold", "missing_left")}
    values: list[np.ndarray] = []
    for tree in model.trees:
        splits, tail = tree.n_leaves - 1, np.full(tree.n_leaves, LEAF)
        own = np.array([float(token) for token in tree.threshold.split(" ")]) if splits else np.zeros(0)
        for side, children in (("left", tree.left_child), ("right", tree.right_child)):
            parts[side] += [np.where(children >= 0, children, splits - children - 1), tail]
        parts["feature"] += [tree.split_feature, np.zeros(tree.n_leaves, int)]
        parts["threshold"] += [own, np.zeros(tree.n_leaves)]
        knows = (tree.decision_type & 8) != 0
        parts["missing_left"] += [np.where(knows, (tree.decision_type & 2) != 0, own >= 0.0), np.zeros(tree.n_leaves, bool)]
        values.append(np.array([float(token) for token in tree.leaf_value.split(" ")]))
    sizes = [2 * tree.n_leaves - 1 for tree in model.trees]
    joined = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    whole = {name: joined[name].astype(np.int32) for name in ("left", "right", "feature")}
    return TreeArrays(
        **whole,
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        threshold=joined["threshold"],
        missing_left=joined["missing_left"].astype(bool),
        values=np.concatenate(values)[:, None],
    )
