"""Two shares: the score test against statsmodels, Fisher's against scipy, Newcombe's interval against statsmodels."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency, fisher_exact
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from assay.core.errors import DataError
from assay.measure.two_proportions import two_proportions

LARGE = [(275, 875, 4365, 40313), (434, 1720, 4206, 39468), (60, 100, 45, 90), (5, 50, 200, 1000), (300, 300, 280, 300)]
SMALL = [(3, 4, 10, 200), (0, 6, 30, 300), (2, 2, 1, 50), (1, 11, 29, 60), (0, 3, 0, 9)]


@pytest.mark.parametrize("counts", LARGE)
def test_large_counts_are_tested_by_the_score_test(counts):
    hits, of, other_hits, other_of = counts
    found = two_proportions(*counts)
    assert found.test == "score"
    assert found.p == pytest.approx(proportions_ztest([hits, other_hits], [of, other_of])[1], rel=1e-9)
    table = [[hits, of - hits], [other_hits, other_of - other_hits]]
    assert found.p == pytest.approx(chi2_contingency(table, correction=False).pvalue, rel=1e-9)


@pytest.mark.parametrize("counts", SMALL)
def test_small_counts_are_tested_by_fishers_exact_test(counts):
    hits, of, other_hits, other_of = counts
    found = two_proportions(*counts)
    assert found.p == pytest.approx(fisher_exact([[hits, of - hits], [other_hits, other_of - other_hits]]).pvalue)
    assert found.test == ("score" if hits + other_hits == 0 else "Fisher")


def test_the_test_changes_where_the_least_expected_count_is_five():
    assert two_proportions(5, 50, 20, 200).test == "score"  # 25 hits among 250 rows, 50 of them here: 5 expected
    assert two_proportions(5, 49, 20, 201).test == "Fisher"


@pytest.mark.parametrize("counts", [*LARGE, *SMALL])
@pytest.mark.parametrize("level", [0.95, 0.99])
def test_the_interval_of_the_difference_is_newcombes(counts, level):
    hits, of, other_hits, other_of = counts
    found = two_proportions(*counts, level=level)
    low, high = confint_proportions_2indep(hits, of, other_hits, other_of, method="newcomb", alpha=1 - level)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    assert found.difference == pytest.approx(hits / of - other_hits / other_of)


def test_the_sides_can_be_exchanged():
    here, there = two_proportions(12, 40, 30, 300), two_proportions(30, 300, 12, 40)
    assert (here.p, here.difference, here.low) == pytest.approx((there.p, -there.difference, -there.high))


def test_of_equal_shares_at_most_about_five_in_a_hundred_are_called_different():
    rng = np.random.default_rng(5)
    draws = [(rng.binomial(60, 0.12), rng.binomial(600, 0.12)) for _ in range(3000)]
    wrong = np.mean([two_proportions(a, 60, b, 600).p <= 0.05 for a, b in draws])
    assert 0.03 <= wrong <= 0.065


@pytest.mark.parametrize("counts", [(0, 0, 1, 5), (1, 5, 0, 0), (6, 5, 1, 5), (-1, 5, 1, 5)])
def test_counts_that_are_no_share_are_refused(counts):
    with pytest.raises(DataError, match="is no proportion"):
        two_proportions(*counts)
