"""The old rows and the new ones in one matrix, without a second copy of either."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.balance import segments
from assay.balance.oversample.parents import Parents

PIECE = 4096
"""Rows that are made at once: their parents fit into the processor's cache."""


@dataclass(frozen=True)
class Unmade:
    """Old rows, then new ones that are made each time they are looked at: ``[rows]`` as of a matrix.

    values: float (n, d), dense.  A value that is NaN in either parent is NaN.  Where alpha lies in [0, 1] no value leaves
    the segment, not even by rounding.
    """

    values: np.ndarray
    parents: Parents

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.values) + len(self.parents), self.values.shape[1]

    @property
    def dtype(self) -> Any:
        return self.values.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """float (m, d) of these positions, which are not negative."""
        n = len(self.values)
        places = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else rows
        new = np.flatnonzero(places >= n)
        if len(new) == len(places):
            return self._made(places - n)
        found = self.values[np.where(places < n, places, 0)]
        found[new] = self._made(places[new] - n)
        return np.asarray(found)

    def _made(self, which: np.ndarray) -> np.ndarray:
        first, second = self.values[self.parents.first[which]], self.values[self.parents.second[which]]
        alpha = self.parents.alpha[which, None]
        new = second - first
        new *= alpha.astype(new.dtype)
        new += first
        inside = (alpha >= 0) & (alpha <= 1)
        least = np.minimum(first, second)
        np.maximum(new, least, out=new, where=inside)
        np.minimum(new, np.maximum(first, second, out=least), out=new, where=inside)
        return np.asarray(new)


def made(rows: Unmade, chosen: np.ndarray | None = None) -> np.ndarray:
    """The rows as one matrix: all of them, or those at the positions ``chosen``, in that order."""
    count = len(rows) if chosen is None else len(chosen)
    every = np.empty((count, rows.shape[1]), dtype=rows.dtype)

    def fill(start: int) -> None:
        part = slice(start, min(start + PIECE, count))
        every[part] = rows[part if chosen is None else chosen[part]]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fill, range(0, count, PIECE)))
    return every


def with_new(values: Any, parents: Parents) -> Any:
    """(n + len(parents), d), of the type and dtype of ``values``: its rows, then first + alpha (second − first).

    values: float (n, d), dense or csr.
    """
    if segments.is_sparse(values):
        return segments.stacked([values, segments.between(values[parents.first], values[parents.second], parents.alpha)])
    return made(Unmade(values, parents))
