"""What acts on the whole matrix of prepared columns, once each column has been encoded by itself."""

from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np
from scipy import sparse

from assay.core.errors import ConfigError
from assay.core.state import State
from assay.data.rows import Block
from assay.prepare.step import Matrix

MOST_DENSE = 4000
"""Columns up to which all pairs of them are looked at."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """What a projection found, the strongest first.

    of: "covariance", "correlation", or "second moments" (of columns that were not centred).
    names: of the d columns that were projected.  eigenvalues: float64 (k,), all that were computed.
    vectors: float64 (d, kept), one column a direction, of length 1, its largest entry positive.
    explained: float64 (k,), the share of the variance of all columns that lies along each.
    """

    of: str
    names: tuple[str, ...]
    eigenvalues: np.ndarray
    vectors: np.ndarray
    explained: np.ndarray


class FittedTransform(Protocol):
    """width: the columns it reads."""

    KIND: ClassVar[str]

    @property
    def width(self) -> int: ...

    def blocks(self, before: tuple[Block, ...]) -> tuple[Block, ...]:
        """What its columns are, from what those are that it reads."""
        ...

    def transform(self, matrix: Matrix) -> Matrix: ...
    def spectrum(self, names: tuple[str, ...]) -> Spectrum | None:
        """names: of the columns it reads.  None where there are no eigenvalues."""
        ...

    def state(self) -> State: ...
    @classmethod
    def from_state(cls, state: State) -> Self: ...


class Transform(Protocol):
    """Settings only."""

    def fit(self, matrix: Matrix, blocks: tuple[Block, ...], target: np.ndarray, seed: int) -> FittedTransform:
        """matrix: the training rows, encoded as a learner may see them."""
        ...


def as_dense(matrix: Matrix, purpose: str, most: int = MOST_DENSE) -> np.ndarray:
    """float64 (n, d).  Raises ConfigError for more than ``most`` columns."""
    if matrix.shape[1] > most:
        raise ConfigError(
            f"{purpose} of {matrix.shape[1]} prepared columns would not end (at most {most}); "
            "use truncated-svd, or prepare categories in fewer columns (target, count, hashing)."
        )
    return np.asarray(matrix.toarray() if sparse.issparse(matrix) else matrix, dtype=np.float64)


def known(matrix: Matrix, purpose: str, most: int = MOST_DENSE) -> np.ndarray:
    """float64 (n, d), dense.  Raises ConfigError for more than ``most`` columns, and where numbers are missing."""
    values = as_dense(matrix, purpose, most)
    gaps = int(np.isnan(values).any(axis=0).sum())
    if gaps:
        raise ConfigError(
            f"{purpose} needs every number, and {gaps} prepared columns have gaps; prepare missing by median first."
        )
    return values


def signs_of(vectors: np.ndarray) -> np.ndarray:
    """(k,): 1 or -1, by which the largest entry of each column of vectors (d, k) becomes positive."""
    if not vectors.size:
        return np.ones(vectors.shape[1])
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None], axis=0)[0]
    return np.where(largest < 0, -1.0, 1.0)


def drawn(n: int, most: int, rng: np.random.Generator) -> np.ndarray:
    """int64: all positions, or ``most`` of them drawn without repeats, in order."""
    return np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))


def one_block(name: str, width: int) -> tuple[Block, ...]:
    return (Block(name, "other", 0, width),) if width else ()


def width_of(blocks: tuple[Block, ...]) -> int:
    return max((block.stop for block in blocks), default=0)
