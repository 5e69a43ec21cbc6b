"""Means that are never negative: a learner adds up a logarithm, and what is said is its exponential.

Poisson, gamma and compound Poisson (Tweedie) regressions, as lines and as boosted trees: an effect multiplies, and an error
counts by the spread that such a mean has.
Source: McCullagh & Nelder (1989), chapters 6 and 8; Jørgensen (1987) for the compound Poisson.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy import sparse

from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.boosting import FittedBoosting
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.linear import FittedLinear
from assay.recipes.linear_spread import noise_alone
from assay.recipes.outputs import task_and_classes, task_header
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real

COUNTS = frozenset({"counts"})

LARGEST_LOG = 700.0
"""exp() of more is infinite; of less than minus this it is 0, which is no mean."""

NEWTON_COLUMNS, NEWTON_CELLS = 500, 5 * 10**7
"""Up to so many a few Newton steps on dense columns beat thousands of gradients."""


@dataclass(frozen=True)
class FittedLogLink:
    """inner: what adds up the logarithm of the mean."""

    KIND: ClassVar[str] = "log-link"

    inner: FittedLinear | FittedBoosting

    def predict(self, matrix: Matrix) -> Output:
        """score: the mean, above 0."""
        log = self.inner.predict(matrix).score
        return Output(np.exp(np.clip(log, -LARGEST_LOG, LARGEST_LOG)), None)

    def state(self) -> State:
        return {**task_header(self.KIND, "regression", 0), "inner": self.inner.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, _ = task_and_classes(state)
        inner = checks.entry(state, "inner")
        readers: dict[str, Any] = {reader.KIND: reader for reader in (FittedLinear, FittedBoosting)}
        found = readers[checks.choice(inner, "kind", readers)].from_state(inner)
        if (task, found.task) != ("regression", "regression"):
            raise BundleError(f"the saved model is the logarithm of a number, which does not fit its task ({found.task}).")
        return cls(found)


@dataclass(frozen=True, kw_only=True)
class LogLinear:
    """power: of the mean, that the variance grows with: 1 Poisson, between 1 and 2 compound Poisson, 2 gamma.

    penalty_strength: the weight of half the squared coefficients against half the summed deviance.
    """

    power: float = 1.0
    penalty_strength: float = 1.0
    most_iterations: int = 1000
    tolerance: float = 1e-7
    takes_weights: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.power <= 2:
            raise ConfigError(f"power={self.power} must lie between 1 (Poisson) and 2 (gamma).")

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
    ) -> FittedLogLink:
        """Raises DataError for a target that is negative (for gamma: or 0), or 0 in every row."""
        from sklearn.linear_model import TweedieRegressor

        check_never_negative(rows, task, zero_is_fit=self.power < 2)
        total = float(len(rows) if rows.weights is None else rows.weights.sum())
        width = rows.features.shape[1]
        is_small = width <= NEWTON_COLUMNS and len(rows) * width <= NEWTON_CELLS
        features = rows.features.toarray() if is_small and sparse.issparse(rows.features) else rows.features
        model = TweedieRegressor(
            power=self.power,
            link="log",
            alpha=self.penalty_strength / total,
            solver="newton-cholesky" if is_small else "lbfgs",
            max_iter=self.most_iterations,
            tol=self.tolerance,
        )
        model.fit(features, rows.target, sample_weight=rows.weights)
        intercept = np.array([float(model.intercept_)])
        return FittedLogLink(FittedLinear("regression", 0, model.coef_[None].copy(), intercept, noise_alone(0.0, width)))


def check_never_negative(rows: Rows, task: Task, *, zero_is_fit: bool = True) -> None:
    """Raise DataError unless the target can be the counts (or amounts) of a mean that is above 0."""
    bad = rows.target < 0 if zero_is_fit else rows.target <= 0
    if bad.any():
        how = "below 0" if zero_is_fit else "not above 0"
        raise DataError(
            f"the target {task.target!r} is {how} in {int(bad.sum())} of {len(rows)} training rows, which this recipe cannot "
            "learn; leave it out of recipes."
        )
    if not (rows.target > 0).any():
        raise DataError(f"the target {task.target!r} is 0 in all {len(rows)} training rows: no mean above 0 can be learned.")


POISSON = Recipe(
    name="poisson",
    title="Poisson regression: a line for the logarithm of the mean count",
    tasks=COUNTS,
    step=ColumnsStep(mode="linear"),
    learner=LogLinear(),
    simplicity=8,
    space={"penalty_strength": Real(1e-4, 1e4, log=True)},
)

GAMMA = Recipe(
    name="gamma",
    title="Gamma regression: a line for the logarithm of a mean amount above 0",
    tasks=COUNTS,
    step=ColumnsStep(mode="linear"),
    learner=LogLinear(power=2.0),
    simplicity=8,
    space={"penalty_strength": Real(1e-4, 1e4, log=True)},
)

TWEEDIE = Recipe(
    name="tweedie",
    title="Compound Poisson (Tweedie) regression: amounts of which many are 0",
    tasks=COUNTS,
    step=ColumnsStep(mode="linear"),
    learner=LogLinear(power=1.5),
    simplicity=8,
    space={"power": Real(1.05, 1.95), "penalty_strength": Real(1e-4, 1e4, log=True)},
)
