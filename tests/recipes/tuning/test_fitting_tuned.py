"""A tuned recipe through the whole fit: inside its training rows, resumable, and honest about what it found."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from assay.data.reader import read
from assay.recipes.fitting import fit, some_of_each
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES
from assay.recipes.space import Whole
from assay.recipes.treatments import treatment_named
from assay.recipes.tuning.search import Search


def data(n=300, seed=0, signal=1.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4))
    y = (signal * x[:, 0] + rng.normal(size=n) > 0).astype(int)
    return read(
        pl.DataFrame(x, schema=list("abcd")).with_columns(pl.Series("y", np.where(y == 1, "yes", "no"))),
        target="y",
        positive="yes",
    )


def tree(method="random", trials=6, metric=None):
    space = {"deepest": Whole(1, 12), "least_leaf": Whole(1, 60, log=True)}
    return replace(RECIPES.get("tree"), space=space, search=Search(method, trials, metric))


def fitted(recipe, rows, treatment="none", budget=None, context=None):
    return fit(
        recipe,
        treatment_named(treatment),
        rows,
        groups=None,
        seed=5,
        budget=budget or Budget(),
        context=context or Context(),
    )


def test_settings_are_chosen_and_said():
    rows = data()
    found = fitted(tree(metric="roc_auc"), rows)
    assert found.notes[0].startswith("random tried 6 settings on 3 inner folds for roc_auc; the best were deepest=")
    usual = fitted(RECIPES.get("tree"), rows)
    assert not np.array_equal(found.predict(rows.frame)["probability"], usual.predict(rows.frame)["probability"])
    again = fitted(tree(metric="roc_auc"), rows)
    np.testing.assert_array_equal(found.predict(rows.frame)["probability"], again.predict(rows.frame)["probability"])


@pytest.mark.parametrize(
    ("metric", "treatment", "said"),
    [(None, "none", "log_loss"), ("f1", "none", "log_loss"), ("brier", "none", "brier"), ("brier", "smote", "roc_auc")],
)
def test_what_is_tuned_for_can_be_judged_without_a_threshold_or_a_correction(metric, treatment, said):
    assert f"inner folds for {said};" in fitted(tree(metric=metric, trials=3), data(), treatment).notes[0] + ";"


def test_a_search_on_noise_finds_nothing_that_new_rows_confirm():
    rows, new = data(200, 1, signal=0.0), data(4000, 2, signal=0.0)
    found = fitted(tree(trials=12, metric="roc_auc"), rows)
    score, y = found.predict(new.frame)["score"], new.target
    from sklearn.metrics import roc_auc_score

    assert abs(roc_auc_score(y, score) - 0.5) < 0.04


def test_what_was_tried_before_a_kill_is_not_fitted_again(tmp_path, monkeypatch):
    rows = data()
    whole = fitted(tree(), rows, context=Context(scratch=tmp_path / "one"))
    assert len((tmp_path / "one" / "trials").read_text().splitlines()) == 6 * 3
    calls = []
    module = __import__("assay.recipes.fitting", fromlist=["_fit_once"])
    plain = module._fit_once
    monkeypatch.setattr(module, "_fit_once", lambda *given: calls.append(1) or plain(*given))
    again = fitted(tree(), rows, context=Context(scratch=tmp_path / "one"))
    assert len(calls) == 1  # the last fit on all rows
    np.testing.assert_array_equal(again.predict(rows.frame)["probability"], whole.predict(rows.frame)["probability"])


def test_a_number_is_tuned_by_its_error():
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    frame = pl.DataFrame({"x": x, "y": np.sin(2 * x) + rng.normal(0, 0.3, 400)})
    recipe = tree(trials=8)
    assert "inner folds for rmse" in fitted(recipe, read(frame, target="y")).notes[0]


def test_a_share_of_the_rows_holds_every_class():
    target = np.repeat([0, 1, 2], [90, 9, 1])
    rows = np.arange(100)
    some = some_of_each(target, rows, 1 / 3, np.random.default_rng(0), True)
    assert np.bincount(target[some]).tolist() == [30, 3, 1]
    assert (np.diff(some) > 0).all()


def test_a_search_ends_with_its_half_of_the_budget():
    note = fitted(tree(trials=50), data(), budget=Budget(seconds=0.0)).notes[0]
    assert "random tried 1 settings on 3 inner folds for log_loss, until the time was up; none did better" in note
