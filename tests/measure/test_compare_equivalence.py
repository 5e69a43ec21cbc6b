"""Two one-sided tests against statsmodels and against the interval that decides alike."""

import numpy as np
import pytest
from statsmodels.stats.weightstats import ttost_ind, ttost_paired

from assay.core.errors import ConfigError, DataError
from assay.measure.compare.equivalence import tost


@pytest.mark.parametrize("margin", [0.05, 0.3, 1.0])
def test_paired_samples_give_the_p_values_of_statsmodels(margin: float) -> None:
    random = np.random.default_rng(1)
    a = random.normal(size=40)
    b = a + random.normal(0.1, 0.6, 40)
    apart = a - b
    found = tost(apart.mean(), apart.std(ddof=1) / np.sqrt(40), 39, margin)
    p, (_, lower, _), (_, upper, _) = ttost_paired(a, b, -margin, margin)
    assert (found.p, found.p_lower, found.p_upper) == pytest.approx((p, lower, upper))


def test_two_samples_give_the_p_values_of_statsmodels() -> None:
    random = np.random.default_rng(2)
    a, b = random.normal(size=30), random.normal(0.2, 1, 50)
    pooled = ((29 * a.var(ddof=1)) + (49 * b.var(ddof=1))) / 78
    found = tost(a.mean() - b.mean(), np.sqrt(pooled * (1 / 30 + 1 / 50)), 78, 0.5)
    p, (_, lower, _), (_, upper, _) = ttost_ind(a, b, -0.5, 0.5)
    assert (found.p, found.p_lower, found.p_upper) == pytest.approx((p, lower, upper))


@pytest.mark.parametrize("estimate", [-0.4, -0.1, 0.0, 0.2, 0.36, 0.9])
def test_it_decides_as_the_ninety_percent_interval_within_the_margin(estimate: float) -> None:
    for error in (0.05, 0.1, 0.2, 0.3):
        inside = estimate - 1.6448536 * error > -0.5 and estimate + 1.6448536 * error < 0.5
        assert (tost(estimate, error, None, 0.5).p < 0.05) == inside


def test_a_difference_without_spread_gives_a_reason() -> None:
    found = tost(0.0, 0.0, 10, 0.1)
    assert (found.p_lower, found.p_upper, found.p) == (None, None, None)
    assert found.undefined == "the difference shows no spread"


@pytest.mark.parametrize("margin", [0.0, -0.01, np.nan, np.inf])
def test_a_margin_is_above_zero(margin: float) -> None:
    with pytest.raises(ConfigError, match="margin of equivalence is above 0"):
        tost(0.0, 0.1, 10, margin)


def test_what_is_no_measured_difference_is_said() -> None:
    with pytest.raises(DataError, match="an estimate of nan"):
        tost(np.nan, 0.1, 10, 0.1)
    with pytest.raises(DataError, match=r"standard error of -0\.1"):
        tost(0.0, -0.1, 10, 0.1)
    with pytest.raises(DataError, match="degrees of freedom are above 0"):
        tost(0.0, 0.1, 0, 0.1)
