"""Rows needed against statsmodels, against each other, and by simulation: the power that was asked for is the power there is."""

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.stats.power import NormalIndPower

from assay.core.errors import ConfigError, DataError
from assay.measure.compare.mcnemar import mcnemar
from assay.measure.compare.power import detectable_difference, power_at, rows_needed


@pytest.mark.parametrize(("difference", "spread"), [(0.01, 0.4), (-0.03, 0.9), (0.5, 1.0)])
@pytest.mark.parametrize(("power", "level"), [(0.8, 0.95), (0.95, 0.99), (0.3, 0.9)])
def test_rows_are_those_of_statsmodels(difference: float, spread: float, power: float, level: float) -> None:
    # ratio=0: one sample, whose rows are the pairs
    theirs = NormalIndPower().solve_power(abs(difference) / spread, power=power, alpha=1 - level, ratio=0)
    found = rows_needed(difference, spread / np.sqrt(500), 500, power=power, level=level)
    assert found.rows == int(np.ceil(theirs))
    assert found.undefined is None


def test_the_rows_named_are_just_enough() -> None:
    for floor in (0.0, 0.3e-4):
        rows = rows_needed(0.02, 0.01, 700, floor_variance=floor).rows
        assert power_at(rows, 0.02, 0.01, 700, floor_variance=floor) >= 0.8
        assert power_at(rows - 1, 0.02, 0.01, 700, floor_variance=floor) < 0.8


def test_a_difference_that_is_just_detectable_needs_the_rows_at_hand() -> None:
    for floor in (0.0, 0.4e-4):
        least = detectable_difference(900, 0.01, 900, floor_variance=floor)
        assert rows_needed(least, 0.01, 900, floor_variance=floor).rows == 900
        assert power_at(900, least, 0.01, 900, floor_variance=floor) == pytest.approx(0.8)
    assert detectable_difference(900, 0.01, 900) == pytest.approx(0.01 * (norm.isf(0.025) + norm.isf(0.2)), rel=1e-5)


def test_without_a_difference_the_power_is_the_level_of_false_claims() -> None:
    assert power_at(1000, 0.0, 0.01, 1000) == pytest.approx(0.05)


def test_below_the_floor_no_number_of_rows_is_enough_and_the_reason_is_said() -> None:
    floor = 0.005**2
    never = rows_needed(0.01, 0.01, 1000, floor_variance=floor)
    assert never.rows is None
    assert "hide differences below 0.014: add repeats, not rows" in str(never.undefined)
    assert power_at(1e12, 0.01, 0.01, 1000, floor_variance=floor) < 0.8
    assert rows_needed(0.0141, 0.01, 1000, floor_variance=floor).rows > 100_000


def test_what_cannot_be_found_has_a_reason() -> None:
    assert rows_needed(0.0, 0.01, 1000).undefined == "a difference of 0 is found by no number of rows"
    assert rows_needed(0.1, 0.0, 1000).undefined == "the 1000 rows show no spread of the difference"


def test_more_floor_asks_for_more_rows() -> None:
    rows = [rows_needed(0.0275, 0.01, 1000, floor_variance=share * 0.01**2).rows for share in (0.0, 0.3, 0.6, 0.9)]
    assert rows == sorted(rows)
    assert len(set(rows)) == 4


def test_with_the_rows_it_names_mcnemar_has_the_power_that_was_asked_for() -> None:
    only_a, only_b = 0.12, 0.09  # the true shares of rows that only one of the two has right
    spread = np.sqrt(only_a + only_b - (only_a - only_b) ** 2)
    rows = rows_needed(only_a - only_b, spread / np.sqrt(400), 400).rows
    random = np.random.default_rng(9)
    found = []
    for _ in range(1500):
        drawn = random.random(rows)
        a_right = drawn < 0.5 + only_a
        b_right = (drawn < 0.5) | ((drawn >= 0.5 + only_a) & (drawn < 0.5 + only_a + only_b))
        found.append(mcnemar(a_right, b_right, method="chi-square").p < 0.05)
    assert np.mean(found) == pytest.approx(0.8, abs=3.3 * np.sqrt(0.8 * 0.2 / 1500))


def test_with_a_floor_too_the_power_is_the_one_that_was_asked_for() -> None:
    random = np.random.default_rng(10)
    row_spread, fold_spread, difference = 0.6, 0.01, 0.04
    rows = rows_needed(difference, np.sqrt(row_spread**2 / 500 + fold_spread**2), 500, floor_variance=fold_spread**2).rows
    error = np.sqrt(row_spread**2 / rows + fold_spread**2)
    means = random.normal(difference, fold_spread, 4000) + random.normal(0, row_spread / np.sqrt(rows), 4000)
    assert np.mean(np.abs(means) / error > norm.isf(0.025)) == pytest.approx(0.8, abs=3.3 * np.sqrt(0.8 * 0.2 / 4000))


def test_bad_input_is_said() -> None:
    with pytest.raises(ConfigError, match=r"power=0\.05: it lies between 0\.05"):
        rows_needed(0.1, 0.1, 100, power=0.05)
    with pytest.raises(ConfigError, match="level"):
        rows_needed(0.1, 0.1, 100, level=1.0)
    with pytest.raises(ConfigError, match="rows=0"):
        power_at(0, 0.1, 0.1, 100)
    with pytest.raises(DataError, match="n=1"):
        rows_needed(0.1, 0.1, 1)
    with pytest.raises(DataError, match="standard_error=nan"):
        rows_needed(0.1, np.nan, 100)
    with pytest.raises(DataError, match="difference=nan"):
        rows_needed(np.nan, 0.1, 100)
    with pytest.raises(DataError, match="show no spread"):
        power_at(100, 0.1, 0.0, 100)
    for floor in (-0.001, 0.011):
        with pytest.raises(DataError, match=r"floor_variance=.* must lie between 0 and standard_error² = 0\.01"):
            rows_needed(0.1, 0.1, 100, floor_variance=floor)
