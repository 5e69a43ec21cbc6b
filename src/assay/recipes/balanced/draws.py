"""The rows that a member of a balanced ensemble learns from: as many of every class as the rarest has."""

from dataclasses import dataclass

import numpy as np

from assay.core.errors import DataError
from assay.data.rows import Rows
from assay.recipes.outputs import dense


@dataclass(frozen=True)
class Pool:
    """What all members draw from: the rows of weight above 0.

    features: float32 (n, width), as scikit-learn's trees read them.  target: int64 (n,).
    weights: float64 (n,), of mean 1 within each class: the ensemble itself evens the classes out, so a weight says how
    much a row counts among its own, and the weights of whole classes go into ``shares``.
    shares: float64 (n_classes,), the weighted share of each class.
    """

    features: np.ndarray
    target: np.ndarray
    weights: np.ndarray
    shares: np.ndarray

    @property
    def present(self) -> np.ndarray:
        """int64: the classes that have rows, rising."""
        return np.unique(self.target)

    @property
    def even(self) -> np.ndarray:
        """float64 (n_classes,): the shares of the classes in what a member sees."""
        seen = np.isin(np.arange(len(self.shares)), self.present)
        return np.asarray(seen / seen.sum())


def pool_of(rows: Rows) -> Pool:
    """Raises DataError when no row has a weight above 0."""
    weights = np.ones(len(rows)) if rows.weights is None else rows.weights
    kept = np.flatnonzero(weights > 0)
    if not len(kept):
        raise DataError(f"none of the {len(rows)} training rows has a weight above 0; give some rows weight.")
    target = rows.target[kept]
    sums = np.bincount(target, weights=weights[kept], minlength=rows.n_classes)
    counts = np.bincount(target, minlength=rows.n_classes)
    mean = sums / np.maximum(counts, 1)
    features = dense(rows.features)[kept]  # type: ignore[arg-type]
    return Pool(features.astype(np.float32), target, weights[kept] / mean[target], sums / sums.sum())


def under_sampled(target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Places, rising: of each class as many rows as the rarest has, none twice; all of them where the classes are even."""
    labels, counts = np.unique(target, return_counts=True)
    least = counts.min()
    parts = [rng.choice(np.flatnonzero(target == label), least, replace=False) for label in labels]
    return np.sort(np.concatenate(parts))


def balanced_bootstrap(target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Places, rising: of each class as many draws with replacement as the rarest has rows.

    Source: Chen, Liaw & Breiman (2004).
    """
    labels, counts = np.unique(target, return_counts=True)
    least = counts.min()
    parts = [rng.choice(np.flatnonzero(target == label), least, replace=True) for label in labels]
    return np.sort(np.concatenate(parts))


def bootstrap_under_sampled(target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Places, rising: a bootstrap of all rows, each class in it cut to the one with the fewest draws.

    How many rows a member has differs from member to member, as in the roughly balanced bags of Hido & Kashima (2008), but
    its classes are even to the row.  A bootstrap that missed a class is drawn again.
    """
    classes = len(np.unique(target))
    while True:
        drawn = rng.integers(0, len(target), len(target))
        if len(np.unique(target[drawn])) == classes:
            return np.sort(drawn[under_sampled(target[drawn], rng)])


def evened(target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weights of drawn rows, scaled so that each class weighs as much as it has rows."""
    sums, counts = np.bincount(target, weights=weights), np.bincount(target)
    return np.asarray(weights * (counts / np.where(sums > 0, sums, 1.0))[target])
