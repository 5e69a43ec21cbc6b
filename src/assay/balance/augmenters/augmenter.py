"""What alters the cells of one column, and the usual one for each kind of column."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import polars as pl

from assay.core.registry import Registry


class Augmenter(Protocol):
    """Settings only, no state."""

    def __call__(self, values: pl.Series, rng: np.random.Generator) -> pl.Series:
        """Each cell altered a little, by its own draw; as many cells, in the same order, of the same name and type.

        A missing cell stays missing.  Raises DataError for a cell that cannot be read.
        """
        ...


AUGMENTERS: Registry[Callable[[], Augmenter]] = Registry("augmenter")
"""By kind of column; called without arguments to make one with its usual settings."""

AUGMENTERS.add("text", "assay.balance.augmenters.texts:RandomWords")
AUGMENTERS.add("image", "assay.balance.augmenters.pictures:SmallMoves")
