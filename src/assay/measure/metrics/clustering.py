"""Agreement of clusters with known classes, by pairs of units.

A pair is two different units: a unit that counts twice makes no pair with itself, so that the value depends on nothing but
the proportions of the weights and a resample does not find agreement in its own copies.  (Repeating a row in the data does
make such a pair; in this the weights differ from repeated rows.)
Source: Hubert & Arabie (1985).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import places, problem_with_rows, single_class, sums_by_code, vectors
from assay.measure.payload import Predictions, Truth


@dataclass(frozen=True)
class AdjustedRand:
    """The share of pairs that classes and clusters treat alike, set so that chance is 0 and the same partition is 1."""

    name: str = "adjusted_rand"
    title: str = "Adjusted Rand index"
    needs: str = "label"
    greater_is_better: bool = True
    tasks: frozenset[str] = frozenset({"clustering"})
    across_folds: Literal["average", "pool"] = "average"
    bounds: tuple[float, float] = (-1.0, 1.0)
    by_class: bool = False
    exact_ends: bool = True
    by_row: bool = False
    prevalence_free: bool = False
    reads_counts: bool = True
    shown: bool = True

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        problem = problem_with_rows(truth, predictions, self.needs)
        if problem is not None:
            return problem
        if "target" not in truth.arrays:
            return "the truth holds no target"
        if single_class(truth["target"]) is None and len(np.unique(truth["target"])) == len(truth):
            return f"each of the {len(truth)} rows is a class of its own"
        return single_class(truth["target"])

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        """cell, class, cluster: uint32 (n,), which of them a unit is in; sizes: (3,), how many there are."""
        sides = [np.unique(side, return_inverse=True)[1] for side in (truth["target"], predictions["label"])]
        cell = np.unique(sides[0] * len(truth) + sides[1], return_inverse=True)[1]
        codes = {"cell": places(cell), "class": places(sides[0]), "cluster": places(sides[1])}
        return Statistics(len(truth), {**codes, "sizes": np.array([side.max() + 1 for side in codes.values()])})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        flat = vectors(weights)
        squares = np.array([np.sum(np.square(row, dtype=np.float64)) for row in flat])
        totals = np.array([np.sum(row, dtype=np.float64) for row in flat])
        alike, classes, clusters = (
            np.sum(sums_by_code(flat, statistics[name], int(size)) ** 2, axis=-1) - squares
            for name, size in zip(("cell", "class", "cluster"), statistics["sizes"], strict=True)
        )
        found = _index(alike, classes, clusters, totals**2 - squares)
        return np.asarray(found.reshape(np.shape(weights)[:-1]))

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        if np.isnan(self.value(statistics, weights)):
            return np.full(statistics.n, np.nan)
        squares, total = float(np.sum(weights**2)), float(weights.sum())
        pairs, moved = [], []
        for name, size in zip(("cell", "class", "cluster"), statistics["sizes"], strict=True):
            sums = np.bincount(statistics[name], weights=weights, minlength=int(size))
            pairs.append(float(np.sum(sums**2)) - squares)
            moved.append(2 * (sums[statistics[name]] - weights))
        alike, classes, clusters = pairs
        every, of_every = total**2 - squares, 2 * (total - weights)
        chance = classes * clusters / every
        of_chance = (moved[1] * clusters + classes * moved[2] - chance * of_every) / every
        room = (classes + clusters) / 2 - chance
        of_room = (moved[1] + moved[2]) / 2 - of_chance
        return np.asarray((moved[0] - of_chance - (alike - chance) / room * of_room) / room)


def _index(alike: np.ndarray, classes: np.ndarray, clusters: np.ndarray, every: np.ndarray) -> np.ndarray:
    """Of (twice) the pairs in one cell, in one class, in one cluster, and at all; NaN where the classes make no difference."""
    noise = 1e-12 * every  # what rounding leaves where no pair, or every pair, is in one class
    defined = (classes > noise) & (every - classes > noise)
    chance = classes * clusters / np.where(defined, every, 1.0)
    room = np.where(defined, (classes + clusters) / 2 - chance, 1.0)
    return np.where(defined, (alike - chance) / room, np.nan)


ADJUSTED_RAND = AdjustedRand()
