"""Treatments by the text that users write."""

import numpy as np
import polars as pl
import pytest

from assay.core.errors import ConfigError, UnknownNameError
from assay.data.rows import Rows
from assay.recipes.treatments import TREATMENTS, ratio_of, treatment_named, treatment_text


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


def test_a_wrong_name_is_told_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'smote'"):
        treatment_named("smoet@0.5")


def test_threshold_only_changes_no_row() -> None:
    rows = Rows(pl.DataFrame({"income": [1.0, 2.0, 3.0]}), np.array([0, 0, 1]), 2)
    after = treatment_named("threshold-only").apply(rows, 0)
    assert after.rows.fingerprint == rows.fingerprint
    assert np.array_equal(after.source_rows, np.arange(3))
    assert np.array_equal(after.prior_before, after.prior_after)
