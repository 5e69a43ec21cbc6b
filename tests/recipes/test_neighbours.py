"""Nearest neighbours against scikit-learn, and ties against the closed form."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from assay.core.errors import BundleError, ConfigError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes import neighbours
from assay.recipes.learner import Budget, Context
from assay.recipes.neighbours import FittedNeighbours, Neighbours

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3)).astype(np.float32).astype(np.float64)
Y = (X[:, 0] > 0).astype(np.int64)
ASKED = RNG.normal(size=(70, 3)).astype(np.float32).astype(np.float64)
BINARY, REGRESSION = Task("binary", "y", ("no", "yes")), Task("regression", "y")


def fit(
    target: np.ndarray, task: Task, x: np.ndarray = X, weights: np.ndarray | None = None, **settings: float | str
) -> FittedNeighbours:
    rows = Rows(x, target, len(task.classes), weights)
    return Neighbours(**settings).fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context())


def test_class_shares_equal_scikit_learn() -> None:
    expected = KNeighborsClassifier(7).fit(X, Y).predict_proba(ASKED)[:, 1]
    np.testing.assert_allclose(fit(Y, BINARY, k=7, prior_weight=0.0).predict(ASKED).probability, expected, atol=1e-12)


def test_values_equal_scikit_learn() -> None:
    expected = KNeighborsRegressor(7).fit(X, X[:, 1]).predict(ASKED)
    np.testing.assert_allclose(fit(X[:, 1], REGRESSION, k=7).predict(ASKED).score, expected, atol=1e-12)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine"])
@pytest.mark.parametrize("weighting", ["uniform", "distance"])
def test_metrics_and_votes_by_distance_equal_scikit_learn(metric: str, weighting: str) -> None:
    settings = {"metric": metric, "weights": weighting, "algorithm": "brute"}
    asked = np.vstack([ASKED, X[:5], np.zeros((1, 3))])  # some are training rows themselves, one has no direction
    if metric == "cosine":
        asked = np.vstack([ASKED, np.zeros((1, 3))])
    expected = KNeighborsClassifier(7, **settings).fit(X, Y).predict_proba(asked)[:, 1]
    found = fit(Y, BINARY, k=7, prior_weight=0.0, metric=metric, weighting=weighting).predict(asked).probability
    if metric == "cosine":  # every row is as far from a row without direction: all vote, where scikit-learn takes the first
        assert found[-1] == pytest.approx(Y.mean())
        found, expected = found[:-1], expected[:-1]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    values = KNeighborsRegressor(7, **settings).fit(X, X[:, 1]).predict(ASKED)
    found = fit(X[:, 1], REGRESSION, k=7, metric=metric, weighting=weighting).predict(ASKED).score
    np.testing.assert_allclose(found, values, atol=1e-6)


def test_a_repeated_row_has_all_votes_where_they_are_given_by_distance() -> None:
    x = np.vstack([X, X[:1]])
    target = np.append(1 - Y[:1], np.append(Y[1:], Y[0]))
    fitted = fit(target, BINARY, x=x, k=9, prior_weight=0.0, weighting="distance")
    assert fitted.predict(X[:1]).probability[0] == 0.5


def test_a_metric_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match=r"no metric 'euclid'; did you mean 'euclidean'\?"):
        Neighbours(metric="euclid")


def test_the_class_shares_vote_like_prior_weight_rows() -> None:
    bare = fit(Y, BINARY, k=9, prior_weight=0.0).predict(ASKED).probability
    with_prior = fit(Y, BINARY, k=9, prior_weight=2.0).predict(ASKED).probability
    np.testing.assert_allclose(with_prior, (9 * bare + 2 * Y.mean()) / 11, atol=1e-12)


def test_weights_weigh_the_votes() -> None:
    weights = np.where(Y == 1, 3.0, 1.0)
    share = fit(Y, BINARY, k=9, prior_weight=0.0).predict(ASKED).probability
    weighted = fit(Y, BINARY, weights=weights, k=9, prior_weight=0.0).predict(ASKED).probability
    np.testing.assert_allclose(weighted, 3 * share / (3 * share + 1 - share), atol=1e-12)


def test_rows_at_the_last_distance_share_the_votes_that_are_left() -> None:
    x = np.array([[0.0], [1.0], [1.0], [-1.0], [5.0]])
    fitted = fit(np.array([1, 1, 0, 0, 1]), BINARY, x=x, k=2, prior_weight=0.0)
    # the row at 0 has one vote, the three at distance 1 have the other: (1 + 1/3) / 2
    assert fitted.predict(np.array([[0.0]])).probability[0] == pytest.approx(2 / 3)


def test_the_order_of_the_training_rows_does_not_matter_even_with_many_ties() -> None:
    x = RNG.integers(0, 3, (200, 3)).astype(float)
    turned = RNG.permutation(200)
    a = fit(Y, BINARY, x=x).predict(x).probability
    b = fit(Y[turned], BINARY, x=x[turned]).predict(x).probability
    np.testing.assert_allclose(a, b, atol=1e-12)


def test_predictions_do_not_depend_on_how_many_rows_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = fit(Y, BINARY).predict(ASKED).probability
    monkeypatch.setattr(neighbours, "CELLS_AT_ONCE", 500)
    np.testing.assert_allclose(fit(Y, BINARY).predict(ASKED).probability, at_once, atol=1e-12)


def test_fewer_rows_than_neighbours_all_vote() -> None:
    fitted = fit(np.array([0, 1, 1]), BINARY, x=X[:3], k=25, prior_weight=0.0)
    np.testing.assert_allclose(fitted.predict(ASKED).probability, 2 / 3)


@pytest.mark.parametrize(
    "damage",
    [
        {"k": 0},
        {"k": 201},
        {"target": np.full(200, 2)},
        {"target": np.zeros(199, dtype=np.int64)},
        {"rows": np.full((200, 3), np.nan, dtype=np.float32)},
        {"rows": np.zeros((0, 3), dtype=np.float32)},
        {"weights": np.zeros(200)},
        {"prior_weight": -1.0},
        {"metric": "angle"},
        {"weighting": 1},
    ],
)
def test_a_damaged_state_is_refused(damage: dict) -> None:
    with pytest.raises(BundleError):
        FittedNeighbours.from_state(fit(Y, BINARY).state() | damage)
