"""Local outlier factor: a row is odd that lies in a thinner place than the rows it is nearest to.

The density about a row is 1 over the mean reachability distance to its k nearest rows: their distance, but no less than what
each of them has to its own k-th.  The factor is the neighbours' mean density over the row's own.  As in the paper, every row as
near as the k-th is a neighbour, so neither the order of rows nor how many are asked at once changes a factor; without such
ties it equals scikit-learn's LocalOutlierFactor(novelty=True), sign turned.
Source: Breunig, Kriegel, Ng & Sander (2000).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.recipes.anomaly.learner import AnomalyLearner
from assay.recipes.recipe import Recipe
from assay.recipes.space import Whole

CELLS_AT_ONCE = 4_000_000
"""Distances held in memory at once (32 MB)."""

TIE = 1e-9
"""Squared distances closer than this, relative to the rows' own squared lengths, are equal."""

LEAST_REACH = 1e-10
"""Added to mean reachability, as scikit-learn does, so that the density of rows that are all alike is finite."""

MOST_NEIGHBOURS = 100_000


@dataclass(frozen=True)
class FittedFactor:
    """rows: float64 (m, width).  reach: (m,), distance to the k-th nearest other row.  density: (m,), above 0."""

    NAME: ClassVar[str] = "local-outlier-factor"

    k: int
    rows: np.ndarray
    reach: np.ndarray
    density: np.ndarray

    @property
    def width(self) -> int:
        return int(self.rows.shape[1])

    def oddness(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n,): the factor; about 1 inside a cloud.  A row that was learned from is a neighbour of itself."""
        found = np.empty(len(rows))
        for part, asking, near, apart in neighbours(rows, self.rows, self.k, itself=True):
            count = np.bincount(asking, minlength=part.stop - part.start)
            density = densities(asking, np.maximum(apart, self.reach[near]), count)
            found[part] = np.bincount(asking, self.density[near], minlength=len(count)) / count / density
        return found

    def state(self) -> State:
        return {"k": self.k, "rows": self.rows, "reach": self.reach, "density": self.density}

    @classmethod
    def from_state(cls, state: State) -> Self:
        rows = checks.floats(state, "rows", (None, None))
        reach, density = (checks.floats(state, name, (len(rows),)) for name in ("reach", "density"))
        checks.real({"reach": float(reach.min(initial=0.0))}, "reach", low=0.0)
        checks.real({"density": float(density.min(initial=1.0))}, "density", low=1e-300)
        return cls(checks.whole(state, "k", low=1, high=min(len(rows), MOST_NEIGHBOURS)), rows, reach, density)


def densities(asking: np.ndarray, reachability: np.ndarray, count: np.ndarray) -> np.ndarray:
    """float64 (n,): 1 over the mean reachability distance of each asking row's neighbours."""
    return np.asarray(1.0 / (np.bincount(asking, reachability, minlength=len(count)) / count + LEAST_REACH))


def neighbours(
    asked: np.ndarray, known: np.ndarray, k: int, *, itself: bool
) -> Iterator[tuple[slice, np.ndarray, np.ndarray, np.ndarray]]:
    """For each part of the asked rows: the slice, and of every pair the row in it, its neighbour, and their distance.

    itself: whether a row may be its own neighbour; False asks that ``asked`` is ``known``, row by row.
    Candidates come from products of matrices, which round by how many are asked at once; distances come from differences.
    """
    lengths = (known**2).sum(axis=1)
    step = max(1, CELLS_AT_ONCE // max(1, len(known)))
    for start in range(0, len(asked), step):
        part = asked[start : start + step]
        own = (part**2).sum(axis=1, keepdims=True)
        apart = part @ known.T
        apart *= -2
        apart += lengths
        apart += own
        if not itself:
            apart[np.arange(len(part)), np.arange(start, start + len(part))] = np.inf
        last = np.partition(apart, k - 1, axis=1)[:, k - 1 : k]
        asking, near = np.nonzero(apart <= last + TIE * (1.0 + own))
        yield slice(start, start + len(part)), asking, near, _distances(part, known, asking, near)


def _distances(asked: np.ndarray, known: np.ndarray, asking: np.ndarray, near: np.ndarray) -> np.ndarray:
    found = np.empty(len(asking))
    step = max(1, CELLS_AT_ONCE // max(1, asked.shape[1]))
    for start in range(0, len(asking), step):
        own = slice(start, start + step)
        found[own] = np.sqrt(((asked[asking[own]] - known[near[own]]) ** 2).sum(axis=1))
    return found


@dataclass(frozen=True, kw_only=True)
class LocalOutlierFactor(AnomalyLearner):
    """k: the neighbours that a row is compared with; more than the odd rows that may lie together."""

    k: int = 20
    most_rows: int = 10_000

    def learn(self, rows: np.ndarray, blocks: tuple[Block, ...], seed: int) -> FittedFactor:  # noqa: ARG002
        if len(rows) < 2:
            return FittedFactor(1, rows, np.zeros(len(rows)), np.ones(len(rows)))
        k, reach, density = min(self.k, len(rows) - 1), np.empty(len(rows)), np.empty(len(rows))
        for part, asking, _, apart in neighbours(rows, rows, k, itself=False):
            farthest = np.zeros(part.stop - part.start)
            np.maximum.at(farthest, asking, apart)
            reach[part] = farthest
        for part, asking, near, apart in neighbours(rows, rows, k, itself=False):
            count = np.bincount(asking, minlength=part.stop - part.start)
            density[part] = densities(asking, np.maximum(apart, reach[near]), count)
        return FittedFactor(k, rows, reach, density)


LOCAL_OUTLIER_FACTOR = Recipe(
    name="local-outlier-factor",
    title="Local outlier factor (outliers; blind to the target)",
    tasks=frozenset({"binary"}),
    step=ColumnsStep(mode="dense"),
    learner=LocalOutlierFactor(),
    simplicity=27,
    space={"k": Whole(5, 200, log=True)},
)
LOCAL_OUTLIER_FACTOR_NOVELTY = replace(
    LOCAL_OUTLIER_FACTOR,
    name="local-outlier-factor-novelty",
    title="Local outlier factor among the negative rows (novelty)",
    learner=LocalOutlierFactor(novelty=True),
)
