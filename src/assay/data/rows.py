"""Training rows as a treatment sees them, before encoding or after it."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import polars as pl
from scipy import sparse

from assay.data.schema import Schema

Features = pl.DataFrame | np.ndarray | sparse.csr_matrix
"""Language models read ``core.ragged.Ragged``, which only they look at (``recipes.language.tokens``)."""


@dataclass(frozen=True, slots=True)
class Block:
    """Columns start:stop of an encoded matrix that came from one column of the table.

    kind: "number" (may be interpolated), "one-hot" (exactly one 1, or all 0 for an unknown level),
    "code" (an integer level code, NaN missing; never interpolated), "other" (text weights, pixels: may be interpolated).
    levels: of a "code" block whose codes are 0 … levels - 1, none of them missing; 0 where that is not promised.
    """

    name: str
    kind: Literal["number", "one-hot", "code", "other"]
    start: int
    stop: int
    levels: int = 0


@dataclass(frozen=True)
class Rows:
    """features: a frame (raw stage) or a matrix whose first axis is rows (encoded stage).

    target: int64 (n,) class codes, or float64 (n,) for regression.
    weights: float64 (n,) or None.  blocks: of an encoded matrix, in column order; empty at the raw stage.
    kinds: (column, its kind) of a frame, as the schema has them; empty where it is not known.
    labels: what the classes are called, by code; empty where it is not known.
    objective: the name of the loss that a treatment asks the learner to minimise in place of its own, or None.
    unlabelled: rows without a target, encoded as ``features`` are, for the learners that read them; or None.
    drawn: True where a treatment asks the learner to draw rows in proportion to their weights, anew each epoch, and not to
        weigh them.
    queries: int64 (n,), of a ranking the query that each row is of; or None.
    """

    features: Features
    target: np.ndarray
    n_classes: int
    weights: np.ndarray | None = None
    blocks: tuple[Block, ...] = ()
    objective: str | None = None
    labels: tuple[str, ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()
    unlabelled: np.ndarray | sparse.csr_matrix | None = None
    queries: np.ndarray | None = None
    drawn: bool = False

    def __len__(self) -> int:
        return len(self.target)

    @property
    def prior(self) -> np.ndarray:
        """float64 (n_classes,): the weighted share of each class."""
        counts = np.bincount(self.target, weights=self.weights, minlength=self.n_classes)
        return np.asarray(counts / counts.sum())

    def label(self, code: int) -> str:
        """A class as a sentence names it."""
        return repr(self.labels[code]) if self.labels else str(code)

    def encoded(self, matrix: Any, blocks: tuple[Block, ...]) -> "Rows":
        """The same rows as a matrix (n, d) with these blocks."""
        return replace(self, features=matrix, blocks=blocks)

    def take(self, rows: np.ndarray) -> "Rows":
        """The rows at these positions (a position may repeat)."""
        features: Any = self.features
        return replace(
            self,
            features=features[rows],
            target=self.target[rows],
            weights=None if self.weights is None else self.weights[rows],
            queries=None if self.queries is None else self.queries[rows],
        )

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over every value; a treatment must leave it as it was."""
        digest = hashlib.sha256(np.ascontiguousarray(self.target).tobytes())
        if isinstance(self.features, pl.DataFrame):
            digest.update(self.features.hash_rows(seed=0).to_numpy().tobytes())
        elif sparse.issparse(self.features):
            for part in (self.features.data, self.features.indices, self.features.indptr):
                digest.update(np.ascontiguousarray(part).tobytes())
        else:
            digest.update(np.ascontiguousarray(self.features).tobytes())
        if self.weights is not None:
            digest.update(np.ascontiguousarray(self.weights).tobytes())
        return digest.hexdigest()


def table_rows(
    frame: pl.DataFrame, schema: Schema, classes: tuple[str, ...], target: np.ndarray, weights: np.ndarray | None
) -> Rows:
    """Rows of a table before encoding, with what its schema and its question know of columns and classes."""
    kinds = tuple((column.name, str(column.kind)) for column in schema.columns)
    return Rows(frame, target, len(classes), weights, labels=classes, kinds=kinds)
