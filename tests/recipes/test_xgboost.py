"""Our walk through XGBoost's trees against XGBoost's own predictions."""

import numpy as np
import pytest
from tests.recipes.boosted_rows import ASKED, HELD, TARGETS, WEIGHTS, N, X, cancelled_after, fit, loss

from assay.core.errors import MissingExtraError
from assay.data.rows import Rows
from assay.recipes.learner import Budget, Context
from assay.recipes.xgboost import XGBoost

xgboost = pytest.importorskip("xgboost", reason="xgboost is an extra")
SMALL = XGBoost(rounds=40, rounds_unwatched=30)


@pytest.mark.parametrize("task", TARGETS)
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_predictions_equal_xgboosts_own(task: str, weights: np.ndarray | None, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    original = xgboost.Booster.save_raw

    def remember(booster: object, raw_format: str) -> bytearray:
        kept.append(booster)
        return original(booster, raw_format)

    monkeypatch.setattr(xgboost.Booster, "save_raw", remember)
    fitted = fit(SMALL, task, weights=weights)
    own = kept[0].predict(xgboost.DMatrix(ASKED.astype(np.float32)), output_margin=True).reshape(len(ASKED), -1)
    np.testing.assert_allclose(fitted.raw(ASKED), own, rtol=0, atol=2e-5)
    if task != "regression":
        said = kept[0].predict(xgboost.DMatrix(ASKED.astype(np.float32)))
        np.testing.assert_allclose(fitted.predict(ASKED).probability, said, atol=1e-5)


def test_a_value_at_the_threshold_goes_where_xgboost_sends_it() -> None:
    fitted = fit(SMALL, "regression", watched=False)
    inner = fitted.trees.left >= 0
    column, threshold = fitted.trees.feature[inner], fitted.trees.threshold[inner]
    asked = np.zeros((2 * len(column), 5))
    for place, at in enumerate(np.concatenate([threshold, np.nextafter(threshold.astype(np.float32), np.float32(np.inf))])):
        asked[place, column[place % len(column)]] = at
    booster = xgboost.train(
        SMALL._settings(*_arguments()), xgboost.DMatrix(X[:HELD].astype(np.float32), TARGETS["regression"][0][:HELD]), 30
    )
    own = booster.predict(xgboost.DMatrix(asked.astype(np.float32)), output_margin=True)
    np.testing.assert_allclose(fitted.raw(asked)[:, 0], own, atol=2e-5)


def _arguments() -> tuple:
    target, task = TARGETS["regression"]
    rows = Rows(X[:HELD], target[:HELD], 0)
    return rows, task, np.array([target[:HELD].mean()]), 1, 1


def test_rounds_end_where_the_held_out_rows_gain_nothing() -> None:
    stopped = fit(XGBoost(rounds=400, patience=10), "binary")
    kept = stopped.trees.n_trees
    assert kept < 400
    best = loss("binary", stopped)
    assert best <= min(loss("binary", fit(XGBoost(rounds_unwatched=k), "binary", watched=False)) for k in (kept - 5, kept + 5))


def test_a_cancelled_fit_stops_after_the_round_it_is_in() -> None:
    context, seen = cancelled_after(3)
    assert fit(XGBoost(), "binary", watched=False, context=context).trees.n_trees == 3
    assert seen == [1, 2, 3]


def test_a_spent_budget_stops_the_fit() -> None:
    assert fit(XGBoost(), "multiclass", watched=False, budget=Budget(seconds=0.0)).trees.n_trees == 3


def test_two_threads_grow_the_trees_of_one() -> None:
    one, two = (fit(SMALL, "binary", context=Context(threads=threads)) for threads in (1, 2))
    np.testing.assert_array_equal(one.raw(X), two.raw(X))


def test_one_class_alone_gives_its_share_without_a_tree() -> None:
    rows = Rows(X[:N], np.zeros(N, dtype=np.int64), 2)
    fitted = XGBoost().fit(rows, TARGETS["binary"][1], validation=None, seed=0, budget=Budget(), context=Context())
    assert fitted.predict(X).probability.max() < 1e-9


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "xgboost", None)
    with pytest.raises(MissingExtraError, match=r"assay\[xgboost\]"):
        fit(XGBoost(), "binary")
