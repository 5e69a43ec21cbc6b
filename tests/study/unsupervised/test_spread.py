"""Intervals over resamples against scipy, against the definition of the jackknife, and by simulation."""

import numpy as np
import pytest
from scipy import stats

from assay.study.unsupervised.spread import mean_interval, paired_p, pairs_interval


def test_the_interval_of_a_mean_is_students() -> None:
    values = np.random.default_rng(0).normal(0.2, 0.1, 9)
    found = mean_interval(values)
    low, high = stats.t.interval(0.95, 8, values.mean(), stats.sem(values))
    assert (found.value, found.low, found.high) == pytest.approx((values.mean(), low, high))


def test_ends_stay_within_the_bounds_and_one_value_has_none() -> None:
    assert mean_interval(np.array([0.9, 1.0, 0.95]), bounds=(0, 1)).high == 1.0
    one = mean_interval(np.array([0.9]))
    assert (one.value, one.low) == (0.9, None)
    assert mean_interval(np.zeros(0)).value is None


def test_the_spread_of_a_mean_of_pairs_is_the_jackknifes() -> None:
    rng, r = np.random.default_rng(1), 7
    pairs = rng.random((r, r))
    pairs = pairs + pairs.T
    above = np.triu_indices(r - 1, 1)
    without = [np.delete(np.delete(pairs, one, 0), one, 1)[above].mean() for one in range(r)]
    error = np.sqrt((r - 1) / r * ((without - np.mean(without)) ** 2).sum())
    found = pairs_interval(pairs, bounds=(-9, 9))
    assert found.value == pytest.approx(pairs[np.triu_indices(r, 1)].mean())
    assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, r - 1) * error)


def test_intervals_of_pairs_hold_the_truth_about_as_often_as_they_say() -> None:
    """Pairs share what their two resamples brought; the truth is 1."""
    rng, held = np.random.default_rng(2), []
    for _ in range(1000):
        own = rng.normal(0.5, 1, 8)
        found = pairs_interval(own[:, None] + own[None, :], bounds=(-99, 99))
        held.append(found.low <= 1 <= found.high)
    assert 0.93 <= np.mean(held) <= 0.97


def test_paired_p_is_scipys() -> None:
    a, b = np.random.default_rng(3).normal(size=(2, 12))
    assert paired_p(a, b) == pytest.approx(stats.ttest_rel(a, b).pvalue)
    assert paired_p(a, a) == 1.0
    assert paired_p(np.ones(3), np.zeros(3)) is None
