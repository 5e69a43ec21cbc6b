"""AdaBoost's votes and medians against scikit-learn's, and states that were tampered with."""

import numpy as np
import pytest
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from tests.recipes.boosted_rows import ASKED, HELD, TARGETS, WEIGHTS, X, cancelled_after, fit

from assay.core.errors import BundleError
from assay.data.rows import Rows
from assay.recipes.adaboost import AdaBoost, FittedMedianTrees, weighted_median
from assay.recipes.boosted_trees import FittedBoostedTrees
from assay.recipes.learner import Budget, Context

ROUNDS = 15
FULL = np.where(np.isnan(X), -9.0, X)
"""The rows without gaps, which scikit-learn's AdaBoost does not take; the trees see the same order of values."""


def fit_full(learner: AdaBoost, task: str, weights: np.ndarray | None = None) -> FittedMedianTrees | FittedBoostedTrees:
    target, question = TARGETS[task]
    own = None if weights is None else weights[:HELD]
    rows = Rows(FULL[:HELD], target[:HELD], len(question.classes), own)
    return learner.fit(rows, question, validation=None, seed=1, budget=Budget(), context=Context())


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_the_votes_are_those_of_scikit_learns_samme(task: str, weights: np.ndarray | None) -> None:
    fitted = fit_full(AdaBoost(rounds=ROUNDS), task, weights)
    model = AdaBoostClassifier(DecisionTreeClassifier(max_depth=3), n_estimators=ROUNDS, random_state=0)
    own = None if weights is None else weights[:HELD]
    model.fit(FULL[:HELD].astype(np.float32), TARGETS[task][0][:HELD], sample_weight=own)
    votes, n_classes = model.estimator_weights_, len(TARGETS[task][1].classes)
    says = np.stack([tree.predict(FULL.astype(np.float32)) for tree in model.estimators_], axis=1)
    wanted = np.stack([(votes * (says == code)).sum(axis=1) for code in range(n_classes)], axis=1)
    if task == "binary":
        wanted = wanted[:, 1:] - wanted[:, :1]
        np.testing.assert_allclose(2 * wanted[:, 0] / votes.sum(), model.decision_function(FULL), atol=1e-9)
    np.testing.assert_allclose(fitted.raw(FULL), wanted, rtol=0, atol=1e-9)


def test_the_weighted_median_is_scikit_learns() -> None:
    fitted = fit_full(AdaBoost(rounds=ROUNDS), "regression")
    model = AdaBoostRegressor(DecisionTreeRegressor(max_depth=3), n_estimators=ROUNDS, random_state=0)
    model.fit(FULL[:HELD], TARGETS["regression"][0][:HELD])
    said = np.stack([tree.predict(FULL.astype(np.float32)) for tree in model.estimators_], axis=1)
    np.testing.assert_array_equal(weighted_median(said, model.estimator_weights_), model.predict(FULL))
    assert len(fitted.votes) == ROUNDS


def test_values_are_learned_as_well_as_by_scikit_learn() -> None:
    target, others = TARGETS["regression"][0], []
    own = ((fit_full(AdaBoost(rounds=50), "regression").predict(FULL[HELD:]).score - target[HELD:]) ** 2).mean()
    for seed in range(5):
        model = AdaBoostRegressor(DecisionTreeRegressor(max_depth=3), n_estimators=50, random_state=seed)
        others.append(((model.fit(FULL[:HELD], target[:HELD]).predict(FULL[HELD:]) - target[HELD:]) ** 2).mean())
    assert min(others) * 0.85 < own < max(others) * 1.15


def test_rows_of_weight_zero_are_never_drawn() -> None:
    target, task = TARGETS["regression"]
    weights = np.where(target > 1, 0.0, 1.0)
    rows = Rows(X, target, 0, weights)
    fitted = AdaBoost(rounds=10).fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context())
    assert fitted.predict(X).score.max() <= 1


def test_a_value_that_never_changes_is_said_of_every_row() -> None:
    rows = Rows(X, np.full(len(X), 3.5), 0)
    fitted = AdaBoost().fit(rows, TARGETS["regression"][1], validation=None, seed=0, budget=Budget(), context=Context())
    np.testing.assert_array_equal(fitted.predict(ASKED).score, 3.5)


@pytest.mark.parametrize("task", TARGETS)
def test_a_cancelled_fit_and_a_spent_budget_stop_it_and_the_budget_says_so(task: str) -> None:
    context, _ = cancelled_after(2)
    assert fit(AdaBoost(), task, context=context).trees.n_trees == 2
    spent = fit(AdaBoost(), task, budget=Budget(seconds=0.0))
    assert spent.trees.n_trees == 1
    assert spent.notes == ("the budget of 0 s was spent after 1 of 100 rounds",)


@pytest.mark.parametrize(
    "damage",
    [{"votes": np.zeros(5)}, {"votes": np.ones(4)}, {"votes": np.full(5, np.nan)}, {"task": "binary", "n_classes": 2}],
)
def test_a_damaged_median_is_refused(damage: dict) -> None:
    state = fit(AdaBoost(rounds=5), "regression").state()
    FittedMedianTrees.from_state(state)
    with pytest.raises(BundleError):
        FittedMedianTrees.from_state(state | damage)
