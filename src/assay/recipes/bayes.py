"""Naive Bayes: every column on its own, given the class. Closed forms, so fitted and kept as our own arrays.

The Gaussian form equals scikit-learn's GaussianNB, the multinomial one its MultinomialNB.
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
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.outputs import (
    ABSENT_LOGIT,
    CLASSIFICATION,
    check_width,
    class_columns,
    dense,
    from_logits,
    task_and_classes,
    task_header,
)
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real


def from_joint(task: str, joint: np.ndarray, present: np.ndarray) -> Output:
    """joint: (n, K) log of prior times likelihood, up to a constant a row. Classes without training rows come last."""
    if not present.all():
        lowest = joint[:, present].min(axis=1, keepdims=True)
        joint = np.where(present, joint, lowest + ABSENT_LOGIT)
    if task == "binary":
        return from_logits(task, joint[:, 1:] - joint[:, :1])
    return from_logits(task, joint)


def weighted_classes(rows: Rows) -> np.ndarray:
    """float64 (n, K): the weight of each row in the column of its class."""
    classes = class_columns(rows.target, rows.n_classes)
    return classes if rows.weights is None else classes * rows.weights[:, None]


def log_prior_of(mass: np.ndarray) -> np.ndarray:
    """float64 (K,), of the summed weights of each class; 0 for a class that has none."""
    return np.asarray(np.log(np.where(mass > 0, mass, 1.0) / mass.sum()))


@dataclass(frozen=True)
class FittedGaussianBayes:
    """means, variances: float64 (K, width).  log_prior: (K,).  present: bool (K,), classes that had training rows."""

    KIND: ClassVar[str] = "gaussian-bayes"

    task: str
    log_prior: np.ndarray
    means: np.ndarray
    variances: np.ndarray
    present: np.ndarray

    def predict(self, matrix: Matrix) -> Output:
        """score: the log odds (binary) or the joint log likelihoods."""
        check_width(matrix, self.means.shape[1])
        rows = dense(matrix)
        joint = np.empty((len(rows), len(self.log_prior)))
        for k, (mean, variance) in enumerate(zip(self.means, self.variances, strict=True)):
            constant = self.log_prior[k] - 0.5 * np.log(2 * np.pi * variance).sum()
            joint[:, k] = constant - 0.5 * ((rows - mean) ** 2 / variance).sum(axis=1)
        return from_joint(self.task, joint, self.present)

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, len(self.log_prior)),
            "log_prior": self.log_prior,
            "means": self.means,
            "variances": self.variances,
            "present": self.present,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = classes_of(state)
        means = checks.floats(state, "means", (n_classes, None))
        variances = checks.floats(state, "variances", means.shape)
        checks.real({"variance": float(variances.min(initial=1.0))}, "variance", low=1e-300)
        return cls(task, checks.floats(state, "log_prior", (n_classes,)), means, variances, present_of(state, n_classes))


@dataclass(frozen=True)
class FittedMultinomialBayes:
    """log_shares: float64 (K, width), the log share of each column in a class."""

    KIND: ClassVar[str] = "multinomial-bayes"

    task: str
    log_prior: np.ndarray
    log_shares: np.ndarray
    present: np.ndarray

    def predict(self, matrix: Matrix) -> Output:
        """score: the log odds (binary) or the joint log likelihoods."""
        check_width(matrix, self.log_shares.shape[1])
        return from_joint(self.task, np.asarray(matrix @ self.log_shares.T) + self.log_prior, self.present)

    def state(self) -> State:
        return {
            **task_header(self.KIND, self.task, len(self.log_prior)),
            "log_prior": self.log_prior,
            "log_shares": self.log_shares,
            "present": self.present,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        task, n_classes = classes_of(state)
        log_prior = checks.floats(state, "log_prior", (n_classes,))
        return cls(task, log_prior, checks.floats(state, "log_shares", (n_classes, None)), present_of(state, n_classes))


def classes_of(state: State) -> tuple[str, int]:
    task, n_classes = task_and_classes(state)
    checks.choice({"task": task}, "task", CLASSIFICATION)
    return task, n_classes


def present_of(state: State, n_classes: int) -> np.ndarray:
    present = checks.flags(state, "present", (n_classes,))
    checks.whole({"classes with rows": int(present.sum())}, "classes with rows", low=1, high=n_classes)
    return present


@dataclass(frozen=True, kw_only=True)
class GaussianBayes:
    """smoothing: this share of the largest variance is added to every variance."""

    smoothing: float = 1e-9
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
    ) -> FittedGaussianBayes:
        features = dense(rows.features)  # type: ignore[arg-type]
        classes = weighted_classes(rows)
        mass = classes.sum(axis=0)
        means, variances = np.zeros((2, rows.n_classes, features.shape[1]))
        for k in np.flatnonzero(mass):
            own = classes[:, k] > 0
            means[k] = np.average(features[own], axis=0, weights=classes[own, k])
            variances[k] = np.average((features[own] - means[k]) ** 2, axis=0, weights=classes[own, k])
        floor = self.smoothing * float(features.var(axis=0).max(initial=0.0))
        variances += floor if floor > 0 else 1.0
        return FittedGaussianBayes(task.name, log_prior_of(mass), means, variances, mass > 0)


@dataclass(frozen=True, kw_only=True)
class MultinomialBayes:
    """smoothing: added to the count of every column in every class."""

    smoothing: float = 0.3
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
    ) -> FittedMultinomialBayes:
        """rows.features: counts or weights, none negative."""
        classes = weighted_classes(rows)
        counts = np.asarray((rows.features.T @ classes).T) + self.smoothing  # type: ignore[union-attr]
        mass = classes.sum(axis=0)
        log_shares = np.log(counts) - np.log(counts.sum(axis=1, keepdims=True))
        return FittedMultinomialBayes(task.name, log_prior_of(mass), log_shares, mass > 0)


NAIVE_BAYES = Recipe(
    name="naive-bayes",
    title="Gaussian naive Bayes",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="dense"),
    learner=GaussianBayes(smoothing=1e-2),
    simplicity=11,
    space={"smoothing": Real(1e-9, 1.0, log=True)},
)
