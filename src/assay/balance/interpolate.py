"""The treatment "smote": synthetic rows of the smaller classes, made from encoded training rows."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from assay.balance.common import class_counts, with_new_rows
from assay.balance.mixed import mixed_space
from assay.balance.segments import draw_pairs, nearest_within, stacked
from assay.balance.strategy import by_ratio, check_ratio
from assay.balance.treatment import Balanced, Correction, Stage
from assay.core.errors import ConfigError, DataError
from assay.core.seeds import generator
from assay.data.rows import Rows


@dataclass(frozen=True, slots=True)
class SmoteTreatment:
    """All rows, then rows between neighbours of one class; categories are copied, never interpolated (see ``mixed``).

    ratio: the size of each smaller class over the largest one afterwards, at least; in (0, 1].
    k_neighbors: how many nearest rows of the class a mate is drawn from; a class of k rows or fewer uses all its others.
    A synthetic row weighs the mean of its parents.
    """

    ratio: float = 1.0
    k_neighbors: int = 5
    name: ClassVar[str] = "smote"
    stage: ClassVar[Stage] = "encoded"
    correction: ClassVar[Correction] = "calibrate"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        if self.k_neighbors < 1:
            raise ConfigError(f"k_neighbors={self.k_neighbors}: at least 1 neighbour is needed.")

    def apply(self, train: Rows, seed: int) -> Balanced:
        """Raises DataError for features that are no matrix, and for a class of one row that should grow."""
        counts = class_counts(train, self.name)
        if isinstance(train.features, pl.DataFrame) or train.features.ndim != 2:
            raise DataError("smote makes rows of a table of numbers and cannot work on these features; use random-oversample.")
        to_make = by_ratio(counts, self.ratio, "over")
        if not to_make.any():
            return with_new_rows(train, train.features, np.zeros(0, dtype=np.int64), np.zeros(0))
        space = mixed_space(train)
        parents = []
        for code in np.flatnonzero(to_make):
            own = np.flatnonzero(train.target == code)
            if len(own) < 2:
                raise DataError(f"smote needs 2 training rows of a class, class {code} has 1; use random-oversample.")
            nearest = nearest_within(space.points(own), min(self.k_neighbors, len(own) - 1))
            base, mate, alpha = draw_pairs(nearest, int(to_make[code]), generator(seed, self.name, int(code)))
            parents.append((own[base], own[mate], alpha))
        first, second, alpha = (np.concatenate(part) for part in zip(*parents, strict=True))
        made = space.between(first, second, alpha, generator(seed, self.name, "categories"))
        weights = None if train.weights is None else (train.weights[first] + train.weights[second]) / 2
        return with_new_rows(
            train, stacked([space.matrix, made]), np.repeat(np.flatnonzero(to_make), to_make[to_make > 0]), weights
        )
