"""What a label would tell: against scikit-learn's own trees, closed forms, and a table whose two kinds of doubt are known."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

import assay
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.prepare.columns import ColumnsStep
from assay.recipes.ensembles.fitted import FittedBlend
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.frames import FittedFrame
from assay.recipes.learner import Budget, Context
from assay.recipes.named import recipe_named
from assay.recipes.treatments import treatment_named
from assay.recipes.tree_arrays import TreeArrays
from assay.recipes.trees import FittedTrees
from assay.study.labelling.worth import entropy, worth_of


def frame_of(values: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame({f"x{i}": column for i, column in enumerate(values.T)})


def fitted(recipe: str, frame: pl.DataFrame, target: np.ndarray, seed: int = 0) -> Fitted:
    data = assay.read(frame.with_columns(pl.Series("y", target)), target="y")
    treatment, budget = treatment_named("none"), Budget()
    return fit(recipe_named(recipe), treatment, data, groups=None, seed=seed, budget=budget, context=Context())


def forest_of(model, frame: pl.DataFrame, task: Task, n_values: int) -> Fitted:
    """A scikit-learn forest as a saved model of ours."""
    schema = Schema(tuple(Column(name, "number") for name in frame.columns))
    step = ColumnsStep(mode="trees").fit(frame, schema, np.zeros(frame.height), 0)
    trees = TreeArrays.of_sklearn([tree.tree_ for tree in model.estimators_], np.arange(n_values), n_values)
    return Fitted("forest", task, schema, step, FittedTrees(task.name, len(task.classes), len(frame.columns), trees))


def test_entropy_is_scipys() -> None:
    probability = np.random.default_rng(0).dirichlet([0.2, 1.0, 2.0], 50)
    assert entropy(probability) == pytest.approx(stats.entropy(probability, axis=1))


def test_the_trees_of_a_forest_disagree_as_scikit_learns_own_trees_do() -> None:
    random = np.random.default_rng(1)
    values, target = random.normal(size=(300, 3)).astype(np.float32), random.integers(0, 3, 300)
    model = RandomForestClassifier(15, min_samples_leaf=4, random_state=0).fit(values, target)
    frame = frame_of(values.astype(float))
    found = worth_of([forest_of(model, frame, Task("multiclass", "y", ("a", "b", "c")), 3)], frame)
    said = np.stack([tree.predict_proba(values) for tree in model.estimators_])
    by_hand = stats.entropy(said.mean(axis=0), axis=1) - stats.entropy(said, axis=2).mean(axis=0)
    assert found.disagreement == pytest.approx(by_hand, abs=1e-9)
    assert found.uncertainty == pytest.approx(stats.entropy(said.mean(axis=0), axis=1), abs=1e-9)
    assert found.committee == "its 15 trees"


def test_trees_of_numbers_disagree_by_the_spread_of_their_values() -> None:
    random = np.random.default_rng(2)
    values = random.normal(size=(200, 2)).astype(np.float32)
    model = RandomForestRegressor(10, random_state=0).fit(values, 1e6 + values[:, 0])
    frame = frame_of(values.astype(float))
    found = worth_of([forest_of(model, frame, Task("regression", "y"), 1)], frame)
    by_hand = np.std([tree.predict(values) for tree in model.estimators_], axis=0)
    assert found.disagreement == pytest.approx(by_hand, abs=1e-5)
    assert found.uncertainty is None


def test_disagreement_is_what_more_labels_would_end_and_uncertainty_is_also_a_fair_coin() -> None:
    random = np.random.default_rng(3)
    town = np.array(["coin"] * 3000 + ["rare"] * 10)
    target = np.where(random.random(3010) < 0.5, "yes", "no")  # nothing to be learned of one, hardly anything known of the other
    target[3000:] = ["yes"] * 5 + ["no"] * 5
    frame = pl.DataFrame({"town": town, "noise": random.normal(size=3010)})
    parts = [np.flatnonzero(random.random(3010) < 0.6) for _ in range(8)]
    found = worth_of(
        [fitted("logistic", frame[part], target[part]) for part in parts],
        pl.DataFrame({"town": ["coin", "rare"], "noise": [0.0, 0.0]}),
    )
    assert found.uncertainty is not None
    assert found.uncertainty[0] > 0.69
    assert found.disagreement is not None
    assert found.disagreement[1] > 10 * found.disagreement[0]
    assert found.committee == "8 models fitted on different rows"


def test_models_disagree_by_the_entropy_of_their_mean_less_their_mean_entropy() -> None:
    random = np.random.default_rng(4)
    frame = frame_of(random.normal(size=(120, 2)))
    target = np.where(frame["x0"].to_numpy() + random.normal(size=120) > 0, "yes", "no")
    models = [fitted("logistic", frame[part], target[part]) for part in (np.arange(0, 60), np.arange(60, 120), np.arange(30, 90))]
    found = worth_of(models, frame)
    said = np.stack([model.predict(frame)["probability"] for model in models])
    said = np.stack([1 - said, said], axis=-1)
    assert found.disagreement == pytest.approx(
        stats.entropy(said.mean(0), axis=1) - stats.entropy(said, axis=2).mean(0), abs=1e-12
    )
    blend = replace(
        models[0],
        step=FittedFrame(tuple(frame.columns)),
        learner=FittedBlend("binary", 2, tuple(models), np.full(3, 1 / 3)),
    )
    assert worth_of([blend], frame).disagreement == pytest.approx(found.disagreement, abs=1e-12)


def test_one_line_has_no_members_and_a_regression_line_says_its_spread() -> None:
    random = np.random.default_rng(5)
    frame = frame_of(random.normal(size=(80, 2)))
    line = fitted("linear", frame, frame["x0"].to_numpy() + random.normal(size=80))
    found = worth_of([line], frame)
    assert found.disagreement is None
    assert found.committee is None
    assert found.uncertainty == pytest.approx(line.predict(frame)["spread"])
