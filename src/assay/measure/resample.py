"""One resampling engine for every metric of every task: a replicate is a weight vector over the units of the design.

A replicate draws the clusters of the design (units, groups, blocks) with replacement and counts how often each came up;
every estimator reads the same counts, so that differences are paired.  Statistics are sorted once; a replicate is one
pass over them.  Replicate r has its own random stream, keyed by (seed, r): neither the number of threads, nor the size of
the chunks they take, nor the number of replicates changes the numbers of another one.
Source: Efron (1979); clusters: Davison & Hinkley (1997), section 3.8.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assay.core.errors import ConfigError
from assay.core.loops import has_compiler, loops
from assay.core.seeds import derive
from assay.core.threads import usable_threads
from assay.measure.metric import Metric, Statistics, values_under
from assay.measure.metrics.arithmetic import places
from assay.measure.parts import Design, Part, part_shares, pool

CHUNK_BYTES = 2**19
"""Of counts, one byte a unit, that a thread draws and measures at a time: they stay in its cache.  Rows that have weights
of their own need eight times that."""

PLAIN_CHUNK_BYTES = 2**24
"""The same where nothing is compiled: NumPy pays for every step of a draw, not for every replicate in it."""

LEAST_WORK = 2**18
"""Counts that are not worth another thread."""


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
    """A metric of one candidate as a function of the weights of the design's units.

    pooled: the parts pooled by repeat, where several metrics share them; None: pooled here, if the metric wants them so.
    """

    metric: Metric
    parts: Sequence[Part]
    design: Design
    pooled: Sequence[Part] | None = None

    @cached_property
    def measured(self) -> list[Part]:
        """The parts that get a value each: folds, or repeats for a metric that pools them."""
        if self.metric.across_folds == "average":
            return list(self.parts)
        return pool(self.parts) if self.pooled is None else list(self.pooled)

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

    def let_go(self) -> None:
        """Forget the statistics, which are as long as the data; whoever asks again has them computed again."""
        self.__dict__.pop("blocks", None)

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
        return Block(statistics, None if whole else rows, None if weight is None else weight.astype(np.float64), float(share))

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """weights: uint8 counts or float (..., units of the design).  Returns float64 (...), NaN where a fold has no value."""
        first: np.ndarray | None = None
        spread = np.zeros(weights.shape[:-1])
        for block in self.blocks:
            own = weights if block.rows is None else np.take(weights, block.rows, axis=-1)
            if block.weight is not None:
                own = own * block.weight
            values = values_under(self.metric, block.statistics, own)
            if first is None:
                first = values
            else:  # about the first, so that the mean of equal values is that value to the last bit
                spread = spread + block.share * (values - first)
        return spread if first is None else np.asarray(first + spread)

    @property
    def estimate(self) -> float:
        """The value on the units as they are."""
        return float(self(np.ones(len(self.design.units))))


@dataclass(frozen=True)
class _Sampler:
    """Draws the counts of replicates.

    starts: int64 (strata + 1,), where each stratum begins when the clusters are sorted by stratum.  column: for each unit
    the place of its cluster in that order, or None where that is its own place.
    """

    key: int
    starts: np.ndarray
    column: np.ndarray | None

    @classmethod
    def of(cls, design: Design, seed: int) -> "_Sampler":
        key, n = derive(seed, "bootstrap"), design.n_independent
        places(design.units)  # refuses more of them than positions can count
        if design.strata is None:
            return cls(key, np.array([0, n]), design.clusters)
        codes = design.cluster_codes
        stratum = np.zeros(n, np.int64)
        stratum[codes] = np.unique(design.strata, return_inverse=True)[1]
        place = np.empty(n, np.int64)
        place[np.argsort(stratum, kind="stable")] = np.arange(n)
        return cls(key, np.concatenate([[0], np.cumsum(np.bincount(stratum))]), place[codes])

    def counts(self, replicates: Sequence[int]) -> np.ndarray:
        """uint8 (replicates, units): how often the cluster of each unit was drawn."""
        kernels = loops("assay.measure.kernels")

        counts = np.empty((len(replicates), int(self.starts[-1])), np.uint8)
        kernels.draw_counts(np.uint64(self.key), np.array(replicates, np.uint64), self.starts, counts)
        return counts if self.column is None else np.take(counts, self.column, axis=1)


def replicate_weights(design: Design, replicates: Sequence[int], *, seed: int) -> np.ndarray:
    """uint8 (replicates, units): how often each unit came up in the replicates with these numbers."""
    return _Sampler.of(design, seed).counts(replicates)


def replicates(
    estimators: Sequence[Estimator], design: Design, *, n_replicates: int = 1000, seed: int, threads: int | None = None
) -> np.ndarray:
    """float64 (n_replicates, len(estimators)): the value of every estimator under the same draws of the clusters.

    threads: how many work at once, every usable processor unless given; the numbers are the same for any.
    Raises ConfigError for fewer than one thread.
    """
    if threads is not None and threads < 1:
        raise ConfigError(f"threads={threads}: at least one thread must do the work; leave it out to use every processor.")
    draws = np.empty((n_replicates, len(estimators)))
    if not estimators:
        return draws
    for estimator in estimators:
        estimator.blocks  # noqa: B018  computed here, once, before the threads share them
    sampler, n_units = _Sampler.of(design, seed), max(1, len(design.units))

    def fill(numbers: range) -> None:
        counts = sampler.counts(numbers)
        for column, estimator in enumerate(estimators):
            draws[numbers.start : numbers.stop, column] = estimator(counts)

    workers = min(threads or usable_threads(), 1 + n_replicates * n_units * len(estimators) // LEAST_WORK)
    most = CHUNK_BYTES if has_compiler() else PLAIN_CHUNK_BYTES
    chunk = max(1, min(most // n_units, -(-n_replicates // workers)))
    chunks = [range(start, min(start + chunk, n_replicates)) for start in range(0, n_replicates, chunk)]
    if workers == 1:
        for numbers in chunks:
            fill(numbers)
        return draws
    with ThreadPoolExecutor(workers) as pool_of_threads:
        list(pool_of_threads.map(fill, chunks))  # raises what a thread raised
    return draws
