"""Decision trees as our own arrays: checked before use, walked by numpy, level by level over all rows.

A scikit-learn tree read from a file can crash or hang the process through one edited index.
Here children always stand after their parents, and each node has exactly one parent, so a walk
ends; every index is in range, so it stays inside the arrays.  The rule at a node is that of
scikit-learn: float32(x) <= threshold goes left, NaN where ``missing_left`` says.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State
from assay.prepare import checks

LEAF = -1
MOST_NODES = 200_000_000
ROWS_AT_ONCE = 8192
"""Rows walked together; their values should stay in the processor's cache."""

DEEPEST = 64
"""Levels a saved tree may have; ours are grown to half of it at most."""

LEVELS_BETWEEN_SWEEPS = 4
"""Rows that reached a leaf are dropped from the walk every so many levels."""


@dataclass(frozen=True)
class LevelSets:
    """Questions about a level code: which levels go left.

    of_node: int32 (n_nodes,), the set that a node asks by, -1 where it asks by its threshold.
    left: bool (n_sets, n_levels); a value that is none of them, and a missing one, go where ``missing_left`` says.
    """

    of_node: np.ndarray
    left: np.ndarray

    @classmethod
    def none(cls, n_nodes: int) -> Self:
        return cls(np.full(n_nodes, -1, dtype=np.int32), np.zeros((0, 0), dtype=bool))

    def goes_left(self, goes_left: np.ndarray, value: np.ndarray, sets: np.ndarray, missing_left: np.ndarray) -> np.ndarray:
        """bool (n,): ``goes_left``, but by the set where there is one. value: (n,); sets: (n,), of the nodes the rows are at."""
        asks = sets >= 0
        if not asks.any():
            return goes_left
        known = asks & (value >= 0) & (value < self.left.shape[1]) & (value == np.floor(value))
        found = np.where(asks, missing_left, goes_left)
        found[known] = self.left[sets[known], value[known].astype(np.int64)]
        return found

    def state(self) -> State:
        return {"of_node": self.of_node, "left": self.left}

    @classmethod
    def from_state(cls, state: State, *, n_nodes: int) -> Self:
        """The sets back; raises BundleError unless each node's set is there."""
        left = checks.flags(state, "left", (None, None))
        of_node = checks.integers(state, "of_node", (n_nodes,), low=-1, high=len(left) - 1).astype(np.int32)
        if not left.shape[1] and (of_node >= 0).any():
            raise BundleError("the saved model's trees ask for levels, and its sets hold none.")
        return cls(of_node, left)


@dataclass(frozen=True)
class TreeArrays:
    """Trees one after the other; child numbers count within their own tree.

    starts: int64 (n_trees + 1,), the nodes of tree t are starts[t]:starts[t + 1].
    left, right: int32 (n_nodes,), LEAF at leaves.  feature: int32 (n_nodes,), 0 at leaves.
    threshold: float64 (n_nodes,).  missing_left: bool (n_nodes,).
    values: float64 (n_leaves, K), in the order of the leaves among the nodes.
    """

    starts: np.ndarray
    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    values: np.ndarray

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """The trees of all parts, in their order.  The list is emptied: both forms at once would be twice the memory."""
        ends = np.concatenate([[0], np.cumsum([part.starts[-1] for part in parts])])
        starts = [part.starts[:-1] + before for part, before in zip(parts, ends[:-1], strict=True)]
        taken = [dict(vars(part)) for part in parts]
        parts.clear()
        rest = [field.name for field in fields(cls) if field.name != "starts"]
        joined = {name: np.concatenate([arrays.pop(name) for arrays in taken]) for name in rest}
        return cls(starts=np.concatenate([*starts, ends[-1:]]).astype(np.int64), **joined)

    @classmethod
    def of_sklearn(cls, trees: list[Any], columns: np.ndarray, n_values: int) -> Self:
        """trees: the ``tree_`` of each fitted scikit-learn tree.

        columns: where each of a tree's values belongs among the ``n_values`` (classes it did not see stay 0).
        """
        starts = np.concatenate([[0], np.cumsum([tree.node_count for tree in trees])])
        left = np.concatenate([tree.children_left for tree in trees]).astype(np.int32)
        leaves = left == LEAF
        seen = np.concatenate([tree.value[:, 0, :] for tree in trees])[leaves]
        values = np.zeros((len(seen), n_values))
        values[:, columns] = seen
        missing_left = np.concatenate([tree.__getstate__()["nodes"]["missing_go_to_left"] for tree in trees])
        feature = np.concatenate([tree.feature for tree in trees]).astype(np.int32)
        # scikit-learn writes an infinite threshold where only a missing value goes right; the largest float says the same
        threshold = np.concatenate([tree.threshold for tree in trees])
        return cls(
            starts=starts.astype(np.int64),
            left=left,
            right=np.concatenate([tree.children_right for tree in trees]).astype(np.int32),
            feature=np.where(leaves, np.int32(0), feature),
            threshold=np.where(leaves, 0.0, np.nan_to_num(threshold)),
            missing_left=missing_left.astype(bool) & ~leaves,
            values=values,
        )

    @property
    def n_trees(self) -> int:
        return len(self.starts) - 1

    def mean(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n, K): the values of the leaves that each row reaches, averaged over the trees. rows: (n, width)."""
        total = np.zeros((len(rows), self.values.shape[1]))
        for part, _, leaves in self.reached(rows.astype(np.float32)):
            total[part] += self.values[leaves]
        return total / self.n_trees

    def reached(self, rows: np.ndarray, sets: LevelSets | None = None) -> Iterator[tuple[slice, int, np.ndarray]]:
        """(part of the rows, tree, int32 (n,): the place among ``values`` of the leaf that each row of the part reaches).

        rows: (n, width); they are compared in the precision they come in.
        """
        leaf_number = np.cumsum(self.left == LEAF, dtype=np.int32)
        leaf_number -= 1
        for first in range(0, len(rows), ROWS_AT_ONCE):
            part = np.ascontiguousarray(rows[first : first + ROWS_AT_ONCE])
            has_gaps = bool(np.isnan(part).any())
            for tree in range(self.n_trees):
                nodes = self._walk(part, tree, has_gaps, sets) + self.starts[tree]
                yield slice(first, first + ROWS_AT_ONCE), tree, leaf_number[nodes]

    def _walk(self, rows: np.ndarray, tree: int, has_gaps: bool, sets: LevelSets | None) -> np.ndarray:
        """int64 (n,): the leaf that each row reaches, as a node number within the tree."""
        own = slice(int(self.starts[tree]), int(self.starts[tree + 1]))
        left, right, feature = self.left[own], self.right[own], self.feature[own]
        threshold, missing_left = self.threshold[own], self.missing_left[own]
        is_leaf = left == LEAF
        asked = None if sets is None or not (sets.of_node[own] >= 0).any() else sets.of_node[own]
        here = np.arange(len(left), dtype=np.int32)
        left, right = np.where(is_leaf, here, left), np.where(is_leaf, here, right)  # a leaf leads to itself
        flat, reached = rows.ravel(), np.zeros(len(rows), dtype=np.int32)
        walking = np.arange(len(rows))
        node = reached.copy()
        while len(walking):
            base = walking * rows.shape[1]
            for _ in range(LEVELS_BETWEEN_SWEEPS):
                value = flat.take(base + feature.take(node))
                goes_left = value <= threshold.take(node)
                if has_gaps:
                    goes_left |= np.isnan(value) & missing_left.take(node)
                if sets is not None and asked is not None:
                    goes_left = sets.goes_left(goes_left, value, asked.take(node), missing_left.take(node))
                node = np.where(goes_left, left.take(node), right.take(node))
            arrived = is_leaf.take(node)
            reached[walking[arrived]] = node[arrived]
            walking, node = walking[~arrived], node[~arrived]
        return reached.astype(np.int64)

    def state(self) -> State:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_state(cls, state: State, *, width: int, n_values: int) -> Self:
        """The trees back; raises BundleError unless they are trees over ``width`` features."""
        starts = checks.integers(state, "starts", (None,), low=0, high=MOST_NODES).astype(np.int64)
        if len(starts) < 2 or starts[0] != 0 or (np.diff(starts) < 1).any():
            raise BundleError("the saved model's tree starts do not rise from 0.")
        n = int(starts[-1])
        arrays = cls(
            starts=starts,
            left=checks.integers(state, "left", (n,), low=LEAF, high=n).astype(np.int32),
            right=checks.integers(state, "right", (n,), low=LEAF, high=n).astype(np.int32),
            feature=checks.integers(state, "feature", (n,), low=0, high=max(width - 1, 0)).astype(np.int32),
            threshold=checks.floats(state, "threshold", (n,)),
            missing_left=checks.flags(state, "missing_left", (n,)),
            values=checks.floats(state, "values", (None, n_values)),
        )
        check_tree_shapes(starts, arrays.left, arrays.right)
        inner = arrays.left != LEAF
        if inner.any() and width < 1:
            raise BundleError("the saved model's trees split on columns, and it reads none.")
        if len(arrays.values) != n - int(inner.sum()):
            raise BundleError(f"the saved model has {len(arrays.values)} leaf values for {n - int(inner.sum())} leaves.")
        return arrays


def check_tree_shapes(starts: np.ndarray, left: np.ndarray, right: np.ndarray) -> None:
    """Raise BundleError unless every tree is one: children in range and after their parent, each node with one parent.

    starts: (n_trees + 1,); left, right: (n_nodes,), numbered within the tree, LEAF at leaves.
    """
    inner = left != LEAF
    if ((right != LEAF) != inner).any():
        raise BundleError("the saved model has a tree node with one child.")
    sizes = np.diff(starts)
    first = np.repeat(starts[:-1], sizes)
    size = np.repeat(sizes, sizes)
    own = np.arange(len(left)) - first
    for child in (left, right):
        if (inner & ((child <= own) | (child >= size))).any():
            raise BundleError("the saved model has a tree whose child stands outside it or before its parent.")
    children = np.concatenate([(left + first)[inner], (right + first)[inner]])
    parents = np.bincount(children, minlength=len(left))
    wanted = np.ones(len(left), dtype=np.int64)
    wanted[starts[:-1]] = 0
    if not np.array_equal(parents, wanted):
        raise BundleError("the saved model has a tree node that is not reached exactly once.")
    nodes = starts[:-1]
    for _ in range(DEEPEST):
        nodes = nodes[inner[nodes]]
        nodes = np.concatenate([left[nodes] + first[nodes], right[nodes] + first[nodes]])
    if inner[nodes].any():
        raise BundleError(f"the saved model has a tree of more than {DEEPEST} levels.")
