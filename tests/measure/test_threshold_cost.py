"""Cost curves, decision curves and the table of operating points."""

import numpy as np
import pytest
from scipy.stats import t as student
from sklearn.metrics import precision_score, recall_score
from statsmodels.regression.linear_model import OLS, WLS
from statsmodels.stats.proportion import proportion_confint

from assay.core.errors import ConfigError, DataError
from assay.measure.threshold import cost_curve, cost_envelope, decision_curve, expected_cost, operating_table


def rows(n: int = 300, seed: int = 0, digits: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Labels and true probabilities, uniform."""
    random = np.random.default_rng(seed)
    probability = np.round(random.random(n), digits)
    return (random.random(n) < probability).astype(np.int64), probability


@pytest.mark.parametrize("digits", [1, 8])
def test_the_cost_curve_is_the_expected_cost_of_each_threshold(digits: int) -> None:
    target, probability = rows(digits=digits)
    curve = cost_curve(target, probability, cost_fn=5, cost_fp=2)
    brute = [expected_cost(target, probability, threshold=t, cost_fn=5, cost_fp=2) for t in curve.threshold]
    assert curve.cost == pytest.approx(np.array(brute), abs=1e-12)
    assert (np.diff(curve.threshold) > 0).all()
    assert curve.cost[0] == pytest.approx(curve.everybody) == 2 * np.mean(target == 0)
    assert curve.cost[-1] == pytest.approx(curve.nobody) == 5 * np.mean(target)
    if digits == 1:
        assert len(curve.threshold) == len(np.unique(probability)) + 1, "every cut there is"
    assert len(curve.threshold) <= 201


def test_the_band_is_students_interval_of_a_mean() -> None:
    target, probability = rows(80)
    curve = cost_curve(target, probability, cost_fn=5, cost_fp=2, thresholds=np.array([0.7, 0.3]), level=0.9)
    assert curve.threshold.tolist() == [0.3, 0.7]
    for index, threshold in enumerate(curve.threshold):
        cost = np.where(target == 1, 5.0 * (probability < threshold), 2.0 * (probability >= threshold))
        low, high = student.interval(0.9, 79, cost.mean(), cost.std(ddof=1) / np.sqrt(80))
        assert (curve.low[index], curve.high[index]) == pytest.approx((low, high))


def test_the_band_under_weights_and_clusters_is_that_of_a_robust_regression_on_a_constant() -> None:
    target, probability = rows(120)
    weights, clusters = np.random.default_rng(1).exponential(size=120), np.arange(120) // 8
    cost = np.where(target == 1, 5.0 * (probability < 0.4), 2.0 * (probability >= 0.4))
    curve = cost_curve(target, probability, cost_fn=5, cost_fp=2, weights=weights, thresholds=np.array([0.4]))
    fit = WLS(cost, np.ones(120), weights=weights).fit(cov_type="HC1", use_t=True)
    assert (curve.low[0], curve.high[0]) == pytest.approx(tuple(fit.conf_int()[0]))
    grouped = cost_curve(target, probability, cost_fn=5, cost_fp=2, clusters=clusters, thresholds=np.array([0.4]))
    fit = OLS(cost, np.ones(120)).fit(cov_type="cluster", cov_kwds={"groups": clusters, "df_correction": True}, use_t=True)
    assert (grouped.low[0], grouped.high[0]) == pytest.approx(tuple(fit.conf_int()[0]), rel=1e-3)


def test_clusters_of_one_row_are_rows() -> None:
    target, probability = rows(60)
    plain = cost_curve(target, probability, cost_fn=3, cost_fp=1)
    single = cost_curve(target, probability, cost_fn=3, cost_fp=1, clusters=np.array([f"row {k}" for k in range(60)]))
    assert single.low == pytest.approx(plain.low)
    assert single.high == pytest.approx(plain.high)


def test_a_cut_without_a_mistake_is_not_called_free_of_cost_for_certain() -> None:
    curve = cost_curve(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9]), cost_fn=2, cost_fp=1, thresholds=np.array([0.5]))
    assert (curve.cost[0], curve.low[0]) == (0, 0)
    assert curve.high[0] == pytest.approx(2 * proportion_confint(0, 4, method="beta")[1])


def test_the_pointwise_band_covers_the_true_cost() -> None:
    truth = 5 * 0.3**2 / 2 + 0.7**2 / 2  # of true uniform probabilities cut at 0.3
    hits = 0
    for seed in range(400):
        curve = cost_curve(*rows(150, seed), cost_fn=5, cost_fp=1, thresholds=np.array([0.3]))
        hits += bool(curve.low[0] <= truth <= curve.high[0])
    assert 0.92 <= hits / 400 <= 0.98


def test_net_benefit_is_the_prevalence_less_the_cost_at_its_own_exchange_rate() -> None:
    target, probability = rows()
    curve = decision_curve(target, probability)
    for t, benefit, everybody in zip(curve.threshold, curve.benefit, curve.everybody, strict=True):
        cost = expected_cost(target, probability, threshold=t, cost_fn=1, cost_fp=t / (1 - t))
        assert benefit == pytest.approx(target.mean() - cost)
        assert everybody == pytest.approx(target.mean() - (1 - target.mean()) * t / (1 - t))


def test_net_benefit_of_true_uniform_probabilities_is_half_of_one_minus_t() -> None:
    curve = decision_curve(*rows(200_000), thresholds=np.array([0.0, 0.1, 0.25, 0.5, 0.75, 0.9]), level=0.9999)
    expected = (1 - curve.threshold) / 2
    assert ((curve.low <= expected) & (expected <= curve.high)).all()
    assert curve.benefit == pytest.approx(expected, abs=0.01)


def test_the_band_of_net_benefit_is_that_of_a_mean_over_rows() -> None:
    target, probability = rows(90)
    curve = decision_curve(target, probability, thresholds=np.array([0.2]))
    gain = (probability >= 0.2) * np.where(target == 1, 1, -0.25)
    assert (curve.low[0], curve.high[0]) == pytest.approx(student.interval(0.95, 89, gain.mean(), gain.std(ddof=1) / np.sqrt(90)))


@pytest.mark.parametrize("digits", [1, 8])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_lower_envelope_is_the_least_line_of_all_cuts(digits: int, weighted: bool) -> None:
    target, probability = rows(120, 2, digits)
    weights = np.random.default_rng(3).exponential(size=120) if weighted else np.ones(120)
    found = cost_envelope(target, probability, weights, points=41, threshold=0.35)

    def line(threshold: float, x: np.ndarray) -> np.ndarray:
        called = probability >= threshold
        missed = np.average(~called[target == 1], weights=weights[target == 1])
        return missed * x + np.average(called[target == 0], weights=weights[target == 0]) * (1 - x)

    x = np.linspace(0, 1, 41)
    brute = np.min([line(t, x) for t in [*np.unique(probability), 2.0]], axis=0)
    assert found.probability_cost == pytest.approx(x)
    assert found.cost == pytest.approx(brute, abs=1e-12)
    for index, threshold in enumerate(found.threshold):
        assert line(threshold, x[index]) == pytest.approx(brute[index], abs=1e-12), "the threshold it names is the one"
    assert (found.cost <= found.trivial + 1e-12).all()
    assert found.at_threshold == pytest.approx(line(0.35, x))


def test_the_envelope_of_true_uniform_probabilities_has_its_closed_form() -> None:
    # the classes have densities 2p and 2(1 - p); at PC(+) = x and even classes the best cut is 1 - x
    found = cost_envelope(*rows(200_000, 5), points=11)
    x = found.probability_cost
    assert found.cost == pytest.approx((1 - x) ** 2 * x + x**2 * (1 - x), abs=0.01)
    assert found.threshold[1:-1] == pytest.approx(1 - x[1:-1], abs=0.05)


def test_the_table_holds_each_thresholds_shares_with_wilsons_intervals() -> None:
    target, probability = rows(200)
    table = operating_table(target, probability, [0.6, 0.3], costs=(5, 1))
    for point, threshold in zip(table, [0.6, 0.3], strict=True):
        said = (probability >= threshold).astype(int)
        assert point.threshold == threshold
        assert point.precision.value == pytest.approx(precision_score(target, said))
        assert point.recall.value == pytest.approx(recall_score(target, said))
        hits = int((said * target).sum())
        counts = {"flagged": (said.sum(), 200), "precision": (hits, said.sum()), "recall": (hits, target.sum())}
        for name, (count, of) in counts.items():
            share = getattr(point, name)
            assert (share.low, share.high) == pytest.approx(proportion_confint(count, of, method="wilson"))
            assert share.n == of
        curve = cost_curve(target, probability, cost_fn=5, cost_fp=1, thresholds=np.array([threshold]))
        assert (point.cost.value, point.cost.low, point.cost.high) == (curve.cost[0], curve.low[0], curve.high[0])


def test_what_a_threshold_leaves_undefined_is_said() -> None:
    target, probability = rows(50)
    (point,) = operating_table(target, probability, [1.0])
    assert (point.flagged.value, point.recall.value, point.cost) == (0, 0, None)
    assert point.precision.undefined == "no row is called positive"
    (empty,) = operating_table(np.zeros(50, int), probability, [0.5])
    assert empty.recall.undefined == "no row is positive"


def test_rows_that_come_in_pairs_have_the_intervals_of_half_as_many() -> None:
    target, probability = rows(150)
    twice = operating_table(np.repeat(target, 2), np.repeat(probability, 2), [0.5], clusters=np.repeat(np.arange(150), 2))[0]
    once = operating_table(target, probability, [0.5])[0]
    for name in ("flagged", "precision", "recall"):
        pair, single = getattr(twice, name), getattr(once, name)
        assert pair.n == single.n
        assert (pair.low, pair.high) == pytest.approx((single.low, single.high), abs=1e-3)


def test_equal_weights_change_no_interval() -> None:
    target, probability = rows(100)
    plain, weighted = (operating_table(target, probability, [0.4], costs=(2, 1), weights=w)[0] for w in (None, np.full(100, 7.0)))
    for name in ("flagged", "precision", "recall", "cost"):
        assert getattr(weighted, name).low == pytest.approx(getattr(plain, name).low)
        assert getattr(weighted, name).high == pytest.approx(getattr(plain, name).high)


def test_bad_input_is_refused_by_name() -> None:
    target, probability = rows(20)
    with pytest.raises(ConfigError, match="costs must be numbers >= 0"):
        cost_curve(target, probability, cost_fn=-1, cost_fp=1)
    with pytest.raises(DataError, match="19 rows of truth and 20 prob"):
        decision_curve(target[1:], probability)
    with pytest.raises(DataError, match=r"1 of 20 probabilities lie outside .* \(first row: 3\)"):
        decision_curve(target, np.where(np.arange(20) == 3, 1.5, probability))
    with pytest.raises(ConfigError, match=r"lies in \[0, 1\), not 1"):
        decision_curve(target, probability, thresholds=np.array([0.5, 1.0]))
    with pytest.raises(DataError, match="all 20 rows are of one class"):
        cost_envelope(np.ones(20, int), probability)
    with pytest.raises(DataError, match="1 cluster; a band over clusters needs at least two"):
        cost_curve(target, probability, cost_fn=1, cost_fp=1, clusters=np.zeros(20))
    with pytest.raises(DataError, match="20 rows and 3 clusters"):
        operating_table(target, probability, [0.5], clusters=np.arange(3))
    with pytest.raises(ConfigError, match="level=95"):
        operating_table(target, probability, [0.5], level=95)
    with pytest.raises(ConfigError, match="thresholds must be a list of numbers"):
        operating_table(target, probability, [0.5, np.nan])
    with pytest.raises(ConfigError, match="thresholds must be a list of numbers"):
        cost_curve(target, probability, cost_fn=1, cost_fp=1, thresholds=np.array([np.nan]))
    with pytest.raises(DataError, match="there are no rows"):
        cost_envelope(np.zeros(0, int), np.zeros(0))
