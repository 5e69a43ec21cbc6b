"""What turns columns into arrays: fitted on training rows, then applied to any rows."""

from typing import Protocol, Self, runtime_checkable

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


@runtime_checkable
class CrossFitted(Step, Protocol):
    """A step that looks at the target: the training rows it was fitted on need an encoding that did not see their own."""

    def fit_training(
        self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int, units: np.ndarray | None = None
    ) -> tuple[FittedStep, Matrix]:
        """The step fitted on all rows, for new ones; and these rows themselves, each encoded without its own target.

        units: int64 (n,) or None: rows of one unit (copies of a row, a group) are encoded without each other's targets;
        below 0: a row by itself.
        """
        ...


def fit_and_encode(
    step: Step, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int, units: np.ndarray | None = None
) -> tuple[FittedStep, Matrix]:
    """The fitted step and the training rows as a learner may see them.  units: as in ``CrossFitted``."""
    if isinstance(step, CrossFitted):
        return step.fit_training(features, schema, target, seed, units)
    fitted = step.fit(features, schema, target, seed)
    return fitted, fitted.transform(features)
