"""Lines of least squares, with a squared penalty on the coefficients or without one.

Both are read off one decomposition of the weighted rows (``linear_factors``) and equal scikit-learn's LinearRegression and
Ridge; a weight of 2 is a row that stands twice.  Rows too wide for it go to scikit-learn's iterative solver.
Source: Hoerl & Kennard (1970).
"""

from dataclasses import dataclass

import numpy as np

from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.columns import ColumnsStep
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear
from assay.recipes.linear_factors import Centred, centred, factors_of
from assay.recipes.linear_spread import LinearSpread, noise_alone, noise_of
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real

MOST_FACTORED = 2000
"""The most rows or columns, whichever are fewer, that are decomposed: a triangle of 2000 takes seconds and 32 MB."""

MOST_DOUBTED = 500
"""The most columns for which the doubt of the coefficients is kept: it takes width² numbers."""

ITERATIONS = 2000
TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class LeastSquares:
    """The line with the smallest sum of squared errors; of several such the one with the smallest coefficients."""

    takes_weights: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,  # noqa: ARG002
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,  # noqa: ARG002
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedLinear:
        return fit_squares(rows, 0.0)


@dataclass(frozen=True, kw_only=True)
class Ridge:
    """penalty_strength: the weight of the squared coefficients against the summed squared error."""

    penalty_strength: float = 1.0
    takes_weights: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,  # noqa: ARG002
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,  # noqa: ARG002
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedLinear:
        return fit_squares(rows, self.penalty_strength)


def fit_squares(rows: Rows, penalty: float) -> FittedLinear:
    """The line that minimises Σ w (y - x'b - a)² + penalty · |b|²; ``a`` is not penalised."""
    data = centred(rows)
    width = len(data.mean)
    if min(len(rows), width) > MOST_FACTORED:
        return line(data, _by_iteration(data, penalty), noise_alone(_noise_by_halves(data, penalty), width))
    found = factors_of(data)
    shares = found.values**2 / (found.values**2 + penalty)
    coefficients = found.directions @ (shares * found.toward / found.values)
    squares = found.left + float((((1 - shares) * found.toward) ** 2).sum())
    noise = noise_of(squares, data.total, 1.0 + float(shares.sum()), float(data.has_spread)) * data.unit
    if width > MOST_DOUBTED:
        return line(data, coefficients, noise_alone(noise, width))
    directions = found.directions / np.sqrt(found.values**2 + penalty)
    return line(data, coefficients, LinearSpread(noise, 1 / data.total, directions, data.mean @ directions))


def line(data: Centred, coefficients: np.ndarray, spread: LinearSpread) -> FittedLinear:
    """The fitted line. coefficients: float64 (width,), for the target in units of its standard deviation."""
    own = coefficients * data.unit
    return FittedLinear("regression", 0, own[None], np.array([data.middle - float(data.mean @ own)]), spread)


def _by_iteration(data: Centred, penalty: float) -> np.ndarray:
    from sklearn.linear_model import Ridge as Solver

    model = Solver(alpha=penalty, solver="lsqr", tol=TOLERANCE, max_iter=ITERATIONS)
    model.fit(data.features, data.target, sample_weight=data.weights)
    return np.asarray(model.coef_)


def _noise_by_halves(data: Centred, penalty: float) -> float:
    """Of the target about a line fitted to the other rows: how many degrees of freedom an iteration spent is not known."""
    even = np.arange(len(data.target)) % 2 == 0
    own = centred(data.rows.take(np.flatnonzero(even)))
    found = line(own, _by_iteration(own, penalty), noise_alone(0.0, len(data.mean)))
    other = data.rows.take(np.flatnonzero(~even))
    error = np.asarray(other.target) - found.predict(other.features).score  # type: ignore[arg-type]
    return float(np.sqrt(np.average(error**2, weights=data.weights[~even])))


LINEAR = Recipe(
    name="linear",
    title="Least squares on standardised columns",
    tasks=frozenset({"regression"}),
    step=ColumnsStep(mode="linear"),
    learner=LeastSquares(),
    simplicity=6,
)

RIDGE = Recipe(
    name="ridge",
    title="Least squares with a squared penalty",
    tasks=frozenset({"regression"}),
    step=ColumnsStep(mode="linear"),
    learner=Ridge(),
    simplicity=7,
    space={"penalty_strength": Real(1e-3, 1e4, log=True)},
)
