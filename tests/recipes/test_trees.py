"""Our walk through trees against scikit-learn's, and trees that were tampered with."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.metrics import log_loss
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from assay.core.errors import BundleError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.learner import Budget, Context
from assay.recipes.tree_arrays import DEEPEST, LEAF, TreeArrays
from assay.recipes.trees import BAGGING, TREES_AT_ONCE, FittedTrees, Forest, Tree

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 6))
X[RNG.random(X.shape) < 0.1] = np.nan
Y = np.nan_to_num(X[:, 0] + X[:, 1] * X[:, 2])
THREE = np.digitize(Y, [-0.3, 0.4])
TARGETS = {
    "binary": ((THREE > 0).astype(np.int64), Task("binary", "y", ("a", "b"))),
    "multiclass": (THREE, Task("multiclass", "y", ("a", "b", "c"))),
    "regression": (Y, Task("regression", "y")),
}
WEIGHTS = RNG.uniform(0.5, 2, 400)
FEW = 12


def fit(learner: Tree | Forest, task: str, weights: np.ndarray | None = None) -> FittedTrees:
    target, question = TARGETS[task]
    rows = Rows(X, target, len(question.classes), weights)
    return learner.fit(rows, question, validation=None, seed=5, budget=Budget(), context=Context())


def oracle(learner: Tree | Forest, task: str, weights: np.ndarray | None, asked: np.ndarray) -> np.ndarray:
    target, question = TARGETS[task]
    settings = {"max_depth": learner.deepest, "min_samples_leaf": learner.least_leaf, "random_state": 5}
    if isinstance(learner, Tree):
        model = DecisionTreeClassifier(**settings) if question.classes else DecisionTreeRegressor(**settings)
    else:
        classes, values = (
            (RandomForestClassifier, RandomForestRegressor)
            if learner.grow == "forest"
            else (ExtraTreesClassifier, ExtraTreesRegressor)
        )
        third = 1 / 3 if learner.grow == "forest" else 1.0
        share = learner.columns or ("sqrt" if question.classes else third)
        model = (classes if question.classes else values)(learner.n_trees, max_features=share, **settings)
    model.fit(X, target, sample_weight=weights)
    if not question.classes:
        return model.predict(asked)
    return model.predict_proba(asked)[:, 1] if task == "binary" else model.predict_proba(asked)


@pytest.mark.parametrize("task", TARGETS)
@pytest.mark.parametrize(
    "learner",
    [
        Tree(),
        Tree(deepest=30, least_leaf=1),
        Forest(n_trees=FEW),
        Forest(n_trees=FEW, columns=1.0, least_leaf=5),
        Forest(n_trees=FEW, grow="extra"),
        Forest(n_trees=TREES_AT_ONCE + 2, grow="extra", columns=0.5),
    ],
)
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_predictions_equal_scikit_learn_with_gaps_and_weights(
    learner: Tree | Forest, task: str, weights: np.ndarray | None
) -> None:
    asked = np.concatenate([X, RNG.normal(size=(300, 6)) * 3, np.full((1, 6), np.nan)])
    found = fit(learner, task, weights).predict(asked).score
    np.testing.assert_allclose(found, oracle(learner, task, weights, asked), atol=1e-12)


def test_more_rows_than_are_walked_at_once_are_all_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = fit(Forest(n_trees=3), "binary")
    whole = fitted.predict(X).score
    monkeypatch.setattr("assay.recipes.tree_arrays.ROWS_AT_ONCE", 7)
    np.testing.assert_array_equal(fitted.predict(X).score, whole)


def test_bagging_is_as_good_as_scikit_learns() -> None:
    target, task = TARGETS["binary"]
    rows = Rows(X[:300], target[:300], 2)
    own = BAGGING.learner.fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context()).predict(X[300:])
    others = []
    for seed in range(5):
        model = BaggingClassifier(DecisionTreeClassifier(min_samples_leaf=5), n_estimators=100, random_state=seed)
        others.append(log_loss(target[300:], model.fit(X[:300], target[:300]).predict_proba(X[300:])))
    assert abs(log_loss(target[300:], own.probability) - np.mean(others)) < 0.02


@pytest.mark.parametrize("grow", ["forest", "extra"])
def test_trees_that_are_left_out_for_want_of_time_change_nothing_in_the_others(grow: str) -> None:
    target, task = TARGETS["binary"]
    rows, learner = Rows(X, target, 2), Forest(n_trees=50, grow=grow)
    spent = learner.fit(rows, task, validation=None, seed=3, budget=Budget(seconds=0.0), context=Context())
    assert spent.notes == (f"the budget of 0 s was spent after {TREES_AT_ONCE} of 50 trees",)
    fewer = Forest(n_trees=TREES_AT_ONCE, grow=grow)
    wanted = fewer.fit(rows, task, validation=None, seed=3, budget=Budget(), context=Context())
    np.testing.assert_array_equal(spent.predict(X).score, wanted.predict(X).score)
    cancelled = learner.fit(rows, task, validation=None, seed=3, budget=Budget(), context=Context(cancelled=lambda: True))
    assert cancelled.trees.n_trees == TREES_AT_ONCE


def test_two_threads_grow_the_trees_of_one() -> None:
    target, task = TARGETS["regression"]
    one, two = (
        Forest(n_trees=FEW).fit(
            Rows(X, target, 0), task, validation=None, seed=0, budget=Budget(), context=Context(threads=threads)
        )
        for threads in (1, 2)
    )
    np.testing.assert_array_equal(one.predict(X).score, two.predict(X).score)


def test_a_class_without_training_rows_has_probability_zero() -> None:
    rows = Rows(X, np.where(THREE == 1, 3, THREE), 4)
    task = Task("multiclass", "y", ("a", "b", "c", "d"))
    probability = Tree().fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context()).predict(X).probability
    assert (probability[:, 1] == 0).all()
    np.testing.assert_allclose(probability.sum(axis=1), 1)


def first_inner(trees: dict) -> int:
    return int(np.flatnonzero(trees["left"] != LEAF)[1])


def set_child(side: str, value: Callable[[dict, int], int]) -> Callable[[dict], None]:
    def damage(trees: dict) -> None:
        node = first_inner(trees)
        trees[side][node] = value(trees, node)

    return damage


def set_all(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[dict], None]:
    def damage(trees: dict) -> None:
        trees[name] = change(trees[name])

    return damage


DAMAGES = {
    "a child that is its own parent": set_child("left", lambda _, node: node),
    "a child before its parent": set_child("right", lambda _, node: node - 1),
    "a child far away": set_child("left", lambda *_: 10**6),
    "a child in the next tree": set_child("left", lambda trees, _: int(trees["starts"][1])),
    "a negative child": set_child("right", lambda *_: -2),
    "one child only": set_child("right", lambda *_: LEAF),
    "a child with two parents": set_child("left", lambda trees, node: int(trees["right"][node])),
    "a feature too high": set_all("feature", lambda a: a + 6),
    "a negative feature": set_all("feature", lambda a: a - 1),
    "features that are not whole": set_all("feature", lambda a: a.astype(float)),
    "thresholds that are not finite": set_all("threshold", lambda a: a * np.nan),
    "too few thresholds": set_all("threshold", lambda a: a[1:]),
    "too few values": set_all("values", lambda a: a[1:]),
    "values of another shape": set_all("values", lambda a: a[:, :1]),
    "infinite values": set_all("values", lambda a: a + np.inf),
    "starts that fall": set_all("starts", lambda a: a[::-1].copy()),
    "starts that do not begin at 0": set_all("starts", lambda a: a + 1),
    "no trees": set_all("starts", lambda a: a[:1]),
    "flags that are numbers": set_all("missing_left", lambda a: a.astype(np.int64)),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_forest_is_refused(name: str) -> None:
    state = fit(Forest(n_trees=3), "binary").state()
    trees = {key: value.copy() for key, value in state["trees"].items()}
    DAMAGES[name](trees)
    with pytest.raises(BundleError):
        FittedTrees.from_state(state | {"trees": trees})


def test_any_other_child_index_is_refused_or_still_ends() -> None:
    state = fit(Forest(n_trees=2), "binary").state()
    rng = np.random.default_rng(1)
    refused = 0
    for _ in range(300):
        trees = {key: value.copy() for key, value in state["trees"].items()}
        side = trees[rng.choice(["left", "right"])]
        side[rng.integers(len(side))] = rng.integers(-3, len(side) + 3)
        try:
            FittedTrees.from_state(state | {"trees": trees}).predict(X)
        except BundleError:
            refused += 1
    assert refused > 280  # an index may by chance be set to what it was


def test_a_tree_of_too_many_levels_is_refused() -> None:
    def chain(levels: int) -> dict:
        inner = np.arange(2 * levels + 1) % 2 == 0
        inner[-1] = False
        number = np.arange(2 * levels + 1)
        return {
            "starts": np.array([0, 2 * levels + 1]),
            "left": np.where(inner, number + 1, LEAF),
            "right": np.where(inner, number + 2, LEAF),
            "feature": np.zeros(2 * levels + 1, dtype=np.int32),
            "threshold": np.zeros(2 * levels + 1),
            "missing_left": np.zeros(2 * levels + 1, dtype=bool),
            "values": np.zeros((levels + 1, 1)),
        }

    assert TreeArrays.from_state(chain(DEEPEST), width=1, n_values=1).n_trees == 1
    with pytest.raises(BundleError, match="levels"):
        TreeArrays.from_state(chain(DEEPEST + 1), width=1, n_values=1)
