"""Which treatments are tried with which recipe: names, "all", ratios."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.study.conftest import make_table

import assay
from assay.core.errors import ConfigError, UnknownNameError
from assay.data.dataset import Dataset
from assay.recipes.treatments import TREATMENTS, treatment_named
from assay.study import treated
from assay.study.cells import Candidate
from assay.study.settings import Settings
from assay.study.treated import choose_treated


def settings_of(data: Dataset, recipes: list[str], names: list[str], ratios: list[float] | None = None) -> Settings:
    found = choose_treated(data, recipes, names, ratios)
    return Settings(recipes=tuple(recipes), treatments=found.names, metric="roc_auc", left_out=found.left_out, notes=found.notes)


@pytest.fixture
def uneven() -> Dataset:
    """Fifty positives among 400 rows: the smaller class is a seventh of the larger one."""
    words = np.where(np.arange(400) < 50, "yes", "no")
    return assay.read(pl.DataFrame({"income": np.arange(400) * 1.0, "denied": words}), target="denied")


def test_all_is_every_treatment_against_none(loans: Dataset) -> None:
    found = choose_treated(loans, ["logistic", "boosting"], ["all"])
    losses = {"focal", "class-balanced", "ldam", "logit-adjustment", "complement-cross-entropy"}
    # Neither recipe can minimise another loss than its own, and there is no text or picture to alter.
    assert set(found.names) == set(TREATMENTS.names()) - losses - {"augment-oversample"}
    assert found.names[0] == "none"
    assert not found.left_out


def test_threshold_only_is_allowed_and_adds_no_cells(loans: Dataset) -> None:
    settings = settings_of(loans, ["logistic", "baseline"], ["threshold-only", "smote"])
    assert settings.treatments == ("none", "threshold-only", "smote")
    assert settings.candidates == [Candidate("logistic"), Candidate("logistic", "smote"), Candidate("baseline")]


def test_one_ratio_has_one_spelling(loans: Dataset) -> None:
    assert choose_treated(loans, ["logistic"], ["smote@.5", "class-weight"]).names == ("none", "smote@0.5", "class-weight")
    with pytest.raises(ConfigError, match=r"names 'smote@0\.5' twice"):
        choose_treated(loans, ["logistic"], ["smote@.5", "smote@0.50"])


def test_what_all_brings_and_a_recipe_cannot_take_is_left_out_with_a_note(monkeypatch, loans: Dataset) -> None:
    knn = treated.RECIPES.get("knn")
    deaf = replace(knn, name="deaf", learner=replace(knn.learner, takes_weights=False), encoded_treatments=False)
    recipes = {"deaf": deaf, "logistic": treated.RECIPES.get("logistic")}
    monkeypatch.setattr(treated, "RECIPES", recipes)
    found = choose_treated(loans, ["deaf", "logistic"], ["all"])
    assert {("deaf", "class-weight"), ("deaf", "smote")} <= found.left_out
    assert not any(recipe == "logistic" for recipe, _ in found.left_out)
    assert any(note.startswith("smote is not tried with deaf: ") for note in found.notes)
    assert not choose_treated(loans, ["deaf"], ["smote"]).left_out, (
        "what is asked for by name is tried, and fails with its reason"
    )


def test_without_torch_all_leaves_the_generators_out_and_says_so(monkeypatch, loans: Dataset) -> None:
    monkeypatch.setattr(treated.importlib.util, "find_spec", lambda _: None)
    found = choose_treated(loans, ["logistic"], ["all"])
    assert not {"vae", "ctgan", "diffusion"} & set(found.names)
    assert "vae is not tried: it needs torch, which is not installed: pip install 'assay[nets]'." in found.notes


def test_each_treatment_that_takes_a_ratio_is_tried_with_each(uneven: Dataset) -> None:
    found = choose_treated(uneven, ["logistic"], ["smote", "threshold-only"], [0.25, 0.5, 1])
    assert found.names == ("none", "smote@0.25", "smote@0.5", "smote", "threshold-only")
    assert [treatment_named(name).ratio for name in found.names[1:4]] == [0.25, 0.5, 1.0]
    assert not found.notes


def test_a_ratio_that_would_make_nothing_is_left_out_with_a_note(uneven: Dataset) -> None:
    found = choose_treated(uneven, ["logistic"], ["smote"], [0.1, 50 / 350, 0.5])
    assert found.names == ("none", "smote@0.5")
    assert found.notes == (
        "ratio 0.1, 0.142857 is left out: the smallest class is 0.14 times the largest already, so nothing would be made.",
    )


def test_a_ratio_that_was_named_stays_as_it_is(uneven: Dataset) -> None:
    assert choose_treated(uneven, ["logistic"], ["smote@0.3"], [0.5]).names == ("none", "smote@0.3")


@pytest.mark.parametrize(
    ("names", "ratios", "match"),
    [
        (["smote"], [2.0], "above 0 and at most 1"),
        (["smote"], [], "ratios is empty"),
        (["none@0.5"], None, "none takes no ratio"),
        (["smote@much"], None, "such as smote@0.5"),
        ([], None, "treatments is empty"),
        ("smote", None, "pass a list of names"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(loans: Dataset, names, ratios, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        choose_treated(loans, ["logistic"], names, ratios)


def test_a_wrong_name_is_told_the_nearest(loans: Dataset) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'smote'"):
        choose_treated(loans, ["logistic"], ["smot@0.5"])


def test_treatments_are_for_classes() -> None:
    numbers = assay.read(make_table(), target="income", drop=["branch"])
    for names in (["smote"], ["all"]):
        with pytest.raises(ConfigError, match=f"treatment '{names[0]}' acts on classes"):
            choose_treated(numbers, ["boosting"], names)
    assert choose_treated(numbers, ["boosting"], ["none"]).names == ("none",)
