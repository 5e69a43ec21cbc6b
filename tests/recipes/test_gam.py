"""The shapes of an additive model against the booster they were read from, and against a truth that was simulated."""

import lightgbm
import numpy as np
import pytest
from tests.recipes.boosted_rows import ASKED, BLOCKS, HELD, TARGETS, WEIGHTS, X, cancelled_after, fit

from assay.core.errors import BundleError
from assay.data.rows import Block, Rows
from assay.data.task import Task
from assay.recipes.gam import Gam
from assay.recipes.gam_shapes import FittedGam, Shape, column_names, shapes_of
from assay.recipes.learner import Budget, Context
from assay.recipes.lightgbm_text import BoostedModel

SMALL = Gam(rounds=60, rounds_unwatched=40, pairs=3)


@pytest.mark.parametrize("task", TARGETS)
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_the_sum_of_the_shapes_is_what_the_boosters_say_together(
    task: str, weights: np.ndarray | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    original = lightgbm.Booster.model_to_string

    def remember(booster: lightgbm.Booster, num_iteration: int) -> str:
        raw = booster.predict(ASKED, raw_score=True, num_iteration=num_iteration)
        said.append(np.reshape(raw, (len(ASKED), -1)))
        return original(booster, num_iteration=num_iteration)

    monkeypatch.setattr(lightgbm.Booster, "model_to_string", remember)
    fitted = fit(SMALL, task, weights=weights)
    assert len(said) == 2
    np.testing.assert_allclose(fitted.raw(ASKED), said[0] + said[1], rtol=0, atol=1e-9)


def test_without_gaps_in_training_a_missing_value_is_zero_as_to_lightgbm() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(500, 2))
    settings = {"objective": "regression", "interaction_constraints": [[0], [1]], "verbosity": -1, "num_threads": 1}
    booster = lightgbm.train(settings, lightgbm.Dataset(rows, rows[:, 0] + rows[:, 1] ** 2, params=settings), 20)
    model = BoostedModel.parse(booster.model_to_string())
    base, shapes = shapes_of(model.trees, 1, 2)
    asked = np.array([[np.nan, 1.0], [0.3, np.nan], [np.nan, np.nan], [0.0, 0.0]])
    found = base + sum(shape(asked) for shape in shapes)
    np.testing.assert_allclose(found[:, 0], booster.predict(asked), atol=1e-12)


def test_a_path_over_three_columns_is_no_additive_model() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(800, 3))
    settings = {"objective": "regression", "verbosity": -1, "num_threads": 1}
    booster = lightgbm.train(settings, lightgbm.Dataset(rows, rows.prod(axis=1), params=settings), 20)
    with pytest.raises(ValueError, match="3 columns"):
        shapes_of(BoostedModel.parse(booster.model_to_string()).trees, 1, 3)


def test_the_shapes_are_those_that_made_the_target() -> None:
    rng = np.random.default_rng(3)
    rows = rng.uniform(-1, 1, size=(4000, 4))
    target = np.sin(3 * rows[:, 0]) + (rows[:, 1] > 0.2) + rows[:, 2] * rows[:, 3] + 0.1 * rng.normal(size=4000)
    blocks = tuple(Block(name, "number", place, place + 1) for place, name in enumerate("abcd"))
    train, held = (Rows(rows[part], target[part], 0, None, blocks) for part in (slice(0, 3400), slice(3400, 4000)))
    learner = Gam(pairs=1)
    fitted = learner.fit(train, Task("regression", "y"), validation=held, seed=0, budget=Budget(), context=Context())
    shapes = fitted.by_name()
    assert set(shapes) == {"a", "b", "c", "d", "c × d"}
    at = np.tile(np.linspace(-0.9, 0.9, 50)[:, None], (1, 4))
    np.testing.assert_allclose(shapes["a"](at)[:, 0], np.sin(3 * at[:, 0]), atol=0.2)
    step = shapes["b"](np.where(at < 0.2, -0.5, 0.7))[:, 0]
    assert abs(step.max() - step.min() - 1) < 0.1
    assert np.corrcoef(shapes["c × d"](rows)[:, 0], rows[:, 2] * rows[:, 3])[0, 1] > 0.95
    assert ((fitted.predict(rows).score - target) ** 2).mean() < 0.03


def test_every_shape_has_mean_zero_over_the_training_rows() -> None:
    fitted = fit(SMALL, "multiclass", weights=WEIGHTS)
    for shape in fitted.shapes:
        np.testing.assert_allclose(np.average(shape(X[:HELD]), axis=0, weights=WEIGHTS[:HELD]), 0, atol=1e-12)


def test_the_sum_of_two_shapes_says_what_both_say() -> None:
    rng = np.random.default_rng(0)

    def drawn(k: int, m: int) -> Shape:
        edges = np.unique(rng.normal(size=k)), np.unique(rng.normal(size=m))
        return Shape((0, 1), edges, rng.normal(size=(k + 2, m + 2, 2)))

    one, two = drawn(4, 1), drawn(3, 6)
    asked = np.concatenate([rng.normal(size=(300, 2)), [[np.nan, 0.0], [0.1, np.nan]], np.stack([one.edges[0]] * 2, axis=1)])
    np.testing.assert_allclose((one + two)(asked), one(asked) + two(asked), atol=1e-12)


def test_without_pairs_every_shape_is_of_one_column() -> None:
    fitted = fit(Gam(rounds=30, pairs=0), "binary")
    assert {len(shape.columns) for shape in fitted.shapes} == {1}


def test_columns_that_several_are_made_of_are_numbered_and_all_names_differ() -> None:
    assert column_names(BLOCKS, 5) == ("x0", "x1", "x2", "x3", "c")
    assert column_names((Block("t", "other", 0, 2), Block("x", "number", 2, 3)), 3) == ("t [1]", "t [2]", "x")
    assert len(set(column_names((Block("x", "number", 0, 1), Block("x", "one-hot", 1, 2)), 2))) == 2


def test_a_cancelled_fit_and_a_spent_budget_stop_both_parts() -> None:
    context, seen = cancelled_after(2)
    fit(Gam(), "binary", context=context)
    assert seen == [1, 2]
    spent = fit(Gam(), "binary", budget=Budget(seconds=0.0))
    assert {len(shape.columns) for shape in spent.shapes} <= {1}


def test_rows_without_anything_to_learn_give_the_prior() -> None:
    rows = Rows(np.ones((40, 2)), np.repeat([0, 1], [10, 30]), 2)
    fitted = Gam().fit(rows, TARGETS["binary"][1], validation=None, seed=0, budget=Budget(), context=Context())
    np.testing.assert_allclose(fitted.predict(np.ones((2, 2))).probability, 0.75)


def test_two_threads_grow_the_shapes_of_one() -> None:
    one, two = (fit(SMALL, "binary", context=Context(threads=threads)) for threads in (1, 2))
    np.testing.assert_array_equal(one.raw(X), two.raw(X))


STATE = fit(SMALL, "binary").state()


def first_shape(**changed: object) -> dict:
    return STATE | {"shapes": [STATE["shapes"][0] | changed, *STATE["shapes"][1:]]}


EDGES = STATE["shapes"][0]["edges"][0]
DAMAGES = {
    "a column that is not there": first_shape(columns=np.array([5])),
    "no column": first_shape(columns=np.zeros(0, dtype=np.int64)),
    "edges of two columns for one": first_shape(edges=[EDGES, EDGES]),
    "edges that fall": first_shape(edges=[EDGES[::-1].copy()]),
    "edges that are not numbers": first_shape(edges=[EDGES * np.nan]),
    "an edge too few": first_shape(edges=[EDGES[1:]]),
    "edges that are no list": first_shape(edges=EDGES),
    "infinite values": first_shape(values=STATE["shapes"][0]["values"] + np.inf),
    "values of another width": first_shape(values=np.repeat(STATE["shapes"][0]["values"], 2, axis=-1)),
    "the same shape twice": STATE | {"shapes": [*STATE["shapes"], STATE["shapes"][0]]},
    "names that are the same": STATE | {"names": ["x"] * 5},
    "a start of another width": STATE | {"base": np.zeros(2)},
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_state_is_refused(name: str) -> None:
    FittedGam.from_state(STATE)
    with pytest.raises(BundleError):
        FittedGam.from_state(DAMAGES[name])
