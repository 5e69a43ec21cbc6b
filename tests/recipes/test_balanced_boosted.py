"""Boosting on even classes against scikit-learn's AdaBoost, imbalanced-learn's ensembles, and a known truth."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from imblearn.ensemble import EasyEnsembleClassifier, RUSBoostClassifier
from sklearn.ensemble import AdaBoostClassifier
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier
from tests.contracts.learning import copied, state_bytes
from tests.recipes.balanced_rows import ASKED, BINARY, TASKS, TRAIN, X, Y, even_rows, fit

from assay.data.rows import Rows
from assay.recipes.balanced.boosted import EasyEnsemble, RusBoost
from assay.recipes.balanced.fitted import FittedBalanced
from assay.recipes.balanced.rounds import boost
from assay.recipes.learner import Budget, Context

EASY = EasyEnsemble(bags=3, rounds=8)
RUS = RusBoost(rounds=15)
SEEDS = range(6)


def ada(rounds: int, deepest: int) -> AdaBoostClassifier:
    return AdaBoostClassifier(DecisionTreeClassifier(max_depth=deepest), n_estimators=rounds, random_state=0)


@pytest.fixture
def seeds_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each boosting's trees get the seeds that AdaBoostClassifier(random_state=0) gives its own: they break ties alike."""
    streams = []

    def drawn(seed: int, purpose: str, number: int) -> int:
        if number == 0:
            streams.append(np.random.RandomState(0))
        return int(streams[-1].randint(np.iinfo(np.int32).max))

    monkeypatch.setattr("assay.recipes.balanced.rounds.seed32", drawn)


@pytest.mark.usefixtures("seeds_of_scikit_learn")
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("deepest", [1, 3])
def test_boosting_all_rows_is_scikit_learns_adaboost(task: str, deepest: int) -> None:
    target = TASKS[task][0][TRAIN]
    features = X[TRAIN].astype(np.float32)
    weights = np.random.default_rng(0).uniform(0.5, 2, len(target))
    voters = boost(features, target, weights, rounds=15, deepest=deepest, seed=0)
    peer = ada(15, deepest).fit(features, target, sample_weight=weights)
    np.testing.assert_allclose([voter.vote for voter in voters], peer.estimator_weights_, rtol=1e-9)
    for voter, tree in zip(voters, peer.estimators_, strict=True):
        np.testing.assert_array_equal(voter.tree.predict(X[ASKED]), tree.predict(X[ASKED]))


@pytest.mark.usefixtures("seeds_of_scikit_learn")
@pytest.mark.parametrize("learner", [EasyEnsemble(bags=2, rounds=12), RusBoost(rounds=12, deepest=3)])
def test_of_even_classes_nothing_is_dropped_and_the_ensemble_is_adaboost(learner: EasyEnsemble | RusBoost) -> None:
    rows = even_rows()
    peer = ada(12, 3).fit(X[rows].astype(np.float32), Y[rows])
    score = fit(learner, rows=rows).predict(X[ASKED]).score
    np.testing.assert_allclose(score, peer.decision_function(X[ASKED]) * peer.estimator_weights_.sum() / 2, rtol=1e-9)


def test_the_logits_are_the_votes_for_each_class_in_the_mean_of_the_bags() -> None:
    target, _ = TASKS["multiclass"]
    fitted = fit(EASY, "multiclass")
    logits = fitted.trees.mean(X[ASKED])
    assert (logits >= 0).all()
    probability = fitted.predict(X[ASKED]).probability
    shares = np.bincount(target[TRAIN]) / len(target[TRAIN])
    expected = np.exp(logits) * shares
    np.testing.assert_allclose(probability, expected / expected.sum(axis=1, keepdims=True), atol=1e-12)


@pytest.mark.parametrize(
    ("learner", "peer"),
    [
        (
            EasyEnsemble(bags=3, rounds=8, deepest=1),
            lambda seed: EasyEnsembleClassifier(n_estimators=3, estimator=ada(8, 1), random_state=seed),
        ),
        (
            RusBoost(rounds=15, deepest=4),
            lambda seed: RUSBoostClassifier(DecisionTreeClassifier(max_depth=4), n_estimators=15, random_state=seed),
        ),
    ],
)
def test_it_ranks_as_well_as_that_of_imbalanced_learn(learner: EasyEnsemble | RusBoost, peer: Callable) -> None:
    """The same law: over seeds, mean areas within four standard errors of their difference."""
    ours = [roc_auc_score(Y[ASKED], fit(learner, seed=seed).predict(X[ASKED]).score) for seed in SEEDS]
    theirs = [roc_auc_score(Y[ASKED], peer(seed).fit(X[TRAIN], Y[TRAIN]).predict_proba(X[ASKED])[:, 1]) for seed in SEEDS]
    error = np.sqrt((np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / len(SEEDS))
    assert abs(np.mean(ours) - np.mean(theirs)) < 4 * error
    assert error < 0.015
    assert np.mean(ours) > 0.7


@pytest.mark.parametrize("learner", [EASY, RUS])
def test_probabilities_are_those_of_the_training_shares_and_not_of_even_classes(learner: EasyEnsemble | RusBoost) -> None:
    fitted = fit(learner)
    probability = fitted.predict(X[ASKED]).probability
    even = replace(fitted, shares=np.array([0.5, 0.5])).predict(X[ASKED]).probability
    assert abs(probability.mean() - Y[ASKED].mean()) < 0.06
    assert even.mean() > probability.mean() + 0.05


@pytest.mark.parametrize("learner", [EASY, RUS])
def test_threads_and_repetition_change_no_byte_and_seeds_do(learner: EasyEnsemble | RusBoost) -> None:
    states = [state_bytes(fit(learner, seed=seed, threads=threads).state()) for seed, threads in ((3, 1), (3, 2), (4, 1))]
    assert states[0] == states[1]
    assert states[0] != states[2]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("learner", [EASY, RUS])
def test_the_state_gives_back_the_same_predictions(learner: EasyEnsemble | RusBoost, task: str) -> None:
    fitted = fit(learner, task)
    back = FittedBalanced.from_state(copied(fitted.state()))
    again, before = back.predict(X[ASKED]), fitted.predict(X[ASKED])
    np.testing.assert_array_equal(again.score, before.score)
    np.testing.assert_array_equal(again.probability, before.probability)


def test_weights_of_whole_classes_change_the_shares_of_the_bags_and_no_tree() -> None:
    plain, heavy = fit(EASY), fit(EASY, weights=np.where(Y[TRAIN] == 1, 5.0, 1.0))
    assert state_bytes(plain.trees.state()) == state_bytes(heavy.trees.state())
    assert heavy.shares[1] / heavy.shares[0] == pytest.approx(5 * plain.shares[1] / plain.shares[0])


@pytest.mark.parametrize("learner", [EASY, RUS])
def test_weights_within_a_class_pull_towards_the_rows_that_carry_them(learner: EasyEnsemble | RusBoost) -> None:
    left = X[TRAIN][:, 0] < 0
    noisy = np.where(left, Y[TRAIN], 1 - Y[TRAIN])
    both = [
        learner.fit(
            Rows(X[TRAIN], noisy, 2, np.where(left == side, 50.0, 1.0)),
            BINARY,
            validation=None,
            seed=0,
            budget=Budget(),
            context=Context(),
        )
        for side in (True, False)
    ]
    areas = [roc_auc_score(Y[ASKED], fitted.predict(X[ASKED]).score) for fitted in both]
    assert areas[0] > areas[1]


def test_a_tree_without_error_ends_the_boosting_with_one_vote() -> None:
    features = np.repeat([[0.0], [1.0]], 10, axis=0).astype(np.float32)
    voters = boost(features, np.repeat([0, 1], 10), np.ones(20), rounds=9, deepest=1, seed=0)
    assert [voter.vote for voter in voters] == [1.0]


@pytest.mark.parametrize("resample", [False, True])
def test_rows_that_say_nothing_give_one_tree_without_a_vote(resample: bool) -> None:
    features, target = np.zeros((20, 1), dtype=np.float32), np.tile([0, 1], 10)
    voters = boost(features, target, np.ones(20), rounds=9, deepest=1, seed=0, resample=resample)
    assert [voter.vote for voter in voters] == [0.0]


def test_bags_of_rows_that_say_nothing_predict_the_shares() -> None:
    rows = Rows(np.zeros((40, 2)), np.repeat([0, 1], [30, 10]), 2)
    flat = EASY.fit(rows, BINARY, validation=None, seed=0, budget=Budget(), context=Context())
    assert flat.predict(np.zeros((3, 2))).probability == pytest.approx([0.25, 0.25, 0.25])


@pytest.mark.parametrize("learner", [EASY, RUS])
def test_one_class_alone_is_certain(learner: EasyEnsemble | RusBoost) -> None:
    context = {"validation": None, "seed": 0, "budget": Budget(), "context": Context()}
    alone = learner.fit(Rows(X[TRAIN], np.ones(800, dtype=np.int64), 2), BINARY, **context)
    assert alone.predict(X[ASKED]).probability == pytest.approx(np.ones(len(Y[ASKED])))


def test_rus_boost_stops_when_cancelled_or_when_its_time_is_spent_and_says_how_far_it_is() -> None:
    seen: list[int] = []
    rows = Rows(X[TRAIN], Y[TRAIN], 2)
    stopped = Context(cancelled=lambda: len(seen) >= 3, progress=lambda done, _: seen.append(done))
    short = RUS.fit(rows, BINARY, validation=None, seed=0, budget=Budget(), context=stopped)
    assert seen == [1, 2, 3]
    assert short.trees.n_trees <= 3
    spent = RUS.fit(rows, BINARY, validation=None, seed=0, budget=Budget(seconds=0.0), context=Context())
    assert spent.trees.n_trees == 1
    assert spent.notes == ("the budget of 0 s was spent after 1 of 15 rounds",)
    assert short.notes == fit(RUS).notes == ()


def test_easy_ensemble_ends_between_bags_which_are_those_of_the_whole() -> None:
    seen: list[int] = []
    stopped = Context(cancelled=lambda: len(seen) >= 2, progress=lambda done, _: seen.append(done))
    rest = {"validation": None, "seed": 0}
    short = EASY.fit(Rows(X[TRAIN], Y[TRAIN], 2), BINARY, **rest, budget=Budget(), context=stopped)
    assert seen == [1, 2, 2]
    assert state_bytes(short.state()) == state_bytes(fit(replace(EASY, bags=2)).state())
    spent = EASY.fit(Rows(X[TRAIN], Y[TRAIN], 2), BINARY, **rest, budget=Budget(seconds=0.0), context=Context(threads=2))
    assert state_bytes(spent.state()) == state_bytes(short.state()), "two bags at a time"
    assert (spent.notes, short.notes) == (("the budget of 0 s was spent after 2 of 3 bags",), ())


@pytest.mark.parametrize("learner", [EASY, RUS])
def test_weights_on_a_class_raise_its_probability_where_classes_overlap(learner: EasyEnsemble | RusBoost) -> None:
    heavy = np.where(Y[TRAIN] == 1, 5.0, 1.0)
    before = fit(learner).predict(X[ASKED]).probability.mean()
    assert fit(learner, weights=heavy).predict(X[ASKED]).probability.mean() > before + 0.02
