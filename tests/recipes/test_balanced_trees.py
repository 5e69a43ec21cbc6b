"""Bags and forests on even classes against imbalanced-learn's, scikit-learn's trees, and a known truth."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from imblearn.ensemble import BalancedBaggingClassifier, BalancedRandomForestClassifier
from scipy import stats
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier
from tests.contracts.learning import copied, state_bytes
from tests.recipes.balanced_rows import ASKED, BINARY, TASKS, TRAIN, X, Y, fit

from assay.core.errors import BundleError, DataError
from assay.core.seeds import generator, seed32
from assay.data.rows import Rows
from assay.measure.calibration import PriorCorrection
from assay.recipes.balanced.bagging import BALANCED_BAGGING, BALANCED_FOREST, BalancedTrees
from assay.recipes.balanced.draws import (
    balanced_bootstrap,
    bootstrap_under_sampled,
    evened,
    pool_of,
    under_sampled,
)
from assay.recipes.balanced.fitted import FittedBalanced
from assay.recipes.learner import Budget, Context

BAG = BalancedTrees(n_trees=10, draw=bootstrap_under_sampled)
WOOD = BalancedTrees(n_trees=20, draw=balanced_bootstrap, columns="sqrt")
DRAWS = [under_sampled, balanced_bootstrap, bootstrap_under_sampled]
SEEDS = range(6)


@pytest.mark.parametrize("draw", DRAWS)
def test_a_draw_has_as_many_rows_of_every_class(draw: Callable) -> None:
    target = np.repeat([0, 1, 2], [70, 9, 21])
    for seed in range(20):
        counts = np.bincount(target[draw(target, np.random.default_rng(seed))])
        assert len(set(counts.tolist())) == 1
        assert draw is bootstrap_under_sampled or counts[0] == 9


def test_a_draw_without_replacement_takes_all_rows_of_even_classes_and_every_row_of_the_rarest() -> None:
    even = np.repeat([0, 1], 30)
    assert under_sampled(even, np.random.default_rng(0)).tolist() == list(range(60))
    drawn = under_sampled(np.repeat([0, 1], [40, 7]), np.random.default_rng(0))
    assert len(set(drawn.tolist())) == 14
    assert set(range(40, 47)) < set(drawn.tolist())


def test_every_row_of_a_class_is_drawn_as_often_as_any_other() -> None:
    target = np.repeat([0, 1], [40, 10])
    for draw in DRAWS:
        rng = np.random.default_rng(1)
        times = sum(np.bincount(draw(target, rng), minlength=50) for _ in range(2000))
        for code in (0, 1):
            assert stats.chisquare(times[target == code]).pvalue > 1e-4 or (draw is under_sampled and code == 1)


def test_a_bootstrap_that_misses_a_class_is_drawn_again() -> None:
    target = np.repeat([0, 1], [30, 1])
    for seed in range(30):
        assert len(np.unique(target[bootstrap_under_sampled(target, np.random.default_rng(seed))])) == 2


@pytest.mark.parametrize("learner", [BAG, WOOD])
@pytest.mark.parametrize("task", TASKS)
def test_the_ensemble_is_the_mean_of_scikit_learns_trees_on_its_draws(learner: BalancedTrees, task: str) -> None:
    target, question = TASKS[task]
    weights = np.random.default_rng(5).uniform(0.5, 2, len(Y[TRAIN]))
    pool = pool_of(Rows(X[TRAIN], target[TRAIN], len(question.classes), weights))
    shares = np.zeros((len(X[ASKED]), len(question.classes)))
    for number in range(learner.n_trees):
        drawn = learner.draw(pool.target, generator(7, "draw", number))
        tree = DecisionTreeClassifier(max_features=learner.columns, max_depth=32, random_state=seed32(7, "tree", number))
        drawn_weights = evened(target[TRAIN][drawn], pool.weights[drawn])
        sums = np.bincount(target[TRAIN][drawn], drawn_weights)
        assert sums == pytest.approx(np.full(len(sums), sums[0]))
        tree.fit(X[TRAIN].astype(np.float32)[drawn], target[TRAIN][drawn], sample_weight=drawn_weights)
        shares += tree.predict_proba(X[ASKED].astype(np.float32)) / learner.n_trees
    before = np.bincount(target[TRAIN], weights=weights) / weights.sum()
    expected = PriorCorrection(before, np.full(len(before), 1 / len(before))).apply(shares)
    found = fit(learner, task, seed=7, weights=weights).predict(X[ASKED]).probability
    np.testing.assert_allclose(found, expected[:, 1] if task == "binary" else expected, atol=1e-12)


@pytest.mark.parametrize(
    ("learner", "peer"),
    [
        (BAG, lambda seed: BalancedBaggingClassifier(n_estimators=10, random_state=seed)),
        (
            WOOD,
            lambda seed: BalancedRandomForestClassifier(
                n_estimators=20, sampling_strategy="all", replacement=True, bootstrap=False, random_state=seed
            ),
        ),
    ],
)
def test_it_ranks_as_well_as_that_of_imbalanced_learn(learner: BalancedTrees, peer: Callable) -> None:
    """The same law: over seeds, mean areas within four standard errors of their difference."""
    asked, known = slice(800, 1600), Y[TRAIN]
    ours = [roc_auc_score(Y[asked], fit(learner, seed=seed).predict(X[asked]).score) for seed in SEEDS]
    theirs = [roc_auc_score(Y[asked], peer(seed).fit(X[TRAIN], known).predict_proba(X[asked])[:, 1]) for seed in SEEDS]
    error = np.sqrt((np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / len(SEEDS))
    assert abs(np.mean(ours) - np.mean(theirs)) < 4 * error
    assert error < 0.01
    assert np.mean(ours) > 0.8


@pytest.mark.parametrize("recipe", [BALANCED_BAGGING, BALANCED_FOREST])
def test_probabilities_are_those_of_the_training_shares_and_not_of_even_classes(recipe) -> None:
    learner = replace(recipe.learner, n_trees=30)
    probability = fit(learner).predict(X[ASKED]).probability
    assert abs(probability.mean() - Y[ASKED].mean()) < 0.05
    fitted = fit(learner)
    even = replace(fitted, shares=np.array([0.5, 0.5])).predict(X[ASKED]).probability
    assert even.mean() > Y[ASKED].mean() + 0.1


@pytest.mark.parametrize("learner", [BAG, WOOD])
def test_threads_and_repetition_change_no_byte_and_seeds_do(learner: BalancedTrees) -> None:
    states = [state_bytes(fit(learner, seed=seed, threads=threads).state()) for seed, threads in ((3, 1), (3, 2), (4, 1))]
    assert states[0] == states[1]
    assert states[0] != states[2]


def test_weights_of_whole_classes_change_the_shares_and_nothing_else() -> None:
    plain, heavy = fit(WOOD), fit(WOOD, weights=np.where(Y[TRAIN] == 1, 5.0, 1.0))
    assert state_bytes(plain.trees.state()) == state_bytes(heavy.trees.state())
    odds = heavy.shares[1] / heavy.shares[0]
    assert odds == pytest.approx(5 * plain.shares[1] / plain.shares[0])


def test_rows_of_weight_zero_are_never_drawn() -> None:
    weights = (np.arange(len(Y[TRAIN])) % 2).astype(float)
    found = fit(WOOD, weights=weights)
    assert state_bytes(found.state()) == state_bytes(fit(WOOD, rows=np.flatnonzero(weights)).state())
    with pytest.raises(DataError, match="weight above 0"):
        fit(WOOD, weights=np.zeros(len(weights)))


def test_a_class_without_training_rows_gets_probability_zero_and_one_class_alone_is_certain() -> None:
    target = np.where(TASKS["multiclass"][0][TRAIN] == 1, 0, TASKS["multiclass"][0][TRAIN])
    context = {"validation": None, "seed": 0, "budget": Budget(), "context": Context()}
    probability = WOOD.fit(Rows(X[TRAIN], target, 3), TASKS["multiclass"][1], **context).predict(X[ASKED]).probability
    assert (probability[:, 1] == 0).all()
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    alone = WOOD.fit(Rows(X[TRAIN], np.zeros(len(target), dtype=np.int64), 2), BINARY, **context).predict(X[ASKED])
    assert (alone.probability == 0).all()


@pytest.mark.parametrize("task", TASKS)
def test_the_state_gives_back_the_same_predictions(task: str) -> None:
    fitted = fit(BAG, task)
    back = FittedBalanced.from_state(copied(fitted.state()))
    np.testing.assert_array_equal(back.predict(X[ASKED]).probability, fitted.predict(X[ASKED]).probability)


@pytest.mark.parametrize(
    "damage",
    [
        {"task": "regression", "n_classes": 0},
        {"n_classes": 3},
        {"width": 1},
        {"width": -1},
        {"says": "votes"},
        {"says": None},
        {"shares": np.array([0.5, 0.6])},
        {"shares": np.array([-0.5, 1.5])},
        {"even": np.array([0.2, 0.3, 0.5])},
        {"even": np.array([np.nan, 1.0])},
        {"even": None},
        {"trees": None},
    ],
)
def test_a_damaged_state_is_refused(damage: dict) -> None:
    state = fit(BAG).state()
    with pytest.raises(BundleError):
        FittedBalanced.from_state({**state, **damage})
    for entry in state:
        if entry != "kind":
            with pytest.raises(BundleError):
                FittedBalanced.from_state({key: value for key, value in state.items() if key != entry})


def test_leaves_that_are_no_shares_are_refused_and_negative_logits_are_not() -> None:
    state = fit(BAG).state()
    trees = {**state["trees"], "values": -state["trees"]["values"]}
    with pytest.raises(BundleError, match="class shares are no shares"):
        FittedBalanced.from_state({**state, "trees": trees})
    probability = FittedBalanced.from_state({**state, "says": "logits", "trees": trees}).predict(X[ASKED]).probability
    assert np.isfinite(probability).all()


@pytest.mark.parametrize("learner", [BAG, WOOD])
def test_a_bag_ends_between_trees_which_are_those_of_the_whole(learner: BalancedTrees) -> None:
    seen: list[int] = []
    stopped = Context(cancelled=lambda: len(seen) >= 3, progress=lambda done, _: seen.append(done))
    rows = Rows(X[TRAIN], Y[TRAIN], 2)
    short = learner.fit(rows, BINARY, validation=None, seed=0, budget=Budget(), context=stopped)
    assert state_bytes(short.state()) == state_bytes(fit(replace(learner, n_trees=3)).state())
    assert short.notes == ()
    spent = learner.fit(rows, BINARY, validation=None, seed=0, budget=Budget(seconds=0.0), context=Context())
    assert spent.trees.n_trees == 1
    assert spent.notes == (f"the budget of 0 s was spent after 1 of {learner.n_trees} trees",)
    assert fit(learner).notes == ()
