"""What turns columns into arrays: fitted on training rows, then applied to any rows."""

from typing import Protocol, Self

import numpy as np
import polars as pl
from scipy import sparse

from assay.core.state import State
from assay.data.rows import Block
from assay.data.schema import Schema

Matrix = np.ndarray | sparse.csr_matrix


class FittedStep(Protocol):
    """blocks: which columns of the matrix came from which column of the table (empty for pictures and tokens)."""

    @property
    def blocks(self) -> tuple[Block, ...]: ...

    def transform(self, features: pl.DataFrame) -> Matrix:
        """features: the feature columns by name (more are ignored). Returns one entry a row on the first axis."""
        ...

    def state(self) -> State:
        """``{"kind": its name in FITTED_STEPS, …}``."""
        ...

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The fitted step back; raises BundleError on a state that ``state()`` cannot have written."""
        ...


class Step(Protocol):
    """Settings only; ``fit`` learns from training rows and returns a new object."""

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> FittedStep: ...
