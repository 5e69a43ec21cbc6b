"""Our walk through CatBoost's symmetric trees against CatBoost's own predictions."""

import numpy as np
import pytest
from tests.recipes.boosted_rows import ASKED, TARGETS, WEIGHTS, N, X, cancelled_after, fit, loss

from assay.core.errors import MissingExtraError
from assay.data.rows import Rows
from assay.recipes.catboost import CatBoost
from assay.recipes.learner import Budget, Context

catboost = pytest.importorskip("catboost", reason="catboost is an extra")
SMALL = CatBoost(rounds=40, rounds_unwatched=30, depth=4)
LEVELS = 7


def shown(learner: CatBoost, rows: np.ndarray) -> np.ndarray:
    """What CatBoost sees: the numbers, and for few levels a column each."""
    if learner.one_hot_levels < LEVELS:
        return rows.astype(np.float32)
    return np.concatenate([rows[:, :4], rows[:, 4:] == np.arange(LEVELS)], axis=1).astype(np.float32)


@pytest.mark.parametrize("task", TARGETS)
@pytest.mark.parametrize("learner", [SMALL, CatBoost(rounds=20, depth=6, one_hot_levels=0)])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_predictions_equal_catboosts_own(
    task: str, learner: CatBoost, weights: np.ndarray | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    original = catboost.CatBoost.fit

    def remember(model: object, *args: object, **named: object) -> object:
        kept.append(model)
        return original(model, *args, **named)

    monkeypatch.setattr(catboost.CatBoost, "fit", remember)
    fitted = fit(learner, task, weights=weights)
    own = kept[0].predict(shown(learner, ASKED)).reshape(len(ASKED), -1)
    np.testing.assert_allclose(fitted.raw(ASKED), own, rtol=0, atol=1e-9)
    if task != "regression":
        said = kept[0].predict(shown(learner, ASKED), prediction_type="Probability")
        np.testing.assert_allclose(fitted.predict(ASKED).probability, said[:, 1] if task == "binary" else said, atol=1e-9)


def test_levels_are_asked_one_by_one_where_they_are_few() -> None:
    fitted = fit(SMALL, "binary")
    assert (fitted.sets.of_node >= 0).any()
    assert (~fitted.sets.left).sum(axis=1).max() == 1
    assert len(fit(CatBoost(rounds=20, one_hot_levels=4), "binary").sets.left) == 0


def test_rounds_end_where_the_held_out_rows_gain_nothing() -> None:
    learner = CatBoost(rounds=600, patience=10, learning_rate=0.2)
    stopped = fit(learner, "binary")
    kept = stopped.trees.n_trees
    assert kept < 600
    others = (CatBoost(rounds_unwatched=kept + more, learning_rate=0.2) for more in (-5, 5))
    assert loss("binary", stopped) <= min(loss("binary", fit(other, "binary", watched=False)) for other in others)


@pytest.mark.parametrize("watched", [True, False])
def test_a_cancelled_fit_stops_after_the_round_it_is_in(watched: bool) -> None:
    context, seen = cancelled_after(3)
    assert fit(CatBoost(), "binary", watched=watched, context=context).trees.n_trees <= 3
    assert seen == [1, 2, 3]


def test_a_spent_budget_stops_the_fit() -> None:
    assert fit(CatBoost(), "multiclass", watched=False, budget=Budget(seconds=0.0)).trees.n_trees == 1


def test_two_threads_grow_the_trees_of_one() -> None:
    one, two = (fit(SMALL, "multiclass", context=Context(threads=threads)) for threads in (1, 2))
    np.testing.assert_array_equal(one.raw(X), two.raw(X))


@pytest.mark.parametrize("task", TARGETS)
def test_a_target_of_one_value_gives_that_value_without_a_tree(task: str) -> None:
    question = TARGETS[task][1]
    rows = Rows(X[:N], np.ones(N, dtype=np.int64 if question.classes else float), len(question.classes))
    fitted = CatBoost().fit(rows, question, validation=None, seed=0, budget=Budget(), context=Context())
    said = fitted.predict(X).score if task == "regression" else fitted.predict(X).probability
    np.testing.assert_allclose(said[:, 1] if task == "multiclass" else said, 1, atol=1e-9)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "catboost", None)
    with pytest.raises(MissingExtraError, match=r"assay\[catboost\]"):
        fit(CatBoost(), "binary")
