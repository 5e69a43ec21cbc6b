"""Treatments whose new rows lie between training rows: numbers interpolated, categories copied (see ``mixed``)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from assay.balance.common import class_counts, with_new_rows
from assay.balance.geometry import Search
from assay.balance.mixed import mixed_space
from assay.balance.oversample.adasyn import adasyn
from assay.balance.oversample.borderline import borderline
from assay.balance.oversample.parents import Growing, Parents, joined
from assay.balance.oversample.smote import smote
from assay.balance.segments import stacked
from assay.balance.strategy import by_ratio, check_ratio
from assay.balance.treatment import Balanced, Correction, Stage
from assay.core.errors import ConfigError, DataError
from assay.core.seeds import generator
from assay.data.rows import Rows

Method = Callable[[Growing, int, np.random.Generator], Parents]


@dataclass(frozen=True, slots=True)
class Interpolation:
    """All rows, then rows between rows; categories are copied, never interpolated.

    ratio: the size of each smaller class over the largest one afterwards, at least; in (0, 1].
    k_neighbors: how many nearest rows a mate is drawn from; where there are fewer, all of them, and a single row is copied.
    A synthetic row weighs the mean of its parents.
    """

    ratio: float = 1.0
    k_neighbors: int = 5
    name: ClassVar[str]
    stage: ClassVar[Stage] = "encoded"
    correction: ClassVar[Correction] = "calibrate"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        if self.k_neighbors < 1:
            raise ConfigError(f"k_neighbors={self.k_neighbors}: at least 1 neighbour is needed.")

    def apply(self, train: Rows, seed: int) -> Balanced:
        """Raises DataError for features that are no matrix."""
        return interpolated(train, self.name, self.ratio, self._parents, seed)

    def _parents(self, growing: Growing, n_new: int, rng: np.random.Generator) -> Parents:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class SmoteTreatment(Interpolation):
    """SMOTE, with SMOTE-NC's distances where there are categories."""

    name: ClassVar[str] = "smote"

    def _parents(self, growing: Growing, n_new: int, rng: np.random.Generator) -> Parents:
        return smote(growing, n_new, rng, k=self.k_neighbors)


@dataclass(frozen=True, slots=True)
class AdasynTreatment(Interpolation):
    """ADASYN: most new rows where the class is outnumbered, which may be label noise."""

    name: ClassVar[str] = "adasyn"

    def _parents(self, growing: Growing, n_new: int, rng: np.random.Generator) -> Parents:
        return adasyn(growing, n_new, rng, k=self.k_neighbors)


@dataclass(frozen=True, slots=True)
class BorderlineTreatment(Interpolation):
    """Borderline-SMOTE 1: new rows from the rows near the border, towards rows of their class.

    m_neighbors: how many nearest rows say whether a row is near the border.
    """

    m_neighbors: int = 10
    name: ClassVar[str] = "borderline-smote"

    def _parents(self, growing: Growing, n_new: int, rng: np.random.Generator) -> Parents:
        return borderline(growing, n_new, rng, k=self.k_neighbors, m=self.m_neighbors, kind=1)


@dataclass(frozen=True, slots=True)
class Borderline2Treatment(BorderlineTreatment):
    """Borderline-SMOTE 2: as 1, but also towards rows of other classes, less than half of the way."""

    name: ClassVar[str] = "borderline-smote-2"

    def _parents(self, growing: Growing, n_new: int, rng: np.random.Generator) -> Parents:
        return borderline(growing, n_new, rng, k=self.k_neighbors, m=self.m_neighbors, kind=2)


def interpolated(train: Rows, name: str, ratio: float, method: Method, seed: int) -> Balanced:
    """All training rows, then for each smaller class the rows that ``method`` places between two others."""
    counts = class_counts(train, name)
    if isinstance(train.features, pl.DataFrame) or train.features.ndim != 2:
        raise DataError(f"{name} makes rows of a table of numbers and cannot work on these features; use random-oversample.")
    to_make = by_ratio(counts, ratio, "over")
    if not to_make.any():
        return with_new_rows(train, train.features, np.zeros(0, dtype=np.int64), np.zeros(0))
    space = mixed_space(train)
    made = []
    for code in np.flatnonzero(to_make):
        growing = Growing(space, train.target, np.flatnonzero(train.target == code), train.label(int(code)), Search())
        made.append(method(growing, int(to_make[code]), generator(seed, name, int(code))))
    parents = joined(made)
    features = stacked([space.matrix, space.between(parents, generator(seed, name, "categories"))])
    weights = None if train.weights is None else parents.mean_of(train.weights)
    labels = np.repeat(np.flatnonzero(to_make), [len(part) for part in made])
    return with_new_rows(train, features, labels, weights, parents.notes)
