"""Logistic regression on columns that naive Bayes has weighed: NB-SVM's idea, with the log loss in place of the hinge.

A column counts as far as the classes differ in it: it is multiplied by the log of the ratio of its smoothed shares, r, before
coefficients are learned.  As the ratios are fixed then, r ∘ w are the coefficients of the columns themselves, so what is kept
is an ordinary linear model.  With more than two classes each has its ratios against the rest, and all logits are learned
together under one softmax.
Source: Wang & Manning (2012), Baselines and Bigrams: Simple, Good Sentiment and Topic Classification.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from assay.core.errors import ConfigError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.bayes import weighted_classes
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear, only_class
from assay.recipes.outputs import ABSENT_LOGIT, sigmoid, softmax

LEAST_SLOPE_OF_MEAN = 1e-6
"""The fit ends where no slope of the mean loss is larger."""


@dataclass(frozen=True, kw_only=True)
class BayesLogistic:
    """penalty_strength: the weight of the squared w against the summed log loss.

    smoothing: added to the sum of every column in every class before the ratios are taken.
    """

    penalty_strength: float = 0.1
    smoothing: float = 1.0
    most_iterations: int = 1000
    takes_weights: bool = True

    def __post_init__(self) -> None:
        if not self.penalty_strength > 0 or not self.smoothing > 0 or self.most_iterations < 1:
            raise ConfigError(
                f"penalty_strength={self.penalty_strength} and smoothing={self.smoothing} must be above 0, "
                f"most_iterations={self.most_iterations} at least 1."
            )

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
        """rows.features: counts or weights, none negative.  A class without training rows gets a very low logit."""
        present = np.unique(rows.target)
        width = rows.features.shape[1]
        if len(present) == 1:
            return only_class(task.name, rows.n_classes, width, int(present[0]))
        matrix = sparse.csr_matrix(rows.features)
        classes = weighted_classes(rows)[:, present]
        ratios = log_ratios(matrix, classes, self.smoothing)
        if task.name == "binary":
            found, intercepts = self._learned(matrix, classes, ratios[1:])
            return FittedLinear(task.name, rows.n_classes, found, intercepts)
        found, some = self._learned(matrix, classes, ratios)
        coefficients, intercepts = np.zeros((rows.n_classes, width)), np.full(rows.n_classes, ABSENT_LOGIT)
        coefficients[present], intercepts[present] = found, some - some.mean()
        return FittedLinear(task.name, rows.n_classes, coefficients, intercepts)

    def _learned(self, matrix: sparse.csr_matrix, classes: np.ndarray, ratios: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(coefficients (L, width), intercepts (L,)) of one logit (two classes), or one a class."""
        from scipy.optimize import minimize

        n_logits, width = ratios.shape
        mass = float(classes.sum())
        shares, penalty = classes / mass, self.penalty_strength / mass
        turned = matrix.T.tocsr()

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            given = flat.reshape(n_logits, width + 1)
            weights, intercepts = given[:, :-1], given[:, -1]
            logits = np.asarray(matrix @ (ratios * weights).T) + intercepts
            value, slopes = _log_loss(logits, shares)
            inner = np.asarray(turned @ slopes).T * ratios + penalty * weights
            return value + penalty / 2 * float((weights**2).sum()), np.column_stack([inner, slopes.sum(axis=0)]).ravel()

        options: Any = {
            "maxiter": self.most_iterations,
            "gtol": LEAST_SLOPE_OF_MEAN,
            "ftol": 64 * np.finfo(float).eps,
            "maxls": 50,
        }
        done = minimize(loss, np.zeros(n_logits * (width + 1)), jac=True, method="L-BFGS-B", options=options)
        found = done.x.reshape(n_logits, width + 1)
        return ratios * found[:, :-1], found[:, -1].copy()


def log_ratios(matrix: sparse.csr_matrix, classes: np.ndarray, smoothing: float) -> np.ndarray:
    """float64 (K, width): log of the share of each column in a class over its share in the other classes.

    classes: float64 (n, K), the weight of each row in the column of its class.

    >>> log_ratios(sparse.csr_matrix([[2.0, 0.0], [0.0, 1.0]]), np.eye(2), 1.0).round(3).tolist()
    [[0.811, -0.981], [-0.811, 0.981]]
    """
    sums = np.asarray(matrix.T @ classes).T
    own, rest = sums + smoothing, sums.sum(axis=0) - sums + smoothing
    return np.asarray(
        np.log(own) - np.log(own.sum(axis=1, keepdims=True)) - np.log(rest) + np.log(rest.sum(axis=1, keepdims=True))
    )


def _log_loss(logits: np.ndarray, shares: np.ndarray) -> tuple[float, np.ndarray]:
    """(the mean loss, its slopes (n, L)).  shares: (n, K), of each row in its class, that sum to 1 over all."""
    if logits.shape[1] == 1:
        both = np.hstack([np.zeros_like(logits), logits])
        value = float((shares * (np.logaddexp(0.0, logits) - both)).sum())
        return value, sigmoid(logits) * shares.sum(axis=1, keepdims=True) - shares[:, 1:]
    highest = logits.max(axis=1, keepdims=True)
    total = highest + np.log(np.exp(logits - highest).sum(axis=1, keepdims=True))
    return float((shares * (total - logits)).sum()), softmax(logits) * shares.sum(axis=1, keepdims=True) - shares
