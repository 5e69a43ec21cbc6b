"""Rows far from one another: the chances of k-means++, and clusters that are each asked once."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from assay.study.labelling.apart import spread_out


def test_the_second_row_is_drawn_by_squared_distance_times_worth() -> None:
    points = np.array([[0.0], [1.0], [2.0], [3.0]], dtype=np.float32)
    weights = np.array([5.0, 4.0, 2.0, 1.0])
    drawn = Counter(int(spread_out(points, 2, weights, seed)[1]) for seed in range(3000))
    expected = np.array([4.0 * 1, 2.0 * 4, 1.0 * 9])
    counts = [drawn[1], drawn[2], drawn[3]]
    assert drawn[0] == 0
    assert chisquare(counts, 3000 * expected / expected.sum()).pvalue > 0.001


def test_each_of_far_clusters_is_asked_once() -> None:
    random = np.random.default_rng(0)
    cluster = np.repeat(np.arange(8), 50)
    points = (100 * random.normal(size=(8, 3)))[cluster] + 0.1 * random.normal(size=(400, 3))
    for seed in range(10):
        assert len(set(cluster[spread_out(points, 8, np.ones(400), seed)])) == 8


def test_copies_come_last_and_every_row_comes_once() -> None:
    points = np.array([[0.0], [0.0], [0.0], [1.0], [2.0]])
    found = spread_out(points, 5, np.array([3.0, 2.0, 1.0, 1.0, 1.0]), 0)
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert found[0] == 0
    assert found[3:].tolist() == [1, 2], "by what they are worth"


def test_rows_without_worth_are_taken_only_when_no_others_are_left() -> None:
    points = np.arange(6.0)[:, None]
    weights = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    assert set(spread_out(points, 3, weights, 1).tolist()) == {0, 2, 4}
    assert sorted(spread_out(points, 9, weights, 1)) == list(range(6))


@pytest.mark.parametrize("count", [1, 7])
def test_equal_seeds_take_equal_rows(count: int) -> None:
    points = np.random.default_rng(2).normal(size=(50, 4))
    first, again = (spread_out(points, count, np.ones(50), 3) for _ in range(2))
    assert first.tolist() == again.tolist()
    assert len(set(first.tolist())) == count
