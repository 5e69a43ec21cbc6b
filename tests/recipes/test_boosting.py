"""LightGBM's predictions before and after our own reading and writing of its text, and texts that were tampered with."""

import re
from collections.abc import Callable

import lightgbm
import numpy as np
import pytest

from assay.core.errors import BundleError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.boosting import Boosting, FittedBoosting
from assay.recipes.learner import Budget, Context
from assay.recipes.lightgbm_text import BoostedModel

RNG = np.random.default_rng(0)
X = RNG.normal(size=(500, 5))
X[RNG.random(X.shape) < 0.1] = np.nan
SIGNAL = np.nan_to_num(X[:, 0] + X[:, 1] * X[:, 2]) + 0.3 * np.isnan(X[:, 3]) + 0.3 * RNG.normal(size=500)
THREE = np.digitize(SIGNAL, [-0.3, 0.4])
TARGETS = {
    "binary": ((THREE > 0).astype(np.int64), Task("binary", "y", ("a", "b"))),
    "multiclass": (THREE, Task("multiclass", "y", ("a", "b", "c"))),
    "regression": (SIGNAL, Task("regression", "y")),
}


def fit(task: str, learner: Boosting | None = None, *, watched: bool = True, context: Context | None = None) -> FittedBoosting:
    target, question = TARGETS[task]
    train, held = (Rows(X[part], target[part], len(question.classes)) for part in (slice(0, 400), slice(400, 500)))
    return (learner or Boosting(rounds=60)).fit(
        train, question, validation=held if watched else None, seed=1, budget=Budget(), context=context or Context()
    )


@pytest.mark.parametrize("task", TARGETS)
def test_our_text_predicts_what_the_trained_booster_did(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []
    original = lightgbm.Booster.model_to_string

    def remember(booster: lightgbm.Booster, num_iteration: int) -> str:
        trained.append(booster.predict(X, raw_score=True, num_iteration=num_iteration))
        return original(booster, num_iteration=num_iteration)

    monkeypatch.setattr(lightgbm.Booster, "model_to_string", remember)
    fitted = fit(task)
    np.testing.assert_allclose(fitted.predict(X).score, trained[0], rtol=0, atol=1e-12)


def test_probabilities_equal_the_boosters_own() -> None:
    for task in ("binary", "multiclass"):
        fitted = fit(task)
        own = lightgbm.Booster(model_str=fitted.model.render()).predict(X)
        np.testing.assert_allclose(fitted.predict(X).probability, own, atol=1e-12)


def test_rounds_end_where_the_held_out_rows_gain_nothing() -> None:
    target = TARGETS["binary"][0]
    fitted = fit("binary", Boosting(rounds=400, patience=10))
    kept = len(fitted.model.trees)
    assert kept < 400

    def loss(rounds: int) -> float:
        probability = fit("binary", Boosting(rounds_unwatched=rounds), watched=False).predict(X[400:]).probability
        return float(-np.log(np.where(target[400:] == 1, probability, 1 - probability)).mean())

    assert loss(kept) <= min(loss(rounds) for rounds in (kept - 5, kept + 5, kept + 10))


def test_without_held_out_rows_all_rounds_are_grown() -> None:
    assert len(fit("multiclass", Boosting(rounds_unwatched=7), watched=False).model.trees) == 21


def test_a_cancelled_fit_stops_after_the_round_it_is_in() -> None:
    seen: list[int] = []
    context = Context(progress=lambda done, _: seen.append(done), cancelled=lambda: len(seen) >= 3)
    fit("binary", context=context)
    assert seen == [1, 2, 3]


def test_a_spent_budget_stops_the_fit() -> None:
    target, question = TARGETS["binary"]
    rows = Rows(X, target, 2)
    fitted = Boosting().fit(rows, question, validation=None, seed=0, budget=Budget(seconds=0.0), context=Context())
    assert len(fitted.model.trees) == 1


def test_rows_too_few_to_split_give_the_prior() -> None:
    rows = Rows(X[:3], np.array([0, 1, 1]), 2)
    fitted = Boosting().fit(rows, TARGETS["binary"][1], validation=None, seed=0, budget=Budget(), context=Context())
    np.testing.assert_allclose(fitted.predict(X[:3]).probability, 2 / 3, atol=1e-6)


def test_a_split_that_only_sends_missing_values_right_survives() -> None:
    gaps = np.where(RNG.random(200) < 0.5, np.nan, RNG.normal(size=200))
    target = np.isnan(gaps).astype(np.int64)
    fitted = Boosting().fit(
        Rows(gaps[:, None], target, 2), TARGETS["binary"][1], validation=None, seed=0, budget=Budget(), context=Context()
    )
    probability = fitted.predict(np.array([[np.nan], [1e37], [-1e37]])).probability
    assert probability[0] > 0.9
    assert (probability[1:] < 0.1).all()


@pytest.mark.parametrize(("rows", "leaves", "least"), [(100, 15, 5), (4999, 15, 20), (5000, 31, 20)])
def test_few_rows_get_smaller_trees(rows: int, leaves: int, least: int) -> None:
    settings = Boosting()._settings(Rows(np.zeros((rows, 1)), np.zeros(rows), 0), TARGETS["regression"][1], 0, 1)
    assert (settings["num_leaves"], settings["min_data_in_leaf"]) == (leaves, least)


def test_settings_reach_lightgbm() -> None:
    learner = Boosting(
        rounds_unwatched=5, num_leaves=6, min_data_in_leaf=3, lambda_l2=7.0, bagging_fraction=0.5, feature_fraction=0.4
    )
    target, task = TARGETS["regression"]
    fitted = learner.fit(Rows(X, target, 0), task, validation=None, seed=1, budget=Budget(), context=Context())
    own = lightgbm.train(
        {"objective": "regression", "learning_rate": 0.05, "num_leaves": 3, "min_data_in_leaf": 3, "lambda_l2": 7.0}
        | {"bagging_fraction": 0.5, "bagging_freq": 1, "feature_fraction": 0.4, "seed": 1, "verbosity": -1}
        | {"deterministic": True, "force_row_wise": True, "num_threads": 1},
        lightgbm.Dataset(X, target, params={"verbosity": -1, "min_data_in_leaf": 3}),
        5,
    )
    np.testing.assert_allclose(fitted.predict(X).score, own.predict(X), atol=1e-12)


def test_a_smaller_rate_gets_more_rounds() -> None:
    slow = fit("binary", Boosting(rounds_unwatched=10, learning_rate=0.01), watched=False)
    assert len(slow.model.trees) == 50
    fast = fit("binary", Boosting(rounds_unwatched=10, learning_rate=0.2), watched=False)
    assert len(fast.model.trees) == 10


def test_the_text_that_is_kept_reads_back_to_itself() -> None:
    text = fit("multiclass").model.render()
    assert BoostedModel.parse(text).render() == text


TEXT = fit("binary", Boosting(rounds=5)).model.render()


def edit(pattern: str, new: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, new, text, count=1, flags=re.MULTILINE)


EDITS = {
    "a left child out of range": edit(r"^left_child=\S+", "left_child=99"),
    "a child that is its own parent": edit(r"^left_child=\S+", "left_child=0"),
    "a leaf out of range": edit(r"^right_child=\S+", "right_child=-99"),
    "a child that is no number": edit(r"^left_child=\S+", "left_child=x"),
    "a feature out of range": edit(r"^split_feature=\S+", "split_feature=5"),
    "a negative feature": edit(r"^split_feature=\S+", "split_feature=-1"),
    "a threshold that is no number": edit(r"^threshold=\S+", "threshold=nan"),
    "a hexadecimal threshold": edit(r"^threshold=\S+", "threshold=0x1p3"),
    "a leaf value that is infinite": edit(r"^leaf_value=\S+", "leaf_value=inf"),
    "a leaf value that overflows": edit(r"^leaf_value=\S+", "leaf_value=1e999"),
    "one value too few": edit(r"^leaf_value=\S+ ", "leaf_value="),
    "more leaves than values": edit(r"^num_leaves=\d+", "num_leaves=31"),
    "leaves without end": edit(r"^num_leaves=\d+", "num_leaves=999999999"),
    "no leaves": edit(r"^num_leaves=\d+", "num_leaves=0"),
    "a categorical split": edit(r"^num_cat=0", "num_cat=1"),
    "a categorical decision": edit(r"^decision_type=\d+", "decision_type=1"),
    "a linear leaf": edit(r"^is_linear=0", "is_linear=1"),
    "more columns than splits can name": edit(r"^max_feature_idx=\d+", "max_feature_idx=99999999"),
    "another objective": edit(r"^objective=.*", "objective=custom"),
    "more classes than trees": edit(r"^num_class=1", "num_class=3"),
    "another version": edit(r"^version=v4", "version=v9"),
    "an unknown line": edit(r"^is_linear=0", "is_linear=0\nsurprise=1"),
    "a line that stands twice": edit(r"^num_cat=0", "num_cat=0\nnum_cat=0"),
    "a line that is gone": edit(r"^left_child=.*\n", ""),
    "a tree with another number": edit(r"^Tree=1", "Tree=7"),
    "a missing end": edit(r"^end of trees", ""),
    "no text at all": lambda _: "",
    "letters beyond ascii": lambda text: text.replace("0", "٠", 1),
    "half a text": lambda text: text[: len(text) // 2],
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_text_is_refused(name: str) -> None:
    edited = EDITS[name](TEXT)
    assert edited != TEXT
    with pytest.raises(BundleError):
        BoostedModel.parse(edited)


def test_no_edited_child_index_reaches_lightgbm() -> None:
    tried = 0
    for match in re.finditer(r"^(left|right)_child=(.*)$", TEXT, flags=re.MULTILINE):
        children = match[2].split(" ")
        for place in range(len(children)):
            for value in (-100, -1, 0, place, place + 2, len(children), 10**8):
                if str(value) == children[place]:
                    continue
                edited = " ".join([*children[:place], str(value), *children[place + 1 :]])
                tried += 1
                with pytest.raises(BundleError):
                    BoostedModel.parse(TEXT[: match.start(2)] + edited + TEXT[match.end(2) :])
    assert tried > 100


def test_any_changed_character_is_refused_or_still_predicts_finite_numbers() -> None:
    rng = np.random.default_rng(0)
    for _ in range(400):
        place = int(rng.integers(len(TEXT)))
        edited = TEXT[:place] + str(rng.choice(list("0123456789-.e =\nax"))) + TEXT[place + 1 :]
        try:
            fitted = FittedBoosting.from_state({"kind": "lightgbm", "task": "binary", "n_classes": 2, "model": edited})
        except BundleError:
            continue
        assert np.isfinite(fitted.predict(np.zeros((2, fitted.model.width))).score).all()


@pytest.mark.parametrize(
    "damage",
    [{"task": "regression", "n_classes": 0}, {"task": "multiclass", "n_classes": 3}, {"model": None}, {"n_classes": "2"}],
)
def test_a_text_that_does_not_fit_its_task_is_refused(damage: dict) -> None:
    with pytest.raises(BundleError):
        FittedBoosting.from_state(fit("binary", Boosting(rounds=2)).state() | damage)
