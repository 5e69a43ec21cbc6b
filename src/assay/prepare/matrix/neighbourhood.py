"""Neighbourhood components analysis: the projection in which rows of one class lie beside each other.

It looks at the target.  Its projections cannot be put together from folds (each fold's is turned its own way), so training
rows go through the one that they themselves have bent: a learner on a few hundred rows will think too well of them, and
only what a study measures on held-out rows counts.
Source: Goldberger, Roweis, Hinton & Salakhutdinov (2004).
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from assay.core.errors import ConfigError
from assay.core.seeds import generator, seed32
from assay.core.state import State
from assay.data.rows import Block
from assay.prepare import checks
from assay.prepare.matrix.transform import MOST_DENSE, drawn, known, one_block
from assay.prepare.step import Matrix


@dataclass(frozen=True, kw_only=True)
class Neighbourhood:
    """width: directions.  most_rows: drawn from larger training rows, as all pairs of them are looked at.  steps: of the fit."""

    width: int = 10
    most_rows: int = 1000
    steps: int = 50

    def __post_init__(self) -> None:
        if self.width < 1 or self.most_rows < 2 or self.steps < 1:
            raise ConfigError(f"width={self.width}, most_rows={self.most_rows}, steps={self.steps}: 1, 2 and 1 at least.")

    def fit(
        self,
        matrix: Matrix,
        blocks: tuple[Block, ...],  # noqa: ARG002
        target: np.ndarray,
        seed: int,
    ) -> "FittedNeighbourhood":
        """Raises ConfigError for a target that is a number."""
        from sklearn.neighbors import NeighborhoodComponentsAnalysis
        from threadpoolctl import threadpool_limits

        if target.dtype.kind == "f":
            raise ConfigError("neighbourhood components (nca) bring classes together, and the target is a number; use pca.")
        values = known(matrix, "neighbourhood components analysis")
        rows = drawn(len(values), self.most_rows, generator(seed, "nca"))
        width = min(self.width, values.shape[1])
        if len(np.unique(target[rows])) < 2 or not width:
            return FittedNeighbourhood(np.eye(values.shape[1])[:, :width])
        model = NeighborhoodComponentsAnalysis(
            width,
            init="pca" if width <= min(len(rows), values.shape[1]) else "identity",
            max_iter=self.steps,
            random_state=seed32(seed, "nca"),
        )
        with threadpool_limits(limits=1):
            model.fit(values[rows], target[rows])
        return FittedNeighbourhood(np.ascontiguousarray(model.components_.T))


@dataclass(frozen=True, eq=False)
class FittedNeighbourhood:
    """directions: float64 (d, k)."""

    KIND: ClassVar[str] = "nca"

    directions: np.ndarray

    @property
    def width(self) -> int:
        return len(self.directions)

    def blocks(self, before: tuple[Block, ...]) -> tuple[Block, ...]:  # noqa: ARG002
        return one_block(self.KIND, self.directions.shape[1])

    def spectrum(self, names: tuple[str, ...]) -> None:  # noqa: ARG002
        return None

    def transform(self, matrix: Matrix) -> np.ndarray:
        """float64 (n, k)."""
        return np.asarray(known(matrix, "neighbourhood components analysis") @ self.directions)

    def state(self) -> State:
        return {"kind": self.KIND, "directions": self.directions}

    @classmethod
    def from_state(cls, state: State) -> Self:
        directions = checks.floats(state, "directions", (None, None))
        checks.whole({"columns": max(directions.shape)}, "columns", low=0, high=MOST_DENSE)
        return cls(directions)
