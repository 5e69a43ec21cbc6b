from itertools import permutations

import numpy as np
import pytest
from scipy.stats import ks_2samp, norm
from tests.measure.cases import noisy, part

from assay.core.errors import ConfigError
from assay.measure.influence import influence_of, numeric_influence
from assay.measure.metrics.scoring import GAIN_AT_10PCT, GINI, KS, LIFT_AT_10PCT, Capacity, gain, lift
from assay.measure.parts import Part, design_of
from assay.measure.registry import METRICS
from assay.measure.resample import Estimator, replicates


def measured(metric, one: Part, weights: np.ndarray | None = None) -> float:
    statistics = metric.unit_statistics(one.truth, one.predictions)
    return float(metric.value(statistics, np.ones(len(one.truth)) if weights is None else weights))


def drawn(n: int, seed: int, *, share: float = 0.3, gap: float = 1.2, decimals: int | None = None) -> Part:
    target = (np.random.default_rng(seed).random(n) < share).astype(np.int64)
    score = noisy(target, seed + 1, gap)
    return part(target, score if decimals is None else np.round(score, decimals))


@pytest.mark.parametrize("decimals", [None, 1])
def test_ks_is_the_statistic_of_scipy(decimals: int | None) -> None:
    for seed in range(5):
        one = drawn(200, seed, decimals=decimals)
        score, target = one.predictions["score"], one.truth["target"]
        high, low = score[target == 1], score[target == 0]
        assert measured(KS, one) == pytest.approx(ks_2samp(high, low).statistic, abs=1e-12)
        assert measured(KS, part(target, -score)) == pytest.approx(ks_2samp(-high, -low, "less").statistic, abs=1e-12)


def test_a_model_that_ranks_backwards_has_no_ks_and_a_gini_of_minus_one() -> None:
    target = np.repeat([1, 0], [5, 20])
    assert measured(KS, part(target, -1.0 * target)) == 0
    assert measured(GINI, part(target, -1.0 * target)) == -1


def test_gini_is_twice_the_area_between_the_roc_curve_and_the_diagonal() -> None:
    one = drawn(300, 0, decimals=1)
    assert measured(GINI, one) == pytest.approx(2 * measured(METRICS.get("roc_auc"), one) - 1, abs=1e-14)


def test_gain_and_lift_of_a_worked_example() -> None:
    """20 rows, 4 positives, two of them among the best 4: at 20 % the gain is 2 of 4 and the lift 2.5."""
    target = np.array([1, 0, 1, 0] + [0] * 14 + [1, 1])
    one = part(target, -np.arange(20.0))
    assert measured(gain(0.2), one) == 0.5
    assert measured(lift(0.2), one) == 2.5
    assert measured(GAIN_AT_10PCT, one) == 0.25
    assert measured(LIFT_AT_10PCT, one) == 2.5
    assert measured(gain(0.125), one) == 0.375  # two rows and half of the third, a positive


def test_rows_that_tie_at_the_cut_are_taken_as_by_lot() -> None:
    """The mean over every order of the rows that tie."""
    target, score = np.array([1, 1, 0, 0, 1, 0, 0, 0, 0, 1]), np.array([3.0, 2, 2, 2, 2, 1, 1, 1, 1, 1])
    caught = [1 + sum(order[:2]) for order in permutations([1, 0, 0, 1])]  # capacity: 3 rows
    assert measured(gain(0.3), part(target, score)) == pytest.approx(np.mean(caught) / 4)


def test_a_score_that_says_nothing_has_a_lift_of_one() -> None:
    one = part(np.repeat([1, 0], [7, 40]), np.zeros(47))
    assert measured(lift(0.05), one) == pytest.approx(1)
    assert measured(gain(0.05), one) == pytest.approx(0.05)


@pytest.mark.parametrize("metric", [GAIN_AT_10PCT, LIFT_AT_10PCT, gain(0.4)], ids=lambda metric: metric.name)
def test_where_many_rows_tie_at_the_cut_the_influence_of_a_gain_is_its_derivative(metric: Capacity) -> None:
    target = (np.random.default_rng(0).random(80) < 0.3).astype(np.int64)
    one = part(target, np.round(target * 0.8 + 0.7 * np.random.default_rng(1).normal(size=80)))
    statistics, weights = metric.unit_statistics(one.truth, one.predictions), np.random.default_rng(2).exponential(size=80)
    closed = influence_of(metric, statistics, weights)
    assert numeric_influence(metric, statistics, weights) == pytest.approx(closed, abs=1e-5 * np.abs(closed).max())


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
@pytest.mark.parametrize("decimals", [None, 1])
def test_the_influence_of_a_gain_sums_to_zero_and_its_squares_to_the_variance_of_resamples(
    share: float, decimals: int | None
) -> None:
    one, metric = drawn(3000, 3, decimals=decimals), gain(share)
    design = design_of([one])
    statistics = metric.unit_statistics(one.truth, one.predictions)
    moved = influence_of(metric, statistics, np.ones(3000))
    assert moved.sum() == pytest.approx(0, abs=1e-12)
    draws = replicates([Estimator(metric, [one], design)], design, n_replicates=800, seed=1)[:, 0]
    assert np.sqrt(np.sum(moved**2)) == pytest.approx(draws.std(), rel=0.1)


def test_where_a_gain_is_at_its_end_nothing_moves() -> None:
    target = np.repeat([1, 0], [20, 980])
    for score in (target * 1.0, -1.0 * target):
        one = part(target, score + 1e-6 * np.arange(1000))
        statistics = GAIN_AT_10PCT.unit_statistics(one.truth, one.predictions)
        assert measured(GAIN_AT_10PCT, one) in (0, 1)
        assert np.ptp(influence_of(GAIN_AT_10PCT, statistics, np.ones(1000))) == 0


def test_the_bias_of_ks_is_most_of_what_it_lies_above_the_truth() -> None:
    """Binormal scores: the lead at the best cut is 2 Φ(gap / 2) − 1."""
    over, bias = [], []
    for seed in range(150):
        one = drawn(500, 1000 + 2 * seed, share=0.2)
        statistics = KS.unit_statistics(one.truth, one.predictions)
        over.append(measured(KS, one) - (2 * norm.cdf(0.6) - 1))
        bias.append(KS.bias(statistics, np.ones(500)))
    assert np.mean(over) > 0.015
    assert 0.55 * np.mean(over) < np.mean(bias) < 1.1 * np.mean(over)
    assert min(bias) >= 0


def test_a_few_cuts_have_no_luckiest_among_them() -> None:
    target = np.repeat([1, 0, 1, 0], [30, 10, 10, 50])
    one = part(target, np.repeat([2.0, 1.0], [40, 60]))
    assert KS.bias(KS.unit_statistics(one.truth, one.predictions), np.ones(100)) == 0
    assert np.isnan(KS.bias(KS.unit_statistics(one.truth, one.predictions), np.zeros(100)))


@pytest.mark.parametrize("share", [0, 1, 1.5, -0.1, float("nan")])
def test_a_capacity_that_is_no_share_is_refused(share: float) -> None:
    for make in (gain, lift):
        with pytest.raises(ConfigError, match="between 0 and 100 %"):
            make(share)
