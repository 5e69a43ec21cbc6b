"""The model that has seen only the target: what every other recipe must beat."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from assay.core.state import State
from assay.data.rows import Rows
from assay.data.schema import KINDS
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.outputs import TABLE_TASKS, from_shares, task_and_classes, task_header
from assay.recipes.recipe import Recipe


@dataclass(frozen=True)
class FittedConstant:
    """values: float64 (K,) class shares, or (1,) the mean."""

    KIND: ClassVar[str] = "constant"

    task: str
    values: np.ndarray

    def predict(self, matrix: Matrix) -> Output:
        return from_shares(self.task, np.tile(self.values, (matrix.shape[0], 1)))

    def state(self) -> State:
        n_classes = 0 if self.task == "regression" else len(self.values)
        return {**task_header(self.KIND, self.task, n_classes), "values": self.values}

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        return cls(task, checks.floats(state, "values", (n_classes or 1,)))


@dataclass(frozen=True)
class Constant:
    """Weighted class shares, or the weighted mean."""

    takes_weights: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,  # noqa: ARG002
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedConstant:
        if task.is_classification:
            return FittedConstant(task.name, rows.prior)
        return FittedConstant(task.name, np.array([np.average(rows.target, weights=rows.weights)]))


BASELINE = Recipe(
    name="baseline",
    title="The class shares (or the mean) of the training rows",
    tasks=TABLE_TASKS,
    step=ColumnsStep(mode="dense", kinds=frozenset()),
    learner=Constant(),
    simplicity=0,
    reads=frozenset(KINDS),
    treatable=False,
)
