"""Columns without entries change nothing of what is learned."""

import numpy as np
from scipy import sparse

from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import Logistic
from assay.recipes.used_columns import UsedColumnsLogistic

REST = {"validation": None, "seed": 0, "budget": Budget(), "context": Context()}


def test_it_is_logistic_regression_on_all_columns() -> None:
    rng = np.random.default_rng(0)
    matrix = np.zeros((80, 400))
    matrix[:, ::40] = rng.poisson(1.0, (80, 10))
    target = (matrix.sum(axis=1) + rng.normal(0, 2, 80) > 10).astype(np.int64)
    rows = Rows(sparse.csr_matrix(matrix), target, 2)
    task = Task("binary", "y", ("a", "b"))
    few = UsedColumnsLogistic().fit(rows, task, **REST)
    whole = Logistic().fit(rows, task, **REST)
    np.testing.assert_allclose(few.coefficients, whole.coefficients, atol=1e-4)
    np.testing.assert_allclose(few.predict(matrix).probability, whole.predict(matrix).probability, atol=1e-4)
    assert (few.coefficients[:, matrix.sum(axis=0) == 0] == 0).all()
