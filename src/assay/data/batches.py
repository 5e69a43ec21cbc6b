"""Encoded rows that never exist all at once: each part is encoded when it is asked for.

Encodings are row by row, so a part is, bit for bit, the rows that encoding all of them gives; a learner that takes parts learns
the same from either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

ENCODED_TOGETHER = 1 << 16
"""Rows a part, for learners that have no reason for another number."""


@dataclass(frozen=True)
class Batches:
    """frame: the rows.  encode: what makes a matrix (m, width), dense or csr, of m of them."""

    frame: pl.DataFrame
    encode: Callable[[pl.DataFrame], Any]
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.frame.height, self.width

    def __len__(self) -> int:
        return self.frame.height

    def __getitem__(self, rows: np.ndarray | slice) -> Any:
        """The matrix of the rows at these positions."""
        return self.encode(self.frame[rows])
