"""LightGBM's other losses, against LightGBM itself: the trees that are kept say what its own model says."""

import lightgbm
import numpy as np
import pytest

from assay.core.errors import ConfigError, DataError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.recipes.boosting_losses import CountBoosting, LambdaRank, QuantileBoosting
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import FITTED_LEARNERS, RECIPES

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 4))
LINE = X[:, 0] + np.abs(X[:, 1])
COUNTS = 1.0 * RNG.poisson(np.exp(0.5 * LINE))
GRADES = 1.0 * np.digitize(LINE + RNG.normal(size=600), [0.5, 1.5, 2.5])
QUERIES = RNG.permutation(np.repeat(np.arange(40), 15))
ROUNDS = 25
SHARED = {
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.8,
    "lambda_l2": 1.0,
    "seed": 5,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
NUMBER = Task("regression", "y")


def fit(learner, rows: Rows, validation: Rows | None = None):
    return learner.fit(rows, NUMBER, validation=validation, seed=5, budget=Budget(), context=Context())


CASES = [
    (CountBoosting(rounds_unwatched=ROUNDS), Rows(X, COUNTS, 0), {"objective": "poisson"}),
    (QuantileBoosting(rounds_unwatched=ROUNDS, quantile=0.8), Rows(X, LINE, 0), {"objective": "quantile", "alpha": 0.8}),
    (
        LambdaRank(rounds_unwatched=ROUNDS, depth=5),
        Rows(X, GRADES, 0, queries=QUERIES),
        {"objective": "lambdarank", "lambdarank_truncation_level": 10},
    ),
]


@pytest.mark.parametrize(("learner", "rows", "asked"), CASES, ids=["poisson", "quantile", "lambdarank"])
def test_predictions_are_those_of_lightgbms_own_model(learner, rows: Rows, asked: dict) -> None:
    order = np.arange(600) if rows.queries is None else np.argsort(rows.queries, kind="stable")
    sizes = None if rows.queries is None else np.full(40, 15)
    train = lightgbm.Dataset(X[order], rows.target[order], group=sizes)
    known = lightgbm.train(SHARED | asked, train, num_boost_round=ROUNDS)
    found = fit(learner, rows)
    assert found.predict(X).score == pytest.approx(known.predict(X), rel=1e-9, abs=1e-12)
    state = found.state()
    again = FITTED_LEARNERS.get(state["kind"]).from_state(state)
    assert np.array_equal(again.predict(X).score, found.predict(X).score)


LEVELS = [(f"{kind}-{percent}", percent / 100) for kind in ("boosting-quantile", "quantile-linear") for percent in (10, 90)]


@pytest.mark.parametrize(("name", "level"), LEVELS)
def test_a_recipe_named_after_a_level_lies_above_that_share_of_new_rows(name: str, level: float) -> None:
    wide = np.random.default_rng(2).normal(size=(6000, 3))
    target = wide[:, 0] + np.random.default_rng(1).normal(size=6000)
    rows, held, new = (Rows(wide[part], target[part], 0) for part in (slice(4000), slice(4000, 5000), slice(5000, None)))
    found = fit(RECIPES.get(name).learner, rows, held)
    assert (new.target < found.predict(new.features).score).mean() == pytest.approx(level, abs=0.04)  # four standard errors


def test_rounds_stop_where_the_held_queries_are_ranked_best() -> None:
    """A greater NDCG is better: turned round, the first round would be kept."""
    part = QUERIES < 30
    rows, held = (Rows(X[side], GRADES[side], 0, queries=QUERIES[side]) for side in (part, ~part))
    found = fit(LambdaRank(rounds=200, patience=20), rows, held)
    assert 1 < len(found.model.trees) < 200


def test_rows_without_queries_and_grades_in_parts_are_refused() -> None:
    with pytest.raises(ConfigError, match="name their column with --group"):
        fit(LambdaRank(), Rows(X, GRADES, 0))
    with pytest.raises(DataError, match="600 of 600 grades that are not whole numbers"):
        fit(LambdaRank(), Rows(X, GRADES + 0.5, 0, queries=QUERIES))
    with pytest.raises(DataError, match="below 0"):
        fit(CountBoosting(), Rows(X, COUNTS - 1, 0))
    with pytest.raises(ConfigError, match="between 0 and 1"):
        QuantileBoosting(quantile=90)
