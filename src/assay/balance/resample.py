"""Treatments that copy rows or leave rows out; they work on positions, so on tables, pictures and texts alike."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from assay.balance.common import by_position, class_counts
from assay.balance.strategy import by_ratio, check_ratio
from assay.balance.treatment import Balanced, Correction, Stage
from assay.core.seeds import generator
from assay.data.rows import Rows


@dataclass(frozen=True, slots=True)
class RandomOversample:
    """All rows, then copies of rows of the smaller classes, drawn with replacement.

    ratio: the size of each smaller class over the largest one afterwards, at least; in (0, 1].
    Row weights go with the rows; they are not looked at when rows are drawn.
    """

    ratio: float = 1.0
    name: ClassVar[str] = "random-oversample"
    stage: ClassVar[Stage] = "raw"
    correction: ClassVar[Correction] = "prior"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)

    def apply(self, train: Rows, seed: int) -> Balanced:
        to_make = by_ratio(class_counts(train, self.name), self.ratio, "over")
        rng = generator(seed, self.name)
        drawn = [rng.choice(np.flatnonzero(train.target == code), to_make[code]) for code in np.flatnonzero(to_make)]
        return by_position(train, np.concatenate([np.arange(len(train)), *drawn]))


@dataclass(frozen=True, slots=True)
class RandomUndersample:
    """All rows of the smallest class, a random part of the others, in their old order.

    ratio: the size of the smallest class over each larger one afterwards, at least; in (0, 1].
    Row weights go with the rows; they are not looked at when rows are drawn.
    """

    ratio: float = 1.0
    name: ClassVar[str] = "random-undersample"
    stage: ClassVar[Stage] = "raw"
    correction: ClassVar[Correction] = "prior"

    def __post_init__(self) -> None:
        check_ratio(self.ratio)

    def apply(self, train: Rows, seed: int) -> Balanced:
        counts = class_counts(train, self.name)
        to_keep = by_ratio(counts, self.ratio, "under")
        rng = generator(seed, self.name)
        kept = [rng.choice(np.flatnonzero(train.target == code), to_keep[code], replace=False) for code in np.flatnonzero(counts)]
        return by_position(train, np.sort(np.concatenate(kept)))
