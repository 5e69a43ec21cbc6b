"""Sums of Gaussian bumps about stored rows: what a machine with a radial kernel is once it is fitted."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from assay.core.state import State
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.learner import Output
from assay.recipes.outputs import check_width, dense, from_logits, task_and_classes, task_header

CELLS_AT_ONCE = 4_000_000
"""Kernel values held in memory at once (32 MB)."""


@dataclass(frozen=True)
class FittedKernel:
    """rows: float64 (m, width).  weights: float64 (1, m) for binary and regression, else (K, m).  intercepts: (1,) or (K,).

    steepness: a row at squared distance d counts exp(-steepness · d).
    noise: of a regression, the standard deviation of a new target; 0 for classes.
    """

    KIND: ClassVar[str] = "kernel"

    task: str
    n_classes: int
    steepness: float
    rows: np.ndarray
    weights: np.ndarray
    intercepts: np.ndarray
    noise: float

    def predict(self, matrix: Matrix) -> Output:
        """score: the logit (binary), the logits, or the value."""
        check_width(matrix, self.rows.shape[1])
        asked = dense(matrix)
        said = np.empty((len(asked), len(self.weights)))
        step = max(1, CELLS_AT_ONCE // max(1, len(self.rows)))
        lengths = (self.rows**2).sum(axis=1)
        for start in range(0, len(asked), step):
            part = asked[start : start + step]
            apart = part @ self.rows.T
            apart *= -2
            apart += lengths
            apart += (part**2).sum(axis=1, keepdims=True)
            np.maximum(apart, 0.0, out=apart)
            apart *= -self.steepness
            said[start : start + step] = np.exp(apart, out=apart) @ self.weights.T
        said += self.intercepts
        if self.task == "regression":
            return Output(said[:, 0], None, np.full(len(asked), self.noise))
        return from_logits(self.task, said)

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, self.n_classes),
            "steepness": self.steepness,
            "rows": self.rows,
            "weights": self.weights,
            "intercepts": self.intercepts,
            "noise": self.noise,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        n_scores = n_classes if task == "multiclass" else 1
        rows = checks.floats(state, "rows", (None, None))
        weights = checks.floats(state, "weights", (n_scores, len(rows)))
        intercepts = checks.floats(state, "intercepts", (n_scores,))
        steepness, noise = (checks.real(state, name, low=0.0) for name in ("steepness", "noise"))
        return cls(task, n_classes, steepness, rows, weights, intercepts, noise)
