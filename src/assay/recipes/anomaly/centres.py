"""Distance from the nearest of k cluster centres.

Source: MacQueen (1967) for k-means; its use on outliers: Chandola, Banerjee & Kumar (2009), section 6.
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
from assay.recipes.recipe import Recipe
from assay.recipes.space import Whole

MOST_CENTRES = 100_000


@dataclass(frozen=True)
class FittedCentres:
    """centres: float64 (k, width)."""

    NAME: ClassVar[str] = "cluster-distance"

    centres: np.ndarray

    @property
    def width(self) -> int:
        return int(self.centres.shape[1])

    def oddness(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n,): the distance to the nearest centre."""
        nearest = np.full(len(rows), np.inf)
        for centre in self.centres:
            np.minimum(nearest, ((rows - centre) ** 2).sum(axis=1), out=nearest)
        return np.asarray(np.sqrt(nearest))

    def state(self) -> State:
        return {"centres": self.centres}

    @classmethod
    def from_state(cls, state: State) -> Self:
        centres = checks.floats(state, "centres", (None, None))
        checks.whole({"centres": len(centres)}, "centres", low=1, high=MOST_CENTRES)
        return cls(centres)


@dataclass(frozen=True, kw_only=True)
class ClusterDistance(AnomalyLearner):
    """clusters: how many centres."""

    clusters: int = 8
    most_rows: int = 100_000

    def learn(self, rows: np.ndarray, blocks: tuple[Block, ...], seed: int) -> FittedCentres:  # noqa: ARG002
        from sklearn.cluster import KMeans
        from threadpoolctl import threadpool_limits

        distinct = np.unique(rows, axis=0)
        if len(distinct) <= self.clusters or not rows.shape[1]:
            return FittedCentres(distinct)
        with threadpool_limits(limits=1):
            found = KMeans(self.clusters, n_init=4, random_state=seed32(seed, "centres")).fit(rows)
        return FittedCentres(np.ascontiguousarray(found.cluster_centers_))


CLUSTER_DISTANCE = Recipe(
    name="cluster-distance",
    title="Distance from the nearest k-means centre (outliers; blind to the target)",
    tasks=frozenset({"binary"}),
    step=ColumnsStep(mode="dense"),
    learner=ClusterDistance(),
    simplicity=17,
    space={"clusters": Whole(1, 100, log=True)},
)
CLUSTER_DISTANCE_NOVELTY = replace(
    CLUSTER_DISTANCE,
    name="cluster-distance-novelty",
    title="Distance from the nearest k-means centre of the negative rows (novelty)",
    learner=ClusterDistance(novelty=True),
)
