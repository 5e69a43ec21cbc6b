"""Treatments by the text that users write."""

import numpy as np
import polars as pl
import pytest

from assay.core.errors import ConfigError, UnknownNameError
from assay.data.rows import Rows
from assay.recipes.treatments import TREATMENTS, ratio_of, rejoined, treatment_named, treatment_text


@pytest.mark.parametrize("name", TREATMENTS.names())
def test_a_plain_name_is_the_treatment_with_its_defaults(name: str) -> None:
    assert treatment_named(name) == TREATMENTS.get(name)()
    assert treatment_text(name) == name


@pytest.mark.parametrize("name", [name for name in TREATMENTS.names() if ratio_of(TREATMENTS.get(name)()) is not None])
def test_a_ratio_after_an_at_is_the_field_and_the_name_stays(name: str) -> None:
    treatment = treatment_named(f"{name}@.25")
    assert (treatment.name, treatment.ratio) == (name, 0.25)
    assert treatment_text(f"{name}@.250") == f"{name}@0.25"
    assert treatment_named(treatment_text(f"{name}@0.3333333333333333")).ratio == 1 / 3
    assert treatment_text(f"{name}@{ratio_of(TREATMENTS.get(name)())}") == name


@pytest.mark.parametrize("setting", ["", "0", "-1", "1.01", "nan", "inf", "half"])
def test_a_ratio_that_is_none_is_refused_in_a_sentence(setting: str) -> None:
    with pytest.raises(ConfigError, match=r"above 0 and at most 1, such as smote@0\.5"):
        treatment_named(f"smote@{setting}")


def test_a_treatment_without_a_ratio_takes_none() -> None:
    with pytest.raises(ConfigError, match="threshold-only takes no ratio; leave out what begins with @"):
        treatment_named("threshold-only@0.5")


@pytest.mark.parametrize(
    ("text", "spelling", "by_class"),
    [
        ("cost-weight@5,1", "cost-weight@5,1", (1.0, 5.0)),
        ("cost-weight@5.00, 1e0", "cost-weight@5,1", (1.0, 5.0)),
        ("cost-weight@.5,2.25", "cost-weight@0.5,2.25", (2.25, 0.5)),
        (f"cost-weight@{1 / 3!r},1e-9", "cost-weight@0.3333333333333333,1e-09", (1e-9, 1 / 3)),
    ],
)
def test_costs_after_an_at_are_those_of_a_missed_positive_and_of_a_false_alarm(text: str, spelling: str, by_class) -> None:
    treatment = treatment_named(text)
    assert (treatment.name, treatment.costs) == ("cost-weight", by_class)
    assert treatment_text(text) == treatment_text(spelling) == spelling
    assert treatment_named(spelling) == treatment


@pytest.mark.parametrize("setting", ["", "5", "5,", "5,0", "0,1", "-5,1", "5,nan", "inf,1", "5,1,1", "dear,cheap"])
def test_costs_that_are_none_are_refused_in_a_sentence(setting: str) -> None:
    with pytest.raises(ConfigError, match=r"two numbers above 0, what a missed positive and what a false alarm costs, such as"):
        treatment_named(f"cost-weight@{setting}")


def test_a_list_with_commas_does_not_cut_costs_in_two() -> None:
    assert rejoined(["none", "cost-weight@5", " 1", "smote@0.5", "cost-weight@2", "3", "adasyn"]) == [
        "none",
        "cost-weight@5,1",
        "smote@0.5",
        "cost-weight@2,3",
        "adasyn",
    ]
    assert rejoined(["cost-weight@5", "smote", "1"]) == ["cost-weight@5", "smote", "1"]
    assert rejoined(["cost-weight@5,1", "2"]) == ["cost-weight@5,1", "2"]


def test_a_wrong_name_is_told_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'smote'"):
        treatment_named("smoet@0.5")


def test_threshold_only_changes_no_row() -> None:
    rows = Rows(pl.DataFrame({"income": [1.0, 2.0, 3.0]}), np.array([0, 0, 1]), 2)
    after = treatment_named("threshold-only").apply(rows, 0)
    assert after.rows.fingerprint == rows.fingerprint
    assert np.array_equal(after.source_rows, np.arange(3))
    assert np.array_equal(after.prior_before, after.prior_after)
