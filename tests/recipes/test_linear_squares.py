"""Least squares and ridge against scikit-learn's coefficients and statsmodels' prediction intervals."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import sparse
from sklearn.linear_model import LinearRegression
from sklearn.linear_model import Ridge as RidgeOracle

from assay.core.errors import BundleError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes import linear_factors, linear_squares
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear
from assay.recipes.linear_squares import LeastSquares, Ridge

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 6)) + 3.0
Y = X @ [2.0, 0, -1, 0.5, 0, 0] + RNG.normal(size=240) + 100
COPIES = RNG.integers(0, 4, 240)
ASKED = 3 * RNG.normal(size=(30, 6)) + 3.0
TASK = Task("regression", "y")


def fit(penalty: float, x: object = X, y: np.ndarray = Y, weights: np.ndarray | None = None) -> FittedLinear:
    learner = Ridge(penalty_strength=penalty) if penalty else LeastSquares()
    rows = Rows(x, y, 0, None if weights is None else weights.astype(float))
    return learner.fit(rows, TASK, validation=None, seed=0, budget=Budget(), context=Context())


def oracle(penalty: float) -> LinearRegression | RidgeOracle:
    return RidgeOracle(alpha=penalty, tol=1e-12) if penalty else LinearRegression()


@pytest.mark.parametrize("penalty", [0.0, 1.0, 300.0])
@pytest.mark.parametrize("weights", [None, COPIES])
def test_coefficients_equal_scikit_learn(penalty: float, weights: np.ndarray | None) -> None:
    found, expected = fit(penalty, weights=weights), oracle(penalty).fit(X, Y, sample_weight=weights)
    np.testing.assert_allclose(found.coefficients[0], expected.coef_, atol=1e-9)
    np.testing.assert_allclose(found.predict(ASKED).score, expected.predict(ASKED), atol=1e-9)


@pytest.mark.parametrize("penalty", [0.0, 5.0])
def test_more_columns_than_rows_equal_scikit_learn(penalty: float) -> None:
    wide = RNG.normal(size=(12, 100))
    found, expected = fit(penalty, wide, Y[:12]), oracle(penalty).fit(wide, Y[:12])
    np.testing.assert_allclose(found.coefficients[0], expected.coef_, atol=1e-8)
    spread = found.predict(wide).spread
    assert (spread > 0).all()


def test_columns_that_repeat_each_other_get_the_smallest_coefficients() -> None:
    doubled = np.hstack([X, X[:, :2], np.ones((240, 1))])
    found = fit(0.0, doubled)
    np.testing.assert_allclose(found.coefficients[0], LinearRegression().fit(doubled, Y).coef_, atol=1e-8)
    np.testing.assert_allclose(found.coefficients[0, :2], found.coefficients[0, 6:8], atol=1e-9)


@pytest.mark.parametrize("weights", [None, COPIES])
def test_the_spread_of_least_squares_is_the_prediction_error_of_statsmodels(weights: np.ndarray | None) -> None:
    taken = np.arange(240) if weights is None else np.repeat(np.arange(240), weights)
    model = sm.OLS(Y[taken], sm.add_constant(X[taken])).fit()
    expected = model.get_prediction(sm.add_constant(ASKED)).se_obs
    np.testing.assert_allclose(fit(0.0, weights=weights).predict(ASKED).spread, expected, rtol=1e-9)


def test_the_spread_of_ridge_is_that_of_the_line_read_as_a_posterior() -> None:
    penalty, found = 20.0, fit(20.0)
    centred = X - X.mean(axis=0)
    inverse = np.linalg.inv(centred.T @ centred + penalty * np.eye(6))
    spent = 1 + np.trace(centred.T @ centred @ inverse)
    noise = ((Y - found.predict(X).score) ** 2).sum() / (240 - spent)
    apart = ASKED - X.mean(axis=0)
    expected = np.sqrt(noise * (1 + 1 / 240 + np.einsum("ij,jk,ik->i", apart, inverse, apart)))
    np.testing.assert_allclose(found.predict(ASKED).spread, expected, rtol=1e-9)


def test_95_of_100_new_targets_lie_within_two_spreads_even_where_columns_are_half_the_rows() -> None:
    inside = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x, true = rng.normal(size=(41, 20)), rng.normal(size=20)
        found = fit(0.0, x[:40], (x @ true + rng.normal(size=41))[:40])
        said = found.predict(x[40:])
        inside.append(abs(x[40] @ true + rng.normal() - said.score[0]) < 2.09 * said.spread[0])  # t of 19 degrees
    assert 0.90 <= np.mean(inside) <= 0.99


def test_blocks_of_any_height_give_the_same_line(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fit(1.0)
    monkeypatch.setattr(linear_factors, "CELLS_AT_ONCE", 7)
    np.testing.assert_allclose(fit(1.0).coefficients, whole.coefficients, atol=1e-12)
    np.testing.assert_allclose(fit(1.0, sparse.csr_matrix(X)).coefficients, whole.coefficients, atol=1e-12)


@pytest.mark.parametrize("penalty", [0.0, 2.0])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_rows_too_wide_to_decompose_get_the_same_line_by_iteration(
    penalty: float, form: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = fit(penalty)
    monkeypatch.setattr(linear_squares, "MOST_FACTORED", 3)
    found = fit(penalty, form(X))
    np.testing.assert_allclose(found.coefficients, exact.coefficients, atol=1e-5)
    assert 0.8 < found.predict(X).spread[0] < 1.25  # the noise of the target is 1


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_the_unit_of_the_target_does_not_matter(unit: float) -> None:
    np.testing.assert_allclose(fit(1.0, y=Y * unit).predict(X).score / unit, fit(1.0).predict(X).score, rtol=1e-9)


@pytest.mark.parametrize("penalty", [0.0, 1.0])
@pytest.mark.parametrize("x", [np.zeros((5, 0)), np.ones((5, 3)), sparse.csr_matrix((5, 2))])
def test_rows_that_say_nothing_get_the_mean_and_the_target_s_own_spread(penalty: float, x: object) -> None:
    said = fit(penalty, x, Y[:5]).predict(x)
    np.testing.assert_allclose(said.score, Y[:5].mean())
    np.testing.assert_allclose(said.spread, Y[:5].std(ddof=1) * np.sqrt(1 + 1 / 5))


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_one_row_and_a_constant_target_are_predicted_as_they_are(penalty: float) -> None:
    np.testing.assert_allclose(fit(penalty, X[:1], Y[:1]).predict(ASKED).score, Y[0])
    np.testing.assert_allclose(fit(penalty, y=np.full(240, 0.1)).predict(ASKED).score, 0.1)


@pytest.mark.parametrize(
    "damage",
    [
        {"noise": -1.0},
        {"base": np.inf},
        {"directions": np.ones((5, 6))},
        {"directions": np.full((6, 6), np.nan)},
        {"shift": np.ones(5)},
    ],
)
def test_a_damaged_spread_is_refused(damage: dict) -> None:
    state = fit(1.0).state()
    with pytest.raises(BundleError):
        FittedLinear.from_state({**state, "spread": state["spread"] | damage})


def test_a_regression_with_two_lines_is_refused() -> None:
    with pytest.raises(BundleError):
        FittedLinear.from_state(fit(1.0).state() | {"coefficients": np.ones((2, 6)), "intercepts": np.ones(2)})
