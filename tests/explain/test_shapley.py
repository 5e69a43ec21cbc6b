"""SHAP values against the definition, and against LightGBM's own."""

from itertools import combinations
from math import factorial

import lightgbm
import numpy as np
import polars as pl
import pytest
from tests.explain.explained_models import fitted, held, held_recipe, table

from assay.core.errors import ConfigError
from assay.explain.held import one_model
from assay.explain.shapley import _forest, attributions, players_of, shap_values, tree_shap
from assay.explain.tree_arrays import GAP_IS_ZERO, GAP_LEFT, Forest, of_arrays, of_boosted
from assay.recipes.lightgbm_text import BoostedModel
from assay.recipes.outputs import dense
from assay.recipes.tree_arrays import LEAF, TreeArrays


def goes_left(forest: Forest, node: int, value: float) -> bool:
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
    found = []
    for player in range(n_players):
        total = 0.0
        for size in range(n_players):
            weight = factorial(size) * factorial(n_players - size - 1) / factorial(n_players)
            for subset in combinations(others(player), size):
                total = total + weight * (value({*subset, player}) - value(set(subset)))
        found.append(total)
    return np.array(found)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("recipe", ["tree", "forest", "boosting"])
def test_values_of_trees_are_the_shapley_values_of_the_columns_by_definition(recipe: str, task: str) -> None:
    found = held_recipe(recipe, table(task, 100))
    part = found.parts[0]
    learner, step = part.fitted.learner, part.fitted.step
    forest = _forest(learner)
    kept = min(len(forest.starts) - 1, 3)  # the definition walks every subset of every tree
    end = int(forest.starts[kept])
    forest = Forest(
        forest.starts[: kept + 1],
        *(getattr(forest, name)[:end] for name in ("left", "right", "feature", "threshold", "gap", "values")),
        forest.in_float32,
    )
    matrix, reference = (forest.rows(dense(step.transform(features))) for features in (part.features, part.reference))
    players = players_of(step, [c.name for c in found.columns], matrix.shape[1])
    assert (np.bincount(players) > 1).any(), "a date is several columns of the matrix and one player"
    base, values = tree_shap(forest, matrix[:3], reference, players, 5)
    for row in range(3):
        wanted = by_definition(lambda known, row=row: expectation(forest, matrix[row], reference, players, known), 5)
        np.testing.assert_allclose(values[row], wanted, atol=1e-12)
    np.testing.assert_allclose(base, expectation(forest, matrix[0], reference, players, set()), atol=1e-12)


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


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_values_of_a_linear_model_are_its_interventional_shapley_values(task: str) -> None:
    found = held_recipe("logistic", table(task, 200))
    part = found.parts[0]
    base, values, _ = attributions(part)
    names = [column.name for column in found.columns]

    def value(known: set[int], row: int) -> np.ndarray:
        """The mean score with the known columns of the row and the others of each reference row."""
        mixed = part.reference.with_columns(
            pl.Series(names[k], [part.features[names[k]][row]] * part.reference.height, dtype=part.reference[names[k]].dtype)
            for k in known
        )
        score = part.fitted.learner.predict(part.fitted.step.transform(mixed)).score
        return np.atleast_1d(score.mean(axis=0))

    for row in range(2):
        np.testing.assert_allclose(values[row], by_definition(lambda known, row=row: value(known, row), 5), atol=1e-10)
        np.testing.assert_allclose(base[row], value(set(), row), atol=1e-10)


@pytest.mark.parametrize("recipe", ["logistic", "tree", "forest", "boosting"])
def test_base_and_values_of_a_row_sum_to_its_score(recipe: str) -> None:
    found = shap_values(held_recipe(recipe, table("binary", 300)), seed=0)
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
    with pytest.raises(ConfigError, match="neither"):
        shap_values(held(lambda x: x[:, 0], pl.DataFrame({"a": [1.0, 2.0]})), seed=0)
