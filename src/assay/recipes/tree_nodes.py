"""Trees of other libraries, node by node, brought into the order that ``tree_arrays`` keeps: children after their parents."""

from dataclasses import dataclass

import numpy as np

from assay.recipes.tree_arrays import LEAF, LevelSets, TreeArrays


@dataclass(frozen=True)
class NodeTree:
    """One tree, its nodes in any order, the root first.

    left, right: int (n,), LEAF at leaves.  feature: int (n,).  threshold: float64 (n,), x <= threshold goes left.
    missing_left: bool (n,).  value: float64 (n, K), read at leaves only.
    levels: by node, the levels of its column that go left, bool (any length; the levels beyond go where a missing one does).
    """

    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    value: np.ndarray
    levels: dict[int, np.ndarray]


def arrays_of(trees: list[NodeTree]) -> tuple[TreeArrays, LevelSets]:
    """The trees as one set of arrays, and the questions about levels in them.  What no path leads to is left out."""
    orders = [_order(tree) for tree in trees]
    left, right, sets = [], [], []
    tables: list[tuple[np.ndarray, bool]] = []
    for tree, order in zip(trees, orders, strict=True):
        place = np.full(len(tree.left), LEAF, dtype=np.int64)
        place[order] = np.arange(len(order))
        inner = tree.left[order] != LEAF
        left.append(np.where(inner, place[tree.left[order]], LEAF))
        right.append(np.where(inner, place[tree.right[order]], LEAF))
        own = np.full(len(order), -1, dtype=np.int32)
        for node, table in tree.levels.items():
            if place[node] != LEAF and tree.left[node] != LEAF:
                own[place[node]] = len(tables)
                tables.append((table, bool(tree.missing_left[node])))
        sets.append(own)
    leaves = np.concatenate(left) == LEAF
    limit = float(np.finfo(np.float32).max)

    def gathered(name: str) -> np.ndarray:
        return np.concatenate([getattr(tree, name)[order] for tree, order in zip(trees, orders, strict=True)])

    arrays = TreeArrays(
        starts=np.concatenate([[0], np.cumsum([len(order) for order in orders])]).astype(np.int64),
        left=np.concatenate(left).astype(np.int32),
        right=np.concatenate(right).astype(np.int32),
        feature=np.where(leaves, 0, gathered("feature")).astype(np.int32),
        threshold=np.where(leaves, 0.0, np.nan_to_num(gathered("threshold"), posinf=limit, neginf=-limit)),
        missing_left=gathered("missing_left").astype(bool) & ~leaves,
        values=gathered("value")[leaves].astype(np.float64),
    )
    return arrays, LevelSets(np.concatenate(sets), _table(tables))


def one_leaf(value: np.ndarray) -> NodeTree:
    """A tree that says ``value``, (K,), of every row."""
    leaf = np.array([LEAF])
    return NodeTree(leaf, leaf, np.zeros(1, int), np.zeros(1), np.zeros(1, bool), value[None, :], {})


def _order(tree: NodeTree) -> np.ndarray:
    """The nodes, each before its children."""
    found, waiting = [], [0]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if tree.left[node] != LEAF:
            waiting += [int(tree.right[node]), int(tree.left[node])]
    return np.array(found)


def _table(tables: list[tuple[np.ndarray, bool]]) -> np.ndarray:
    """bool (n_sets, n_levels): each set as long as the longest."""
    most = max((len(levels) for levels, _ in tables), default=0)
    found = np.zeros((len(tables), most), dtype=bool)
    for row, (levels, beyond) in enumerate(tables):
        found[row, : len(levels)] = levels
        found[row, len(levels) :] = beyond
    return found
