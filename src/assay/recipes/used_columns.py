"""Logistic regression on a matrix most of whose columns no training row has, such as hashed terms of few texts.

A column without entries gets no slope from the loss, so its coefficient under the penalty is 0: it is left out of the fit,
which then is as long as the texts are and not as long as the hash is wide.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear, Logistic


@dataclass(frozen=True, kw_only=True)
class UsedColumnsLogistic:
    """inner: what is fitted on the columns that have entries."""

    inner: Logistic = field(default_factory=Logistic)
    takes_weights: bool = True

    def wants_validation(self, task: Task) -> bool:
        return self.inner.wants_validation(task)

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,
        seed: int,
        budget: Budget,
        context: Context,
    ) -> FittedLinear:
        """rows.features: csr, or a matrix that can be one."""
        matrix = sparse.csr_matrix(rows.features)
        used: np.ndarray = np.unique(matrix.indices)
        used = used if len(used) else np.arange(min(1, matrix.shape[1]))  # rows without anything: the intercept is all there is
        part = replace(rows, features=matrix[:, used], blocks=())
        found = self.inner.fit(part, task, validation=validation, seed=seed, budget=budget, context=context)
        coefficients = np.zeros((len(found.coefficients), matrix.shape[1]))
        coefficients[:, used] = found.coefficients
        return replace(found, coefficients=coefficients)
