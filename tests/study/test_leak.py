"""The leak shown: labels that no feature knows look learnable, the honest number stays at chance, the words say what is so."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import polars as pl
import pytest

import assay
from assay.balance.resample import RandomOversample, RandomUndersample
from assay.core.errors import ConfigError, DataError
from assay.core.seeds import derive
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES
from assay.recipes.treatments import treatment_named
from assay.recipes.trees import Forest
from assay.splits.making import make_plan
from assay.study.leak import LeakSettings, check_leak, show_leak
from assay.study.leak_mistake import make_mistake, resample_whole
from assay.study.leak_words import sentences


def noise(n: int = 400, *, seed: int = 0, share: float = 0.15, columns: int = 6) -> pl.DataFrame:
    """Numbers, a category with missing cells, and a label that knows nothing of them."""
    rng = np.random.default_rng(seed)
    numbers = {f"x{k}": rng.normal(size=n) for k in range(columns)}
    town = [None if lost else str(name) for lost, name in zip(rng.random(n) < 0.1, rng.choice(["Perm", "Омск"], n), strict=True)]
    hit = rng.permutation(np.arange(n) < round(share * n))
    return pl.DataFrame({**numbers, "town": town, "y": np.where(hit, "yes", "no")})


def shown(frame: pl.DataFrame, recipe: str, treatment: str, **settings):
    data = assay.read(frame, target="y")
    return show_leak(RECIPES.get(recipe), treatment_named(treatment), data, make_plan(data), settings=LeakSettings(**settings))


def holds(interval, value: float) -> bool:
    return interval.low <= value <= interval.high


def test_labels_that_nothing_knows_look_learned_when_rows_are_resampled_first():
    found = shown(noise(), "knn", "smote")
    assert found.false["roc_auc"].low > 0.62
    assert found.real_rows["roc_auc"].low > 0.5  # nothing made is scored, and still they look learned
    assert holds(found.honest["roc_auc"], 0.5)
    assert found.false["f1"].low > found.honest["f1"].high
    assert found.false["average_precision"].low > found.honest["average_precision"].high


@pytest.mark.slow
def test_the_honest_number_is_at_chance_over_many_tables_and_the_false_one_never():
    every = [shown(noise(seed=seed), "knn", "smote", seed=seed) for seed in range(60)]
    assert np.mean([one.honest["roc_auc"].value for one in every]) == pytest.approx(0.5, abs=0.015)
    assert np.mean([holds(one.honest["roc_auc"], 0.5) for one in every]) >= 0.88
    assert min(one.false["roc_auc"].low for one in every) > 0.55


def test_copies_leak_as_synthetic_rows_do():
    found = shown(noise(), "tree", "random-oversample")
    assert found.false["roc_auc"].low > found.honest["roc_auc"].high
    assert (found.synthetic, found.copies) == (0, found.resampled - found.used)
    assert any("are copies of other rows" in one for one in sentences(found))


def test_leaving_rows_out_teaches_nothing_and_changes_the_class_share_alone():
    found = shown(noise(600), "logistic", "random-undersample")
    assert (found.synthetic, found.copies) == (0, 0)
    assert found.shares == pytest.approx((0.15, 0.5), abs=0.01)
    assert found.false["average_precision"].value > found.honest["average_precision"].value + 0.2  # its chance level is the share
    assert abs(found.false["roc_auc"].value - found.real_rows["roc_auc"].value) == 0  # no row was made
    said = sentences(found)
    assert any("makes no rows" in one for one in said)
    assert any("50.0% are 'yes'" in one and "15.0%" in one for one in said)


def test_the_mistake_is_the_one_of_imbalanced_learn_and_scikit_learn():
    """The same forest on SMOTE's rows, cross-validated by scikit-learn: equal up to what the draws differ in."""
    from imblearn.over_sampling import SMOTE
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    data = assay.read(noise().drop("town"), target="y")
    plan = make_plan(data)
    recipe = replace(RECIPES.get("forest"), learner=Forest(n_trees=60))
    found = show_leak(recipe, treatment_named("smote"), data, plan)
    features, target = data.features.to_numpy()[plan.development], data.target[plan.development]
    features, target = SMOTE(random_state=0).fit_resample((features - features.mean(0)) / features.std(0), target)
    forest = RandomForestClassifier(60, min_samples_leaf=3, random_state=0)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    said = cross_val_predict(forest, features, target, cv=folds, method="predict_proba")[:, 1]
    assert found.resampled == len(target)
    expected = {
        "roc_auc": roc_auc_score(target, said),
        "average_precision": average_precision_score(target, said),
        "f1": f1_score(target, said >= 0.5),
        "brier": brier_score_loss(target, said),
    }
    for name, value in expected.items():
        assert found.false[name].value == pytest.approx(value, abs=0.025), name


def test_the_numbers_are_those_of_scikit_learn_on_the_same_predictions():
    from sklearn.metrics import brier_score_loss, f1_score

    data = assay.read(noise(), target="y")
    recipe, treatment = RECIPES.get("tree"), treatment_named("smote")
    plan = make_plan(data)
    found = show_leak(recipe, treatment, data, plan)
    mistake = make_mistake(
        recipe,
        treatment,
        data.take(plan.development),
        folds=5,
        seed=derive(0, "leak", "tree"),
        fit_seeds=lambda fold: derive(0, "leak", "tree", fold),
        budget=Budget(),
        context=Context(),
        done=lambda _made, _of: None,
    )
    units = np.concatenate([part.units for part in mistake.parts])
    assert sorted(units) == list(range(found.resampled))
    target = np.concatenate([part.truth["target"] for part in mistake.parts])
    probability = np.concatenate([part.predictions["probability"] for part in mistake.parts])
    real = ~mistake.made[units]
    assert found.false["f1"].value == pytest.approx(f1_score(target, probability >= 0.5))
    assert found.false["brier"].value == pytest.approx(brier_score_loss(target, probability))
    assert found.real_rows["f1"].value == pytest.approx(f1_score(target[real], probability[real] >= 0.5))
    assert real.sum() == found.used == len(plan.development)


def test_the_locked_rows_are_not_looked_at():
    frame = noise()
    data = assay.read(frame, target="y")
    plan = make_plan(data)
    locked = np.isin(np.arange(len(data)), plan.locked)
    wild = data.frame.with_columns(pl.when(pl.Series(locked)).then(1e6).otherwise(pl.col("x0")).alias("x0"))
    turned = pl.when(pl.Series(locked)).then(pl.lit("yes")).otherwise(pl.col("y")).alias("y")
    other = replace(data, frame=wild.with_columns(turned))
    assert other.fingerprint != data.fingerprint
    recipe, treatment = RECIPES.get("logistic"), treatment_named("smote")
    assert show_leak(recipe, treatment, data, plan).to_json() == show_leak(recipe, treatment, other, plan).to_json()


def test_equal_seeds_give_equal_numbers_and_another_seed_others():
    first, again, other = (shown(noise(), "tree", "smote", seed=seed).to_json() for seed in (0, 0, 1))
    assert first == again
    assert first["metrics"] != other["metrics"]


def test_rows_beyond_the_cap_are_drawn_class_by_class():
    found = shown(noise(2000, share=0.05), "logistic", "smote", most_rows=800)
    assert found.rows == 1600
    assert 800 <= found.used <= 815
    assert found.shares[0] == pytest.approx(50 / found.used, abs=0.002)  # 40 of 80 positives would be the share; 50 are kept


def test_a_learner_that_stops_early_is_misled_too():
    found = shown(noise(), "boosting", "random-oversample")
    assert found.false["roc_auc"].low > found.honest["roc_auc"].high


def test_more_than_two_classes_have_their_own_metrics():
    rng = np.random.default_rng(0)
    frame = noise(500).with_columns(y=pl.Series(rng.choice(["a", "b", "c"], 500, p=[0.7, 0.15, 0.15])))
    found = shown(frame, "knn", "smote")
    assert list(found.honest) == ["roc_auc", "f1", "balanced_accuracy", "brier"]
    assert found.false["roc_auc"].low > found.honest["roc_auc"].high
    assert holds(found.honest["roc_auc"], 0.5)


def test_groups_stay_whole_on_the_honest_side_and_the_words_say_that_the_mistake_tears_them():
    frame = noise().with_columns(branch=pl.int_range(400) // 4)
    data = assay.read(frame, target="y", group="branch")
    found = show_leak(RECIPES.get("tree"), treatment_named("smote"), data, make_plan(data))
    assert found.unit == "group"
    assert sentences(found)[-1] == "The folds of the mistake also tear groups apart, which the honest ones keep whole."


def test_time_stays_in_order_on_the_honest_side():
    data = assay.read(noise().with_columns(day=pl.int_range(400)), target="y", time="day")
    found = show_leak(RECIPES.get("tree"), treatment_named("smote"), data, make_plan(data))
    assert found.unit == "time"
    assert "mix past and future" in sentences(found)[-1]


def test_where_the_honest_number_is_as_good_the_words_do_not_claim_a_leak():
    rng = np.random.default_rng(3)
    hit = rng.random(2000) < 0.2
    frame = pl.DataFrame({"x": rng.normal(size=2000) + 1.5 * hit, "z": rng.normal(size=2000), "y": np.where(hit, "yes", "no")})
    found = shown(frame, "logistic", "random-oversample")
    assert "the mistake does not show in ROC AUC" in sentences(found)[0]


def test_a_row_copied_many_times_is_real_once():
    data = assay.read(noise(), target="y")
    balanced = resample_whole(RECIPES.get("tree"), RandomOversample(), data, 0)
    assert len(balanced.rows) == 2 * 340
    under = resample_whole(RECIPES.get("tree"), RandomUndersample(), data, 0)
    assert len(under.rows) == 2 * 60
    assert (under.source_rows >= 0).all()


def test_rows_too_few_for_an_honest_number_get_none():
    found = shown(noise(120, share=0.05), "tree", "smote")
    assert found.honest["roc_auc"].value is None
    assert "too few to say how far ROC AUC is off" in sentences(found)[0]


@pytest.mark.parametrize(
    ("recipe", "treatment", "said"),
    [
        ("forest", "class-weight", "nothing can leak by it"),
        ("forest", "none", "nothing can leak by it"),
        ("baseline", "smote", "learns nothing from the features"),
    ],
)
def test_where_nothing_can_leak_it_is_said(recipe, treatment, said):
    with pytest.raises(ConfigError, match=said):
        check_leak(RECIPES.get(recipe), treatment_named(treatment), assay.read(noise(), target="y"))


def test_a_target_of_numbers_has_no_classes_to_resample():
    frame = noise().with_columns(y=pl.col("x0") * 2 + 1)
    with pytest.raises(ConfigError, match="'y' is a regression target"):
        check_leak(RECIPES.get("forest"), treatment_named("smote"), assay.read(frame, target="y"))


def test_too_few_rows_to_draw_are_refused():
    with pytest.raises(ConfigError, match="at least 100"):
        LeakSettings(most_rows=20)


@dataclass(frozen=True)
class Unwilling:
    """A treatment that can work on no rows."""

    name: ClassVar[str] = "unwilling"
    stage: ClassVar[str] = "encoded"
    correction: ClassVar[str] = "none"

    def apply(self, train, seed):
        raise DataError(f"unwilling cannot work on {len(train)} rows.")


def test_what_a_treatment_cannot_do_is_said_in_its_own_words():
    data = assay.read(noise(), target="y")
    with pytest.raises(DataError, match="unwilling cannot work on 256 rows"):
        show_leak(RECIPES.get("tree"), Unwilling(), data, make_plan(data))
