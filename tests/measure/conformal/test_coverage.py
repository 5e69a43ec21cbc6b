"""Measured coverage: exact where rows are independent, wide enough where they are not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from tests.measure.conformal.cases import numbers, true

from assay.core.errors import DataError
from assay.measure.conformal.coverage import Rows, coverage_of_intervals, coverage_of_sets, measure_coverage, share_interval
from assay.measure.conformal.fitting import fit_split
from assay.measure.parts import Part, design_of


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(1, 40))
def test_a_share_has_scipys_exact_interval(held: int, n: int) -> None:
    held = min(held, n)
    found = share_interval(np.arange(n) < held, Rows())
    wanted = binomtest(held, n).proportion_ci(0.95, method="exact")
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)
    assert (found.n, found.value) == (n, held / n)


def test_coverage_is_counted_by_class_and_by_size_of_the_set() -> None:
    sets = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=bool)
    found = coverage_of_sets(sets, np.array([0, 0, 0, 1]), level=0.9)
    assert found.overall.value == 0.5
    assert [one.value for one in found.per_class] == [pytest.approx(2 / 3), 0.0, None]
    assert "no row of this class" in found.per_class[2].undefined
    assert (found.mean_size, found.empty) == (1.0, 0.25)
    assert [(one.low, one.coverage.value, one.coverage.n) for one in found.by_size] == [(0, 0.0, 1), (1, 0.5, 2), (2, 1.0, 1)]
    assert list(found.to_json(("a", "b", "c"))["per_class"]) == ["a", "b", "c"]


def test_coverage_by_width_shows_where_intervals_of_one_width_fail() -> None:
    random = np.random.default_rng(0)
    width = random.uniform(1, 5, 4000)
    target = random.normal(size=4000) * 2
    found = coverage_of_intervals(np.stack([-width, width], axis=1), target, level=0.9)
    shares = [one.coverage.value for one in found.by_size]
    assert len(shares) == 4
    assert shares == sorted(shares)
    assert sum(one.coverage.n for one in found.by_size) == 4000
    assert found.mean_size == pytest.approx(2 * width.mean())
    value = random.normal(size=100) * 1e3
    assert len(coverage_of_intervals(np.stack([value - 0.1, value + 0.1], axis=1), value, level=0.9).by_size) == 1


def test_the_interval_of_a_share_over_groups_holds_where_that_over_rows_does_not() -> None:
    kept = {"group": 0, "row": 0}
    for trial in range(200):
        random = np.random.default_rng(trial)
        rate = random.beta(4, 1, size=40)  # mean 0.8
        groups = np.repeat(np.arange(40), 20)
        held = random.random(800) < rate[groups]
        for name, rows in (("group", Rows(groups=groups)), ("row", Rows())):
            found = share_interval(held, rows)
            kept[name] += found.low <= 0.8 <= found.high
    assert 0.92 <= kept["group"] / 200 <= 0.98
    assert kept["row"] / 200 < 0.75


def test_weights_count_in_a_share_and_widen_its_interval() -> None:
    held, weights = np.repeat([True, False], 30), np.tile([7.0, 1.0], 30)
    found, plain = share_interval(held, Rows(weights=weights)), share_interval(held, Rows())
    assert share_interval(held, Rows(weights=np.repeat([3.0, 1.0], 30))).value == 0.75
    assert found.high - found.low > 1.2 * (plain.high - plain.low)
    always = share_interval(np.ones(40, bool), Rows(groups=np.repeat(np.arange(10), 4)))
    assert always.low == pytest.approx(binomtest(10, 10).proportion_ci(0.95, method="exact").low)
    one = share_interval(np.ones(4, bool), Rows(groups=np.zeros(4)))
    assert (one.value, one.low) == (1.0, None)
    assert "fewer than two" in one.undefined


def test_coverage_on_locked_rows_takes_groups_and_blocks_of_time_for_what_is_independent() -> None:
    random = np.random.default_rng(0)
    rows, n = np.arange(1000, 1400), 400
    target = np.repeat(random.normal(size=40), 10) + 0.1 * random.normal(size=n)
    fitted = fit_split(true(random.normal(size=500)), numbers(np.zeros(500)))
    truth, predictions, moments = true(target, rows), numbers(np.zeros(n), rows), np.arange(1400.0)
    part = Part(0, 0, truth, predictions)
    designs = (design_of([part]), design_of([part], kind="group", groups=np.arange(1400) // 10))
    alone, grouped = (measure_coverage(fitted, truth, predictions, level=0.8, design=one).overall for one in designs)
    in_time = measure_coverage(fitted, truth, predictions, level=0.8, design=design_of([part], kind="time", time=moments)).overall
    assert alone.value == grouped.value == in_time.value
    assert (alone.n, grouped.n, alone.method, grouped.method) == (400, 40, "Clopper-Pearson", "Korn-Graubard")
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)
    assert in_time.high - in_time.low > 1.5 * (alone.high - alone.low)
    with pytest.raises(DataError, match="of different rows"):
        measure_coverage(fitted, truth, numbers(np.zeros(n)), level=0.8)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: coverage_of_sets(np.zeros((2, 3)), np.zeros(2, int), level=0.9), "true or false"),
        (lambda: coverage_of_sets(np.zeros((2, 3), bool), np.array([0, 3]), level=0.9), "1 of 2 rows"),
        (lambda: coverage_of_sets(np.zeros((0, 3), bool), np.zeros(0, int), level=0.9), "no rows"),
        (lambda: coverage_of_intervals(np.zeros((2, 2)), np.zeros(3), level=0.9), r"shape \(3, 2\)"),
        (lambda: coverage_of_sets(np.ones((2, 2), bool), np.zeros(2, int), level=0.9, rows=Rows(groups=np.zeros(3))), "3 groups"),
    ],
)
def test_coverage_of_what_does_not_fit_is_refused(make, words: str) -> None:
    with pytest.raises(DataError, match=words):
        make()
