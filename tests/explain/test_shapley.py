"""SHAP values against the definition, and against LightGBM's own."""

import json
from dataclasses import replace
from itertools import combinations, pairwise
from math import factorial

import lightgbm
import numpy as np
import polars as pl
import pytest
from tests.explain.explained_models import fitted, held, held_recipe, table

from assay.core.errors import ConfigError
from assay.data.dataset import Dataset
from assay.data.rows import Rows
from assay.data.schema import Schema
from assay.explain.held import Held, one_model
from assay.explain.shapley import attributions, players_of, shap_values, tree_shap, why_not
from assay.explain.tree_arrays import GAP_IS_ZERO, GAP_LEFT, Forest, forest_of, of_arrays, of_boosted
from assay.recipes.boosted_trees import FittedBoostedTrees
from assay.recipes.catboost import Asked
from assay.recipes.catboost import _json as catboost_json
from assay.recipes.catboost import trees_of as catboost_trees
from assay.recipes.ensembles.fitted import FittedBlend
from assay.recipes.ensembles.stacked import FittedStack
from assay.recipes.fitted import Fitted
from assay.recipes.frames import FittedFrame
from assay.recipes.lightgbm_text import BoostedModel
from assay.recipes.linear_squares import fit_squares
from assay.recipes.outputs import dense
from assay.recipes.recipe import Recipe
from assay.recipes.registry import RECIPES
from assay.recipes.tree_arrays import LEAF, LevelSets, TreeArrays
from assay.recipes.tree_nodes import arrays_of
from assay.recipes.xgboost import trees_of as xgboost_trees

TREES = ["tree", "forest", "boosting", "hist-boosting", "level-sets", "xgboost", "catboost", "adaboost", "easy-ensemble"]
TREES += ["balanced-forest"]


def recipe_of(name: str) -> str | Recipe:
    """Of the registry; "level-sets": boosting that asks for levels as scikit-learn does.  Skips where its library is missing."""
    if name in ("xgboost", "catboost"):
        pytest.importorskip(name)
    if name == "level-sets":
        return RECIPES.get("hist-boosting").with_settings({"level_sets": True, "min_samples_leaf": 2})
    return name


def goes_left(forest: Forest, node: int, value: float) -> bool:
    own = int(forest.sets.of_node[node])
    if own >= 0:
        levels = dict(enumerate(forest.sets.left[own].tolist()))
        return levels.get(value, forest.gap[node] == GAP_LEFT)
    if np.isnan(value):
        return bool(forest.threshold[node] >= 0) if forest.gap[node] == GAP_IS_ZERO else forest.gap[node] == GAP_LEFT
    return bool(value <= forest.threshold[node])


def expectation(forest: Forest, row: np.ndarray, reference: np.ndarray, players: np.ndarray, known: set[int]) -> np.ndarray:
    """E[f | the columns of these players], by going through each tree from its top."""

    def below(tree: int, node: int, passing: np.ndarray) -> np.ndarray:
        at = int(forest.starts[tree]) + node
        if forest.left[at] == LEAF:
            return forest.values[at]
        feature = int(forest.feature[at])
        left = np.array([goes_left(forest, at, one[feature]) for one in passing], dtype=bool)
        ways = (int(forest.left[at]), passing[left]), (int(forest.right[at]), passing[~left])
        if int(players[feature]) in known:
            child, rest = ways[0 if goes_left(forest, at, row[feature]) else 1]
            return below(tree, child, rest)
        shares = [len(rest) / len(passing) if len(passing) else 0.5 for _, rest in ways]
        return sum(share * below(tree, child, rest) for share, (child, rest) in zip(shares, ways, strict=True))

    return sum(below(tree, 0, reference) for tree in range(len(forest.starts) - 1))


def by_definition(value, n_players: int) -> np.ndarray:
    """The Shapley value of the game ``value(set of players) -> (K,)``."""
    others = lambda p: [q for q in range(n_players) if q != p]  # noqa: E731
    known = {frozenset(one): value(set(one)) for size in range(n_players + 1) for one in combinations(range(n_players), size)}
    found = []
    for player in range(n_players):
        total = 0.0
        for size in range(n_players):
            weight = factorial(size) * factorial(n_players - size - 1) / factorial(n_players)
            for subset in combinations(others(player), size):
                total = total + weight * (known[frozenset({*subset, player})] - known[frozenset(subset)])
        found.append(total)
    return np.array(found)


def has_trees(recipe: str, task: str) -> bool:
    """Whether the recipe answers the task by a sum of trees."""
    tasks = RECIPES.get("hist-boosting" if recipe == "level-sets" else recipe).tasks
    return task in tasks and (recipe, task) != ("adaboost", "regression")


GROWN = [(recipe, task) for recipe in TREES for task in ("binary", "multiclass", "regression") if has_trees(recipe, task)]


@pytest.mark.parametrize(("recipe", "task"), GROWN)
def test_values_of_trees_are_the_shapley_values_of_the_columns_by_definition(recipe: str, task: str) -> None:
    one = recipe_of(recipe)
    found = held_recipe(one, table(task, 300 if recipe == "level-sets" else 100))
    part = found.parts[0]
    learner, step = part.fitted.learner, part.fitted.step
    forest = some_trees(forest_of(learner), 3)  # the definition walks every subset of every tree
    if recipe in ("catboost", "level-sets"):
        assert (forest.sets.of_node >= 0).any(), "levels are asked as levels"
    matrix, reference = (forest.rows(dense(step.transform(features))) for features in (part.features, part.reference))
    players = players_of(step, [c.name for c in found.columns], matrix.shape[1])
    assert (np.bincount(players) > 1).any(), "a date is several columns of the matrix and one player"
    base, values = tree_shap(forest, matrix[:3], reference, players, 5)
    for row in range(3):
        wanted = by_definition(lambda known, row=row: expectation(forest, matrix[row], reference, players, known), 5)
        np.testing.assert_allclose(values[row], wanted, atol=1e-12)
    np.testing.assert_allclose(base, forest.base + expectation(forest, matrix[0], reference, players, set()), atol=1e-12)


def some_trees(forest: Forest, most: int) -> Forest:
    """The first trees, those that ask for levels before all others."""
    nodes = [np.arange(start, stop) for start, stop in pairwise(forest.starts.tolist())]
    chosen = sorted(nodes, key=lambda own: not (forest.sets.of_node[own] >= 0).any())[:most]
    kept = np.concatenate(chosen)
    arrays = {name: getattr(forest, name)[kept] for name in ("left", "right", "feature", "threshold", "gap", "values")}
    starts = np.concatenate([[0], np.cumsum([len(own) for own in chosen])])
    return replace(forest, starts=starts, sets=LevelSets(forest.sets.of_node[kept], forest.sets.left), **arrays)


@pytest.mark.parametrize(("objective", "scores"), [("binary", 1), ("multiclass", 3), ("regression", 1)])
def test_values_of_boosting_are_those_of_lightgbm_itself(objective: str, scores: int) -> None:
    random = np.random.default_rng(1)
    rows = random.normal(size=(600, 6))
    rows[random.random(rows.shape) < 0.1] = np.nan
    rows[:, 5] = random.normal(size=600)  # no gap here: LightGBM then takes a later one for 0
    signal = np.nan_to_num(rows[:, 0]) * np.nan_to_num(rows[:, 1]) + rows[:, 5]
    target = {"binary": signal > 0, "multiclass": np.digitize(signal, [-0.5, 0.5]), "regression": signal}[objective]
    settings = {"objective": objective, "num_leaves": 12, "min_data_in_leaf": 5, "verbosity": -1, "num_threads": 1, "seed": 3}
    settings |= {"num_class": 3} if objective == "multiclass" else {}
    booster = lightgbm.train(settings, lightgbm.Dataset(rows, target.astype(float)), 15)
    forest = of_boosted(BoostedModel.parse(booster.model_to_string()))
    asked = rows[:40].copy()
    asked[0, 5] = np.nan
    base, values = tree_shap(forest, asked, rows, np.arange(6), 6)
    theirs = np.asarray(booster.predict(asked, pred_contrib=True)).reshape(40, scores, 7)
    np.testing.assert_allclose(values, theirs[:, :, :6].transpose(0, 2, 1), atol=1e-9)
    np.testing.assert_allclose(np.broadcast_to(base, (40, scores)), theirs[:, :, 6], atol=1e-9)


def by_mixing(part: Held, row: int) -> tuple[np.ndarray, np.ndarray]:
    """(base, values) of the interventional game: what is unknown is taken from each reference row in turn."""
    names = [column.name for column in part.fitted.schema.features]

    def value(known: set[int]) -> np.ndarray:
        mixed = part.reference.with_columns(
            pl.Series(names[k], [part.features[names[k]][row]] * part.reference.height, dtype=part.reference[names[k]].dtype)
            for k in known
        )
        score = part.fitted.learner.predict(part.fitted.step.transform(mixed)).score
        return np.atleast_1d(score.mean(axis=0))

    values = by_definition(value, len(names))
    return value(set()), values.reshape(len(names), -1)


CLOSED = [("logistic", "binary"), ("logistic", "multiclass"), ("ridge", "regression"), ("scorecard", "binary")]
CLOSED += [("gam", task) for task in ("binary", "multiclass", "regression")]


@pytest.mark.parametrize(("recipe", "task"), CLOSED)
def test_values_of_additive_models_are_their_interventional_shapley_values(recipe: str, task: str) -> None:
    part = held_recipe(recipe, table(task, 200)).parts[0]
    if recipe == "gam":
        assert any(len(shape.columns) == 2 for shape in part.fitted.learner.shapes), "pairs are part of it"
    base, values, _ = attributions(part)
    for row in range(2):
        wanted = by_mixing(part, row)
        np.testing.assert_allclose(base[row], wanted[0], atol=1e-10)
        np.testing.assert_allclose(values[row], wanted[1], atol=1e-10)


def together(data: Dataset, kind: str) -> Fitted:
    """A blend or a stack of two additive regressions, one of which does not read all columns."""
    half = np.arange(len(data) // 2)
    names = ["a", "c", "colour", "y"]
    fewer = replace(data, frame=data.frame.select(names), schema=Schema(tuple(c for c in data.schema.columns if c.name in names)))
    members = fitted("gam", data, half), fitted("ridge", fewer, half)
    if kind == "blend":
        learner = FittedBlend("regression", 0, members, np.array([0.3, 0.7]))
    else:
        random = np.random.default_rng(0)
        line = fit_squares(Rows(random.normal(size=(30, 2)), random.normal(size=30), 0), 1.0)
        learner = FittedStack("regression", 0, members, line, 1e-3)
    schema = Schema(tuple(data.schema.features))
    return Fitted(kind, data.question, schema, FittedFrame(tuple(schema.names())), learner)


@pytest.mark.parametrize("kind", ["blend", "stack"])
def test_values_of_a_sum_of_models_are_those_of_the_sum_by_definition(kind: str) -> None:
    data = table("regression", 200)
    part = held_recipe(together(data, kind), data).parts[0]
    base, values, scores = attributions(part)
    np.testing.assert_array_equal(scores[:, 0], part.fitted.predict(part.features)["value"])
    wanted = by_mixing(part, 0)
    np.testing.assert_allclose(base[0], wanted[0], atol=1e-10)
    np.testing.assert_allclose(values[0], wanted[1], atol=1e-10)


@pytest.mark.parametrize(("members", "reason"), [(("forest", "extra-trees"), None), (("forest", "boosting"), "'boosting'")])
def test_a_blend_of_classes_has_values_where_its_members_are_of_probabilities(
    members: tuple[str, ...], reason: str | None
) -> None:
    data = table("binary", 120)
    models = tuple(fitted(name, data, np.arange(60)) for name in members)
    step = FittedFrame(tuple(column.name for column in data.schema.features))
    blend = Fitted("blend", data.question, models[0].schema, step, FittedBlend("binary", 2, models, np.array([0.5, 0.5])))
    part = held_recipe(blend, data).parts[0]
    if reason is not None:
        assert reason in why_not(part)
        return
    base, values, _ = attributions(part)
    np.testing.assert_allclose((base + values.sum(axis=1))[:, 0], blend.predict(part.features)["probability"], atol=1e-12)
    own = [attributions(replace(part, fitted=model)) for model in models]
    np.testing.assert_allclose(values, (own[0][1] + own[1][1]) / 2, atol=1e-12)


def test_values_of_xgboost_are_its_own() -> None:
    """Of squared errors, where its covers count rows."""
    xgboost = pytest.importorskip("xgboost")
    rows, target = numbers_with_gaps()
    settings = {"objective": "reg:squarederror", "base_score": 0.5, "max_depth": 4, "nthread": 1, "seed": 0}
    booster = xgboost.train(settings, xgboost.DMatrix(rows, target), 12)
    arrays, sets = arrays_of(xgboost_trees(json.loads(booster.save_raw("json"))))
    learner = FittedBoostedTrees("regression", 0, 5, "float32", np.array([0.5]), np.zeros(1, int), arrays, sets)
    base, values = tree_shap(forest_of(learner), rows[:40], rows, np.arange(5), 5)
    theirs = booster.predict(xgboost.DMatrix(rows[:40]), pred_contribs=True)
    np.testing.assert_allclose(values[:, :, 0], theirs[:, :5], atol=1e-5)
    np.testing.assert_allclose(base[0], theirs[:, 5], atol=1e-5)


def test_values_of_catboost_are_its_own() -> None:
    catboost = pytest.importorskip("catboost")
    rows, target = numbers_with_gaps()
    model = catboost.CatBoost({"loss_function": "RMSE", "iterations": 12, "depth": 3, "thread_count": 1, "random_seed": 0})
    settings = {"logging_level": "Silent", "allow_writing_files": False}
    model.set_params(**settings)
    model.fit(catboost.Pool(rows, target))
    trees, start = catboost_trees(catboost_json(model), [Asked(column, None) for column in range(5)], 1)
    arrays, sets = arrays_of(trees)
    learner = FittedBoostedTrees("regression", 0, 5, "float32", start, np.zeros(1, int), arrays, sets)
    base, values = tree_shap(forest_of(learner), rows[:40], rows, np.arange(5), 5)
    theirs = model.get_feature_importance(catboost.Pool(rows[:40]), type="ShapValues")
    np.testing.assert_allclose(values[:, :, 0], theirs[:, :5], atol=1e-7)
    np.testing.assert_allclose(base[0], theirs[:, 5], atol=1e-7)


def numbers_with_gaps() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    rows = random.normal(size=(3000, 5)).astype(np.float32)
    target = rows[:, 0] * rows[:, 1] + np.sin(rows[:, 2]) + 0.1 * random.normal(size=3000)
    rows[random.random(rows.shape) < 0.1] = np.nan
    return rows, target


@pytest.mark.parametrize("recipe", ["logistic", "scorecard", "gam", *TREES])
def test_base_and_values_of_a_row_sum_to_its_score(recipe: str) -> None:
    found = shap_values(held_recipe(recipe_of(recipe), table("binary", 300)), seed=0)
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), found.scores, atol=1e-9)
    assert next(iter(found.sizes())) in ("a", "c")
    assert found.outputs == ("yes",)


def test_a_question_that_no_reference_row_is_asked_does_no_harm() -> None:
    trees = TreeArrays(
        starts=np.array([0, 5]),
        left=np.array([1, LEAF, 3, LEAF, LEAF], np.int32),
        right=np.array([2, LEAF, 4, LEAF, LEAF], np.int32),
        feature=np.array([0, 0, 1, 0, 0], np.int32),
        threshold=np.array([0.0, 0, 0.0, 0, 0]),
        missing_left=np.zeros(5, bool),
        values=np.array([[1.0], [2.0], [5.0]]),
    )
    forest = of_arrays(trees, np.array([0]))
    base, values = tree_shap(forest, np.array([[1.0, 1.0]]), np.array([[-1.0, 3.0], [-2.0, -1.0]]), np.arange(2), 2)
    assert base[0] == 1.0
    # known without the first column nothing is ever asked of the second, which can only choose between 2 and 5
    np.testing.assert_allclose(values[0, :, 0], [(2.5 + 4.0) / 2, 1.5 / 2])


def test_a_model_without_exact_values_says_so() -> None:
    data = table("binary", 200, gaps=False)
    found = one_model(fitted("knn", data), data.features, data.target)
    with pytest.raises(ConfigError, match="'knn' is neither"):
        shap_values(found, seed=0)
    values = table("regression", 120)
    with pytest.raises(ConfigError, match="median of its trees"):
        shap_values(held_recipe("adaboost", values), seed=0)
    with pytest.raises(ConfigError, match="neither"):
        shap_values(held(lambda x: x[:, 0], pl.DataFrame({"a": [1.0, 2.0]})), seed=0)


def test_a_tree_too_deep_for_the_kernel_is_told_before_it_is_walked() -> None:
    left, right = np.full((2, 141), LEAF, np.int32)
    left[:140:2], right[:140:2] = np.arange(1, 141, 2), np.arange(2, 142, 2)
    zeros = np.zeros(141)
    trees = TreeArrays(np.array([0, 141]), left, right, zeros.astype(np.int32), zeros, zeros.astype(bool), np.ones((71, 1)))
    forest = of_arrays(trees, np.array([0]))
    assert forest.has_more_levels_than(69)
    assert not forest.has_more_levels_than(70)
