"""Odd values: planted mistakes are found, and rows that are merely noisy are left in peace."""

import numpy as np
import pytest
from scipy.stats import norm

from assay.core.errors import ConfigError
from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth
from assay.study.odd_values import OddValues, odd_values, scaled_residuals


def found_in(given: np.ndarray, predicted: np.ndarray) -> OddValues:
    units = np.arange(len(given))
    return odd_values(
        [Part(0, 0, Truth("value", units, {"target": given}), Predictions("value", units, {"value": predicted}))],
        candidate="linear",
    )


def uneven(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Values whose noise grows twentyfold with what is predicted."""
    random = np.random.default_rng(seed)
    predicted = random.uniform(0, 100, n)
    return predicted + (1 + 0.2 * predicted) * random.normal(size=n), predicted


def test_planted_mistakes_are_found_also_where_values_are_small() -> None:
    given, predicted = uneven(3000, 0)
    low = np.flatnonzero(predicted < 10)[:15]
    given[low] += 25.0  # less than the usual noise of large values
    found = found_in(given, predicted)
    assert set(found.named.tolist()) == set(low.tolist())
    assert found.share.value == pytest.approx(15 / 3000)


def test_normal_noise_of_uneven_size_names_almost_no_row() -> None:
    named = [found_in(*uneven(2000, seed)).doubtful for seed in range(1, 41)]
    assert np.mean(named) < 0.5, "0.05 are expected under the exact scale; the scale itself is estimated"


def test_scores_are_normal_deviations_where_the_noise_is_normal() -> None:
    score = scaled_residuals(*uneven(20000, 3))
    for quantile in (0.5, 0.9, 0.99):
        assert np.quantile(score, quantile) == pytest.approx(norm.ppf((1 + quantile) / 2), rel=0.06)


def test_p_is_the_share_of_rows_at_least_as_odd() -> None:
    found = found_in(*uneven(200, 4))
    by_hand = [(found.score >= one).mean() for one in found.score]
    assert found.p == pytest.approx(by_hand)
    assert (np.diff(found.score[found.rows]) <= 0).all()


def test_exact_predictions_make_nothing_odd() -> None:
    values = np.arange(50.0)
    assert found_in(values, values).doubtful == 0
    given = values.copy()
    given[7] = 500.0
    assert found_in(given, values).named.tolist() == [7]


def test_classes_are_refused() -> None:
    units = np.arange(3)
    part = Part(0, 0, Truth("binary", units, {"target": units}), Predictions("binary", units, {"score": units}))
    with pytest.raises(ConfigError, match="predicted numbers"):
        odd_values([part], candidate="logistic")
