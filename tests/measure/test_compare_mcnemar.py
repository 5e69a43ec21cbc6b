"""McNemar's p and Tango's interval against statsmodels, published examples, enumeration and simulation."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binom, multinomial, norm, ttest_1samp
from statsmodels.stats.contingency_tables import mcnemar as theirs

from assay.core.errors import ConfigError, DataError
from assay.measure.compare.mcnemar import clustered_mcnemar, mcnemar, mcnemar_p, tango_interval


def answers(both: int, only_a: int, only_b: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Right or wrong, row by row, in a table of these counts."""
    counts = [both, only_a, only_b, neither]
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


def test_the_published_example_is_met() -> None:
    # Airway hyper-responsiveness (Bentur et al. 2009), in Fagerland, Lydersen & Laake (2013 and 2014).
    found = mcnemar(*answers(1, 1, 7, 12))
    assert found.p == pytest.approx(0.0391, abs=5e-5)
    assert found.interval.value == pytest.approx(-6 / 21)
    assert (found.interval.low, found.interval.high) == pytest.approx((-0.517, -0.026), abs=5e-4)
    assert found.interval.n == 21
    assert found.equivalence.level == 0.9


@pytest.mark.parametrize(("only_a", "only_b"), [(3, 9), (9, 3), (1, 30), (0, 4), (5, 6), (40, 61)])
def test_exact_and_chi_square_are_those_of_statsmodels(only_a: int, only_b: int) -> None:
    table = [[5, only_a], [only_b, 5]]
    assert mcnemar_p(only_a, only_b, "exact") == pytest.approx(theirs(table, exact=True).pvalue)
    assert mcnemar_p(only_a, only_b, "chi-square") == pytest.approx(theirs(table, exact=False, correction=False).pvalue)
    assert mcnemar_p(only_a, only_b, "chi-square corrected") == pytest.approx(theirs(table, exact=False, correction=True).pvalue)


@pytest.mark.parametrize("method", ["exact", "mid-p", "chi-square", "chi-square corrected"])
def test_equal_counts_give_no_sign_of_a_difference(method: str) -> None:
    assert mcnemar_p(6, 6, method) == pytest.approx(1.0)
    assert mcnemar_p(0, 0, method) == 1.0


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_mid_p_keeps_the_level_and_comes_closer_to_it_than_the_exact_test(share: float) -> None:
    n, size = 50, {"mid-p": 0.0, "exact": 0.0}
    for differing in range(n + 1):
        seen = binom.pmf(np.arange(differing + 1), differing, 0.5) * binom.pmf(differing, n, share)
        for method in size:
            claims = [mcnemar_p(k, differing - k, method) <= 0.05 for k in range(differing + 1)]
            size[method] += float(seen @ claims)
    assert 1.2 * size["exact"] < size["mid-p"] <= 0.05


def test_the_interval_is_what_the_score_test_does_not_reject() -> None:
    # The likelihood is maximized by a search here, by the root of a quadratic there.
    only_a, only_b, n = 12, 5, 60

    def score(delta: float) -> float:
        def minus_log_likelihood(b: float) -> float:
            a = b + delta
            return -(only_a * np.log(a) + only_b * np.log(b) + (n - only_a - only_b) * np.log(1 - a - b))

        low, high = max(0.0, -delta) + 1e-12, (1 - delta) / 2 - 1e-12
        b = minimize_scalar(minus_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
        return (only_a - only_b - n * delta) / np.sqrt(n * (2 * b + delta - delta**2))

    low, high = tango_interval(only_a, only_b, n)
    assert score(low) == pytest.approx(norm.isf(0.025), abs=1e-4)
    assert score(high) == pytest.approx(-norm.isf(0.025), abs=1e-4)


def test_the_interval_mirrors_when_the_two_change_places() -> None:
    low, high = tango_interval(12, 5, 60)
    assert tango_interval(5, 12, 60) == pytest.approx((-high, -low))


@pytest.mark.parametrize(("only_a", "only_b", "n"), [(0, 0, 30), (30, 0, 30), (0, 30, 30), (1, 0, 30), (0, 1, 1), (1, 1, 2)])
def test_the_ends_of_the_scale_have_an_interval_that_holds_the_value(only_a: int, only_b: int, n: int) -> None:
    low, high = tango_interval(only_a, only_b, n)
    assert -1 <= low <= (only_a - only_b) / n <= high <= 1
    assert low < high


def test_without_a_row_that_differs_the_interval_is_the_closed_form() -> None:
    z = norm.isf(0.025)
    found = mcnemar([True] * 30, [1] * 30)
    assert found.p == 1.0
    assert (found.interval.low, found.interval.high) == pytest.approx((-(z**2) / (30 + z**2), z**2 / (30 + z**2)))


def test_the_interval_covers_by_enumeration_of_all_tables() -> None:
    n, chances = 25, (0.15, 0.25, 0.6)
    covered = 0.0
    for only_a in range(n + 1):
        for only_b in range(n + 1 - only_a):
            low, high = tango_interval(only_a, only_b, n)
            if low <= chances[0] - chances[1] <= high:
                covered += multinomial.pmf([only_a, only_b, n - only_a - only_b], n, chances)
    assert 0.94 < covered < 0.97


def test_with_every_row_its_own_group_the_variance_is_that_of_paired_differences() -> None:
    a, b = answers(40, 14, 6, 40)
    found = clustered_mcnemar(a, b, np.arange(100))
    apart = a.astype(float) - b
    expected = ttest_1samp(apart, 0)
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert found.interval.n == 100


def test_copies_of_a_row_are_no_new_rows() -> None:
    a, b = answers(40, 14, 6, 40)
    once = clustered_mcnemar(a, b, np.arange(100))
    thrice = clustered_mcnemar(np.repeat(a, 3), np.repeat(b, 3), np.repeat(np.arange(100), 3))
    assert thrice.p == pytest.approx(once.p)
    assert mcnemar(np.repeat(a, 3), np.repeat(b, 3)).p < once.p / 2  # what the groups guard against


def test_groups_keep_the_level_where_rows_of_a_group_agree() -> None:
    random = np.random.default_rng(11)
    groups = np.repeat(np.arange(40), 6)
    alone, grouped = [], []
    for _ in range(400):
        tilt = random.choice([0.1, 0.9], size=40)[groups]  # whom a group favours; over groups nobody
        differs = random.random(240) < 0.4
        for_a = random.random(240) < tilt
        a, b = np.where(differs, for_a, True), np.where(differs, ~for_a, True)
        alone.append(mcnemar(a, b).p < 0.05)
        grouped.append(clustered_mcnemar(a, b, groups).p < 0.05)
    assert np.mean(grouped) < 0.085
    assert np.mean(alone) > 0.15


def test_a_grouped_comparison_without_spread_says_why() -> None:
    nothing = clustered_mcnemar([1, 0, 1], [1, 0, 1], ["x", "x", "y"])
    assert nothing.p is None
    assert nothing.interval.undefined == "the two differ on no row"
    same = clustered_mcnemar([1, 1, 1, 1], [0, 1, 0, 1], ["x", "x", "y", "y"])
    assert "same difference" in str(same.interval.undefined)


def test_bad_input_is_said_with_counts_and_places() -> None:
    with pytest.raises(DataError, match="3 and 2 values"):
        mcnemar([1, 0, 1], [1, 0])
    with pytest.raises(DataError, match=r"1 of 3 values of right_b are neither .* first at 1"):
        mcnemar([1, 0, 1], [1, 2, 0])
    with pytest.raises(DataError, match=r"2 of 3 values of right_a are no finite numbers \(first at 0, 2\)"):
        mcnemar([np.nan, 0, np.nan], [1, 1, 0])
    with pytest.raises(DataError, match="no rows"):
        mcnemar([], [])
    with pytest.raises(DataError, match="dimensions"):
        mcnemar([[1, 0]], [[1, 0]])
    with pytest.raises(DataError, match="single group"):
        clustered_mcnemar([1, 0], [0, 1], ["x", "x"])
    with pytest.raises(DataError, match="2 and 3 values"):
        clustered_mcnemar([1, 0], [0, 1], ["x", "x", "y"])
    with pytest.raises(DataError, match="at least 0"):
        mcnemar_p(-1, 3)
    with pytest.raises(ConfigError, match="mid-p, exact"):
        mcnemar_p(1, 3, "midp")
    with pytest.raises(ConfigError, match="level"):
        mcnemar([1, 0], [0, 1], level=95)
