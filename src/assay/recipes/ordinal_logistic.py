"""Proportional odds: one line, and a threshold between each two neighbouring levels of an ordinal target.

P(at most level k) = σ(θ_k − x'b): a column moves the odds of every cut alike, so that K levels take K − 1 numbers more than
a line and not K times as many, which is what the order is worth.  The likelihood is concave in (θ, b); thresholds stay in
order because what is searched is the first of them and the logarithms of the gaps.
Source: McCullagh (1980); the gradient by the stable form log(σ(a) − σ(b)) = log σ(a) + log σ(−b) + log(1 − exp(b − a)).
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy import special

from assay.core.errors import BundleError
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.outputs import MOST_FEATURES, check_width, from_logits, task_and_classes, task_header
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real

LEAST = 1e-13
"""The least probability of a level: possible, at odds of one in 10^13, also where no training row had it."""

FAR = 1e9
"""The threshold below the lowest, or above the highest, level that training rows had."""

LEAST_GAP, LARGEST_GAP = -30.0, 30.0
"""Of the logarithm of a gap between thresholds, while it is searched."""


@dataclass(frozen=True)
class FittedCumulative:
    """coefficients: float64 (width,).  thresholds: float64 (K − 1,), none below the one before.

    Equal thresholds leave no room for the level between them, which no training row had.
    """

    KIND: ClassVar[str] = "cumulative-logit"

    task: str
    n_classes: int
    coefficients: np.ndarray
    thresholds: np.ndarray

    def predict(self, matrix: Matrix) -> Output:
        """score: the logarithm of each level's probability."""
        check_width(matrix, len(self.coefficients))
        line = np.asarray(matrix @ self.coefficients)
        below = np.full((len(line), 1), -np.inf), np.full((len(line), 1), np.inf)
        cuts = np.concatenate([below[0], self.thresholds - line[:, None], below[1]], axis=1)
        # the difference is taken on the side where both are small: near 1 their digits are gone
        probability = np.where(
            cuts[:, :-1] + cuts[:, 1:] > 0,
            special.expit(-cuts[:, :-1]) - special.expit(-cuts[:, 1:]),
            special.expit(cuts[:, 1:]) - special.expit(cuts[:, :-1]),
        )
        return from_logits(self.task, np.log(np.maximum(probability, LEAST)))

    def state(self) -> State:
        header = task_header(self.KIND, self.task, self.n_classes)
        return {**header, "coefficients": self.coefficients, "thresholds": self.thresholds}

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = task_and_classes(state)
        if task != "multiclass":
            raise BundleError(f"the saved model has levels in order, which does not fit its task ({task}).")
        coefficients = checks.floats(state, "coefficients", (None,))
        checks.whole({"columns": len(coefficients)}, "columns", low=0, high=MOST_FEATURES)
        thresholds = checks.floats(state, "thresholds", (n_classes - 1,))
        if (np.diff(thresholds) < 0).any():
            raise BundleError("the saved model's thresholds between levels are not in order.")
        return cls(task, n_classes, coefficients, thresholds)


@dataclass(frozen=True, kw_only=True)
class OrdinalLogistic:
    """penalty_strength: the weight of half the squared coefficients against the summed log loss, as in ``Logistic``.

    tolerance: the largest slope of the mean loss at which the fit ends.
    """

    penalty_strength: float = 1.0
    most_iterations: int = 2000
    tolerance: float = 1e-7
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
    ) -> FittedCumulative:
        """A level without training rows gets no room between its thresholds."""
        from scipy.optimize import fmin_l_bfgs_b

        weights = np.ones(len(rows)) if rows.weights is None else np.asarray(rows.weights, dtype=np.float64)
        mass = np.bincount(rows.target, weights=weights, minlength=rows.n_classes)
        present = np.flatnonzero(mass > 0)
        width = rows.features.shape[1]
        coefficients, found = np.zeros(width), np.zeros(0)
        if len(present) > 1:
            levels = np.searchsorted(present, rows.target).clip(max=len(present) - 1)  # rows of weight 0 count for nothing
            total = float(weights.sum())
            features: Any = rows.features
            problem = _Problem(features, levels, weights / total, self.penalty_strength / total)
            start = np.concatenate([_start(mass[present]), np.zeros(width)])
            best = fmin_l_bfgs_b(problem.loss, start, m=20, maxiter=self.most_iterations, pgtol=self.tolerance, factr=10.0)[0]
            found, coefficients = _thresholds(best[: len(present) - 1]), best[len(present) - 1 :]
        # between levels k and k + 1 lies the threshold below the first present level above k
        above = np.searchsorted(present, np.arange(1, rows.n_classes))
        thresholds = np.concatenate([[-FAR], found, [FAR]])[above]
        return FittedCumulative(task.name, rows.n_classes, coefficients, thresholds)


@dataclass(frozen=True)
class _Problem:
    """levels: int (n,), 0 … J − 1, all of them present.  share: float64 (n,), weights that sum to 1."""

    features: Matrix
    levels: np.ndarray
    share: np.ndarray
    penalty: float

    def loss(self, at: np.ndarray) -> tuple[float, np.ndarray]:
        """The mean log loss and its gradient at (first threshold, log gaps, coefficients)."""
        cuts = int(self.levels.max())
        raw, coefficients = at[:cuts], at[cuts:]
        thresholds, gaps = _thresholds(raw), np.exp(np.clip(raw[1:], LEAST_GAP, LARGEST_GAP))
        line = np.asarray(self.features @ coefficients)
        has_upper, has_lower = self.levels < cuts, self.levels > 0
        upper = np.where(has_upper, thresholds[np.minimum(self.levels, cuts - 1)] - line, np.inf)
        lower = np.where(has_lower, thresholds[np.maximum(self.levels - 1, 0)] - line, -np.inf)
        between = has_upper & has_lower
        gap = np.append(gaps, 1.0)[np.where(between, self.levels - 1, len(gaps))]
        logs = special.log_expit(upper) + special.log_expit(-lower) + np.where(between, np.log(-np.expm1(-gap)), 0.0)
        near = np.where(between, 1 / np.expm1(gap), 0.0)
        by_upper = -self.share * np.where(has_upper, special.expit(-upper) + near, 0.0)
        by_lower = self.share * np.where(has_lower, special.expit(lower) + near, 0.0)
        by_threshold = np.bincount(self.levels[has_upper], weights=by_upper[has_upper], minlength=cuts)
        by_threshold += np.bincount(self.levels[has_lower] - 1, weights=by_lower[has_lower], minlength=cuts)
        onward = np.cumsum(by_threshold[::-1])[::-1]  # a gap moves every threshold above it
        inside = (raw[1:] > LEAST_GAP) & (raw[1:] < LARGEST_GAP)
        by_raw = np.append(onward[:1], onward[1:] * gaps * inside)
        by_coefficients = -np.asarray(self.features.T @ (by_upper + by_lower)).ravel() + self.penalty * coefficients
        value = -float(self.share @ logs) + self.penalty / 2 * float(coefficients @ coefficients)
        return value, np.concatenate([by_raw, by_coefficients])


def _thresholds(raw: np.ndarray) -> np.ndarray:
    """float64 (J − 1,), rising, from the first of them and the logarithms of the gaps."""
    gaps = np.exp(np.clip(raw[1:], LEAST_GAP, LARGEST_GAP))
    return np.asarray(raw[0] + np.concatenate([[0.0], np.cumsum(gaps)]))


def _start(mass: np.ndarray) -> np.ndarray:
    """Where no column says anything: the thresholds that give each level its share."""
    below = np.cumsum(mass)[:-1] / mass.sum()
    logits = special.logit(below)
    return np.append(logits[:1], np.log(np.diff(logits)))


ORDINAL_LOGISTIC = Recipe(
    name="ordinal-logistic",
    title="Proportional odds: logistic regression with thresholds between levels in order",
    tasks=frozenset({"ordinal"}),
    step=ColumnsStep(mode="linear"),
    learner=OrdinalLogistic(),
    simplicity=9,
    space={"penalty_strength": Real(1e-4, 1e4, log=True)},
)
