"""Metrics of levels in order, and deviances: worked values, and when there are none.  (Oracles: tests/contracts.)"""

import numpy as np
import pytest

from assay.measure import measure
from assay.measure.metrics.deviance import GAMMA_DEVIANCE, POISSON_DEVIANCE
from assay.measure.metrics.levels import RPS
from assay.measure.payload import Predictions, Truth


def test_the_ranked_probability_score_of_a_worked_example() -> None:
    """Three levels, the middle one true: (0.5² + 0.2²) / 2; two levels would be half of Brier's sum."""
    found = measure([1, 0, 2], probability=[[0.5, 0.3, 0.2], [1, 0, 0], [1, 0, 0]], metrics="rps")["rps"]
    assert found.value == pytest.approx(((0.25 + 0.04) / 2 + 0 + 1) / 3)


def test_the_ranked_probability_score_is_least_at_the_true_probabilities() -> None:
    true, random = np.array([0.1, 0.2, 0.3, 0.4]), np.random.default_rng(0)

    def expected(said: np.ndarray) -> float:
        rows = Predictions("multiclass", np.arange(4), {"probability": np.tile(said, (4, 1))})
        per_level = RPS.unit_statistics(Truth("multiclass", np.arange(4), {"target": np.arange(4)}), rows)["per_unit"]
        return float(true @ per_level)

    assert all(expected(random.dirichlet(5 * true)) > expected(true) for _ in range(50))


def test_a_wrong_level_costs_by_how_far_it_is() -> None:
    found = measure([0, 1, 2, 3] * 5, label=[3, 1, 2, 2] * 5, metrics=["mean_level_error", "quadratic_kappa"])
    assert found["mean_level_error"].value == pytest.approx((3 + 0 + 0 + 1) / 4)


def test_deviances_without_a_mean_above_0_say_so_with_the_first_row() -> None:
    def why(metric, target, value):
        units = np.array([7, 8, 9])
        rows = Truth("value", units, {"target": np.array(target)}), Predictions("value", units, {"value": np.array(value)})
        return metric.undefined(*rows)

    assert why(POISSON_DEVIANCE, [0.0, 1, 2], [1.0, 1, 1]) is None
    assert why(POISSON_DEVIANCE, [0.0, -1, 2], [1.0, 1, 1]) == "the target is below 0 in 1 of 3 rows (first: 8)"
    assert why(POISSON_DEVIANCE, [0.0, 1, 2], [1.0, 0, -1]) == "the prediction is not above 0 in 2 of 3 rows (first: 8)"
    assert why(GAMMA_DEVIANCE, [0.0, 1, 2], [1.0, 1, 1]) == "the target is not above 0 in 1 of 3 rows (first: 7)"
