"""Rows for LightGBM that are encoded part by part: it keeps their bins, a byte a cell, and never sees the matrix.

The bins are found on the same sample of the rows as from a matrix (where ``data_random_seed`` is set), so the trees are the same.
"""

from typing import Any

import numpy as np

from assay.data.batches import ENCODED_TOGETHER, Batches
from assay.recipes.outputs import dense


def sequence_of(batches: Batches) -> Any:
    """The rows as a ``lightgbm.Sequence``."""
    import lightgbm

    class Parts(lightgbm.Sequence):  # a class of a library that is loaded only where it is used
        """Asked for single rows in rising order while bins are found, then for slices."""

        batch_size = ENCODED_TOGETHER

        def __init__(self) -> None:
            self.first, self.held = 0, np.zeros((0, batches.width))

        def __len__(self) -> int:
            return len(batches)

        def __getitem__(self, place: Any) -> np.ndarray:
            if isinstance(place, slice):
                return dense(batches[place])
            if not self.first <= place < self.first + len(self.held):
                self.first = int(place) - int(place) % ENCODED_TOGETHER
                self.held = dense(batches[self.first : self.first + ENCODED_TOGETHER])
            return np.asarray(self.held[int(place) - self.first])

    return Parts()
