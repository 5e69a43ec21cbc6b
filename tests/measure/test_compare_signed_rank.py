"""Wilcoxon over data sets against scipy, enumeration, and the examples of Demsar (2006) and Hollander & Wolfe (1999)."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata, wilcoxon

from assay.core.errors import ConfigError, DataError
from assay.measure.compare.signed_rank import sign_flip_p, signed_rank, smallest_p

DEMSAR = [0.005, -0.008, 0.017, 0.033, 0.006, -0.005, 0.007, 0.0, 0.063, 0.0, 0.022, 0.047, 0.009, 0.021]
"""Table 2 of Demsar (2006): AUC of C4.5 with m tuned minus C4.5, 14 data sets."""


def enumerated_p(ranks: np.ndarray, plus: float) -> float:
    """Every assignment of signs, one by one."""
    sums = np.array([np.dot(signs, ranks) for signs in product([0, 1], repeat=len(ranks))])
    return float(np.mean(np.abs(sums - ranks.sum() / 2) >= abs(plus - ranks.sum() / 2) - 1e-9))


def test_the_sums_of_ranks_are_those_of_demsar() -> None:
    found = signed_rank(DEMSAR)
    assert (found.plus, found.minus, found.zeros) == (93.0, 12.0, 2)
    assert found.p < 0.05  # 12 lies below 21, the critical value of his table


def test_differences_that_rounding_parts_are_tied_and_zero() -> None:
    differences = np.array([0.8 - 0.7, 0.2 - 0.3, 0.9 - 0.4, (0.1 + 0.2) - 0.3])
    assert len(set(np.abs(differences))) == 4
    found = signed_rank(differences, zeros="pratt")
    assert (found.plus, found.minus, found.zeros) == (2.5 + 4, 2.5, 1)


def test_median_and_interval_are_those_of_hollander_and_wolfe() -> None:
    # Hamilton's depression scale before and after, examples 3.1, 3.3 and 3.4.
    before = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
    after = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
    found = signed_rank(before - after)
    assert found.plus == 40
    assert found.p == pytest.approx(0.03906, abs=5e-6)
    assert (found.median.value, found.median.low, found.median.high) == pytest.approx((0.46, 0.010, 0.786), abs=5e-4)


@pytest.mark.parametrize("n", [6, 13, 30])
def test_without_ties_the_p_is_scipys_exact_one(n: int) -> None:
    random = np.random.default_rng(n)
    for _ in range(10):
        differences = random.normal(0.4, 1, n)
        expected = wilcoxon(differences, method="exact")
        found = signed_rank(differences)
        assert found.p == pytest.approx(expected.pvalue)
        assert min(found.plus, found.minus) == expected.statistic


@pytest.mark.parametrize(("ours", "scipys"), [("split", "zsplit"), ("pratt", "pratt"), ("drop", "wilcox")])
def test_zeros_are_handled_as_scipy_names_them(ours: str, scipys: str) -> None:
    differences = np.array([0.0, 0.0, 1.0, -2.0, 2.0, 3.0, 5.0, 7.0])
    found, expected = signed_rank(differences, zeros=ours), wilcoxon(differences, zero_method=scipys, method="approx")
    assert min(found.plus, found.minus) == expected.statistic


@given(st.lists(st.integers(-4, 4), min_size=2, max_size=9).filter(any))
def test_with_ties_and_zeros_the_p_is_that_of_every_assignment_of_signs(differences: list[int]) -> None:
    values = np.array(differences, dtype=float)
    ranks = rankdata(np.abs(values))
    expected = enumerated_p(ranks[values != 0], ranks[values > 0].sum())
    assert signed_rank(values, zeros="pratt").p == pytest.approx(expected)
    kept = values[values != 0]
    ranks = rankdata(np.abs(kept))
    assert signed_rank(values, zeros="drop").p == pytest.approx(enumerated_p(ranks, ranks[kept > 0].sum()))


def test_the_interval_holds_the_shifts_that_scipys_test_does_not_reject() -> None:
    differences = np.random.default_rng(4).normal(0.3, 1, 12)
    middle = signed_rank(differences).median
    for inside, outside in ((middle.low + 1e-9, middle.low - 1e-9), (middle.high - 1e-9, middle.high + 1e-9)):
        assert wilcoxon(differences - inside, method="exact").pvalue > 0.05
        assert wilcoxon(differences - outside, method="exact").pvalue <= 0.05


def test_the_normal_that_follows_the_exact_form_agrees_with_it() -> None:
    differences = np.random.default_rng(7).normal(0.15, 1, 201)
    beyond = signed_rank(differences)
    exact = wilcoxon(differences, method="exact")
    assert beyond.p == pytest.approx(exact.pvalue, rel=0.02)
    for end, direction in ((beyond.median.low, -1), (beyond.median.high, 1)):
        assert wilcoxon(differences - (end + direction * 0.02), method="exact").pvalue < 0.05
        assert wilcoxon(differences - (end - direction * 0.02), method="exact").pvalue > 0.05


@pytest.mark.parametrize("n", [2, 5, 6, 9])
def test_no_differences_give_a_smaller_p_than_those_of_one_sign(n: int) -> None:
    assert signed_rank(np.arange(1.0, n + 1)).p == pytest.approx(smallest_p(n))
    assert sign_flip_p(np.arange(1.0, n + 1), 0.0) == pytest.approx(smallest_p(n))


def test_too_few_data_sets_for_the_level_leave_the_median_without_an_interval() -> None:
    five = signed_rank([0.1, 0.2, 0.3, 0.4, 0.5]).median
    assert (five.value, five.low, five.high) == (pytest.approx(0.3), None, None)
    assert five.undefined == "5 data sets are too few for an interval at 0.95"
    six = signed_rank([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]).median
    assert (six.low, six.high) == pytest.approx((0.1, 0.6))


def test_equal_recipes_give_a_reason_instead_of_a_p() -> None:
    nothing = signed_rank([0.0, 0.0, 0.0])
    assert (nothing.p, nothing.median.value, nothing.zeros) == (None, None, 3)
    assert nothing.median.undefined == "the two are equal on every data set"


def test_bad_input_is_said_with_counts_and_places() -> None:
    with pytest.raises(DataError, match="at least 2 data sets"):
        signed_rank([0.1])
    with pytest.raises(DataError, match="1 of 3 differences are no finite numbers"):
        signed_rank([0.1, np.inf, 0.2])
    with pytest.raises(ConfigError, match="split, pratt, drop"):
        signed_rank([0.1, 0.2], zeros="zsplit")
