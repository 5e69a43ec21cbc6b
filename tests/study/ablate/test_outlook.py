"""What twice the rows would gain, against curves whose law is known."""

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from assay.study.ablate.outlook import gains_covariance, look_ahead

ROWS = np.array([500.0, 1000.0, 2000.0, 4000.0, 8000.0])


def curve(b: float, c: float) -> tuple[np.ndarray, float]:
    """The gain of each doubling, and what twice the rows gain."""
    return -np.diff(b * ROWS**-c), float(b * (8000**-c - 16000**-c))


def spread(scale: float) -> np.ndarray:
    """(k + 1,): the standard error of each part; scale: of all rows."""
    return scale * np.sqrt(8000 / ROWS)


def errors(scale: float) -> np.ndarray:
    """(k,): of each gain."""
    variances = spread(scale) ** 2
    return np.sqrt(variances[:-1] + variances[1:])


@pytest.mark.parametrize(("b", "c"), [(3.0, 0.5), (40.0, 1.0), (0.5, 0.1)])
def test_a_curve_without_error_is_carried_on_by_its_law(b: float, c: float) -> None:
    gains, truth = curve(b, c)
    found = look_ahead(ROWS, gains, errors(5e-5), level=0.95, seed=0)
    assert found.gain == pytest.approx(truth, rel=0.03)
    assert found.exponent == pytest.approx(c, rel=0.05)
    assert found.rows == 8000


@pytest.mark.parametrize("draws", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_the_interval_covers_the_truth_about_as_often_as_it_says_with_errors_known_from_five_folds(draws: int) -> None:
    gains, truth = curve(3.0, 0.5)
    parts = np.concatenate([[0.0], np.cumsum(gains)])
    random, inflation = np.random.default_rng(1), student.isf(0.025, 4) / norm.isf(0.025)
    covered, said = 0, 0
    for draw in range(draws):
        folds = np.diff(parts + random.normal(size=(5, len(ROWS))) * spread(0.003) * np.sqrt(5), axis=1)
        measured = folds.std(axis=0, ddof=1) / np.sqrt(5) * inflation
        found = look_ahead(ROWS, folds.mean(axis=0), measured, level=0.95, seed=draw)
        if found.low is not None and found.high is not None:
            said += 1
            covered += found.low <= truth <= found.high
    assert said >= 0.9 * draws
    assert covered >= 0.92 * said


def test_the_covariance_is_that_of_drawn_parts() -> None:
    parts = np.random.default_rng(0).normal(size=(100_000, len(ROWS))) * spread(0.01)
    drawn = np.cov(np.diff(parts, axis=1), rowvar=False)
    assert gains_covariance(ROWS, errors(0.01)) == pytest.approx(drawn, abs=3e-5)


def test_a_curve_that_jumps_follows_no_power_law() -> None:
    found = look_ahead(ROWS, np.array([0.0, 0.0, 0.1, 0.0]), errors(0.001), level=0.95, seed=0)
    assert found.gain is None
    assert found.reason.startswith("the curve so far follows no power law (p ")


def test_without_spread_or_with_too_few_parts_nothing_is_said() -> None:
    gains, _ = curve(3.0, 0.5)
    assert look_ahead(ROWS, gains, np.zeros(4), level=0.95, seed=0).reason == "the rows show no spread of the differences"
    few = look_ahead(ROWS[2:], gains[2:], errors(0.01)[2:], level=0.95, seed=0)
    assert (few.gain, few.reason) == (None, "a power law needs 4 sizes, and 3 were measured")
