"""Discriminant analysis against scikit-learn; weights against copies; pooling against its two ends."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis

from assay.core.errors import BundleError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes import discriminant, linear_clouds
from assay.recipes.discriminant import FittedQuadratic, LinearDiscriminant, QuadraticDiscriminant
from assay.recipes.learner import Budget, Context, Output

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, 300)
X = RNG.normal(size=(300, 5)) @ RNG.normal(size=(5, 5)) + Y[:, None] * [1, 0, 0.5, 0, 0]
X[Y == 1] *= [1, 2, 0.5, 1, 3]
COPIES = RNG.integers(0, 4, 300)
COPIED = np.repeat(np.arange(300), COPIES)
REST = {"validation": None, "seed": 0, "budget": Budget(), "context": Context()}
LEARNERS = [LinearDiscriminant(), QuadraticDiscriminant()]


def task_of(n_classes: int) -> Task:
    return Task("binary" if n_classes == 2 else "multiclass", "y", tuple("abcdef"[:n_classes]))


def said(learner: object, y: np.ndarray = Y, n_classes: int = 3, x: np.ndarray = X, weights: np.ndarray | None = None) -> Output:
    rows = Rows(x, y, n_classes, None if weights is None else weights.astype(float))
    return learner.fit(rows, task_of(n_classes), **REST).predict(X if x.shape[1:] == X.shape[1:] else x)


@pytest.mark.parametrize("shrinkage", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("taken", [np.arange(300), COPIED])
def test_linear_equals_scikit_learn(shrinkage: float, taken: np.ndarray) -> None:
    oracle = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(X[taken], Y[taken])
    weights = None if len(np.unique(taken)) == 300 else COPIES
    found = said(LinearDiscriminant(shrinkage=shrinkage), weights=weights)
    np.testing.assert_allclose(found.probability, oracle.predict_proba(X), atol=1e-9)
    binary = (Y > 0).astype(np.int64)
    oracle = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(X[taken], binary[taken])
    found = said(LinearDiscriminant(shrinkage=shrinkage), binary, 2, weights=weights)
    np.testing.assert_allclose(found.score, oracle.decision_function(X), atol=1e-9)


@pytest.mark.parametrize("shrinkage", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("taken", [np.arange(300), COPIED])
def test_quadratic_without_pooling_equals_scikit_learn(shrinkage: float, taken: np.ndarray) -> None:
    oracle = QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=shrinkage).fit(X[taken], Y[taken])
    weights = None if len(np.unique(taken)) == 300 else COPIES
    found = said(QuadraticDiscriminant(shrinkage=shrinkage, pooling=0.0), weights=weights)
    np.testing.assert_allclose(found.probability, oracle.predict_proba(X), atol=1e-9)


def test_quadratic_wholly_pooled_is_linear() -> None:
    found = said(QuadraticDiscriminant(shrinkage=0.1, pooling=1.0)).probability
    np.testing.assert_allclose(found, said(LinearDiscriminant(shrinkage=0.1)).probability, atol=1e-9)


def test_half_pooled_is_the_density_of_the_mean_of_both_covariances() -> None:
    means = np.array([X[k == Y].mean(axis=0) for k in range(3)])
    common = np.cov((X - means[Y]).T, bias=True)
    joint = []
    for k in range(3):
        covariance = 0.5 * common + 0.5 * np.cov(X[k == Y].T, bias=True)
        covariance = 0.8 * covariance + 0.2 * np.trace(covariance) / 5 * np.eye(5)
        apart = X - means[k]
        square = (apart @ np.linalg.inv(covariance) * apart).sum(axis=1)
        joint.append(np.log((k == Y).mean()) - 0.5 * (np.linalg.slogdet(covariance)[1] + square))
    np.testing.assert_allclose(said(QuadraticDiscriminant(pooling=0.5, shrinkage=0.2)).score, np.transpose(joint), atol=1e-9)


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_class_without_training_rows_is_never_the_likeliest(learner: object) -> None:
    probability = said(learner, np.where(Y == 1, 3, Y), 4).probability
    assert (probability[:, 1] < 1e-6).all()
    assert (probability[:, 1] > 0).all()


@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize(("only", "n_classes"), [(0, 2), (1, 2), (2, 3)])
def test_a_single_present_class_is_predicted_almost_surely(learner: object, only: int, n_classes: int) -> None:
    probability = said(learner, np.full(300, only), n_classes).probability
    own = probability[:, only] if n_classes > 2 else (probability if only else 1 - probability)
    assert (own > 1 - 1e-9).all()


@pytest.mark.parametrize("learner", [*LEARNERS, QuadraticDiscriminant(pooling=0.0, shrinkage=1e-4)])
@pytest.mark.parametrize("x", [np.zeros((6, 0)), np.ones((6, 3)), RNG.normal(size=(6, 40))])
def test_few_rows_and_columns_that_say_nothing_get_probabilities(learner: object, x: np.ndarray) -> None:
    probability = said(learner, np.array([0, 1, 2, 1, 1, 1]), 3, x).probability
    assert np.isfinite(probability).all()
    if x.shape[1] < 40:
        np.testing.assert_allclose(probability, np.tile([1 / 6, 4 / 6, 1 / 6], (6, 1)))


@pytest.mark.parametrize("learner", LEARNERS)
def test_wide_rows_keep_their_widest_directions(learner: object, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.hstack([3 * X, 1e-3 * RNG.normal(size=(300, 20))])
    exact = said(learner, x=x)
    monkeypatch.setattr(linear_clouds, "MOST_DECOMPOSED", 10)
    monkeypatch.setattr(linear_clouds, "RANDOM_DIRECTIONS", 6)
    monkeypatch.setattr(discriminant, "MOST_KEPT", 0)
    monkeypatch.setattr(discriminant, "LEAST_DIRECTIONS", 6)
    np.testing.assert_allclose(said(learner, x=x).probability, exact.probability, atol=0.02)


@pytest.mark.parametrize(
    "damage",
    [
        {"means": np.ones((2, 5))},
        {"directions": np.ones((3, 4, 5))},
        {"precisions": np.full((3, 5), -1.0)},
        {"rest": np.full(3, -1.0)},
        {"constants": np.zeros(2)},
        {"present": np.zeros(3, dtype=bool)},
        {"task": "regression", "n_classes": 0},
    ],
)
def test_a_damaged_state_is_refused(damage: dict) -> None:
    state = QuadraticDiscriminant().fit(Rows(X, Y, 3), task_of(3), **REST).state()
    with pytest.raises(BundleError):
        FittedQuadratic.from_state(state | damage)
