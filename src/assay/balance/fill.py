"""The old rows and the new ones in one matrix, without a second copy of either."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from assay.balance import segments
from assay.balance.oversample.parents import Parents

PIECE = 4096
"""Rows that are made at once: their parents fit into the processor's cache."""


def with_new(values: Any, parents: Parents) -> Any:
    """(n + len(parents), d), of the type and dtype of ``values``: its rows, then first + alpha (second − first).

    values: float (n, d), dense or csr; a value that is NaN in either parent is NaN.  Where alpha lies in [0, 1], dense
    values never leave the segment, not even by rounding.
    """
    if segments.is_sparse(values):
        return segments.stacked([values, segments.between(values[parents.first], values[parents.second], parents.alpha)])
    n = len(values)
    every = np.empty((n + len(parents), values.shape[1]), dtype=values.dtype)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda start: _copy(values, every, start), range(0, n, PIECE)))
        list(pool.map(lambda start: _fill(values, parents, every[n:], start), range(0, len(parents), PIECE)))
    return every


def _copy(values: np.ndarray, every: np.ndarray, start: int) -> None:
    part = slice(start, min(start + PIECE, len(values)))
    every[part] = values[part]


def _fill(values: np.ndarray, parents: Parents, made: np.ndarray, start: int) -> None:
    part = slice(start, start + PIECE)
    first, second = values[parents.first[part]], values[parents.second[part]]
    new = made[part]
    np.subtract(second, first, out=new)
    new *= parents.alpha[part, None].astype(new.dtype)
    new += first
    inside = ((parents.alpha[part] >= 0) & (parents.alpha[part] <= 1))[:, None]
    least = np.minimum(first, second)
    np.maximum(new, least, out=new, where=inside)
    np.minimum(new, np.maximum(first, second, out=least), out=new, where=inside)
