"""One weight a column: what every linear learner becomes, kept and applied as our own arrays; and logistic regression.

The regressions have files of their own: ``linear_squares``, ``linear_absolute``.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy import sparse

from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.linear_spread import LinearSpread
from assay.recipes.outputs import (
    ABSENT_LOGIT,
    CLASSIFICATION,
    MOST_FEATURES,
    check_width,
    from_logits,
    task_and_classes,
    task_header,
    weighted,
)
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real

NEWTON_COEFFICIENTS = 200


@dataclass(frozen=True)
class FittedLinear:
    """coefficients: float64 (1, width) of class 1 for binary and of the value for regression, else (K, width).

    intercepts: (1,) or (K,).  spread: of a regression, how far a new target may lie from the line.
    """

    KIND: ClassVar[str] = "linear"

    task: str
    n_classes: int
    coefficients: np.ndarray
    intercepts: np.ndarray
    spread: LinearSpread | None = None

    def predict(self, matrix: Matrix) -> Output:
        """score: the logit (binary), the logits, or the value."""
        check_width(matrix, self.coefficients.shape[1])
        said = weighted(matrix, self.coefficients) + self.intercepts
        if self.task == "regression":
            return Output(said[:, 0], None, None if self.spread is None else self.spread.at(matrix))
        return from_logits(self.task, said)

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, self.n_classes),
            "coefficients": self.coefficients,
            "intercepts": self.intercepts,
            **({} if self.spread is None else {"spread": self.spread.state()}),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        n_logits = n_classes if task == "multiclass" else 1
        coefficients = checks.floats(state, "coefficients", (n_logits, None))
        width = checks.whole({"columns": coefficients.shape[1]}, "columns", low=0, high=MOST_FEATURES)
        intercepts = checks.floats(state, "intercepts", (n_logits,))
        spread = LinearSpread.from_state(checks.entry(state, "spread"), width) if task == "regression" else None
        return cls(task, n_classes, coefficients, intercepts, spread)


@dataclass(frozen=True, kw_only=True)
class Logistic:
    """penalty_strength: 1/C, the weight of the squared coefficients against the summed log loss.

    tolerance: the largest slope of the mean loss at which the fit ends.
    """

    penalty_strength: float = 1.0
    most_iterations: int = 2000
    tolerance: float = 1e-6
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
    ) -> FittedLinear:
        """A class without training rows gets a logit of its own that is very low."""
        from sklearn.linear_model import LogisticRegression

        n_logits = 1 if task.name == "binary" else rows.n_classes
        coefficients = np.zeros((n_logits, rows.features.shape[1]))
        intercepts = np.full(n_logits, ABSENT_LOGIT)
        present = np.unique(rows.target)
        if len(present) == 1:
            return only_class(task.name, rows.n_classes, coefficients.shape[1], int(present[0]))
        model = LogisticRegression(
            C=1 / self.penalty_strength,
            max_iter=self.most_iterations,
            tol=self.tolerance,
            solver=_solver(rows, n_logits),
        )
        model.fit(rows.features, rows.target, sample_weight=rows.weights)
        if task.name == "binary":
            return FittedLinear(task.name, rows.n_classes, model.coef_.copy(), model.intercept_.copy())
        if len(present) == 2:  # scikit-learn then has one logit, of the second class
            coefficients[present], intercepts[present] = np.vstack([0 * model.coef_, model.coef_]), [0.0, model.intercept_[0]]
        else:
            coefficients[present], intercepts[present] = model.coef_, model.intercept_
        return FittedLinear(task.name, rows.n_classes, coefficients, intercepts)


def only_class(task: str, n_classes: int, width: int, code: int) -> FittedLinear:
    """What is left to say where all training rows are of one class."""
    if task == "binary":
        return FittedLinear(task, n_classes, np.zeros((1, width)), np.array([-ABSENT_LOGIT if code else ABSENT_LOGIT]))
    intercepts = np.full(n_classes, ABSENT_LOGIT)
    intercepts[code] = 0.0
    return FittedLinear(task, n_classes, np.zeros((n_classes, width)), intercepts)


def _solver(rows: Rows, n_logits: int) -> str:
    """Newton's method is exact within a few steps where its matrix is small; otherwise L-BFGS."""
    is_small = not sparse.issparse(rows.features) and rows.features.shape[1] * n_logits <= NEWTON_COEFFICIENTS
    return "newton-cholesky" if is_small else "lbfgs"


LOGISTIC = Recipe(
    name="logistic",
    title="Logistic regression on standardised columns",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="linear"),
    learner=Logistic(),
    simplicity=10,
    space={"penalty_strength": Real(1e-4, 1e4, log=True)},
)
