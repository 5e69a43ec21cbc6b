"""Isolation forest: a row that a few random cuts set apart from the others is odd.

Each tree cuts a random sample at random values of random columns; the oddness is 2 to the power of minus the mean number of
cuts that end with the row, over the number expected of a sample of that size.  The trees are kept as our own arrays, whose
leaves hold the number of cuts.  Equal to scikit-learn's IsolationForest, sign turned.
Source: Liu, Ting & Zhou (2008).
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from assay.core.seeds import seed32
from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.recipes.anomaly.learner import AnomalyLearner
from assay.recipes.outputs import MOST_FEATURES
from assay.recipes.recipe import Recipe
from assay.recipes.space import Whole
from assay.recipes.tree_arrays import LEAF, TreeArrays

MOST_SAMPLES = 2**31


def expected_cuts(n: np.ndarray) -> np.ndarray:
    """float64: the mean depth at which a random search tree of n values is left without finding one; 0 for n = 1."""
    n = np.asarray(n, dtype=np.float64)
    safe = np.maximum(n, 3.0)
    many = 2.0 * (np.log(safe - 1.0) + np.euler_gamma) - 2.0 * (safe - 1.0) / safe
    return np.asarray(np.where(n <= 1, 0.0, np.where(n == 2, 1.0, many)))


@dataclass(frozen=True)
class FittedForest:
    """trees: the leaves' values (n_leaves, 1) are cuts to a row there.  samples: rows that each tree was grown on."""

    NAME: ClassVar[str] = "isolation-forest"

    width: int
    samples: int
    trees: TreeArrays

    def oddness(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n,), in (0, 1]; about 0.5 where rows differ in nothing."""
        usual = float(expected_cuts(np.array(self.samples)))
        cuts = self.trees.mean(rows)[:, 0]
        return np.asarray(2.0 ** -(cuts / usual if usual > 0 else np.ones(len(rows))))

    def state(self) -> State:
        return {"width": self.width, "samples": self.samples, "trees": self.trees.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        width = checks.whole(state, "width", low=0, high=MOST_FEATURES)
        samples = checks.whole(state, "samples", low=1, high=MOST_SAMPLES)
        return cls(width, samples, TreeArrays.from_state(checks.entry(state, "trees"), width=width, n_values=1))


@dataclass(frozen=True, kw_only=True)
class IsolationForest(AnomalyLearner):
    """trees: how many.  samples: rows that each is grown on; few, so that the odd ones are not crowded in."""

    trees: int = 200
    samples: int = 256
    most_rows: int = 1_000_000

    def learn(self, rows: np.ndarray, blocks: tuple[Block, ...], seed: int) -> FittedForest:  # noqa: ARG002
        from sklearn.ensemble import IsolationForest as Forest

        samples = min(self.samples, len(rows))
        forest = Forest(n_estimators=self.trees, max_samples=samples, random_state=seed32(seed, "forest")).fit(rows)
        grown = [tree.tree_ for tree in forest.estimators_]
        arrays = TreeArrays.of_sklearn(grown, np.zeros(1, dtype=np.int64), 1)
        sizes = np.concatenate([tree.n_node_samples for tree in grown])
        leaves = arrays.left == LEAF
        cuts = (_depths(arrays) + expected_cuts(sizes))[leaves]
        return FittedForest(rows.shape[1], samples, replace(arrays, values=cuts[:, None]))


def _depths(trees: TreeArrays) -> np.ndarray:
    """float64 (n_nodes,): cuts from the root to each node."""
    first = np.repeat(trees.starts[:-1], np.diff(trees.starts))
    depth, nodes = np.zeros(len(trees.left)), trees.starts[:-1]
    while len(nodes):
        inner = nodes[trees.left[nodes] != LEAF]
        children = np.concatenate([trees.left[inner] + first[inner], trees.right[inner] + first[inner]])
        depth[children] = np.tile(depth[inner] + 1, 2)
        nodes = children
    return depth


ISOLATION_FOREST = Recipe(
    name="isolation-forest",
    title="Isolation forest (outliers; blind to the target)",
    tasks=frozenset({"binary"}),
    step=ColumnsStep(mode="dense", numbers="plain"),
    learner=IsolationForest(),
    simplicity=32,
    space={"samples": Whole(16, 4096, log=True)},
)
ISOLATION_FOREST_NOVELTY = replace(
    ISOLATION_FOREST,
    name="isolation-forest-novelty",
    title="Isolation forest of the negative rows (novelty)",
    learner=IsolationForest(novelty=True),
)
