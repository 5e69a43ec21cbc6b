"""A column of categories thrown into a fixed number of columns by a hash of the level's name.

Nothing is learned and nothing is kept, so levels may be of any number and new ones have a place; levels that share a column
cannot be told apart.  The hash is MurmurHash3, as in scikit-learn's FeatureHasher, without its alternating signs: with one
value a row they cancel nothing.  A missing value has no column: its row is all zeros.
Source: Weinberger et al. (2009), Feature Hashing for Large Scale Multitask Learning.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl
from scipy import sparse

from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part
from assay.prepare.step import Matrix

MOST_WIDTH, MOST_DENSE = 1_000_000, 10_000


@dataclass(frozen=True)
class HashedLevel:
    """width: the number of columns."""

    KIND: ClassVar[str] = "hashed-level"

    width: int
    is_sparse: bool

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("one-hot", self.width),)

    def transform(self, series: pl.Series) -> Matrix:
        """float64 (n, width) of zeros and ones."""
        texts = series.cast(pl.String)
        levels = texts.unique().drop_nulls()
        places = np.full(len(texts), -1, dtype=np.int64)
        if len(levels):
            columns = texts.replace_strict(levels, pl.Series(columns_of(levels.to_list(), self.width)), default=-1)
            places = columns.fill_null(-1).to_numpy().astype(np.int64)
        rows = np.flatnonzero((places >= 0) & ~texts.is_null().to_numpy())
        if self.is_sparse:
            return sparse.csr_matrix((np.ones(len(rows)), (rows, places[rows])), shape=(len(texts), self.width))
        encoded = np.zeros((len(texts), self.width))
        encoded[rows, places[rows]] = 1.0
        return encoded

    def state(self) -> State:
        return {"kind": self.KIND, "width": self.width, "is_sparse": self.is_sparse}

    @classmethod
    def from_state(cls, state: State) -> Self:
        is_sparse = checks.flag(state, "is_sparse")
        return cls(checks.whole(state, "width", low=1, high=MOST_WIDTH if is_sparse else MOST_DENSE), is_sparse)


def columns_of(levels: list[str], width: int) -> np.ndarray:
    """int64 (L,): |hash| modulo width, each hash a signed number of 32 bits."""
    from sklearn.utils import murmurhash3_32

    hashes = np.array([murmurhash3_32(level.encode("utf-8"), seed=0) for level in levels], dtype=np.int64)
    return np.abs(hashes) % width
