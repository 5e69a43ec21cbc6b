"""One resampling engine for every metric of every task: a replicate is a weight vector over the units of the design.

A replicate draws the clusters of the design (units, groups, blocks) with replacement and counts how often each came up;
every estimator reads the same weights, so that differences are paired.  Replicate r has its own random stream, keyed by
(seed, r): neither the size of the chunks nor the number of replicates changes the numbers of another one.
Source: Efron (1979); clusters: Davison & Hinkley (1997), section 3.8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assay.core.seeds import derive
from assay.measure.metric import Metric, Statistics
from assay.measure.parts import Design, Part, part_shares, pool

CHUNK_BYTES = 16 * 2**20
"""Of weights at a time; an estimator holds up to three arrays of this size beside them."""


@dataclass(frozen=True)
class Block:
    """One value of the metric: statistics of a fold (or of a repeat, pooled), and what the value counts in the mean.

    rows: positions of its units in the design, or None where they are all of them in order.
    weight: float (n,), the truth's own weights, or None.
    """

    statistics: Statistics
    rows: np.ndarray | None
    weight: np.ndarray | None
    share: float


@dataclass(frozen=True)
class Estimator:
    """A metric of one candidate as a function of the weights of the design's units."""

    metric: Metric
    parts: Sequence[Part]
    design: Design

    @cached_property
    def measured(self) -> list[Part]:
        """The parts that get a value each: folds, or repeats for a metric that pools them."""
        return list(self.parts) if self.metric.across_folds == "average" else pool(self.parts)

    @cached_property
    def undefined(self) -> str | None:
        """Why there is no value (the first part that has none), or None."""
        if not self.parts:
            return "nothing was measured"
        for part in self.measured:
            reason = self.metric.undefined(part.truth, part.predictions)
            if reason is not None:
                return reason if len(self.parts) == 1 or part.fold < 0 else f"{part.where}: {reason}"
        return None

    @cached_property
    def blocks(self) -> list[Block]:
        """The statistics, computed once."""
        return [self._block(part, share) for part, share in zip(self.measured, part_shares(self.measured), strict=True)]

    def _block(self, part: Part, share: float) -> Block:
        statistics = self.metric.unit_statistics(part.truth, part.predictions)
        rows = self.design.positions(part.units)
        if statistics.n != len(rows):
            raise ValueError(f"{self.metric.name} gave statistics of {statistics.n} units for the {len(rows)} of {part.where}.")
        if statistics.strata is not None:
            drawn_by = np.zeros(len(rows), np.int64) if self.design.strata is None else self.design.strata[rows]
            seen = np.unique(np.stack([drawn_by, statistics.strata]), axis=1)
            if len(np.unique(seen[0])) != seen.shape[1]:
                raise ValueError(f"{self.metric.name} has strata that the design does not draw within; set Design.strata.")
        whole = len(rows) == len(self.design.units) and np.array_equal(rows, np.arange(len(rows)))
        weight = part.truth.arrays.get("weight")
        return Block(statistics, None if whole else rows, weight, float(share))

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """weights: float (..., units of the design). Returns float (...), NaN where a fold has no value under them."""
        total = np.zeros(weights.shape[:-1])
        for block in self.blocks:
            own = weights if block.rows is None else np.take(weights, block.rows, axis=-1)
            if block.weight is not None:
                own = own * block.weight
            total = total + block.share * self.metric.value(block.statistics, own)
        return total

    @property
    def estimate(self) -> float:
        """The value on the units as they are."""
        return float(self(np.ones(len(self.design.units))))


@dataclass(frozen=True)
class _Sampler:
    """Draws the weights of one replicate."""

    design: Design
    key: int

    @cached_property
    def strata(self) -> list[np.ndarray]:
        """The clusters of each stratum."""
        if self.design.strata is None:
            return [np.arange(self.design.n_independent)]
        codes = self.design.cluster_codes
        return [np.unique(codes[self.design.strata == stratum]) for stratum in np.unique(self.design.strata)]

    def weights(self, replicate: int) -> np.ndarray:
        """float64 (units,): how often the cluster of each unit was drawn."""
        random = np.random.Generator(np.random.Philox(key=np.array([self.key, replicate], dtype=np.uint64)))
        counts = np.zeros(self.design.n_independent)
        for members in self.strata:
            drawn = random.integers(0, len(members), size=len(members))
            counts[members] = np.bincount(drawn, minlength=len(members))
        return counts if self.design.clusters is None else counts[self.design.clusters]


def replicate_weights(design: Design, replicates: Sequence[int], *, seed: int) -> np.ndarray:
    """float64 (replicates, units): the weights of the replicates with these numbers."""
    sampler = _Sampler(design, derive(seed, "bootstrap"))
    return np.stack([sampler.weights(replicate) for replicate in replicates])


def replicates(estimators: Sequence[Estimator], design: Design, *, n_replicates: int = 1000, seed: int) -> np.ndarray:
    """float64 (n_replicates, len(estimators)): the value of every estimator under the same draws of the clusters."""
    draws = np.empty((n_replicates, len(estimators)))
    if not estimators:
        return draws
    chunk = max(1, CHUNK_BYTES // (8 * max(1, len(design.units))))
    for start in range(0, n_replicates, chunk):
        numbers = range(start, min(start + chunk, n_replicates))
        weights = replicate_weights(design, numbers, seed=seed)
        for column, estimator in enumerate(estimators):
            draws[numbers.start : numbers.stop, column] = estimator(weights)
    return draws
