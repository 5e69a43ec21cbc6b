"""The stack: against scikit-learn's, what every learner must do, and what only a learner made of whole models must."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from statsmodels.discrete.conditional_models import ConditionalLogit
from tests.contracts.learning import copied, state_bytes

from assay.bundle.model import Model, load_model
from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.seeds import seed32
from assay.data.dataset import Dataset
from assay.data.rows import Rows
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.recipes.ensembles import stack as stacking
from assay.recipes.ensembles.stack import STACK, Stack
from assay.recipes.ensembles.stack_pool import fit_pool
from assay.recipes.ensembles.stacked import numbers_of
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.recipe import Recipe
from assay.recipes.registry import RECIPES
from assay.recipes.treatments import treatment_named
from assay.splits.inner import inner_folds

CLASSES = {"binary": ("no", "yes"), "multiclass": ("low", "middle", "top"), "regression": ()}


def rows(task: str, n: int = 240, seed: int = 0, *, weights: bool = False, **extra: np.ndarray) -> Dataset:
    """Three numbers and a category; extra: columns of a role, by the role's name."""
    random = np.random.default_rng(seed)
    a, b, c = random.normal(size=(3, n))
    level = random.choice(["red", "green"], n)
    signal = a + np.where(level == "red", b, -b) + 0.5 * random.normal(size=n)
    target: np.ndarray = signal
    if task == "binary":
        target = np.where(signal > 0.3, "yes", "no")
    if task == "multiclass":
        target = np.array(CLASSES[task])[np.digitize(signal, [-0.8, 0.8])]
    frame = pl.DataFrame({"a": a, "b": b, "c": c, "level": level, "y": target})
    columns = [Column(name, "number") for name in "abc"] + [Column("level", "category", levels=("green", "red"))]
    columns.append(Column("y", "category" if CLASSES[task] else "number", "target"))
    if weights:
        extra["weight"] = random.uniform(0.5, 3.0, n)
    for role, values in extra.items():
        frame = frame.with_columns(pl.Series(role, values))
        columns.append(Column(role, "number", role))
    return Dataset(frame, Schema(tuple(columns)), Task(task, "y", CLASSES[task]))


def fitted(
    data: Dataset, recipe: Recipe = STACK, treatment: str = "none", *, seed: int = 0, calibration: str | None = None, **more
) -> Fitted:
    budget, context = more.get("budget", Budget()), more.get("context", Context())
    return fit(
        recipe,
        treatment_named(treatment),
        data,
        groups=more.get("groups"),
        seed=seed,
        budget=budget,
        context=context,
        calibration=calibration,
    )


def of(*members: str, **settings) -> Recipe:
    return replace(STACK, learner=Stack(members=members, **settings))


class Ours(BaseEstimator):
    """A recipe as scikit-learn has it: X are row numbers of the data."""

    def __init__(self, recipe: str, data: Dataset) -> None:
        self.recipe, self.data = recipe, data

    def fit(self, X, y, sample_weight=None):
        if self.data.question.is_classification:
            self.classes_ = np.unique(y)
        self.fitted_ = fitted(self.data.take(X[:, 0].astype(int)), RECIPES.get(self.recipe))
        return self

    def _said(self, X):
        return self.fitted_.predict(self.data.frame[X[:, 0].astype(int)])


class OurClassifier(ClassifierMixin, Ours):
    def predict_proba(self, X):
        said = self._said(X)["probability"]
        return said if said.ndim == 2 else np.column_stack([1 - said, said])

    def predict(self, X):  # scikit-learn asks whether it is there
        return self.predict_proba(X).argmax(axis=1)


class OurRegressor(RegressorMixin, Ours):
    def predict(self, X):
        return self._said(X)["value"]


class OnLogits(LogisticRegression):
    """Logistic regression on log odds."""

    clip = 0.0

    def __sklearn_clone__(self):
        other = OnLogits(**self.get_params())
        other.clip = self.clip
        return other

    def read(self, X):
        return logit(np.clip(X, self.clip, 1 - self.clip))

    def fit(self, X, y, sample_weight=None):
        return super().fit(self.read(X), y, sample_weight)

    def predict_proba(self, X):
        return super().predict_proba(self.read(X))


def cut(data: Dataset, folds: int = 4) -> list:
    classes = data.question.is_classification
    return inner_folds(data.target, classification=classes, groups=None, time=None, folds=folds, seed=seed32(0, "stack"))


@pytest.mark.parametrize("weights", [False, True])
def test_a_stack_of_two_classes_is_scikit_learns_on_the_same_folds(weights: bool) -> None:
    data, names = rows("binary", weights=weights), ("logistic", "naive-bayes")
    ours = fitted(data, of(*names, folds=4))
    final = OnLogits(C=1.0, tol=1e-8, max_iter=5000)
    final.clip = ours.learner.clip
    theirs = StackingClassifier([(name, OurClassifier(name, data)) for name in names], final, cv=cut(data))
    numbers = np.arange(len(data))[:, None]
    theirs.fit(numbers, data.target, **({"sample_weight": data.weights} if weights else {}))
    np.testing.assert_allclose(ours.learner.line.coefficients, theirs.final_estimator_.coef_, atol=2e-4)
    said = ours.predict(data.frame)["probability"]
    np.testing.assert_allclose(said, theirs.predict_proba(numbers)[:, 1], atol=1e-4)


def test_a_stack_of_several_classes_is_a_conditional_logit_of_what_was_said_out_of_fold() -> None:
    data, names = rows("multiclass"), ("logistic", "naive-bayes")
    ours = fitted(data, of(*names, folds=4, penalty_strength=1e-9)).learner
    logs = np.zeros((len(data), 2, 3))
    for kept, held in cut(data):
        for place, name in enumerate(names):
            said = fitted(data.take(kept), RECIPES.get(name)).predict(data.frame[held])["probability"]
            logs[held, place] = np.log(np.clip(said, ours.clip, 1))
    alternatives = np.concatenate([logs.transpose(0, 2, 1), np.tile(np.eye(3)[:, 1:], (len(data), 1, 1))], axis=2)
    chosen = (np.arange(3) == data.target[:, None]).astype(int)
    model = ConditionalLogit(chosen.ravel(), alternatives.reshape(-1, 4), groups=np.repeat(np.arange(len(data)), 3))
    theirs = model.fit(disp=False).params
    np.testing.assert_allclose(ours.line.coefficients[0, [0, 3]], theirs[:2], atol=1e-4)
    np.testing.assert_allclose(ours.line.intercepts[1:] - ours.line.intercepts[0], theirs[2:], atol=1e-4)


def test_the_pool_of_two_classes_is_logistic_regression_with_its_penalty_and_weights() -> None:
    random = np.random.default_rng(0)
    odds = random.normal(size=(300, 2))
    target = (random.random(300) < expit(odds @ [1.0, 0.5] - 0.4)).astype(np.int64)
    weights = random.uniform(0.2, 3.0, 300)
    pairs = np.stack([-odds / 2, odds / 2], axis=2).reshape(300, 4)
    pool = fit_pool(Rows(pairs, target, 2, weights), 5.0)
    theirs = LogisticRegression(C=1 / 5.0, tol=1e-10).fit(odds, target, weights)
    np.testing.assert_allclose(pool.coefficients[0, [0, 2]], theirs.coef_[0], atol=1e-5)
    np.testing.assert_allclose(np.diff(pool.intercepts), theirs.intercept_, atol=1e-5)


def test_a_class_that_no_row_has_is_said_to_be_next_to_impossible() -> None:
    random = np.random.default_rng(1)
    pool = fit_pool(Rows(random.normal(size=(60, 8)), random.choice([0, 1, 3], 60), 4), 1.0)
    said = pool.predict(random.normal(size=(20, 8))).probability
    assert said[:, 2].max() < 1e-9
    np.testing.assert_allclose(said.sum(axis=1), 1)


def test_a_stack_of_values_is_scikit_learns_on_the_same_folds() -> None:
    data, names = rows("regression"), ("ridge", "knn")
    ours = fitted(data, of(*names, folds=4))
    theirs = StackingRegressor([(name, OurRegressor(name, data)) for name in names], Ridge(data.target.var()), cv=cut(data))
    numbers = np.arange(len(data))[:, None]
    theirs.fit(numbers, data.target)
    np.testing.assert_allclose(ours.learner.line.coefficients[0], theirs.final_estimator_.coef_, atol=1e-9)
    np.testing.assert_allclose(ours.predict(data.frame)["value"], theirs.predict(numbers), atol=1e-9)


def test_a_stack_of_values_does_not_depend_on_their_unit() -> None:
    data = rows("regression")
    small = replace(data, frame=data.frame.with_columns(pl.col("y") * 1e-4))
    said, tiny = (fitted(one, of("ridge", "knn")).predict(one.frame)["value"] for one in (data, small))
    np.testing.assert_allclose(tiny * 1e4, said, rtol=1e-6, atol=1e-6)


def test_the_spread_of_values_is_that_of_rows_no_member_saw() -> None:
    train, test = rows("regression", 600, 1), rows("regression", 3000, 2)
    said = fitted(train, of("ridge", "boosting")).predict(test.frame)
    off = np.abs(test.target - said["value"]) / said["spread"]
    assert 0.92 < (off < 1.96).mean() < 0.98


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Dataset]:
    """The rows of every fit inside of the stack."""
    seen: list[Dataset] = []

    def spy(recipe, treatment, data, **more):
        seen.append((data, more["groups"]))
        return fit(recipe, treatment, data, **more)

    monkeypatch.setattr(stacking, "fit", spy)
    return seen


def test_inner_folds_tear_no_group_apart_neither_the_datas_nor_one_that_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = recorded(monkeypatch)
    groups = np.arange(240) // 6
    data = rows("binary", group=groups)
    fitted(data, of("logistic", "naive-bayes"))
    other = np.arange(240) % 40
    fitted(data, of("logistic", "naive-bayes"), groups=other)
    assert len(seen) == 2 * 2 * 6
    for place, (part, passed) in enumerate(seen):
        kept = part.groups if place < 12 else passed
        assert len(kept) == len(part)
        assert set(np.unique(kept, return_counts=True)[1]) == {6}, "each group is there with all of its rows"
    assert sorted({len(part) for part, _ in seen}) == [192, 240]


def test_inner_folds_go_forward_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = recorded(monkeypatch)
    moments = np.random.default_rng(1).permutation(240).astype(float)
    fitted(rows("binary", time=moments), of("logistic", "naive-bayes"))
    folds, last = seen[:-2], seen[-2:]
    for part, _ in folds:
        assert sorted(part.time.tolist()) == list(range(len(part))), "the earliest rows, and none from later"
    assert {len(part) for part, _ in last} == {240}


@pytest.mark.parametrize("task", CLASSES)
def test_a_stack_does_what_every_learner_must(task: str) -> None:
    data = rows(task)
    before = data.fingerprint
    short = replace(STACK, learner=Stack(folds=2))
    first, second, other = fitted(data, short, seed=3), fitted(data, short, seed=3), fitted(data, short, seed=4)
    assert data.fingerprint == before
    assert state_bytes(first.state()) == state_bytes(second.state())
    assert state_bytes(first.state()) != state_bytes(other.state())
    name = "probability" if data.question.is_classification else "value"
    whole = first.predict(data.frame)
    assert whole[name].shape == ((240, 3) if task == "multiclass" else (240,))
    back = Fitted.from_state(copied(first.state()))
    assert state_bytes(back.state()) == state_bytes(first.state())
    for key, values in back.predict(data.frame).arrays.items():
        np.testing.assert_allclose(values, whole[key], rtol=0, atol=1e-12)
    for row in (0, 100):
        np.testing.assert_allclose(first.predict(data.frame[row : row + 1])[name], whole[name][row : row + 1], atol=1e-9)
    assert len(first.predict(data.frame[:0])[name]) == 0
    strange = pl.DataFrame({"a": [None, 1e200], "b": [np.inf, -3.0], "c": [None, None], "level": ["never", None]})
    assert np.isfinite(first.predict(strange.cast({"c": pl.Float64}))[name]).all()
    if task == "multiclass":
        np.testing.assert_allclose(whole[name].sum(axis=1), 1, atol=1e-9)


def test_a_saved_stack_answers_as_before(tmp_path: Path) -> None:
    data = rows("binary")
    model = fitted(data, of("logistic", "naive-bayes"))
    Model(fitted=model, card={}).save(tmp_path / "stack.assay")
    said = load_model(tmp_path / "stack.assay").fitted.predict(data.frame)["probability"]
    np.testing.assert_allclose(said, model.predict(data.frame)["probability"], atol=1e-12)


def test_a_damaged_stack_is_refused() -> None:
    state = fitted(rows("binary"), of("logistic", "naive-bayes")).state()
    learner = state["learner"]
    inner = {**learner["members"][0], "learner": learner}
    line = learner["line"]
    damages = [
        {"members": []},
        {"members": [inner, inner]},
        {"members": [{**inner, "step": state["step"]}, inner]},
        {"members": learner["members"][:1]},
        {"members": "x"},
        {"clip": 0.0},
        {"clip": 0.6},
        {"line": {**line, "coefficients": np.zeros((1, 3))}},
        {"line": {**line, "task": "regression"}},
        {"line": 3},
        {"task": "multiclass", "n_classes": 3},
        {"n_classes": 5},
    ]
    Fitted.from_state(state)
    for damage in damages:
        with pytest.raises(BundleError):
            Fitted.from_state({**state, "learner": {**learner, **damage}})
    for key in ("members", "line", "clip"):
        with pytest.raises(BundleError):
            Fitted.from_state({**state, "learner": {name: value for name, value in learner.items() if name != key}})


def truth(n: int, seed: int) -> tuple[Dataset, np.ndarray]:
    """Rows of a known probability, of about 12 % positives: a line, and a part that only trees see."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 6))
    chance = expit(-2.8 + x[:, 0] + 0.8 * x[:, 1] + 1.5 * (x[:, 2] > 0) * (x[:, 3] > 0))
    target = np.where(random.random(n) < chance, "yes", "no")
    names = [f"x{place}" for place in range(6)]
    frame = pl.DataFrame(dict(zip(names, x.T, strict=True))).with_columns(pl.Series("y", target))
    columns = tuple(Column(name, "number") for name in names)
    return Dataset(frame, Schema((*columns, Column("y", "category", "target"))), Task("binary", "y", ("no", "yes"))), chance


@pytest.mark.parametrize("treatment", ["none", "random-oversample"])
def test_probabilities_are_true_and_better_than_each_members(treatment: str) -> None:
    train, _ = truth(1500, 1)
    test, chance = truth(6000, 2)
    model = fitted(train, treatment=treatment)
    said = model.predict(test.frame)["probability"]
    slope = LogisticRegression(C=1e6).fit(logit(np.clip(said, 1e-6, 1 - 1e-6))[:, None], test.target).coef_[0, 0]
    assert 0.8 < slope < 1.25, "1 where log odds are neither too far from 0 nor too near"
    assert said.mean() == pytest.approx(chance.mean(), abs=0.025)
    losses = [log_loss(test.target, member.predict(test.frame)["probability"]) for member in model.learner.members]
    assert log_loss(test.target, said) < min(losses)
    assert model.predict(test.frame).arrays.keys() >= ({"uncorrected"} if treatment != "none" else set())


def test_a_calibrator_that_is_asked_for_is_fitted_on_lines_that_did_not_see_its_rows() -> None:
    for task, name in (("binary", "platt"), ("multiclass", "vector")):
        data = rows(task)
        plain, asked = (fitted(data, of("logistic", "naive-bayes"), calibration=one) for one in ("none", name))
        assert (len(plain.calibrators), len(asked.calibrators)) == (0, 1)
        assert state_bytes(plain.learner.state()) == state_bytes(asked.learner.state())
        np.testing.assert_allclose(asked.predict(data.frame)["uncorrected"], plain.predict(data.frame)["probability"], atol=1e-12)


def test_whoever_stops_it_gets_a_stack_of_two_folds_and_is_told() -> None:
    data = rows("binary")
    two = of("logistic", "boosting")
    stopped = fitted(data, two, context=Context(cancelled=lambda: True))
    assert stopped.notes == ("the time of the stack was up after 2 of 5 inner folds",)
    assert np.isfinite(stopped.predict(data.frame)["probability"]).all()
    spent = fitted(data, two, budget=Budget(1e-6))
    assert spent.notes == stopped.notes
    assert fitted(data, two, budget=Budget(1e6)).notes == ()


def test_every_fit_is_counted_and_works_in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    folders = set()

    def spy(recipe, treatment, data, **more):
        folders.add(more["context"].scratch)
        return fit(recipe, treatment, data, **more)

    monkeypatch.setattr(stacking, "fit", spy)
    context = Context(scratch=tmp_path, progress=lambda done, total: told.append((done, total)))
    fitted(rows("binary"), of("logistic", "naive-bayes"), context=context)
    assert told == [(done, 12) for done in range(1, 13)]
    assert len(folders) == 12
    assert all(folder.parent == tmp_path for folder in folders)


def test_a_member_that_cannot_answer_is_left_out_and_named() -> None:
    data = rows("binary")
    found = fitted(data, of("logistic", "tfidf-logistic", "naive-bayes"))
    assert [member.recipe for member in found.learner.members] == ["logistic", "naive-bayes"]
    assert "without tfidf-logistic" in found.notes[0]
    assert found.schema.names() == ["a", "b", "c", "level"]
    treated = fitted(data, of("logistic", "lda", "naive-bayes"), "class-weight")
    assert len(treated.learner.members) == 3


def test_what_cannot_be_stacked_is_refused_in_a_sentence() -> None:
    data = rows("binary")
    with pytest.raises(ConfigError, match="needs 2 members, and of logistic, ridge 1 can answer"):
        fitted(data, of("logistic", "ridge"))
    with pytest.raises(ConfigError, match="'stack' is made of recipes itself"):
        fitted(data, of("logistic", "stack"))
    with pytest.raises(ConfigError, match="cannot learn from prepared rows"):
        STACK.learner.fit(None, data.question, validation=None, seed=0, budget=Budget(), context=Context())
    with pytest.raises(DataError, match="cannot be split into two folds"):
        fitted(rows("binary", group=np.zeros(240, int)))


def test_a_members_fault_names_the_member_and_its_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(recipe, treatment, data, **more):
        raise DataError("no.")

    monkeypatch.setattr(stacking, "fit", fault)
    with pytest.raises(DataError, match="in 'logistic' of the stack, inner fold 1 of 5: no"):
        stacking.Stack().fit_recipes(asked(rows("binary")))


def asked(data: Dataset) -> stacking.Asked:
    none = treatment_named("none")
    return stacking.Asked(
        recipe=STACK, treatment=none, data=data, groups=None, seed=0, budget=Budget(), context=Context(), calibration=None
    )


def test_numbers_are_log_odds_and_centred_logs_cut_off() -> None:
    data = rows("multiclass")
    said = fitted(data, RECIPES.get("tree")).predict(data.frame)
    found = numbers_of(said, 0.01)
    np.testing.assert_allclose(found.sum(axis=1), 0, atol=1e-12)
    assert found.max() <= np.log(1 / 0.01)
    json.dumps(found.tolist(), allow_nan=False)
