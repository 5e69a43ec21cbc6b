"""Permutation importance against closed forms of the population, and against scikit-learn's."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import t as student
from sklearn.inspection import permutation_importance as theirs
from sklearn.metrics import roc_auc_score
from tests.explain.explained_models import formula, held, held_recipe, table

from assay.core.errors import ConfigError, DataError
from assay.explain.held import HeldOut, one_model
from assay.explain.permutation import permutation_importance
from assay.measure.parts import Design
from assay.measure.registry import metric_named

MAE = metric_named("mae")


def rows(n: int, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Independent standard normals; the target is a + noise, and the third column is never read."""
    random = np.random.default_rng(seed)
    frame = pl.DataFrame({name: random.normal(size=n) for name in ("a", "b", "unused")})
    return frame, frame["a"].to_numpy() + random.normal(size=n)


def reads_a(matrix: np.ndarray) -> np.ndarray:
    return matrix[:, 0]


def test_the_drop_is_that_of_the_population_and_its_interval_holds_it_as_often_as_it_says() -> None:
    """The mean error is E|N(0, 1)| with the column and E|N(0, 3)| without: target − dealt value = a − a' + noise."""
    wanted = np.sqrt(2 / np.pi) * (np.sqrt(3) - 1)
    inside, drops = [], []
    for seed in range(250):
        frame, target = rows(120, seed)
        found = permutation_importance(held(reads_a, frame, target), MAE, columns=["a"], groups=[], deals=3, seed=seed)
        drop = found.columns[0].drop
        drops.append(drop.value)
        inside.append(drop.low <= wanted <= drop.high)
    assert abs(np.mean(drops) - wanted) < 3 * np.std(drops) / np.sqrt(len(drops))
    assert 0.92 <= np.mean(inside) <= 0.99


def test_rows_as_receivers_alone_would_promise_too_much() -> None:
    """Whose value a row is given is chance too: without the donors the interval of a dealt value is too narrow."""
    narrow, wide = [], []
    for seed in range(40):
        frame, target = rows(100, seed)
        target = np.zeros(100)  # then only the dealt values move: the drop is 0 plus what the model says of them
        found = held(lambda x: np.where(x[:, 1] > 2, 1.0, x[:, 0] ** 2), frame, target)
        drop = permutation_importance(found, MAE, columns=["b"], groups=[], deals=1, seed=seed).columns[0].drop
        wide.append(drop.high - drop.low)
        said = found.parts[0].fitted.predict(frame)["value"]
        order = np.random.default_rng(seed).permutation(100)
        dealt = found.parts[0].fitted.predict(frame.with_columns(frame["b"][order]))["value"]
        narrow.append(2 * student.isf(0.025, 99) * np.std(np.abs(dealt) - np.abs(said), ddof=1) / 10)
    assert np.mean(wide) > 1.02 * np.mean(narrow)


def test_a_column_that_the_model_does_not_read_has_no_drop_at_all() -> None:
    frame, target = rows(150, 0)
    found = permutation_importance(held(reads_a, frame, target), MAE, seed=0)
    assert found.ranking[0] == "a"
    unused = next(one for one in found.columns if one.columns == ("unused",))
    assert (unused.drop.value, unused.drop.low, unused.drop.high, unused.p) == (0.0, 0.0, 0.0, 1.0)
    assert (found.columns[0].call, unused.call) == ("matters", "no drop shown")
    assert found.columns[0].p > found.columns[0].p_raw, "corrected for three columns"


def test_drops_are_those_of_scikit_learn_up_to_the_deal() -> None:
    found = held_recipe("logistic", table("binary", 1200, gaps=False))
    part = found.parts[0]
    features, target = part.features.select("a", "b", "c"), part.target
    rest = part.features

    class Wrapped:
        def fit(self, x, y):
            return self

    def score(_, x, y) -> float:
        frame = rest.with_columns(pl.Series(name, x[:, place]) for place, name in enumerate(features.columns))
        return float(roc_auc_score(y, part.fitted.predict(frame)["score"]))

    wanted = theirs(Wrapped(), features.to_numpy(), target, scoring=score, n_repeats=30, random_state=0)
    ours = permutation_importance(found, metric_named("roc_auc"), columns=["a", "b", "c"], groups=[], deals=30, seed=0)
    for place, name in enumerate("abc"):
        drop = next(one.drop.value for one in ours.columns if one.columns == (name,))
        assert abs(drop - wanted.importances_mean[place]) < 4 * wanted.importances_std[place] * np.sqrt(2 / 30) + 1e-12


def test_twins_matter_together_where_each_alone_can_be_half_spared() -> None:
    random = np.random.default_rng(3)
    first = random.normal(size=600)
    frame = pl.DataFrame({"twin": first, "other twin": first + 0.05 * random.normal(size=600), "c": random.normal(size=600)})
    found = held(lambda x: (x[:, 0] + x[:, 1]) / 2, frame, first + 0.5 * random.normal(size=600))
    importances = permutation_importance(found, metric_named("r2"), seed=0)
    assert [one.columns for one in importances.groups] == [("twin", "other twin")]
    assert importances.groups[0].drop.low > 2 * max(one.drop.high for one in importances.columns if one.columns != ("c",))
    assert permutation_importance(found, metric_named("r2"), groups=[("twin", "c")], seed=0).groups[0].name == "twin + c"


def test_models_of_folds_are_dealt_within_their_own_rows_and_their_differences_widen_the_interval() -> None:
    frame, target = rows(400, 5)
    models = [formula(lambda x, k=k: k * x[:, 0], frame) for k in (0.2, 1.0, 1.0, 2.2)]
    whole = one_model(models[1], frame, target)
    parts = []
    for fold, model in enumerate(models):
        part = whole.parts[0].take(np.arange(fold, 400, 4))
        parts.append(replace(part, fitted=model, fold=fold))
    found = HeldOut(tuple(parts), Design(np.arange(400)), "this recipe", "four folds")
    of_recipe = permutation_importance(found, MAE, columns=["a"], groups=[], seed=0).columns[0].drop
    fixed = replace(found, estimand="this model")
    of_models = permutation_importance(fixed, MAE, columns=["a"], groups=[], seed=0).columns[0].drop
    assert of_recipe.value == of_models.value
    assert of_recipe.high - of_recipe.low > 1.5 * (of_models.high - of_models.low)


def test_labels_are_cut_at_the_threshold_of_the_decision() -> None:
    data = table("binary", 300)
    found = held_recipe("logistic", data)
    low, high = (
        permutation_importance(replace(found, threshold=cut), metric_named("accuracy"), columns=["c"], groups=[], seed=0)
        for cut in (0.5, 0.999999)
    )
    assert low.whole.value > high.whole.value
    assert high.columns[0].drop.value == 0.0, "nobody reaches this threshold, with the column or without"


def test_what_cannot_be_measured_is_refused_in_a_sentence() -> None:
    frame, target = rows(50, 0)
    found = held(reads_a, frame, target)
    with pytest.raises(ConfigError, match="no column 'c'"):
        permutation_importance(found, MAE, columns=["c"], seed=0)
    with pytest.raises(ConfigError, match="at least once"):
        permutation_importance(found, MAE, deals=0, seed=0)
    with pytest.raises(ConfigError, match="'median_absolute_error' has no closed form"):
        permutation_importance(found, metric_named("median_absolute_error"), seed=0)
    with pytest.raises(DataError, match="do not say 'y'"):
        permutation_importance(held(reads_a, frame), MAE, seed=0)


def test_equal_seeds_give_equal_drops() -> None:
    frame, target = rows(80, 0)
    found = held(reads_a, frame, target)
    one, same, other = (permutation_importance(found, MAE, seed=seed).to_json() for seed in (1, 1, 2))
    assert one == same
    assert one != other
