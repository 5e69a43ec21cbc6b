"""Treatments of imbalance on pictures: each that can act runs, changes what is learnt, and is held against doing nothing."""

from dataclasses import replace

import numpy as np
import pytest

import assay
from assay.core.errors import ConfigError
from assay.recipes.fitting import check_pair, fit
from assay.recipes.learner import Budget, Context
from assay.recipes.named import recipe_named
from assay.recipes.treatments import TREATMENTS, treatment_named

pytest.importorskip("torch")

COUNTS = (40, 12, 8)
ACTING = (
    *("class-weight", "weighted-sampling", "effective-number", "random-oversample", "random-undersample", "augment-oversample"),
    *("focal", "class-balanced", "ldam", "logit-adjustment", "complement-cross-entropy"),
)
RECIPES = ("lenet", pytest.param("network:resnet20@32", marks=pytest.mark.slow))


def stripes(seed: int = 0) -> assay.data.Dataset:
    """Grey pictures of three classes, uneven in number: bars that lie, stand, or lean, in much noise."""
    random = np.random.default_rng(seed)
    target = np.repeat(np.arange(3), COUNTS)
    down, right = np.mgrid[:16, :16]
    waves = np.stack([np.sin(one / 1.5) for one in (down, right, down + right)])
    pixels = 128 + 40 * waves[target] + random.normal(0, 30, (len(target), 16, 16))
    return assay.read((np.clip(pixels, 0, 255).astype(np.uint8), target.astype(str)), task="multiclass")


def fitted(recipe: str, treatment: str, data: assay.data.Dataset, calibration: str = "none") -> np.ndarray:
    """What a net of two epochs says of the rows that it learnt from, without any correction."""
    named = recipe_named(recipe)
    quick = replace(named, learner=replace(named.learner, training=replace(named.learner.training, epochs=2), epochs_alone=2))
    model = fit(
        quick,
        treatment_named(treatment),
        data,
        groups=None,
        seed=1,
        budget=Budget(),
        context=Context(),
        calibration=calibration,
    )
    return model.predict(data.features)["probability"]


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_treatment_for_pictures_runs_and_changes_what_a_net_says(recipe):
    data = stripes()
    plain = fitted(recipe, "none", data)
    for name in ACTING:
        said = fitted(recipe, name, data)
        assert said.shape == (sum(COUNTS), 3), name
        assert np.allclose(said.sum(axis=1), 1), name
        assert not np.allclose(said, plain, atol=1e-4), name


def test_what_interpolates_rows_is_refused_for_pictures_and_all_else_is_one_of_the_acting():
    data, lenet = stripes(), recipe_named("lenet")
    able = set()
    for name in TREATMENTS.names():
        try:
            check_pair(lenet, treatment_named(name), data.question)
        except ConfigError:
            continue
        else:
            able.add(name)
    tables = {"copula", "kernel-density", "gaussian-mixture", "vae", "ctgan", "diffusion"}  # rows of numbers; say so when applied
    two_classes = {"scale-pos-weight", "cost-weight"}
    texts = {"augment-synonyms"}  # says so when applied
    assert able - tables - two_classes - texts - {"none", "threshold-only"} == set(ACTING)


def test_over_sampling_repeats_pictures_of_the_smaller_classes_until_all_are_even():
    data = stripes()
    from assay.data.rows import table_rows

    rows = table_rows(data.features, data.schema, data.question.classes, data.target, None)
    for name in ("random-oversample", "augment-oversample"):
        balanced = treatment_named(name).apply(rows, 0)
        assert np.bincount(balanced.rows.target).tolist() == [40, 40, 40]
    balanced = treatment_named("random-undersample").apply(rows, 0)
    assert np.bincount(balanced.rows.target).tolist() == [8, 8, 8]


@pytest.mark.slow
def test_a_study_of_pictures_holds_every_treatment_against_doing_nothing(tmp_path):
    result = assay.Study(stripes(), ["lenet"], ["none", *ACTING], metric="f1", folds=2).run(tmp_path / "run", jobs=2)
    assert not [record.failure for record in result.records.values() if record.failure is not None]
    assert len(result.records) == 2 * (1 + len(ACTING))
    for name in ACTING:
        verdict = result.verdict("lenet", f"lenet+{name}")
        assert verdict.call in ("a better", "b better", "no difference shown", "the same within the margin", "too little data")
        assert verdict.difference.low <= verdict.difference.high
