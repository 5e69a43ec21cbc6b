"""Discriminant analysis: each class is a normal cloud, and a row goes where its density times the class's share is largest.

Linear (one covariance for all classes, so that the borders are flat) and quadratic (one a class, drawn towards the common
one).  Closed forms of weighted rows: a weight of 2 is a row that stands twice.  Without pooling they equal scikit-learn's
LinearDiscriminantAnalysis(solver="lsqr", shrinkage=…) and QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=…).
Real columns are not normal, and the clouds then say far too much: the recipes ask for calibration out of fold.
Source: Fisher (1936); Friedman (1989), "Regularized discriminant analysis".
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare import checks
from assay.prepare.columns import ColumnsStep
from assay.prepare.step import Matrix
from assay.recipes.bayes import classes_of, from_joint, log_prior_of, present_of, weighted_classes
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.linear import FittedLinear
from assay.recipes.linear_clouds import Cloud, Scatter, cloud_of, means_of, scatter_of
from assay.recipes.outputs import ABSENT_LOGIT, CLASSIFICATION, check_width, dense, task_header
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real

MOST_KEPT = 20_000_000
"""Numbers of all classes' directions together (160 MB); where they would be more, the narrowest share one variance."""

LEAST_DIRECTIONS = 20


@dataclass(frozen=True)
class FittedQuadratic:
    """means: float64 (K, width).  directions: float64 (K, width, r), of length 1 or 0.

    precisions: float64 (K, r), 1 / variance along each direction.  rest: float64 (K,), that across all of them.
    constants: float64 (K,), log prior and normalisation.  present: bool (K,), classes that had training rows.
    """

    KIND: ClassVar[str] = "quadratic"

    task: str
    means: np.ndarray
    directions: np.ndarray
    precisions: np.ndarray
    rest: np.ndarray
    constants: np.ndarray
    present: np.ndarray

    def predict(self, matrix: Matrix) -> Output:
        """score: the log odds (binary) or the joint log likelihoods, up to a constant."""
        check_width(matrix, self.means.shape[1])
        rows = dense(matrix)
        joint = np.empty((len(rows), len(self.means)))
        for k, mean in enumerate(self.means):
            apart = rows - mean
            along = (apart @ self.directions[k]) ** 2
            across = np.maximum((apart**2).sum(axis=1) - along.sum(axis=1), 0.0)
            joint[:, k] = self.constants[k] - 0.5 * (along @ self.precisions[k] + across * self.rest[k])
        return from_joint(self.task, joint, self.present)

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, len(self.means)),
            "means": self.means,
            "directions": self.directions,
            "precisions": self.precisions,
            "rest": self.rest,
            "constants": self.constants,
            "present": self.present,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = classes_of(state)
        means = checks.floats(state, "means", (n_classes, None))
        directions = checks.floats(state, "directions", (n_classes, means.shape[1], None))
        precisions = checks.floats(state, "precisions", (n_classes, directions.shape[2]))
        rest, constants = (checks.floats(state, name, (n_classes,)) for name in ("rest", "constants"))
        for values in (precisions, rest):
            checks.real({"precision": float(values.min(initial=1.0))}, "precision", low=0.0)
        return cls(task, means, directions, precisions, rest, constants, present_of(state, n_classes))


@dataclass(frozen=True, kw_only=True)
class LinearDiscriminant:
    """shrinkage: 0 takes the common covariance as it is, 1 the same variance in every direction."""

    shrinkage: float = 0.01
    takes_weights: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedLinear:
        """The logits are centred, so that a class without training rows, at a low one, is never the likeliest."""
        classes = weighted_classes(rows)
        mass = classes.sum(axis=0)
        means = means_of(rows, classes)
        cloud = cloud_of([scatter_of(rows, classes, means, seed)], self.shrinkage)
        coefficients = cloud.solved(means)
        intercepts = log_prior_of(mass) - 0.5 * (coefficients * means).sum(axis=1)
        share = mass / mass.sum()
        coefficients = coefficients - share @ coefficients
        intercepts = intercepts - share @ intercepts
        coefficients[mass == 0], intercepts[mass == 0] = 0.0, ABSENT_LOGIT
        if task.name == "binary":
            coefficients, intercepts = coefficients[1:] - coefficients[:1], intercepts[1:] - intercepts[:1]
        return FittedLinear(task.name, rows.n_classes, coefficients, intercepts)


@dataclass(frozen=True, kw_only=True)
class QuadraticDiscriminant:
    """pooling: 0 gives every class its own covariance, 1 all of them the common one.

    shrinkage: 0 takes the covariance as it is, 1 the same variance in every direction.
    """

    pooling: float = 0.1
    shrinkage: float = 0.1
    takes_weights: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedQuadratic:
        classes = weighted_classes(rows)
        mass = classes.sum(axis=0)
        means = means_of(rows, classes)
        common = scatter_of(rows, classes, means, seed)
        present = np.flatnonzero(mass)
        own: dict[int, Cloud] = {}
        for k in present:
            members = rows.take(np.flatnonzero(classes[:, k]))
            its_classes = classes[classes[:, k] > 0]
            own[int(k)] = self._cloud(scatter_of(members, its_classes, means, seed), common)
        most = max(LEAST_DIRECTIONS, MOST_KEPT // max(1, means.size))
        kept = {k: cloud.narrowed(most) for k, cloud in own.items()}
        r = max(len(cloud.variances) for cloud in kept.values())
        directions, precisions = np.zeros((*means.shape, r)), np.ones((len(mass), r))
        rest, constants = np.ones(len(mass)), log_prior_of(mass)
        for code, cloud in kept.items():
            width = len(cloud.variances)
            directions[code, :, :width], precisions[code, :width] = cloud.directions, 1 / cloud.variances
            rest[code] = 1 / cloud.rest
            constants[code] -= 0.5 * cloud.log_volume
        return FittedQuadratic(task.name, means, directions, precisions, rest, constants, mass > 0)

    def _cloud(self, own: Scatter, common: Scatter) -> Cloud:
        """A class whose rows do not vary at all has the common covariance, whatever the pooling."""
        if own.trace == 0.0 or self.pooling == 1.0:
            return cloud_of([common], self.shrinkage)
        parts = [own.times(1 - self.pooling), common.times(self.pooling)] if self.pooling else [own]
        return cloud_of(parts, self.shrinkage)


LDA = Recipe(
    name="lda",
    title="Linear discriminant analysis",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="dense"),
    learner=LinearDiscriminant(),
    simplicity=12,
    correction="calibrate",
    space={"shrinkage": Real(1e-4, 1.0, log=True)},
)

QDA = Recipe(
    name="qda",
    title="Quadratic discriminant analysis, regularised",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="dense"),
    learner=QuadraticDiscriminant(),
    simplicity=14,
    correction="calibrate",
    space={"pooling": Real(0.0, 1.0), "shrinkage": Real(1e-4, 1.0, log=True)},
)
