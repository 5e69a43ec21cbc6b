"""Friedman, Iman-Davenport, Nemenyi and the comparisons with a control against scipy, statsmodels and Demsar (2006)."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import friedmanchisquare
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from assay.core.errors import ConfigError, DataError
from assay.measure.compare.ranks import (
    against_control,
    critical_difference,
    friedman,
    friedman_of_means,
    not_separated,
    ranks_of,
)

RANKS = np.array(
    [
        [4, 3, 2, 1], [1, 2, 3, 4], [4, 1, 2, 3], [4, 1, 3, 2], [4, 2, 3, 1], [1, 2.5, 4, 2.5], [3, 2, 4, 1],
        [2.5, 2.5, 4, 1], [4, 3, 2, 1], [2.5, 2.5, 2.5, 2.5], [4, 2.5, 1, 2.5], [3, 2, 4, 1], [4, 1, 2, 3], [3, 1, 4, 2],
    ]
)  # fmt: skip
"""Table 6 of Demsar (2006): C4.5, C4.5+m, C4.5+cf, C4.5+m+cf on 14 data sets."""


def test_the_worked_example_of_demsar_is_met() -> None:
    means = friedman(RANKS).mean_ranks
    assert means == pytest.approx((3.143, 2.000, 2.893, 1.964), abs=5e-4)
    # He does not correct for ties.
    found = friedman_of_means(means, 14)
    assert found.chi2 == pytest.approx(9.28, abs=0.01)
    assert found.f == pytest.approx(3.69, abs=0.01)
    assert 0.01 < found.p_f < 0.05
    assert critical_difference(4, 14) == pytest.approx(2.569 * np.sqrt(20 / 84), abs=1e-3)
    assert critical_difference(4, 14, level=0.9) == pytest.approx(2.291 * np.sqrt(20 / 84), abs=1e-3)
    assert not_separated(means, critical_difference(4, 14)) == ((3, 1, 2, 0),)
    # At 0.90 the difference is 1.12, and C4.5 is told apart from C4.5+m+cf and from C4.5+m.
    assert not_separated(means, critical_difference(4, 14, level=0.9)) == ((3, 1, 2), (2, 0))


def test_holm_against_a_control_is_the_example_of_demsar() -> None:
    found = {one.place: one for one in against_control((3.143, 2.000, 2.893, 1.964), 14, 0)}
    assert set(found) == {1, 2, 3}
    assert [found[place].z for place in (3, 1, 2)] == pytest.approx([2.416, 2.342, 0.512], abs=2e-3)
    assert [found[place].p_raw for place in (3, 1, 2)] == pytest.approx([0.016, 0.019, 0.607], abs=2e-3)
    assert [found[place].p for place in (3, 1, 2)] == pytest.approx([0.047, 0.047, 0.607], abs=2e-3)


@pytest.mark.parametrize(
    ("k", "q05", "q10"),
    [(2, 1.960, 1.645), (3, 2.343, 2.052), (4, 2.569, 2.291), (5, 2.728, 2.459), (7, 2.949, 2.693), (10, 3.164, 2.920)],
)
def test_the_critical_values_are_those_of_nemenyis_table(k: int, q05: float, q10: float) -> None:
    error = np.sqrt(k * (k + 1) / (6 * 25))
    assert critical_difference(k, 25) == pytest.approx(q05 * error, abs=1e-3)
    assert critical_difference(k, 25, level=0.9) == pytest.approx(q10 * error, abs=1e-3)


@pytest.mark.parametrize("digits", [6, 1])  # of one digit are ties
def test_chi_square_is_scipys_with_and_without_ties(digits: int) -> None:
    random = np.random.default_rng(digits)
    for n, k in ((5, 3), (12, 4), (30, 7)):
        scores = np.round(random.normal(size=(n, k)) + np.linspace(0, 0.6, k), digits)
        found = friedman(ranks_of(scores, greater_is_better=True))
        expected = friedmanchisquare(*scores.T)
        assert (found.chi2, found.p_chi2) == pytest.approx((expected.statistic, expected.pvalue))


@pytest.mark.parametrize("digits", [6, 1])
def test_the_f_of_iman_and_davenport_is_the_analysis_of_variance_of_the_ranks(digits: int) -> None:
    scores = np.round(np.random.default_rng(8).normal(size=(9, 4)) + np.linspace(0, 1, 4), digits)
    ranks = ranks_of(scores, greater_is_better=False)
    places = np.indices(ranks.shape)
    frame = pd.DataFrame({"rank": ranks.ravel(), "data": places[0].ravel(), "recipe": places[1].ravel()})
    row = anova_lm(ols("rank ~ C(recipe) + C(data)", frame).fit()).loc["C(recipe)"]
    found = friedman(ranks)
    assert (found.f, found.p_f) == pytest.approx((row["F"], row["PR(>F)"]))


def test_data_sets_that_rank_alike_give_the_exact_p() -> None:
    found = friedman(np.tile([2.0, 1.0, 3.0], (4, 1)))
    assert found.f is None
    assert found.p_f == pytest.approx(1 / len(list(permutations(range(3)))) ** 3)
    assert found.chi2 == pytest.approx(8)


def test_recipes_that_are_equal_everywhere_give_a_reason() -> None:
    found = friedman(ranks_of(np.ones((6, 3)), greater_is_better=True))
    assert (found.chi2, found.f, found.p_f) == (None, None, None)
    assert found.undefined == "all recipes are equal on every data set"
    assert found.mean_ranks == (2.0, 2.0, 2.0)


def test_ranks_follow_the_direction_and_share_ties() -> None:
    scores = [[0.9, 0.8, 0.1 + 0.2], [1e6, 0.3, 0.3]]
    assert ranks_of(scores, greater_is_better=True).tolist() == [[1, 2, 3], [1, 2.5, 2.5]]
    assert ranks_of(scores, greater_is_better=False).tolist() == [[3, 2, 1], [3, 1.5, 1.5]]
    assert ranks_of([[0.3, 0.1 + 0.2], [0.1, 0.2]], greater_is_better=True).tolist() == [[1.5, 1.5], [2, 1]]


def test_false_claims_of_the_f_test_stay_at_the_level() -> None:
    random = np.random.default_rng(17)
    ranks = np.argsort(np.argsort(random.random((1500, 8, 4)), axis=2), axis=2) + 1.0
    claims = np.mean([friedman(one).p_f < 0.05 for one in ranks])
    assert 0.03 < claims < 0.075


@given(st.lists(st.floats(1, 8), min_size=2, max_size=8), st.floats(0.1, 5))
def test_the_groups_are_the_maximal_ones(means: list[float], critical: float) -> None:
    groups = [set(group) for group in not_separated(means, critical)]
    for group in groups:
        assert max(means[i] for i in group) - min(means[i] for i in group) < critical
        assert not any(group < other for other in groups)
    for i in range(len(means)):
        for j in range(i):
            together = any({i, j} <= group for group in groups)
            assert together == (abs(means[i] - means[j]) < critical - 1e-12)


def test_bad_input_is_said() -> None:
    with pytest.raises(DataError, match="at least 2 of each"):
        ranks_of([[0.1, 0.2]], greater_is_better=True)
    with pytest.raises(DataError, match=r"1 of 4 scores are no finite numbers \(first at \(0, 1\)\)"):
        ranks_of([[0.1, np.nan], [0.2, 0.3]], greater_is_better=True)
    with pytest.raises(DataError, match="2 of 2 rows are no ranks of 2 recipes"):
        friedman([[0.1, 0.2], [0.3, 0.5]])
    with pytest.raises(DataError, match="1 recipes over 3 data sets"):
        friedman_of_means([1.0], 3)
    with pytest.raises(DataError, match="3 recipes over 1 data sets"):
        critical_difference(3, 1)
    with pytest.raises(ConfigError, match="a position from 0 to 1"):
        against_control([1.2, 1.8], 5, 2)
