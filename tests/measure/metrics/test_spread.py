"""Scores of a predicted distribution against integrals, the truth they are best at, and what leaves them undefined."""

import numpy as np
import pytest
from scipy import integrate, stats

from assay.core.errors import ConfigError
from assay.measure.evaluate import evaluate
from assay.measure.metrics.spread import CRPS, GAUSSIAN_LOG_SCORE, interval_coverage
from assay.measure.metrics.values import MAE
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth

ALL = [CRPS, GAUSSIAN_LOG_SCORE, interval_coverage("0.9")]


def payloads(target: np.ndarray, value: np.ndarray, spread: np.ndarray | None = None) -> tuple[Truth, Predictions]:
    units = 100 + np.arange(len(target))
    arrays = {"value": value} if spread is None else {"value": value, "spread": spread}
    return Truth("value", units, {"target": target}), Predictions("value", units, arrays)


def measured(metric, target: np.ndarray, value: np.ndarray, spread: np.ndarray) -> float:
    truth, said = payloads(target, value, spread)
    assert metric.undefined(truth, said) is None
    return float(metric.value(metric.unit_statistics(truth, said), np.ones(len(target))))


def one(metric, target: float, value: float, spread: float) -> float:
    return measured(metric, np.array([target]), np.array([value]), np.array([spread]))


@pytest.mark.parametrize(("target", "value", "spread"), [(0.3, 0.0, 1.0), (-2.0, 1.0, 0.7), (5.0, 5.0, 2.0), (1.0, 3.0, 0.1)])
def test_the_crps_is_the_integral_of_its_definition(target, value, spread):
    normal = stats.norm(value, spread)
    edges = value - 12 * spread, target, value + 12 * spread
    low, high = min(edges), max(edges)
    below = integrate.quad(lambda x: normal.cdf(x) ** 2, low, target, points=[value] if low < value < target else None)[0]
    above = integrate.quad(lambda x: normal.sf(x) ** 2, target, high, points=[value] if target < value < high else None)[0]
    assert one(CRPS, target, value, spread) == pytest.approx(below + above, rel=1e-6)


def test_the_crps_scales_with_the_unit_and_of_a_point_is_the_absolute_error():
    random = np.random.default_rng(0)
    target, value, spread = random.normal(size=30), random.normal(size=30), random.uniform(0.1, 2, 30)
    assert measured(CRPS, 100 * target, 100 * value, 100 * spread) == pytest.approx(100 * measured(CRPS, target, value, spread))
    truth, said = payloads(target, value)
    absolute = float(MAE.value(MAE.unit_statistics(truth, said), np.ones(30)))
    assert measured(CRPS, target, value, np.zeros(30)) == pytest.approx(absolute)
    assert measured(CRPS, target, value, np.full(30, 1e-12)) == pytest.approx(absolute)


@pytest.mark.filterwarnings("error")
def test_errors_of_very_many_spreads_are_no_trouble_to_the_crps():
    assert one(CRPS, 1e9, 0.0, 1e-290) == pytest.approx(1e9)
    assert one(CRPS, 0.0, 0.0, 1e-290) == pytest.approx(0.2336949772 * 1e-290)  # (√2 - 1) / √π


@pytest.mark.parametrize("metric", [CRPS, GAUSSIAN_LOG_SCORE], ids=lambda metric: metric.name)
def test_a_proper_score_is_best_at_the_true_distribution(metric):
    """The mean over targets from N(1, 4), by Gauss-Hermite quadrature: least where the prediction says N(1, 4)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)

    def expected(value: float, spread: float) -> float:
        truth, said = payloads(1 + 2 * nodes, np.full(200, value), np.full(200, spread))
        return float(metric.value(metric.unit_statistics(truth, said), weights))

    best = expected(1, 2)
    for value, spread in ((0.8, 2), (1.2, 2), (1, 1.7), (1, 2.4), (1.2, 2.2)):
        assert expected(value, spread) > best + 1e-3


def test_the_coverage_is_the_share_of_rows_in_their_interval_and_has_wilsons_interval():
    random = np.random.default_rng(0)
    spread = random.uniform(0.5, 3, 4000)
    target = spread * random.normal(size=4000)
    for level in (0.5, 0.9, 0.95):
        found = measured(interval_coverage(str(level)), target, np.zeros(4000), spread)
        low, high = stats.norm.interval(level, 0, spread)
        assert found == pytest.approx(np.mean((low <= target) & (target <= high)))
        assert found == pytest.approx(level, abs=0.025)
    part, metric = Part(0, 0, *payloads(target[:80], np.zeros(80), spread[:80])), interval_coverage("0.9")
    interval = evaluate({"a": [part]}, [metric], design_of([part]), estimand="this model").interval("a", metric.name)
    assert interval.method == "Wilson"
    exact = stats.binomtest(round(80 * interval.value), 80).proportion_ci(0.95, "wilson")
    assert (interval.low, interval.high) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize("setting", ["0", "1", "90", "nan", "", "high", "90%"])
def test_a_level_beyond_the_unit_interval_is_refused(setting):
    with pytest.raises(ConfigError, match=r"between 0 and 1, such as interval_coverage@0\.9"):
        interval_coverage(setting)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_a_recipe_without_spreads_leaves_the_metric_undefined_and_says_why(metric):
    truth, said = payloads(np.zeros(3), np.zeros(3))
    told = "the predictions hold no spread: this recipe gives numbers, and not how sure it is of them"
    assert metric.undefined(truth, said) == told
    part = Part(0, 0, truth, said)
    found = evaluate({"a": [part]}, [metric], design_of([part]), estimand="this model").interval("a", metric.name)
    assert found.value is None
    assert found.undefined == told


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_spreads_that_are_none_are_counted_and_the_first_is_named(metric):
    truth, said = payloads(np.zeros(4), np.zeros(4), np.array([1.0, 1.0, -1.0, -2.0]))
    limit = "not above 0" if metric is GAUSSIAN_LOG_SCORE else "below 0"
    assert metric.undefined(truth, said) == f"the spread is {limit} in 2 of 4 rows (first: 102)"
    point = metric.undefined(*payloads(np.zeros(2), np.zeros(2), np.zeros(2)))
    assert (point is None) == (metric is not GAUSSIAN_LOG_SCORE)
    broken = metric.undefined(*payloads(np.zeros(2), np.array([0.0, np.nan]), np.ones(2)))
    assert broken == "1 of 2 predictions are not finite"


def test_spreads_are_saved_with_the_predictions():
    _, said = payloads(np.zeros(3), np.arange(3.0), np.array([0.5, 1.0, 2.0]))
    again = Predictions.from_bytes(said.to_bytes())
    assert np.array_equal(again["spread"], said["spread"])
    assert "spread" not in Predictions.from_bytes(payloads(np.zeros(3), np.zeros(3))[1].to_bytes()).arrays
