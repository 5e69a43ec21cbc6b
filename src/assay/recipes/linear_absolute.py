"""Lines with a penalty on the absolute coefficients, which leaves some of them exactly 0: lasso and elastic net.

Fitted by scikit-learn's coordinate descent on a target of standard deviation 1, so that a penalty means the same whatever
the target's unit is: at 1 and above hardly any column of standard deviation 1 is left.
Source: Tibshirani (1996); Zou & Hastie (2005); degrees of freedom: Zou, Hastie & Tibshirani (2007).
"""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.columns import ColumnsStep
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear
from assay.recipes.linear_factors import Centred, centred
from assay.recipes.linear_spread import noise_alone, noise_of
from assay.recipes.linear_squares import line
from assay.recipes.outputs import dense
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real

MOST_GRAM = 2000
"""Columns up to which their products are computed once, where rows are more than they; 32 MB."""


@dataclass(frozen=True, kw_only=True)
class ElasticNet:
    """Minimises half the mean squared error + penalty_strength · (l1_share · Σ |b| + (1 - l1_share) / 2 · Σ b²).

    b: coefficients for a target of standard deviation 1.  l1_share: 1 is the lasso, towards 0 it becomes ridge.
    tolerance: the duality gap at which the fit ends, as a share of the target's sum of squares.
    """

    penalty_strength: float = 1e-3
    l1_share: float = 1.0
    most_iterations: int = 5000
    tolerance: float = 1e-7
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
        """Rows of weight 0 are left out."""
        data = centred(rows if rows.weights is None else rows.take(np.flatnonzero(rows.weights > 0)))
        width = len(data.mean)
        coefficients = self._coefficients(data) if width and data.has_spread else np.zeros(width)
        error = data.target - (np.asarray(data.features @ coefficients) - data.mean @ coefficients)
        noise = noise_of(float(data.weights @ error**2), data.total, self._spent(data, coefficients), float(data.has_spread))
        return line(data, coefficients, noise_alone(noise * data.unit, width))

    def _coefficients(self, data: Centred) -> np.ndarray:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import ElasticNet as Solver

        features = data.features
        is_sparse = sparse.issparse(features)
        width = len(data.mean)
        columns = sparse.csc_matrix(features) if is_sparse else np.asfortranarray(features, dtype=np.float64)
        model = Solver(
            alpha=self.penalty_strength,
            l1_ratio=self.l1_share,
            max_iter=self.most_iterations,
            tol=self.tolerance,
            precompute=not is_sparse and len(data.target) > width and width <= MOST_GRAM,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the most iterations are a bound, not an error
            model.fit(columns, data.target, sample_weight=data.weights)
        return np.asarray(model.coef_, dtype=np.float64)

    def _spent(self, data: Centred, coefficients: np.ndarray) -> float:
        """Degrees of freedom: the intercept and, for each direction of the columns in use, the share that is not shrunken."""
        active = np.flatnonzero(coefficients)
        squared = self.penalty_strength * (1 - self.l1_share) * data.total
        if squared == 0 or len(active) > MOST_GRAM:
            return 1.0 + len(active)
        chosen = data.features[:, active]
        weighted = chosen.multiply(data.weights[:, None]) if sparse.issparse(chosen) else chosen * data.weights[:, None]
        mean = data.mean[active]
        products = dense(chosen.T @ weighted) - data.total * np.outer(mean, mean)
        values = np.maximum(np.linalg.eigvalsh(products), 0.0)
        return 1.0 + float((values / (values + squared)).sum())


LASSO = Recipe(
    name="lasso",
    title="Least squares with few columns in use",
    tasks=frozenset({"regression"}),
    step=ColumnsStep(mode="linear"),
    learner=ElasticNet(),
    simplicity=5,
    space={"penalty_strength": Real(1e-5, 1.0, log=True)},
)

ELASTIC_NET = Recipe(
    name="elastic-net",
    title="Least squares with squared and absolute penalties",
    tasks=frozenset({"regression"}),
    step=ColumnsStep(mode="linear"),
    learner=ElasticNet(l1_share=0.5),
    simplicity=8,
    space={"penalty_strength": Real(1e-5, 1.0, log=True), "l1_share": Real(0.05, 1.0)},
)
