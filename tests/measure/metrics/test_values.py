import numpy as np
import pytest
from sklearn.metrics import median_absolute_error

from assay.core.errors import ConfigError
from assay.measure.evaluate import evaluate
from assay.measure.metrics.median import MEDIAN_ABSOLUTE_ERROR, weighted_median
from assay.measure.metrics.values import MAE, MAPE, pinball
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth


def payloads(target: np.ndarray, value: np.ndarray) -> tuple[Truth, Predictions]:
    units = 100 + np.arange(len(target))
    return Truth("value", units, {"target": target}), Predictions("value", units, {"value": value})


def measured(metric, target: np.ndarray, value: np.ndarray) -> float:
    truth, said = payloads(target, value)
    return float(metric.value(metric.unit_statistics(truth, said), np.ones(len(target))))


def test_the_pinball_loss_is_least_at_its_quantile() -> None:
    target = np.random.default_rng(0).exponential(size=999)
    tries = np.sort(target)
    losses = [measured(pinball(0.9), target, np.full(999, guess)) for guess in tries]
    assert np.searchsorted(tries, tries[np.argmin(losses)]) / 999 == pytest.approx(0.9, abs=0.002)


def test_the_pinball_loss_of_the_median_is_half_the_mean_absolute_error() -> None:
    random = np.random.default_rng(1)
    target, value = random.normal(size=50), random.normal(size=50)
    assert measured(pinball(0.5), target, value) == pytest.approx(measured(MAE, target, value) / 2)


@pytest.mark.parametrize("quantile", [0, 1, 90, float("nan")])
def test_a_quantile_beyond_the_unit_interval_is_refused(quantile: float) -> None:
    with pytest.raises(ConfigError, match="between 0 and 1"):
        pinball(quantile)


def test_no_error_is_relative_to_a_target_of_zero() -> None:
    truth, said = payloads(np.array([1.0, 0.0, 2.0, 0.0]), np.ones(4))
    assert MAPE.undefined(truth, said) == "the target is 0 in 2 of 4 rows (first: 101): no error relative to it"


@pytest.mark.parametrize("n", [1, 2, 7, 8])
def test_the_weighted_median_of_equal_weights_is_the_median(n: int) -> None:
    values = np.sort(np.random.default_rng(n).normal(size=n))
    for weight in (1.0, 0.1, 1 / 3):
        assert weighted_median(values, np.full(n, weight)) == pytest.approx(np.median(values))


def test_rows_without_weight_do_not_shift_the_median() -> None:
    assert weighted_median(np.array([1.0, 2.0, 3.0, 9.0]), np.array([1.0, 0.0, 0.0, 1.0])) == 5
    assert weighted_median(np.array([1.0, 2.0, 9.0]), np.array([1.0, 3.0, 0.0])) == 2


def test_the_interval_of_the_median_error_is_a_bootstrap_and_holds_the_truth() -> None:
    """Normal errors: the median absolute error of endlessly many rows is 0.6745."""
    held, random = 0, np.random.default_rng(2)
    for seed in range(100):
        part = Part(0, 0, *payloads(np.zeros(150), random.normal(size=150)))
        metrics, design = [MEDIAN_ABSOLUTE_ERROR], design_of([part])
        found = evaluate({"a": [part]}, metrics, design, estimand="this model", replicates=200, seed=seed)
        interval = found.interval("a", "median_absolute_error")
        assert interval.method == "percentile bootstrap"
        assert interval.value == pytest.approx(median_absolute_error(np.zeros(150), part.predictions["value"]))
        held += interval.low <= 0.67449 <= interval.high
    assert 88 <= held <= 99
