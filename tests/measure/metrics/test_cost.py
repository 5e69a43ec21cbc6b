import numpy as np
import pytest

from assay.core.errors import ConfigError
from assay.measure.metrics.cost import expected_cost
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import metric_named
from assay.measure.threshold.cost import expected_cost as at_threshold


def test_two_classes_cost_what_the_threshold_module_says_at_that_cut() -> None:
    random = np.random.default_rng(0)
    target, probability = random.integers(0, 2, 200), random.random(200)
    truth = Truth("binary", np.arange(200), {"target": target})
    said = Predictions("binary", np.arange(200), {"label": (probability >= 0.4).astype(np.int64)})
    metric = metric_named("expected_cost@10,2.5")
    found = metric.value(metric.unit_statistics(truth, said), np.ones(200))
    assert found == pytest.approx(at_threshold(target, probability, threshold=0.4, cost_fn=10, cost_fp=2.5))


def test_the_row_of_the_matrix_is_the_truth_and_the_column_the_label() -> None:
    metric = expected_cost([[0, 1, 2], [3, 0, 4], [5, 6, 0.5]])
    truth = Truth("multiclass", np.arange(4), {"target": np.array([0, 1, 2, 2])})
    said = Predictions("multiclass", np.arange(4), {"label": np.array([2, 0, 1, 2])})
    assert metric.value(metric.unit_statistics(truth, said), np.ones(4)) == (2 + 3 + 6 + 0.5) / 4
    assert (metric.bounds, metric.greater_is_better, metric.by_row) == ((0, 6), False, True)


def test_a_class_without_a_price_is_undefined_with_the_first_row() -> None:
    metric, units = expected_cost([[0, 1], [5, 0]]), np.array([10, 11, 12])
    fine, strange = np.array([0, 1, 1]), np.array([0, 2, 1])
    label = Predictions("binary", units, {"label": strange})
    assert "the labels of 1 of 3 rows (first: 11)" in (metric.undefined(Truth("binary", units, {"target": fine}), label) or "")
    truth = Truth("binary", units, {"target": strange})
    assert "the truth of 1 of 3 rows" in (metric.undefined(truth, Predictions("binary", units, {"label": fine})) or "")


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        ([[0, -1], [5, 0]], "1 of 4 costs are negative or not finite .first: -1 for label 1 where the truth is 0"),
        ([[0, np.nan], [np.inf, 0]], "2 of 4 costs"),
        ([[0, 1, 2], [1, 0, 2]], "costs of shape"),
        ([[0]], "at least 2 each"),
        ([[1, 1], [1, 1]], "every answer costs 1"),
    ],
)
def test_impossible_costs_are_refused(costs: list[list[float]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        expected_cost(costs)
