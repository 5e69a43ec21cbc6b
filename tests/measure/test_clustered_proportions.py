"""Shares of grouped and weighted rows: against statsmodels' regressions and score test, and by simulation with a known truth."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import t as student
from statsmodels.stats.proportion import proportion_confint

from assay.measure.clustered_proportions import clustered_shares


def rows(seed: int, n_groups: int = 40, *, is_whole: bool = False):
    """Level, hit, weight, group of rows; is_whole: a group lies in one level."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), rng.poisson(12, n_groups) + 1)
    level = rng.permutation(np.arange(n_groups) % 4)[group] if is_whole else rng.integers(0, 4, len(group))
    hit = rng.random(len(group)) < (1 / (1 + np.exp(1.5 - rng.normal(size=n_groups))))[group]
    return level, hit, rng.gamma(2.0, size=len(group)) + 0.1, group


@pytest.mark.parametrize("is_whole", [False, True])
def test_without_weights_the_test_is_the_score_test_of_a_regression_with_clusters(is_whole):
    level, hit, _, group = rows(3, is_whole=is_whole)
    for code, found in enumerate(clustered_shares(level, hit, weights=None, groups=group)):
        design = np.column_stack([np.ones(len(hit)), level == code]).astype(float)
        full, null = (
            sm.GEE(hit.astype(float), part, groups=group, family=sm.families.Binomial()) for part in (design, design[:, :1])
        )
        assert found.difference.p == pytest.approx(full.fit().model.compare_score_test(null.fit())["p-value"], rel=1e-6)


@pytest.mark.parametrize("is_whole", [False, True])
def test_the_spread_of_shares_and_of_their_difference_is_that_of_a_weighted_regression_with_clusters(is_whole):
    level, hit, weight, group = rows(5, is_whole=is_whole)
    for code, found in enumerate(clustered_shares(level, hit, weights=weight, groups=group)):
        design = np.column_stack([level == code, level != code]).astype(float)
        fit = sm.WLS(hit.astype(float), design, weights=weight).fit(
            cov_type="cluster", cov_kwds={"groups": group, "use_correction": False}
        )
        assert found.share.value == pytest.approx(fit.params[0])
        assert found.rest == pytest.approx(fit.params[1])
        assert found.difference.difference == pytest.approx(fit.params[0] - fit.params[1])
        m = len(np.unique(group[level == code]))
        assert found.share.n == m
        variance = fit.cov_params()[0, 0] * m / (m - 1)
        share = found.share.value
        effective = share * (1 - share) / variance * (1.959964 / student.isf(0.025, m - 1)) ** 2
        ends = proportion_confint(share * effective, effective, method="wilson")
        assert (found.share.low, found.share.high) == pytest.approx(ends, rel=1e-5)
        half = (found.difference.high - found.difference.low) / 2
        covariance = fit.cov_params()
        error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
        assert half / error == pytest.approx(student.isf(0.025, m - 1), rel=0.12)


def test_rows_by_themselves_are_counted_as_wilson_counts_them():
    level, hit, _, _ = rows(7, 200)
    for code, found in enumerate(clustered_shares(level, hit, weights=None, groups=None)):
        of, hits = int((level == code).sum()), int(hit[level == code].sum())
        expected = proportion_confint(hits, of, method="wilson")
        assert (found.share.low, found.share.high) == pytest.approx(expected, abs=0.002)
        assert found.share.n == of


def test_the_unit_of_the_weights_and_the_names_of_the_groups_do_not_matter():
    level, hit, weight, group = rows(9)
    plain = clustered_shares(level, hit, weights=weight, groups=group)
    for found, other in zip(plain, clustered_shares(level, hit, weights=1e6 * weight, groups=90 - 3 * group), strict=True):
        assert (found.share.low, found.share.high) == pytest.approx((other.share.low, other.share.high))
        assert (found.difference.p, found.difference.low) == pytest.approx((other.difference.p, other.difference.low))


def test_a_group_repeated_row_for_row_says_no_more_than_once():
    level, hit, _, group = rows(11, is_whole=True)
    once = clustered_shares(level, hit, weights=None, groups=group)
    thrice = clustered_shares(*(np.repeat(one, 3) for one in (level, hit)), weights=None, groups=np.repeat(group, 3))
    for found, other in zip(once, thrice, strict=True):
        assert (found.share.low, found.share.high) == pytest.approx((other.share.low, other.share.high))
        assert found.difference.p == pytest.approx(other.difference.p)


def test_a_level_of_one_group_differs_for_sure_from_nothing():
    level = np.repeat([0, 1, 1, 1], 30)
    hit = np.repeat([True, False, False, False], 30)
    found = clustered_shares(level, hit, weights=None, groups=np.repeat(np.arange(4), 30))
    assert found[0].share.low is None
    assert found[0].share.undefined == "all of its rows are of one group: the spread is unknown"
    assert (found[0].difference.low, found[0].difference.high) == (-1.0, 1.0)
    assert found[0].difference.p > 0.15


def test_a_level_of_many_groups_without_a_hit_has_a_width():
    level, hit, _, group = rows(13)
    hit = hit & (level != 2)
    found = clustered_shares(level, hit, weights=None, groups=group)[2]
    assert (found.share.value, found.share.low) == (0.0, 0.0)
    m = len(np.unique(group[level == 2]))
    assert proportion_confint(0, m, method="wilson")[1] * 0.8 < found.share.high < 0.25


def test_one_level_alone_and_rows_all_alike_have_nothing_to_compare():
    (alone,) = clustered_shares(np.zeros(6, dtype=int), np.arange(6) < 2, weights=None, groups=np.arange(6) // 2)
    assert (alone.rest, alone.difference) == (None, None)
    same = clustered_shares(np.arange(6) % 2, np.ones(6, dtype=bool), weights=None, groups=np.arange(6) // 2)
    assert [one.difference.p for one in same] == [1.0, 1.0]


@pytest.mark.parametrize("is_weighted", [False, True])
def test_intervals_of_grouped_rows_cover_and_the_test_keeps_its_level(is_weighted):
    covered, zero, called = [], [], []
    truth = float(np.mean(1 / (1 + np.exp(1.5 - np.random.default_rng(0).normal(size=400_000)))))
    for seed in range(400):
        level, hit, weight, group = rows(seed, 60, is_whole=True)
        found = clustered_shares(level, hit, weights=weight if is_weighted else None, groups=group)[0]
        covered.append(found.share.low <= truth <= found.share.high)
        zero.append(found.difference.low <= 0 <= found.difference.high)
        called.append(found.difference.p < 0.05)
    assert 0.92 <= np.mean(covered) <= 0.98
    assert 0.92 <= np.mean(zero) <= 0.98
    assert 0.02 <= np.mean(called) <= 0.08
