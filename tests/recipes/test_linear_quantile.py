"""Lines through a quantile against scikit-learn's linear program."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import QuantileRegressor

from assay.core.errors import ConfigError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear
from assay.recipes.linear_quantile import Quantile

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 4)) + 2.0
Y = X @ [2.0, 0, -1, 0.5] + RNG.standard_t(2, size=400) + 100
WEIGHTS = RNG.integers(0, 4, 400).astype(float)
TASK = Task("regression", "y")


def fit(quantile: float, x: object = X, y: np.ndarray = Y, weights: np.ndarray | None = None) -> FittedLinear:
    learner = Quantile(quantile=quantile, penalty_strength=1e-9)
    return learner.fit(Rows(x, y, 0, weights), TASK, validation=None, seed=0, budget=Budget(), context=Context())


def pinball(quantile: float, said: np.ndarray, weights: np.ndarray | None) -> float:
    error = Y - said
    return float(np.average(np.maximum(quantile * error, (quantile - 1) * error), weights=weights))


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.8])
def test_the_line_is_as_good_as_that_of_the_linear_program(quantile: float, weights: np.ndarray | None) -> None:
    oracle = QuantileRegressor(quantile=quantile, alpha=0.0).fit(X, Y, sample_weight=weights)
    found = fit(quantile, weights=weights)
    best = pinball(quantile, oracle.predict(X), weights)
    assert best <= pinball(quantile, found.predict(X).score, weights) <= 1.0005 * best
    np.testing.assert_allclose(found.coefficients[0], oracle.coef_, atol=0.06)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.8])
def test_the_share_of_targets_below_the_line_is_the_quantile(quantile: float) -> None:
    assert (fit(quantile).predict(X).score > Y).mean() == pytest.approx(quantile, abs=0.02)


def test_sparse_rows_get_the_line_of_dense_ones() -> None:
    np.testing.assert_allclose(fit(0.5, sparse.csr_matrix(X)).coefficients, fit(0.5).coefficients, atol=1e-3)


def test_how_far_a_far_target_lies_does_not_matter() -> None:
    near, far = (fit(0.5, y=np.append(Y[1:], value)).predict(X).score for value in (120.0, 1e6))
    np.testing.assert_allclose(far, near, atol=0.01)


@pytest.mark.parametrize("x", [np.zeros((5, 0)), np.ones((5, 3)), sparse.csr_matrix((5, 2)), RNG.normal(size=(5, 40))])
def test_few_rows_and_columns_that_say_nothing_get_finite_values_and_a_spread(x: object) -> None:
    said = fit(0.5, x, Y[:5]).predict(x)
    assert np.isfinite(said.score).all()
    assert (said.spread > 0).all()
    if x.shape[1] < 40:
        np.testing.assert_allclose(said.score, np.median(Y[:5]), atol=0.1)


def test_a_constant_target_is_predicted_as_it_is() -> None:
    np.testing.assert_allclose(fit(0.5, y=np.full(400, 0.1)).predict(X).score, 0.1)


def test_a_quantile_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="quantile=1"):
        Quantile(quantile=1)
