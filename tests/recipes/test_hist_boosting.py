"""Our walk through scikit-learn's histogram boosting against its own predictions, and trees that were tampered with."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from tests.recipes.boosted_rows import ASKED, BLOCKS, HELD, TARGETS, WEIGHTS, X, cancelled_after, fit, loss
from threadpoolctl import threadpool_limits

from assay.core.errors import BundleError
from assay.data.rows import Rows
from assay.recipes.boosted_trees import FittedBoostedTrees
from assay.recipes.hist_boosting import HistBoosting
from assay.recipes.learner import Budget, Context


def oracle(learner: HistBoosting, task: str, weights: np.ndarray | None, rounds: int) -> np.ndarray:
    """Grown at one go by scikit-learn itself; raw scores of ASKED."""
    target, question = TARGETS[task]
    grow = HistGradientBoostingClassifier if question.classes else HistGradientBoostingRegressor
    model = grow(
        max_iter=rounds,
        learning_rate=learner.learning_rate,
        max_leaf_nodes=learner.max_leaf_nodes,
        min_samples_leaf=learner.min_samples_leaf,
        l2_regularization=learner.l2_regularization,
        max_features=learner.max_features,
        categorical_features=[4] if learner.level_sets else None,
        early_stopping=False,
        random_state=1,
    )
    with threadpool_limits(1):
        model.fit(X[:HELD], target[:HELD], sample_weight=None if weights is None else weights[:HELD])
        said = model.decision_function(ASKED) if question.classes else model.predict(ASKED)
    return said.reshape(len(ASKED), -1)


@pytest.mark.parametrize("task", TARGETS)
@pytest.mark.parametrize("sets", [False, True])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_predictions_equal_scikit_learns_own(task: str, sets: bool, weights: np.ndarray | None) -> None:
    learner = HistBoosting(rounds_unwatched=25, level_sets=sets)
    fitted = fit(learner, task, weights=weights, watched=False)
    assert (fitted.sets.of_node >= 0).any() == sets
    np.testing.assert_allclose(fitted.raw(ASKED), oracle(learner, task, weights, 25), rtol=0, atol=1e-12)


@pytest.mark.parametrize("task", TARGETS)
def test_the_rounds_that_are_kept_are_scikit_learns_first(task: str) -> None:
    learner = HistBoosting(rounds=200, patience=10, learning_rate=0.2)
    stopped = fit(learner, task)
    rounds = stopped.trees.n_trees // (3 if task == "multiclass" else 1)
    assert rounds < 200
    np.testing.assert_allclose(stopped.raw(ASKED), oracle(learner, task, None, rounds), rtol=0, atol=1e-12)
    others = (HistBoosting(rounds_unwatched=rounds + more, learning_rate=0.2) for more in (-3, 5))
    assert loss(task, stopped) <= min(loss(task, fit(other, task, watched=False)) for other in others)


def test_a_class_without_rows_is_all_but_impossible() -> None:
    target = np.where(TARGETS["multiclass"][0] == 1, 2, TARGETS["multiclass"][0])
    rows = Rows(X, target, 3, None, BLOCKS)
    task = TARGETS["multiclass"][1]
    fitted = HistBoosting().fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context())
    probability = fitted.predict(X).probability
    assert probability[:, 1].max() < 1e-9
    assert (probability.argmax(axis=1) == target).mean() > 0.9


def test_a_class_of_weight_zero_is_no_class() -> None:
    target, task = TARGETS["multiclass"]
    rows = Rows(X, target, 3, (target != 1).astype(float), BLOCKS)
    fitted = HistBoosting().fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context())
    assert fitted.predict(X).probability[:, 1].max() < 1e-9


def test_a_cancelled_fit_stops_at_the_next_look() -> None:
    context, _ = cancelled_after(1)
    assert fit(HistBoosting(), "binary", watched=False, context=context).trees.n_trees == 20


def test_a_spent_budget_stops_the_fit() -> None:
    assert fit(HistBoosting(), "binary", watched=False, budget=Budget(seconds=0.0)).trees.n_trees == 20


def test_two_threads_grow_the_trees_of_one() -> None:
    one, two = (fit(HistBoosting(rounds=30), "binary", context=Context(threads=threads)) for threads in (1, 2))
    np.testing.assert_array_equal(one.raw(X), two.raw(X))


STATE = fit(HistBoosting(rounds=10, level_sets=True), "multiclass").state()


def with_sets(**changed: object) -> Callable[[dict], dict]:
    return lambda state: state | {"sets": state["sets"] | changed}


DAMAGES = {
    "a set that is not there": with_sets(of_node=STATE["sets"]["of_node"] + 10**6),
    "sets for other nodes": with_sets(of_node=STATE["sets"]["of_node"][1:]),
    "sets without levels": with_sets(left=STATE["sets"]["left"][:, :0]),
    "sets that are numbers": with_sets(left=STATE["sets"]["left"].astype(float)),
    "a score that is not there": lambda state: state | {"columns": np.array([0, 1, 3])},
    "no whole number of rounds": lambda state: state | {"columns": np.array([0, 1, 2, 0, 1, 2, 0])},
    "leaves of another width": lambda state: state | {"columns": np.zeros(0, dtype=np.int64)},
    "a start of another width": lambda state: state | {"base": np.zeros(1)},
    "an infinite start": lambda state: state | {"base": np.full(3, np.inf)},
    "another precision": lambda state: state | {"precision": "float16"},
    "columns that are not there": lambda state: state | {"width": 1},
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_state_is_refused(name: str) -> None:
    FittedBoostedTrees.from_state(STATE)
    with pytest.raises(BundleError):
        FittedBoostedTrees.from_state(DAMAGES[name](STATE))
