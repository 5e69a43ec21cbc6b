"""Rows without a target, kept beside the others: no plan deals them out, and only recipes that learn from them see them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import assay
from assay.core.errors import ConfigError, DataError
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.named import recipe_named
from assay.recipes.treatments import treatment_named


@pytest.fixture
def partly() -> pl.DataFrame:
    """Two clouds; of every six rows five have no target."""
    random = np.random.default_rng(0)
    y = np.arange(600) % 2
    frame = pl.DataFrame(
        {"a": random.normal(size=600) + 3 * y, "b": random.normal(size=600), "town": random.choice(["x", "y"], 600)}
    )
    label = [None if at % 6 > 1 else ("yes" if code else "no") for at, code in enumerate(y)]
    return frame.with_columns(pl.Series("denied", label))


def test_they_have_no_row_number_and_change_the_fingerprint_alone(partly: pl.DataFrame) -> None:
    kept = assay.read(partly, target="denied", unlabelled="keep")
    dropped = assay.read(partly, target="denied")
    assert len(kept) == len(dropped) == 200
    assert kept.unlabelled is not None
    assert kept.unlabelled.height == 400
    assert kept.unlabelled["denied"].null_count() == 400
    assert kept.frame.equals(dropped.frame)
    assert kept.fingerprint != dropped.fingerprint
    assert kept.rows_fingerprint == dropped.rows_fingerprint
    assert kept.take(np.arange(5)).unlabelled is kept.unlabelled
    assert any("400 rows without a value of the target 'denied' are kept" in note for note in kept.notes)
    assert any("400 rows without a value of the target 'denied' are left out" in note for note in dropped.notes)


def test_test_rows_without_a_target_are_not_kept(partly: pl.DataFrame) -> None:
    split = partly.with_columns(pl.Series("part", ["test" if at >= 500 else "train" for at in range(600)]))
    kept = assay.read(split, target="denied", split="part", unlabelled="keep")
    assert kept.unlabelled is not None
    without = partly["denied"].is_null().to_numpy()
    assert kept.unlabelled.height == without[:500].sum()
    assert any(f"{without[500:].sum()} rows without a value of the target 'denied' are left out" in note for note in kept.notes)


def test_recipes_that_learn_from_them_do_and_others_answer_as_without(partly: pl.DataFrame) -> None:
    kept, dropped = assay.read(partly, target="denied", unlabelled="keep"), assay.read(partly, target="denied")

    def said(name: str, data: assay.data.Dataset) -> np.ndarray:
        more = {"groups": None, "seed": 0, "budget": Budget(), "context": Context()}
        recipe = replace(recipe_named(name), unlabelled=data.unlabelled is not None and recipe_named(name).unlabelled)
        return fit(recipe, treatment_named("none"), data, **more).predict(data.frame)["probability"]

    assert np.array_equal(said("logistic", kept), said("logistic", dropped))
    for name in ("self-training", "label-spreading", "self-training-forest"):
        assert not np.array_equal(said(name, kept), said(name, dropped)), name


def test_a_study_runs_resumes_and_finishes_with_them(partly: pl.DataFrame, tmp_path: Path) -> None:
    data = assay.read(partly, target="denied", unlabelled="keep")
    study = assay.Study(data, recipes=["logistic", "self-training", "label-spreading"], folds=3)
    result = study.run(tmp_path / "run", jobs=1)
    assert result.leaderboard()["failure"].null_count() == 3
    assert sum(len(fold.test) for fold in result.plan.folds) + len(result.plan.locked) == 200
    model = result.finish()
    model.save(tmp_path / "model.assay")
    again = assay.load(tmp_path / "model.assay").predict(partly)
    assert again.equals(model.predict(partly))


def test_what_cannot_be_kept_is_refused_in_a_sentence(partly: pl.DataFrame) -> None:
    with pytest.raises(ConfigError, match="to drop or to keep"):
        assay.read(partly, target="denied", unlabelled="use")
    with pytest.raises(ConfigError, match="with a time they cannot be kept"):
        assay.read(partly, target="denied", unlabelled="keep", time="@row")
    with pytest.raises(DataError, match="no training row without a target"):
        assay.read(partly.drop_nulls(), target="denied", unlabelled="keep")
    with pytest.raises(ConfigError, match="was read without any; keep them with --unlabelled keep"):
        assay.Study(assay.read(partly, target="denied"), recipes=["self-training"]).prepare()
