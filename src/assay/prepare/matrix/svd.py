"""Truncated singular value decomposition: main directions of columns that are not centred, so that sparse ones stay sparse.

A = U S Vᵀ, of which the largest S and their V are kept (randomised: Halko, Martinsson & Tropp 2011).
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy import sparse

from assay.core.errors import BundleError, ConfigError
from assay.core.seeds import seed32
from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.matrix.transform import Spectrum, known, one_block, signs_of
from assay.prepare.step import Matrix

MOST_DIRECTIONS = 10_000


@dataclass(frozen=True, kw_only=True)
class TruncatedSvd:
    """width: directions that are kept, where there are as many."""

    width: int = 20

    def __post_init__(self) -> None:
        if not 1 <= self.width <= MOST_DIRECTIONS:
            raise ConfigError(f"width={self.width}: 1 to {MOST_DIRECTIONS} directions can be kept.")

    def fit(
        self,
        matrix: Matrix,
        blocks: tuple[Block, ...],  # noqa: ARG002
        target: np.ndarray,  # noqa: ARG002
        seed: int,
    ) -> "FittedSvd":
        """The target is not looked at."""
        from sklearn.utils.extmath import randomized_svd
        from threadpoolctl import threadpool_limits

        values = matrix if sparse.issparse(matrix) else known(matrix, "SVD", most=matrix.shape[1])
        wanted = min(self.width, *matrix.shape)
        if not wanted:
            return FittedSvd(np.zeros(0), np.zeros((matrix.shape[1], 0)), np.zeros(0))
        with threadpool_limits(limits=1):
            _, sizes, rows = randomized_svd(values, wanted, n_iter=7, random_state=seed32(seed, "svd"))
            projected = np.asarray(values @ rows.T)
        total = _variance(values)
        explained = projected.var(axis=0) / total if total > 0 else np.zeros(wanted)
        return FittedSvd(sizes, np.ascontiguousarray(rows.T * signs_of(rows.T)), explained)


def _variance(values: Matrix) -> float:
    """Of all columns together."""
    if sparse.issparse(values):
        squares = np.asarray(values.multiply(values).mean(axis=0)) - np.asarray(values.mean(axis=0)) ** 2
        return float(squares.sum())
    return float(np.asarray(values).var(axis=0).sum())


@dataclass(frozen=True, eq=False)
class FittedSvd:
    """sizes: float64 (k,), the singular values, falling.  vectors: (d, k).  explained: (k,), shares of the variance."""

    KIND: ClassVar[str] = "truncated-svd"

    sizes: np.ndarray
    vectors: np.ndarray
    explained: np.ndarray

    @property
    def width(self) -> int:
        return len(self.vectors)

    def blocks(self, before: tuple[Block, ...]) -> tuple[Block, ...]:  # noqa: ARG002
        return one_block(self.KIND, len(self.sizes))

    def spectrum(self, names: tuple[str, ...]) -> Spectrum:
        return Spectrum("second moments", names, self.sizes**2, self.vectors, self.explained)

    def transform(self, matrix: Matrix) -> np.ndarray:
        """float64 (n, k)."""
        values = matrix if sparse.issparse(matrix) else known(matrix, "SVD", most=matrix.shape[1])
        return np.asarray(values @ self.vectors)

    def state(self) -> State:
        return {"kind": self.KIND, "sizes": self.sizes, "vectors": self.vectors, "explained": self.explained}

    @classmethod
    def from_state(cls, state: State) -> Self:
        sizes = checks.floats(state, "sizes", (None,))
        k = checks.whole({"directions": len(sizes)}, "directions", low=0, high=MOST_DIRECTIONS)
        explained = checks.floats(state, "explained", (k,))
        if (sizes < 0).any() or (explained < 0).any():
            raise BundleError("the saved singular value decomposition has a singular value below 0.")
        return cls(sizes, checks.floats(state, "vectors", (None, k)), explained)
