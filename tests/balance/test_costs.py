"""Weights by cost: the decisions that follow from them are those of least cost."""

import numpy as np
import pytest

from assay.balance.costs import CostWeight
from assay.balance.weights import ClassWeight
from assay.core.errors import ConfigError, DataError
from assay.data.rows import Rows
from assay.measure.calibration import PriorCorrection

TARGET = np.repeat([0, 1], [90, 10])
ROWS = Rows(np.zeros((100, 1)), TARGET, 2)
THREE = Rows(np.zeros((85, 1)), np.repeat([0, 1, 2], [50, 30, 5]), 3)


def by_class(rows: Rows) -> np.ndarray:
    return np.array([rows.weights[rows.target == code][0] for code in range(rows.n_classes)])


def test_a_missed_positive_that_costs_seven_alarms_weighs_seven_alarms_and_all_rows_weigh_n():
    done = CostWeight((1.0, 7.0)).apply(ROWS, 0)
    assert by_class(done.rows) == pytest.approx([100 / 160, 700 / 160])
    assert done.rows.weights.sum() == pytest.approx(100)
    assert done.prior_after == pytest.approx([90 / 160, 70 / 160])


def test_which_costs_were_used_is_said():
    assert CostWeight((1.0, 7.5)).apply(ROWS, 0).notes == (
        "rows weigh by what mistakes cost: 7.5 for a missed positive, 1 for a false alarm",
    )
    assert CostWeight((1.0, 7.0, 2.0)).apply(THREE, 0).notes == ("rows weigh by what mistakes in their class cost: 1, 7, 2",)
    assert CostWeight().apply(ROWS, 0).notes == ()


def test_half_under_the_weights_is_the_threshold_of_least_cost_without_them():
    """p* = (c10 - c00) / (c10 - c00 + c01 - c11), Elkan (2001)."""
    matrix = [[-1.0, 4.0], [30.0, 5.0]]
    threshold = (4 - -1) / (4 - -1 + 30 - 5)
    done = CostWeight.of_matrix(matrix).apply(ROWS, 0)
    back = PriorCorrection(done.prior_before, done.prior_after).apply(np.array([0.5]))
    assert back == pytest.approx([threshold])
    cost = np.array([1 - threshold, threshold]) @ np.array(matrix)
    assert cost[0] == pytest.approx(cost[1])


def test_costs_by_the_class_ratio_are_class_weights():
    counts = np.array([50.0, 30.0, 5.0])
    weights = CostWeight(tuple(50 / counts)).apply(THREE, 0).rows.weights
    assert weights == pytest.approx(ClassWeight().apply(THREE, 0).rows.weights)


def test_without_costs_the_odds_go_half_the_way_to_equal_classes():
    done = CostWeight().apply(THREE, 0)
    before, after = np.log(done.prior_before), np.log(done.prior_after)
    assert after - after[0] == pytest.approx((before - before[0]) / 2)


def test_own_weights_are_multiplied():
    own = np.random.default_rng(0).uniform(1, 3, 100)
    weights = CostWeight((1.0, 7.0)).apply(Rows(ROWS.features, TARGET, 2, own), 0).rows.weights
    assert weights == pytest.approx(own * CostWeight((1.0, 7.0)).apply(ROWS, 0).rows.weights)


def test_a_matrix_of_three_classes_weighs_each_by_the_sum_of_its_mistakes():
    assert CostWeight.of_matrix([[0, 1, 1], [2, 0, 4], [9, 1, 0]]).costs == (2.0, 6.0, 10.0)


@pytest.mark.parametrize("costs", [(1.0,), (1.0, 0.0), (1.0, -2.0), (1.0, float("inf")), (float("nan"), 1.0)])
def test_impossible_costs_are_a_config_error(costs):
    with pytest.raises(ConfigError, match="costs"):
        CostWeight(costs)


@pytest.mark.parametrize("matrix", [[[0, 1]], [[0]], [[0, 1], [0, 0]], [[0, float("nan")], [1, 0]], [[0, 1], [1, 3]]])
def test_an_impossible_matrix_is_a_config_error(matrix):
    with pytest.raises(ConfigError, match="cost matrix"):
        CostWeight.of_matrix(matrix)


def test_costs_of_another_number_of_classes_are_a_data_error():
    with pytest.raises(DataError, match="2 costs and 3 classes"):
        CostWeight((1.0, 2.0)).apply(THREE, 0)
