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
from assay.study import Study, treated
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
    # Neither recipe can minimise another loss than its own or learns in epochs, and there is no text or picture to alter.
    assert set(found.names) == set(TREATMENTS.names()) - losses - {"augment-oversample", "augment-synonyms", "weighted-sampling"}
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
    knn = treated.recipe_named("knn")
    deaf = replace(knn, name="deaf", learner=replace(knn.learner, takes_weights=False), encoded_treatments=False)
    recipes = {"deaf": deaf, "logistic": treated.recipe_named("logistic")}
    monkeypatch.setattr(treated, "recipe_named", recipes.__getitem__)
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


def test_the_costs_of_a_study_are_those_of_cost_weight(loans: Dataset) -> None:
    assert choose_treated(loans, ["logistic"], ["smote", "cost-weight"], cost=(5.0, 1.0)).names == (
        "none",
        "smote",
        "cost-weight@5,1",
    )
    assert "cost-weight@5,0.5" in choose_treated(loans, ["logistic"], ["all"], cost=(5.0, 0.5)).names
    assert "cost-weight" not in choose_treated(loans, ["logistic"], ["all"], cost=(5.0, 0.5)).names
    assert choose_treated(loans, ["logistic"], ["cost-weight"]).names == ("none", "cost-weight")


def test_costs_that_were_named_stay_as_they_are(loans: Dataset) -> None:
    for names in (["cost-weight@2,1"], ["cost-weight@2", "1"]):
        assert choose_treated(loans, ["logistic"], names, cost=(5.0, 1.0)).names == ("none", "cost-weight@2,1")
    both = choose_treated(loans, ["logistic"], ["cost-weight@2,1", "cost-weight"], cost=(5.0, 1.0))
    assert both.names == ("none", "cost-weight@2,1", "cost-weight@5,1")


def test_a_cost_of_nothing_is_refused_as_a_weight_and_left_out_of_all_with_a_note(loans: Dataset) -> None:
    with pytest.raises(ConfigError, match="cost 5,0 leaves a class without weight: give costs above 0, or give the treatment"):
        choose_treated(loans, ["logistic"], ["cost-weight"], cost=(5.0, 0.0))
    assert choose_treated(loans, ["logistic"], ["smote"], cost=(5.0, 0.0)).names == ("none", "smote")
    found = choose_treated(loans, ["logistic"], ["all"], cost=(5.0, 0.0))
    assert not any(name.startswith("cost-weight") for name in found.names)
    assert "cost-weight is not tried: cost 5,0 leaves a class without weight." in found.notes


def test_costs_of_two_classes_are_not_those_of_three() -> None:
    three = make_table().with_columns(denied=np.array(["no", "yes", "perhaps"])[np.arange(240) % 3])
    data = assay.read(three, target="denied", drop=["branch"])
    with pytest.raises(ConfigError, match=r"'cost-weight@5,1' has the costs of two classes, and 'denied' has 3; use cost-weight"):
        choose_treated(data, ["logistic"], ["cost-weight@5,1"])
    assert choose_treated(data, ["logistic"], ["cost-weight"]).names == ("none", "cost-weight")
    with pytest.raises(ConfigError, match="only a binary task has a missed positive and a false alarm, and this one is multi"):
        Study(data, ["logistic"], cost=(5.0, 1.0)).prepare()


def test_a_wrong_name_is_told_the_nearest(loans: Dataset) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'smote'"):
        choose_treated(loans, ["logistic"], ["smot@0.5"])


def test_treatments_are_for_classes() -> None:
    numbers = assay.read(make_table(), target="income", drop=["branch"])
    for names in (["smote"], ["all"]):
        with pytest.raises(ConfigError, match=f"treatment '{names[0]}' acts on classes"):
            choose_treated(numbers, ["boosting"], names)
    assert choose_treated(numbers, ["boosting"], ["none"]).names == ("none",)
