"""Logistic regression against scikit-learn's own predictions."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from assay.core.errors import BundleError, DataError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear, Logistic

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 4))
THREE = np.digitize(X[:, 0] + 0.5 * RNG.normal(size=240), [-0.5, 0.5])
WEIGHTS = RNG.uniform(0.5, 3, 240)


def task_of(n_classes: int) -> Task:
    return Task("binary" if n_classes == 2 else "multiclass", "y", tuple("abcdef"[:n_classes]))


def fit(target: np.ndarray, n_classes: int, features: object = X, weights: np.ndarray | None = None) -> FittedLinear:
    rows = Rows(features, target, n_classes, weights)
    return Logistic().fit(rows, task_of(n_classes), validation=None, seed=0, budget=Budget(), context=Context())


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_two_classes_equal_scikit_learn(weights: np.ndarray | None) -> None:
    target = (THREE > 0).astype(np.int64)
    oracle = LogisticRegression(max_iter=2000, tol=1e-12, solver="newton-cg").fit(X, target, sample_weight=weights)
    output = fit(target, 2, weights=weights).predict(X)
    np.testing.assert_allclose(output.score, oracle.decision_function(X), atol=1e-6)
    np.testing.assert_allclose(output.probability, oracle.predict_proba(X)[:, 1], atol=1e-6)


@pytest.mark.parametrize("features", [X, sparse.csr_matrix(X)])
def test_three_classes_equal_scikit_learn_on_dense_and_sparse_rows(features: object) -> None:
    oracle = LogisticRegression(max_iter=2000, tol=1e-12, solver="newton-cg").fit(features, THREE)
    tolerance = 1e-3 if sparse.issparse(features) else 1e-6  # L-BFGS stops at a slope of 1e-6, Newton far below
    output = fit(THREE, 3, features).predict(features)
    np.testing.assert_allclose(output.score, oracle.decision_function(features), atol=tolerance)
    np.testing.assert_allclose(output.probability, oracle.predict_proba(features), atol=tolerance)


def test_a_class_without_training_rows_stays_possible_and_unlikely() -> None:
    probability = fit(np.where(THREE == 1, 3, THREE), 4).predict(X).probability
    assert (probability[:, 1] > 0).all()
    assert (probability[:, 1] < 1e-6).all()
    np.testing.assert_allclose(probability.sum(axis=1), 1)


def test_two_present_classes_of_three_keep_the_odds_of_a_binary_fit() -> None:
    target = (THREE > 0).astype(np.int64)
    three = fit(target * 2, 3).predict(X)
    np.testing.assert_allclose(three.score[:, 2] - three.score[:, 0], fit(target, 2).predict(X).score, atol=1e-6)


@pytest.mark.parametrize(("only", "n_classes"), [(0, 2), (1, 2), (2, 3)])
def test_a_single_present_class_is_predicted_almost_surely(only: int, n_classes: int) -> None:
    probability = fit(np.full(240, only), n_classes).predict(X).probability
    own = probability[:, only] if n_classes > 2 else (probability if only else 1 - probability)
    assert (own > 1 - 1e-9).all()


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(DataError, match="3 prepared columns"):
        fit(THREE, 3).predict(X[:, :3])


@pytest.mark.parametrize(
    "damage",
    [
        {"coefficients": np.ones((2, 4))},
        {"coefficients": np.full((3, 4), np.inf)},
        {"coefficients": [[1.0] * 4] * 3},
        {"intercepts": np.ones(4)},
        {"intercepts": np.array([1, 2, 3])},
        {"n_classes": 10**9},
        {"task": "regression"},
    ],
)
def test_a_damaged_state_is_refused(damage: dict) -> None:
    with pytest.raises(BundleError):
        FittedLinear.from_state(fit(THREE, 3).state() | damage)
