"""A linear support vector machine on rows that are mostly zeros, such as texts: the widest margin, made into a logit.

The machine is scikit-learn's LinearSVC (squared hinge, found by Newton steps, so that nothing is drawn), one for each class
against the rest.  A margin is no probability: slope and shift come from rows set apart (Platt's scaling; one temperature with
a bias a class where there are more than two) and are folded into the weights.  ``svm`` does the same on dense columns.
Source: Fan et al. (2008), LIBLINEAR; Platt (1999).
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import expit

from assay.data.rows import Rows
from assay.data.task import Task
from assay.measure.calibration import fit_platt, fit_vector_scaling
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear, only_class
from assay.recipes.outputs import ABSENT_LOGIT, softmax

LEAST_SLOPE = 1e-3
"""Of the logit over the margin: rows set apart may be too few to tell up from down, the machine is not."""


@dataclass(frozen=True, kw_only=True)
class SparseSvm:
    """cost: what one row's violation costs against half the squared weights."""

    cost: float = 0.3
    tolerance: float = 1e-4
    takes_weights: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return True

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,
        seed: int,  # noqa: ARG002
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedLinear:
        """Without ``validation`` slope and shift are those of the training rows.  Rows of weight 0 are left out."""
        rows = _weighing(rows)
        present = np.unique(rows.target)
        if len(present) == 1:
            return only_class(task.name, rows.n_classes, rows.features.shape[1], int(present[0]))
        weights, intercepts = self.machines(rows, present)
        held = rows if validation is None else _weighing(validation)
        known = np.flatnonzero(np.isin(held.target, present))
        held = held.take(known) if len(known) else rows
        margins = np.asarray(sparse.csr_matrix(held.features) @ weights.T) + intercepts
        target = np.searchsorted(present, held.target)
        if len(present) == 2:
            platt = fit_platt(target, expit(margins[:, 0]), held.weights)
            slope, shifts = platt.slope, np.array([platt.intercept])
        else:
            scaling = fit_vector_scaling(target, softmax(margins), held.weights)
            slope, shifts = scaling.inverse_temperature, np.array(scaling.bias)
        slope = max(slope, LEAST_SLOPE)
        return _as_classes(slope * weights, slope * intercepts + shifts, task.name, rows.n_classes, present)

    def machines(self, rows: Rows, present: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(weights (S, width), intercepts (S,)): of the second class against the first, or of each against the rest."""
        from sklearn.svm import LinearSVC

        matrix = sparse.csr_matrix(rows.features)
        codes = present[1:] if len(present) == 2 else present
        weights, intercepts = np.zeros((len(codes), matrix.shape[1])), np.zeros(len(codes))
        for number, code in enumerate(codes):
            model = LinearSVC(C=self.cost, dual=False, tol=self.tolerance)
            model.fit(matrix, rows.target == code, sample_weight=rows.weights)
            weights[number], intercepts[number] = model.coef_[0], model.intercept_[0]
        return weights, intercepts


def _weighing(rows: Rows) -> Rows:
    return rows if rows.weights is None else rows.take(np.flatnonzero(rows.weights > 0))


def _as_classes(weights: np.ndarray, intercepts: np.ndarray, task: str, n_classes: int, present: np.ndarray) -> FittedLinear:
    """Logits of all classes, centred over those present, so that one without training rows is never the likeliest."""
    if task == "binary":
        return FittedLinear(task, n_classes, weights, intercepts)
    if len(present) == 2:
        weights, intercepts = np.vstack([0 * weights, weights]), np.append(0.0, intercepts)
    every, shifts = np.zeros((n_classes, weights.shape[1])), np.full(n_classes, ABSENT_LOGIT)
    every[present], shifts[present] = weights - weights.mean(axis=0), intercepts - intercepts.mean()
    return FittedLinear(task, n_classes, every, shifts)
