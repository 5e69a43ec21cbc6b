"""The treatments "svm-smote" and "kmeans-smote": SMOTE on mixed tables, from support vectors and within clusters."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from assay.balance.interpolate import Interpolation
from assay.balance.oversample.kmeans import kmeans_smote, lowered_until_grown
from assay.balance.oversample.parents import Growing, Parents
from assay.balance.oversample.smote import smote
from assay.balance.oversample.svm import svm_smote
from assay.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class SvmSmoteTreatment(Interpolation):
    """New rows from the support vectors of the class: towards its rows in danger, outwards from safe ones.

    Numbers that lie outwards may leave the range that was seen; categories are then those of the row they start from.
    The machine is fitted to at most 5 000 rows of each class, drawn at random and weighted for the rest.
    m_neighbors: how many nearest rows say whether a support vector is noise, in danger or safe.
    out_step: how far outwards, as a share of the way to the neighbour that a new row moves away from; in [0, 1].
    """

    m_neighbors: int = 10
    out_step: float = 0.5
    name: ClassVar[str] = "svm-smote"

    def __post_init__(self) -> None:
        Interpolation.__post_init__(self)
        if self.m_neighbors < 1:
            raise ConfigError(f"m_neighbors={self.m_neighbors}: at least 1 neighbour is needed.")
        if not 0 <= self.out_step <= 1:
            raise ConfigError(f"out_step={self.out_step} must lie in 0 … 1.")

    def _parents(self, growing: Growing, n_new: int, rng: np.random.Generator) -> Parents:
        return svm_smote(growing, n_new, rng, k=self.k_neighbors, m=self.m_neighbors, out_step=self.out_step)


@dataclass(frozen=True, slots=True)
class KMeansSmoteTreatment(Interpolation):
    """SMOTE within those clusters of the rows where the class is common enough, most of it where its rows are sparse.

    clusters: of all rows.  Where none of them will do, half as many are tried, down to one, which is all rows; it is said so.
    threshold: the least share of the class in a cluster that is grown in; None takes its share of all rows, which one cluster
        at least reaches (the 0.5 of imbalanced-learn's sampler is seldom met by a class that is rare).
    A cluster must have more than k_neighbors rows of the class.
    """

    k_neighbors: int = 2
    clusters: int = 8
    threshold: float | None = None
    name: ClassVar[str] = "kmeans-smote"

    def __post_init__(self) -> None:
        Interpolation.__post_init__(self)
        if self.clusters < 1:
            raise ConfigError(f"clusters={self.clusters} must be at least 1.")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ConfigError(f"threshold={self.threshold} must lie in 0 … 1.")

    def _parents(self, growing: Growing, n_new: int, rng: np.random.Generator) -> Parents:
        threshold = len(growing.own) / len(growing.target) if self.threshold is None else self.threshold
        least, seed = self.k_neighbors + 1, int(rng.integers(2**31 - 1))
        labels, clusters = lowered_until_grown(growing, self.clusters, least=least, threshold=threshold, seed=seed)
        if clusters > 1:
            made = kmeans_smote(growing, n_new, rng, k=self.k_neighbors, labels=labels, threshold=threshold)
        else:
            made = smote(growing, n_new, rng, k=self.k_neighbors)
        if clusters == self.clusters:
            return made
        short = f"{self.clusters} clusters were lowered to {clusters}: in none of more had class {growing.label} {least} rows"
        return replace(made, notes=(f"{short} and a share of {threshold:.3g}.", *made.notes))
