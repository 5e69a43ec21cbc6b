"""Rows of unlike length in one array: token ids of texts, log-probabilities of tokens, bytes of answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True)
class Ragged:
    """Row i owns ``values[offsets[i]:offsets[i + 1]]``.  offsets: int64 (n + 1,), rising from 0 to the number of values."""

    values: np.ndarray
    offsets: np.ndarray

    def __post_init__(self) -> None:
        if (
            not len(self.offsets)
            or self.offsets[0] != 0
            or self.offsets[-1] != len(self.values)
            or (np.diff(self.offsets) < 0).any()
        ):
            raise ValueError(f"offsets must rise from 0 to {len(self.values)}, the number of values.")

    @classmethod
    def of(cls, rows: Sequence[np.ndarray], dtype: np.dtype | type) -> Self:
        """These rows one after the other."""
        values = np.concatenate([np.zeros(0, dtype), *rows]).astype(dtype, copy=False)
        return cls(values, np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """int64 (n,)"""
        return np.diff(self.offsets)

    def row(self, number: int) -> np.ndarray:
        """The values of one row."""
        return self.values[self.offsets[number] : self.offsets[number + 1]]

    def __getitem__(self, rows: np.ndarray) -> "Ragged":
        """The rows at these positions, in this order (a position may repeat)."""
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        items = np.arange(offsets[-1]) + np.repeat(self.offsets[:-1][rows] - offsets[:-1], lengths)
        return Ragged(self.values[items], offsets)
