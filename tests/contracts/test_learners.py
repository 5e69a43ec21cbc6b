"""What every fitted learner of the classical recipes must do, on every task its recipe declares."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import sparse
from tests.contracts.learning import (
    FRAME,
    SCHEMA,
    TARGETS,
    UNSEEN,
    UNSEEN_PICTURED,
    WEIGHTS,
    N,
    assert_equal,
    base_of,
    copied,
    encoded,
    learn,
    pictured,
    reads_pictures,
    state_bytes,
)
from tests.contracts.test_net_recipes import NETS
from tests.rows_for_recipes import is_language

from assay.core.errors import BundleError
from assay.data.rows import Rows
from assay.data.task import TASKS
from assay.prepare.step import Matrix
from assay.recipes.anomaly.learner import AnomalyLearner
from assay.recipes.learner import FittedLearner
from assay.recipes.registry import FITTED_LEARNERS, RECIPES
from assay.recipes.space import check_values

PICTURES = ["lenet", "resnet-small", "resnet-small-mirrored", "network", "lenet-adversarial", "network-adversarial"]
"""Nets that read pictures: lenet stands for the learner in tests/recipes/test_nets.py, test_networks.py has the networks."""
READERS = [*PICTURES, "embedding-bag", *(name for name in RECIPES.names() if name.startswith("text-"))]
"""Nets that read tokens have their contract in tests/recipes/test_nets.py too, and in tests/recipes/nets."""
WHOLE = ["stack"]
"""Made of recipes with preparations of their own, and read no matrix: tests/recipes/ensembles/test_stack.py."""
LEVELS = ["quantile-linear-10", "quantile-linear-90", "boosting-quantile-10", "boosting-quantile-90"]
"""They differ from quantile-linear and boosting-quantile by a number: tests/recipes/test_boosting_losses.py."""
LANGUAGES = [name for name in RECIPES.names() if is_language(name)]
"""They read tokens and answer with tokens and texts: tests/contracts/test_language_recipes.py."""
OTHERS = {*NETS, *READERS, *WHOLE, *LEVELS, *LANGUAGES}
CLASSICAL = [name for name in RECIPES.names() if name not in OTHERS and RECIPES.get(name).is_installed]
CERTAIN = {"adaboost", "easy-ensemble", "rus-boost"}
"""Boosted votes leave nothing open on so few rows; tests/recipes/test_balanced_boosted.py weighs classes on rows that overlap."""
BLIND = {name for name in CLASSICAL if isinstance(RECIPES.get(name).learner, AnomalyLearner)}
"""Detectors never see the target, so they need not learn it; tests/recipes/anomaly has what they find."""
FEW_WORDS = {"word-naive-bayes", "class-frequencies"}
"""The texts here are of five words, which say little one by one; tests/recipes/test_text_recipes.py has what these learn."""
LANGUAGE_KINDS = {
    *("unigram", "ngrams", "frequent-tags", "tagger", "copy-source", "word-for-word", "speller"),
    *("language-net", "net-rewriter"),
}
ELSEWHERE = LANGUAGE_KINDS | {"net", "net-ensemble", "net-dropout", "net-laplace", "bayes", "blend", "stack"}
"""Learners of nets, and those made of whole models (tests/study/test_blend.py, tests/recipes/ensembles)."""
CASES = [(name, task) for name in CLASSICAL for task in TASKS if task in RECIPES.get(name).tasks]


@cache
def fit(name: str, task: str) -> tuple[FittedLearner, Matrix]:
    rows = encoded(RECIPES.get(name), task)
    return learn(RECIPES.get(name), rows, task), rows.features


def test_the_classical_recipes_reach_every_learner_but_nets_and_blends() -> None:
    kinds = {fit(name, task)[0].state()["kind"] for name, task in CASES if task != "multiclass"}
    assert kinds == set(FITTED_LEARNERS.names()) - ELSEWHERE


def test_recipes_carry_their_registered_names_and_simplicity_orders_them() -> None:
    recipes = [RECIPES.get(name) for name in CLASSICAL]
    assert [recipe.name for recipe in recipes] == CLASSICAL
    order = [recipe.name for recipe in sorted(recipes, key=lambda recipe: recipe.simplicity)]
    known = [
        "baseline",
        "logistic",
        "naive-bayes",
        "tfidf-logistic",
        "tree",
        "knn",
        "rus-boost",
        "forest",
        "easy-ensemble",
        "boosting",
    ]
    assert [name for name in order if name in known] == known


@pytest.mark.parametrize("name", CLASSICAL)
def test_what_a_recipe_is_set_to_lies_in_its_own_space(name: str) -> None:
    recipe = RECIPES.get(name)
    check_values(name, recipe.space, recipe.settings())
    assert recipe.with_settings(recipe.settings()) == recipe


@pytest.mark.parametrize(
    ("name", "task"),
    # the largest trees of CatBoost grow for ten seconds each: make check-slow
    [pytest.param(*case, marks=[pytest.mark.slow] * (case[0] == "catboost")) for case in CASES if RECIPES.get(case[0]).space],
)
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_ends_of_the_space_can_be_fitted(name: str, task: str, share: float) -> None:
    recipe = RECIPES.get(name)
    tried = recipe.with_settings({setting: dimension.at(share) for setting, dimension in recipe.space.items()})
    rows = encoded(tried, task)
    assert np.isfinite(learn(tried, rows, task).predict(rows.features).score).all()


@pytest.mark.parametrize(("name", "task"), CASES)
def test_the_output_has_the_form_of_its_task(name: str, task: str) -> None:
    fitted, features = fit(name, task)
    output = fitted.predict(features)
    shape = (N, 3) if base_of(task) == "multiclass" else (N,)
    assert output.score.shape == shape
    assert output.score.dtype == np.float64
    assert np.isfinite(output.score).all()
    if base_of(task) == "regression":
        assert output.probability is None
        return
    assert output.probability.shape == shape
    assert ((output.probability >= 0) & (output.probability <= 1)).all()
    if base_of(task) == "multiclass":
        np.testing.assert_allclose(output.probability.sum(axis=1), 1, atol=1e-9)


@pytest.mark.parametrize(("name", "task"), CASES)
def test_score_and_probability_rank_the_rows_alike(name: str, task: str) -> None:
    fitted, features = fit(name, task)
    output = fitted.predict(features)
    if task == "binary":
        order = np.argsort(output.score, kind="stable")
        assert (np.diff(output.probability[order]) >= 0).all()
    elif base_of(task) == "multiclass":
        np.testing.assert_array_equal(output.score.argmax(axis=1), output.probability.argmax(axis=1))


@pytest.mark.parametrize(("name", "task"), [case for case in CASES if case[0] not in {"baseline", *BLIND, *FEW_WORDS}])
def test_it_learns_more_than_the_baseline(name: str, task: str) -> None:
    fitted, features = fit(name, task)
    output = fitted.predict(features)
    if task == "ranking":
        assert np.corrcoef(output.score, TARGETS[task])[0, 1] > 0.5
    elif base_of(task) == "regression":
        assert ((output.score - TARGETS[task]) ** 2).mean() < 0.8 * TARGETS[task].var()
    else:
        said = output.probability > 0.5 if task == "binary" else output.probability.argmax(axis=1)
        assert (said == TARGETS[task]).mean() > np.bincount(TARGETS[task]).max() / N + 0.1


@pytest.mark.parametrize(("name", "task"), CASES)
def test_the_state_gives_back_the_same_predictions(name: str, task: str) -> None:
    fitted, features = fit(name, task)
    state = copied(fitted.state())
    back = FITTED_LEARNERS.get(state["kind"]).from_state(state)
    assert_equal(back.predict(features), fitted.predict(features), 1e-12)
    assert state_bytes(back.state()) == state_bytes(fitted.state())


@pytest.mark.parametrize(("name", "task"), CASES)
def test_a_fit_leaves_its_input_alone_and_one_seed_gives_one_state(name: str, task: str) -> None:
    rows = encoded(RECIPES.get(name), task, WEIGHTS)
    before = rows.fingerprint
    first = learn(RECIPES.get(name), rows, task, seed=7)
    first.predict(rows.features)
    second = learn(RECIPES.get(name), encoded(RECIPES.get(name), task, WEIGHTS), task, seed=7)
    assert Rows(rows.features, rows.target, rows.n_classes, rows.weights).fingerprint == before
    assert state_bytes(first.state()) == state_bytes(second.state())


@pytest.mark.parametrize(("name", "task"), CASES)
def test_a_row_alone_is_predicted_as_in_company(name: str, task: str) -> None:
    fitted, features = fit(name, task)
    whole = fitted.predict(features)
    for row in range(0, N, 10):
        alone = fitted.predict(features[row : row + 1])
        np.testing.assert_allclose(alone.score, whole.score[row : row + 1], rtol=0, atol=1e-9)


@pytest.mark.parametrize(("name", "task"), CASES)
def test_no_rows_get_no_predictions(name: str, task: str) -> None:
    fitted, features = fit(name, task)
    assert len(fitted.predict(features[:0]).score) == 0


@pytest.mark.parametrize(("name", "task"), CASES)
def test_unseen_missing_and_infinite_values_get_finite_predictions(name: str, task: str) -> None:
    fitted, _ = fit(name, task)
    recipe = RECIPES.get(name)
    if reads_pictures(recipe):
        matrix = pictured(recipe.step)[0].transform(UNSEEN_PICTURED)
    else:
        matrix = recipe.step.fit(FRAME, SCHEMA, TARGETS[task], 0).transform(UNSEEN)
    output = fitted.predict(matrix)
    assert np.isfinite(output.score).all()
    assert output.probability is None or np.isfinite(output.probability).all()


EXACT = {"baseline": 1e-12, "logistic": 1e-4, "tfidf-logistic": 2e-3, "tfidf-naive-bayes": 1e-9}
EXACT |= {"ordinal-logistic": 1e-4, "poisson": 1e-3, "tweedie": 1e-3}
EXACT |= {"linear": 1e-9, "ridge": 1e-9, "lasso": 1e-6, "elastic-net": 1e-6, "quantile-linear": 5e-3, "lda": 1e-8, "qda": 1e-8}
"""Where a weight of 2 is a row that stands twice, and to what (iterative solvers stop at their own tolerance)."""


@pytest.mark.parametrize(("name", "task"), [case for case in CASES if case[0] in EXACT])
def test_a_weight_of_two_is_a_row_that_stands_twice(name: str, task: str) -> None:
    recipe = RECIPES.get(name)
    weighted = encoded(recipe, task, WEIGHTS)
    repeated = encoded(recipe, task, frame=FRAME[np.repeat(np.arange(N), WEIGHTS.astype(int))])
    a, b = learn(recipe, weighted, task), learn(recipe, repeated, task)
    assert_equal(a.predict(weighted.features), b.predict(weighted.features), EXACT[name])


@pytest.mark.parametrize(("name", "task"), [case for case in CASES if case[1] == "binary" and case[0] not in CERTAIN])
def test_weights_on_a_class_raise_its_probability(name: str, task: str) -> None:
    recipe = RECIPES.get(name)
    assert recipe.learner.takes_weights
    noisy = np.where(np.arange(N) % 5 == 1, 1 - TARGETS[task], TARGETS[task])
    plain = replace(encoded(recipe, task), target=noisy)
    heavy = replace(plain, weights=np.where(noisy == 1, 5.0, 1.0))
    before, after = (learn(recipe, rows, task).predict(plain.features).probability for rows in (plain, heavy))
    assert after.mean() > before.mean() + 0.02


@pytest.mark.parametrize(("name", "task"), CASES)
def test_a_state_with_any_one_entry_damaged_is_refused(name: str, task: str) -> None:
    fitted, _ = fit(name, task)
    state = fitted.state()
    reader = FITTED_LEARNERS.get(state["kind"])
    outer = state.get("trees", state)

    def damaged(entry: str, value: object) -> dict:
        return {**state, "trees": {**outer, entry: value}} if "trees" in state else {**state, entry: value}

    for entry, value in outer.items():
        if entry == "kind":
            continue
        wrongs: list[object] = [None, {"not": "this"}]
        if isinstance(value, np.ndarray):
            wrongs += [value.tolist(), value[..., None], np.array(["x"] * len(value))]
            if value.dtype.kind == "f" and value.size:
                wrongs += [np.full_like(value, np.nan), np.full_like(value, np.inf)]
            if value.dtype.kind == "i":
                wrongs.append(np.full_like(value, np.iinfo(value.dtype).max))
        for wrong in wrongs:
            with pytest.raises(BundleError):
                reader.from_state(damaged(entry, wrong))
        without = {key: part for key, part in outer.items() if key != entry}
        with pytest.raises(BundleError):
            reader.from_state({**state, "trees": without} if "trees" in state else without)


@pytest.mark.parametrize("name", ["logistic", "tree", "knn", "boosting", "naive-bayes"])
def test_sparse_and_dense_rows_are_predicted_alike(name: str) -> None:
    fitted, features = fit(name, "binary")
    filled = np.nan_to_num(features.toarray() if sparse.issparse(features) else features)
    assert_equal(fitted.predict(sparse.csr_matrix(filled)), fitted.predict(filled), 1e-12)
