"""Squares and products of two columns of numbers, beside all columns there are: what a sum cannot say by itself.

Where there are too many columns of numbers, those are crossed whose own correlation with the target is largest on training
rows.  That choice looks at the target, as any choice of columns does; the products do not hold it.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy import sparse

from assay.core.errors import BundleError, ConfigError
from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.matrix.transform import width_of
from assay.prepare.numbers import LARGEST
from assay.prepare.step import Matrix

MOST_CROSSED = 1000
MOST_COLUMNS = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Crosses:
    """most: products at most, squares among them: 210 are all of 20 columns."""

    most: int = 210

    def __post_init__(self) -> None:
        if not 1 <= self.most <= MOST_CROSSED * (MOST_CROSSED + 1) // 2:
            raise ConfigError(f"most={self.most}: 1 to {MOST_CROSSED * (MOST_CROSSED + 1) // 2} products can be made.")

    def fit(
        self,
        matrix: Matrix,
        blocks: tuple[Block, ...],
        target: np.ndarray,
        seed: int,  # noqa: ARG002
    ) -> "FittedCrosses":
        numbers = [column for block in blocks if block.kind == "number" for column in range(block.start, block.stop)]
        columns = np.array(numbers, dtype=np.int64)
        room = int((np.sqrt(8 * self.most + 1) - 1) // 2)  # of which c (c + 1) / 2 products can be made
        if len(columns) > room:
            strength = _correlation(_picked(matrix, columns), target)
            columns = np.sort(columns[np.argsort(-strength, kind="stable")[:room]])
        return FittedCrosses(matrix.shape[1], columns)


def _correlation(values: np.ndarray, target: np.ndarray) -> np.ndarray:
    """float64 (c,): the largest |correlation| of each column with the target, or with one of its classes; gaps as the mean."""
    classes = np.unique(target) if target.dtype.kind in "iu" else None
    answers = target[:, None] if classes is None else (target[:, None] == classes)
    around = np.nan_to_num(values - np.nanmean(np.where(np.isnan(values).all(axis=0), 0.0, values), axis=0))
    wanted = answers - answers.mean(axis=0)
    sizes = np.sqrt((around**2).sum(axis=0))[:, None] * np.sqrt((wanted**2).sum(axis=0))
    found = np.divide(np.abs(around.T @ wanted), sizes, out=np.zeros(sizes.shape), where=sizes > 0)
    return np.asarray(found.max(axis=1).round(12))  # equal columns must stay equal, whatever the order of a sum


def _picked(matrix: Matrix, columns: np.ndarray) -> np.ndarray:
    picked = matrix[:, columns]
    return np.asarray(picked.toarray() if sparse.issparse(picked) else picked, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class FittedCrosses:
    """columns: int64 (c,), rising: those that are multiplied with each other and themselves."""

    KIND: ClassVar[str] = "crosses"

    width: int
    columns: np.ndarray

    @property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Both factors of every product, in its order: 1·1, 1·2, … 2·2, 2·3, …"""
        first, second = np.triu_indices(len(self.columns))
        return self.columns[first], self.columns[second]

    def blocks(self, before: tuple[Block, ...]) -> tuple[Block, ...]:
        start, n = width_of(before), len(self.pairs[0])
        return (*before, Block(self.KIND, "other", start, start + n)) if n else before

    def spectrum(self, names: tuple[str, ...]) -> None:  # noqa: ARG002
        return None

    def transform(self, matrix: Matrix) -> Matrix:
        """float64 (n, width + products), csr where the matrix is."""
        first, second = np.triu_indices(len(self.columns))
        values = _picked(matrix, self.columns)
        with np.errstate(over="ignore"):
            products = np.clip(values[:, first] * values[:, second], -LARGEST, LARGEST)
        if sparse.issparse(matrix):
            return sparse.csr_matrix(sparse.hstack([matrix, sparse.csr_matrix(products)], format="csr"))
        return np.hstack([np.asarray(matrix), products])

    def state(self) -> State:
        return {"kind": self.KIND, "width": self.width, "columns": self.columns}

    @classmethod
    def from_state(cls, state: State) -> Self:
        width = checks.whole(state, "width", low=0, high=MOST_COLUMNS)
        columns = checks.integers(state, "columns", (None,), low=0, high=max(0, width - 1)).astype(np.int64)
        if len(columns) > min(width, MOST_CROSSED) or (np.diff(columns) <= 0).any():
            raise BundleError("the saved model multiplies columns that are not there, or one of them twice.")
        return cls(width, columns)
