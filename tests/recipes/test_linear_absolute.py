"""Lasso and elastic net against scikit-learn, and their degrees of freedom against a simulation."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import ElasticNet as Oracle

from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear
from assay.recipes.linear_absolute import ElasticNet

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 8)) + 3.0
Y = X @ [2.0, 0, -1, 0.5, 0, 0, 0, 0] + RNG.normal(size=240) + 100
WEIGHTS = RNG.integers(0, 4, 240).astype(float)
TASK = Task("regression", "y")


def fit(strength: float, l1_share: float, x: object = X, y: np.ndarray = Y, weights: np.ndarray | None = None) -> FittedLinear:
    learner = ElasticNet(penalty_strength=strength, l1_share=l1_share)
    return learner.fit(Rows(x, y, 0, weights), TASK, validation=None, seed=0, budget=Budget(), context=Context())


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize(("strength", "l1_share"), [(0.05, 1.0), (0.1, 0.5), (1e-4, 0.5)])
def test_coefficients_equal_scikit_learn_on_a_standardised_target(
    strength: float, l1_share: float, weights: np.ndarray | None
) -> None:
    middle = np.average(Y, weights=weights)
    unit = np.sqrt(np.average((Y - middle) ** 2, weights=weights))
    expected = Oracle(alpha=strength, l1_ratio=l1_share, tol=1e-12).fit(X, (Y - middle) / unit, sample_weight=weights)
    found = fit(strength, l1_share, weights=weights)
    np.testing.assert_allclose(found.coefficients[0] / unit, expected.coef_, atol=1e-5)
    np.testing.assert_array_equal(found.coefficients[0] == 0, expected.coef_ == 0)
    np.testing.assert_allclose(found.predict(X).score, expected.predict(X) * unit + middle, atol=1e-4)


@pytest.mark.parametrize("l1_share", [1.0, 0.5])
def test_sparse_rows_get_the_line_of_dense_ones(l1_share: float) -> None:
    dense, found = fit(0.05, l1_share), fit(0.05, l1_share, sparse.csr_matrix(X))
    np.testing.assert_allclose(found.coefficients, dense.coefficients, atol=1e-4)
    np.testing.assert_allclose(found.predict(X).spread, dense.predict(X).spread, atol=1e-4)


@pytest.mark.parametrize("l1_share", [1.0, 0.5])
def test_the_spread_is_the_noise_of_the_target_although_the_line_was_fitted_to_it(l1_share: float) -> None:
    found = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(60, 25))
        found.append(fit(1e-3, l1_share, x, x @ rng.normal(size=25) + rng.normal(size=60)).predict(x).spread[0] ** 2)
    assert np.mean(found) == pytest.approx(1.0, abs=0.06)  # without degrees of freedom it would be 0.57


def test_the_unit_of_the_target_does_not_matter() -> None:
    np.testing.assert_allclose(fit(0.1, 1.0, y=Y * 1e200).predict(X).score / 1e200, fit(0.1, 1.0).predict(X).score, rtol=1e-9)


@pytest.mark.parametrize("l1_share", [1.0, 0.5])
@pytest.mark.parametrize("x", [np.zeros((5, 0)), np.ones((5, 3)), sparse.csr_matrix((5, 2)), RNG.normal(size=(5, 40))])
def test_few_rows_and_columns_that_say_nothing_get_finite_values_and_a_spread(x: object, l1_share: float) -> None:
    said = fit(0.01, l1_share, x, Y[:5]).predict(x)
    assert np.isfinite(said.score).all()
    assert (said.spread > 0).all()


def test_a_constant_target_is_predicted_as_it_is() -> None:
    np.testing.assert_allclose(fit(0.01, 1.0, y=np.full(240, 0.1)).predict(X).score, 0.1)
