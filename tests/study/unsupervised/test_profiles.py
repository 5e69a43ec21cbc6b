"""Clusters against the rest: the intervals are the library's, and hold together in a simulation."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import ttest_ind

from assay.data.schema import Column
from assay.measure.two_proportions import two_proportions
from assay.study.unsupervised.profiles import profiles, welch

COLUMNS = (Column("x", "number"), Column("y", "number"), Column("town", "category", levels=("a", "b")))


def rows(seed: int, n: int = 200) -> tuple[pl.DataFrame, np.ndarray]:
    """Three groups of no difference but in ``x``, by a standard deviation and a half."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, 2, n)
    frame = {"x": rng.normal(size=n) + 1.5 * (labels == 1), "y": rng.exponential(size=n), "town": rng.choice(["a", "b"], n)}
    return pl.DataFrame(frame).with_columns(y=pl.when(pl.int_range(n) % 9 == 0).then(None).otherwise(pl.col("y"))), labels


def test_welch_is_scipy() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=9), 3 * rng.normal(size=30)
    oracle = ttest_ind(a, b, equal_var=False).confidence_interval(0.99)
    assert welch(a, b, 0.99) == pytest.approx((oracle.low, oracle.high))
    assert welch(a[:1], b, 0.99) == (None, None)
    assert welch(np.ones(3), np.ones(4), 0.99) == (None, None)


def test_a_cluster_is_compared_with_all_other_rows_at_a_level_for_all_comparisons() -> None:
    frame, labels = rows(0)
    first, second = profiles(frame, COLUMNS, labels)
    assert (second[0].column, second[0].level) == ("x", None)
    assert {(one.column, one.level) for one in first} == {("x", None), ("y", None), ("town", "a"), ("town", "b")}
    inside, level = labels == 1, 1 - 0.05 / 8
    x = frame["x"].to_numpy()
    oracle = ttest_ind(x[inside], x[~inside], equal_var=False).confidence_interval(level)
    assert (second[0].low, second[0].high) == pytest.approx((oracle.low, oracle.high))
    town = next(one for one in second if one.level == "a")
    is_a = (frame["town"] == "a").to_numpy()
    pair = two_proportions(
        int(is_a[inside].sum()), int(inside.sum()), int(is_a[~inside].sum()), int((~inside).sum()), level=level
    )
    assert (town.low, town.high, town.difference) == pytest.approx((pair.low, pair.high, pair.difference))


def test_groups_of_no_difference_are_said_to_differ_in_one_table_of_twenty_at_most() -> None:
    wrong = right = 0
    for seed in range(200):
        found = profiles(*(lambda pair: (pair[0], COLUMNS, pair[1]))(rows(seed)))
        told = [one for cluster in found for one in cluster if one.is_apart]
        wrong += any(one.column != "x" for one in told)
        right += any(one.column == "x" and one.cluster == 1 for one in told)
    assert wrong <= 17  # 200 tables at 5 %: more than 17 with probability 0.02 at most
    assert right >= 195


def test_what_has_no_spread_or_no_value_is_left_out() -> None:
    frame = pl.DataFrame(
        {"x": [1.0] * 6, "y": [None, None, 2.0, 3.0, 4.0, 5.0], "town": [None] * 6}, schema_overrides={"town": pl.String}
    )
    found = profiles(frame, COLUMNS, np.array([0, 0, 1, 1, 1, 1]))
    assert found == [[], []]
    assert profiles(frame, COLUMNS, np.full(6, -1)) == []
