"""Distance from principal components: what of a row the directions of most variance cannot give back.

Sources: Jackson & Mudholkar (1979), the Q statistic; Shyu, Chen, Sarinnapakorn & Chang (2003).
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.matrix.components import Pca
from assay.recipes.anomaly.learner import AnomalyLearner
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real


@dataclass(frozen=True)
class FittedResidual:
    """mean: float64 (width,).  vectors: (width, kept), of length 1 and at right angles."""

    NAME: ClassVar[str] = "pca-distance"

    mean: np.ndarray
    vectors: np.ndarray

    @property
    def width(self) -> int:
        return len(self.mean)

    def oddness(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n,): the squared length of what is left."""
        around = rows - self.mean
        return np.asarray(((around - around @ self.vectors @ self.vectors.T) ** 2).sum(axis=1))

    def state(self) -> State:
        return {"mean": self.mean, "vectors": self.vectors}

    @classmethod
    def from_state(cls, state: State) -> Self:
        mean = checks.floats(state, "mean", (None,))
        vectors = checks.floats(state, "vectors", (len(mean), None))
        checks.real({"entry of a direction": float(np.abs(vectors).max(initial=0.0))}, "entry of a direction", high=1 + 1e-9)
        return cls(mean, vectors)


@dataclass(frozen=True, kw_only=True)
class PcaDistance(AnomalyLearner):
    """explained: the share of the variance that the directions hold."""

    explained: float = 0.8
    most_rows: int = 1_000_000

    def learn(self, rows: np.ndarray, blocks: tuple[Block, ...], seed: int) -> FittedResidual:
        found = Pca(explained=self.explained).fit(rows, blocks, np.zeros(len(rows)), seed)
        return FittedResidual(found.mean, found.vectors)


PCA_DISTANCE = Recipe(
    name="pca-distance",
    title="Distance from the principal components (outliers; blind to the target)",
    tasks=frozenset({"binary"}),
    step=ColumnsStep(mode="dense"),
    learner=PcaDistance(),
    simplicity=13,
    space={"explained": Real(0.3, 0.99)},
)
PCA_DISTANCE_NOVELTY = replace(
    PCA_DISTANCE,
    name="pca-distance-novelty",
    title="Distance from the principal components of the negative rows (novelty)",
    learner=PcaDistance(novelty=True),
)
