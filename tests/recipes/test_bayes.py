"""Naive Bayes against scikit-learn."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.naive_bayes import GaussianNB, MultinomialNB

from assay.core.errors import BundleError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.bayes import FittedGaussianBayes, FittedMultinomialBayes, GaussianBayes, MultinomialBayes
from assay.recipes.learner import Budget, Context

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, 200)
X = RNG.normal(size=(200, 5)) + Y[:, None] * [1, 0, 0.5, 0, 0]
COUNTS = sparse.csr_matrix(RNG.poisson(0.5 + Y[:, None] * [1, 0, 0, 2, 0.5]))
WEIGHTS = RNG.uniform(0.5, 3, 200)
REST = {"validation": None, "seed": 0, "budget": Budget(), "context": Context()}


def task_of(n_classes: int) -> Task:
    return Task("binary" if n_classes == 2 else "multiclass", "y", tuple("abcdef"[:n_classes]))


def gaussian(target: np.ndarray, n_classes: int, weights: np.ndarray | None = None) -> FittedGaussianBayes:
    return GaussianBayes().fit(Rows(X, target, n_classes, weights), task_of(n_classes), **REST)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_gaussian_equals_scikit_learn(weights: np.ndarray | None) -> None:
    oracle = GaussianNB().fit(X, Y, sample_weight=weights)
    output = gaussian(Y, 3, weights).predict(X)
    np.testing.assert_allclose(output.score, oracle.predict_joint_log_proba(X), atol=1e-9)
    np.testing.assert_allclose(output.probability, oracle.predict_proba(X), atol=1e-12)


def test_gaussian_with_two_classes_equals_scikit_learn() -> None:
    target = (Y > 0).astype(np.int64)
    output = gaussian(target, 2).predict(X)
    np.testing.assert_allclose(output.probability, GaussianNB().fit(X, target).predict_proba(X)[:, 1], atol=1e-12)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_multinomial_equals_scikit_learn(weights: np.ndarray | None) -> None:
    oracle = MultinomialNB(alpha=0.3).fit(COUNTS, Y, sample_weight=weights)
    output = MultinomialBayes(smoothing=0.3).fit(Rows(COUNTS, Y, 3, weights), task_of(3), **REST).predict(COUNTS)
    np.testing.assert_allclose(output.score, oracle.predict_joint_log_proba(COUNTS), atol=1e-9)
    np.testing.assert_allclose(output.probability, oracle.predict_proba(COUNTS), atol=1e-12)


def test_a_class_without_training_rows_is_never_the_likeliest() -> None:
    output = gaussian(np.where(Y == 1, 3, Y), 4).predict(X * 100)
    assert (output.probability[:, 1] < 1e-6).all()
    assert np.isfinite(output.score).all()


def test_columns_without_spread_leave_the_scores_finite() -> None:
    rows = Rows(np.ones((6, 2)), np.array([0, 1] * 3), 2)
    fitted = GaussianBayes().fit(rows, task_of(2), **REST)
    np.testing.assert_allclose(fitted.predict(np.ones((2, 2))).probability, 0.5)


@pytest.mark.parametrize(
    "damage",
    [
        {"means": np.ones((2, 5))},
        {"variances": np.zeros((3, 5))},
        {"variances": np.full((3, 5), np.nan)},
        {"log_prior": np.zeros(2)},
        {"present": np.zeros(3, dtype=bool)},
        {"present": np.ones(3)},
        {"task": "regression", "n_classes": 0},
    ],
)
def test_a_damaged_gaussian_is_refused(damage: dict) -> None:
    with pytest.raises(BundleError):
        FittedGaussianBayes.from_state(gaussian(Y, 3).state() | damage)


@pytest.mark.parametrize(
    "damage", [{"log_shares": np.ones((2, 5))}, {"log_prior": np.array([0.0, -np.inf, 0.0])}, {"n_classes": 2}]
)
def test_a_damaged_multinomial_is_refused(damage: dict) -> None:
    state = MultinomialBayes().fit(Rows(COUNTS, Y, 3), task_of(3), **REST).state()
    with pytest.raises(BundleError):
        FittedMultinomialBayes.from_state(state | damage)
