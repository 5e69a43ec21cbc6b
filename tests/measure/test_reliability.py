"""Diagnostics of calibration: identities, other people's code, and simulations whose truth is known."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit
from scipy.stats import binom
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from assay.core.errors import ConfigError, DataError
from assay.measure.cox import cox_line
from assay.measure.curves import equal_count_bins, reliability
from assay.measure.reliability import calibration_error, consistency_band, corp, murphy, top_label


def rows(n: int = 500, seed: int = 0, digits: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets, overconfident probabilities with ties, weights."""
    random = np.random.default_rng(seed)
    true = expit(random.normal(-0.5, 1, n))
    target = (random.random(n) < true).astype(int)
    return target, np.round(expit(2 * logit(true)), digits), random.exponential(size=n)


# CORP


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_parts_of_corp_are_scores_of_three_forecasts_and_add_up_to_the_brier_score(seed: int, weighted: bool) -> None:
    target, said, weights = rows(seed=seed)
    given = weights if weighted else None
    found = corp(target, said, given)
    isotonic = IsotonicRegression(y_min=0, y_max=1).fit(said, target, given).predict(said)
    rate = np.full(len(target), np.average(target, weights=given))
    brier, best, flat = (brier_score_loss(target, p, sample_weight=given) for p in (said, isotonic, rate))
    assert found.miscalibration - found.discrimination + found.uncertainty == pytest.approx(brier, abs=1e-14)
    assert found.brier == pytest.approx(brier, abs=1e-14)
    assert (found.miscalibration, found.discrimination) == pytest.approx((brier - best, flat - best), abs=1e-12)
    assert found.uncertainty == pytest.approx(rate[0] * (1 - rate[0]), abs=1e-14)
    assert found.calibrated == pytest.approx(isotonic[np.unique(said, return_index=True)[1]], abs=1e-12)
    assert min(found.miscalibration, found.discrimination) > 0


def test_a_worked_corp_by_hand() -> None:
    """The rows at 0.6 and 0.7 come out of order and are pooled to one half."""
    found = corp(np.array([0, 1, 0, 1]), np.array([0.1, 0.6, 0.7, 0.9]))
    assert found.calibrated == pytest.approx([0, 0.5, 0.5, 1])
    assert found.brier == pytest.approx((0.01 + 0.16 + 0.49 + 0.01) / 4)
    assert (found.miscalibration, found.discrimination, found.uncertainty) == pytest.approx((0.1675 - 0.125, 0.125, 0.25))


def test_a_map_that_keeps_the_order_changes_only_the_miscalibration() -> None:
    target, said, _ = rows()
    before, after = corp(target, said), corp(target, said**3)
    assert (after.discrimination, after.uncertainty) == pytest.approx((before.discrimination, before.uncertainty))
    assert after.miscalibration > before.miscalibration + 0.01


def test_the_consistency_band_holds_a_calibrated_models_curve_as_often_as_it_says_and_not_a_bent_ones() -> None:
    random = np.random.default_rng(0)
    said = random.random(600)
    band = consistency_band(said, level=0.9, replicates=400, points=20, seed=1)
    inside, bent_inside = [], []
    for _ in range(300):
        draw = random.random(600)
        for truth, hits in ((said, inside), (said**2, bent_inside)):
            found = corp((draw < truth).astype(int), said)
            value = found.calibrated[np.searchsorted(found.predicted, band.predicted)]
            hits.append((band.low <= value) & (value <= band.high))
    assert 0.87 <= np.mean(inside) <= 0.94
    assert np.mean(bent_inside) < 0.5
    assert len(band.predicted) == 20


def test_the_consistency_band_is_the_seeds_alone_and_takes_weights() -> None:
    _, said, weights = rows(200)
    first, again = (consistency_band(said, weights, replicates=40, points=30, seed=3) for _ in range(2))
    other = consistency_band(said, weights, replicates=40, points=30, seed=4)
    assert np.array_equal(first.low, again.low)
    assert not np.array_equal(first.low, other.low)
    assert np.isin(first.predicted, said).all()
    assert (first.low <= first.high).all()
    heavy = consistency_band(said, np.where(np.arange(200) < 20, 1.0, 1e-9), replicates=40, points=30, seed=3)
    assert np.mean(heavy.high - heavy.low) > 1.5 * np.mean(first.high - first.low)


# Murphy


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("bins", [None, 1, 7])
def test_murphys_parts_add_up_to_the_brier_score_whatever_the_bins(bins: int | None, weighted: bool) -> None:
    target, said, weights = rows()
    given = weights if weighted else None
    found = murphy(target, said, given, bins=bins)
    brier = brier_score_loss(target, said, sample_weight=given)
    assert found.reliability - found.resolution + found.uncertainty + found.within == pytest.approx(brier, abs=1e-14)
    assert found.brier == pytest.approx(brier, abs=1e-14)
    assert min(found.reliability, found.resolution) >= 0
    if bins is None:
        assert found.within == pytest.approx(0, abs=1e-15)
    if bins == 1:
        assert found.resolution == pytest.approx(0, abs=1e-15)


def test_murphys_parts_are_his_for_a_forecast_of_three_values() -> None:
    """Ten days each at 0.2, 0.5 and 0.8, with rain on 1, 6 and 8 of them."""
    said = np.repeat([0.2, 0.5, 0.8], 10)
    target = np.concatenate([np.repeat([1, 0], [k, 10 - k]) for k in (1, 6, 8)])
    found = murphy(target, said)
    assert found.reliability == pytest.approx((0.1**2 + 0.1**2 + 0) / 3)
    assert found.resolution == pytest.approx((0.4**2 + 0.1**2 + 0.3**2) / 3)
    assert (found.uncertainty, found.bins) == (pytest.approx(0.25), 3)


# ECE


def test_the_calibration_error_is_the_mean_distance_in_the_reliability_diagram() -> None:
    target, said, weights = rows()
    for given in (None, weights):
        bins = reliability(target, said, given, bins=8)
        mass = np.bincount(equal_count_bins(said, 8), weights=given)
        found = calibration_error(target, said, given, bins=8)
        assert found.ece == pytest.approx(np.average(np.abs(bins.predicted - bins.observed), weights=mass))
        assert found.squared == pytest.approx(np.average((bins.predicted - bins.observed) ** 2, weights=mass))
        assert found.bins == len(mass)


@pytest.mark.parametrize(("n", "shift"), [(200, 0.0), (1000, -1.5), (1000, -4.5)])
def test_a_calibrated_model_shows_a_plain_error_above_zero_and_debiased_ones_around_zero(n: int, shift: float) -> None:
    random = np.random.default_rng(n)
    said = expit(random.normal(shift, 1.2, n))
    found = [calibration_error((random.random(n) < said).astype(int), said) for _ in range(1500)]
    plain = np.array([error.ece for error in found])
    assert plain.min() > 0
    assert plain.mean() > 6 * plain.std() / np.sqrt(1500)
    for debiased in (np.array([e.excess for e in found]), np.array([e.squared_debiased for e in found])):
        assert abs(debiased.mean()) < 4 * debiased.std() / np.sqrt(1500)
    assert abs(np.mean([e.excess for e in found])) < 0.02 * plain.mean()
    squared = np.array([e.squared for e in found])
    assert squared.mean() > 20 * squared.std() / np.sqrt(1500)


def test_of_a_bent_model_the_debiased_square_is_right_on_average_and_the_excess_says_no_more_than_is_true() -> None:
    random = np.random.default_rng(1)
    true = np.repeat(np.linspace(0.05, 0.95, 10), 30)  # a bin holds one probability: what is true of it is known
    said = expit(1.3 * logit(true))
    found = [calibration_error((random.random(300) < true).astype(int), said) for _ in range(3000)]
    squared = np.array([e.squared_debiased for e in found])
    assert found[0].bins == 10
    assert squared.mean() == pytest.approx(np.mean((true - said) ** 2), abs=4 * squared.std() / np.sqrt(3000))
    assert np.mean([e.squared for e in found]) > 1.5 * np.mean((true - said) ** 2)
    assert 0 < np.mean([e.excess for e in found]) < np.mean(np.abs(true - said)) < np.mean([e.ece for e in found])


def test_what_chance_makes_of_equal_probabilities_is_the_binomials_mean_deviation() -> None:
    for n, p in ((20, 0.3), (50, 0.01), (9, 0.5), (10, 0.999)):
        k = np.arange(n + 1)
        exact = np.sum(binom.pmf(k, n, p) * np.abs(k / n - p))
        assert calibration_error(np.zeros(n, int), np.full(n, p)).expected == pytest.approx(exact, rel=1e-6)


def test_certain_probabilities_that_come_true_have_no_error_and_expect_none() -> None:
    found = calibration_error(np.repeat([0, 1], 50), np.repeat([0.0, 1.0], 50))
    assert (found.ece, found.expected, found.squared, found.squared_debiased) == (0, 0, 0, 0)


def test_of_several_classes_the_error_is_that_of_the_top_label() -> None:
    random = np.random.default_rng(0)
    said = random.dirichlet([1, 1, 1], 400)
    target = random.integers(0, 3, 400)
    came_true, confidence = top_label(target, said)
    assert np.array_equal(came_true, (said.argmax(axis=1) == target))
    assert np.array_equal(confidence, said.max(axis=1))
    assert calibration_error(target, said) == calibration_error(came_true, confidence)
    assert calibration_error(target, said).ece > 0.2


def test_a_bin_never_holds_one_row_only() -> None:
    found = calibration_error(np.array([0, 1, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.5]), bins=10)
    assert found.bins == 2
    assert np.isfinite(found.squared_debiased)


# Cox


def test_the_line_is_that_of_statsmodels_with_its_robust_errors() -> None:
    target, said, _ = rows(digits=6)
    found = cox_line(target, said, level=0.9)
    oracle = sm.GLM(target, sm.add_constant(logit(said)), family=sm.families.Binomial()).fit(cov_type="HC0", tol=1e-12)
    for interval, value, band in zip((found.intercept, found.slope), oracle.params, oracle.conf_int(0.1), strict=True):
        assert (interval.value, interval.low, interval.high) == pytest.approx((value, *band), abs=1e-7)
    flat = sm.GLM(target, np.ones(len(target)), family=sm.families.Binomial(), offset=logit(said)).fit(cov_type="HC0")
    large = found.in_the_large
    assert (large.value, large.low, large.high) == pytest.approx((flat.params[0], *flat.conf_int(0.1)[0]), abs=1e-6)
    assert (large.n, large.level, large.estimand) == (500, 0.9, "this model")


def test_weights_move_the_line_as_scikit_learns_do_and_twice_the_weight_is_not_twice_the_rows() -> None:
    target, said, weights = rows(digits=6)
    found = cox_line(target, said, weights)
    learner = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(said)[:, None], target, weights)
    assert (found.slope.value, found.intercept.value) == pytest.approx((learner.coef_[0, 0], learner.intercept_[0]), abs=1e-4)
    doubled = cox_line(target, said, np.full(500, 2.0))
    assert doubled.slope.low == pytest.approx(cox_line(target, said).slope.low)


def test_weights_widen_the_line_as_copies_of_a_row_that_are_known_to_be_copies() -> None:
    target, said, _ = rows(digits=6)
    copies = np.random.default_rng(1).integers(0, 6, 500)
    again = np.repeat(np.arange(500), copies)
    found = cox_line(target, said, copies.astype(float)).slope
    oracle = sm.GLM(target[again], sm.add_constant(logit(said[again])), family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": again, "use_correction": False}, tol=1e-12
    )
    assert (found.value, found.low, found.high) == pytest.approx((oracle.params[1], *oracle.conf_int()[1]), abs=1e-6)


def test_slope_and_intercept_undo_the_bend_and_their_intervals_cover_it() -> None:
    random = np.random.default_rng(0)
    covered = []
    for _ in range(300):
        true = expit(random.normal(-1, 1, 400))
        found = cox_line((random.random(400) < true).astype(int), expit(2 * logit(true) + 0.6))
        covered.append([found.slope.low <= 0.5 <= found.slope.high, found.intercept.low <= -0.3 <= found.intercept.high])
    assert ((np.mean(covered, axis=0) > 0.92) & (np.mean(covered, axis=0) < 0.98)).all()


def test_where_there_is_no_line_its_absence_has_a_reason() -> None:
    one = cox_line(np.zeros(5, int), np.linspace(0.1, 0.5, 5))
    assert [part.value for part in (one.intercept, one.slope, one.in_the_large)] == [None, None, None]
    assert one.in_the_large.undefined == one.slope.undefined == "only one class occurs"
    flat = cox_line(np.array([0, 1, 0, 1]), np.full(4, 0.3))
    assert "equal" in flat.slope.undefined
    assert flat.in_the_large.value == pytest.approx(logit(0.5) - logit(0.3))
    for said in ([0.1, 0.2, 0.8, 0.9], [0.9, 0.8, 0.2, 0.1]):
        parted = cox_line(np.array([0, 0, 1, 1]), np.array(said))
        assert "part the classes" in parted.slope.undefined
        assert parted.in_the_large.value == pytest.approx(0, abs=1e-9)


# bad input


@pytest.mark.parametrize("ask", [corp, murphy, calibration_error, cox_line])
def test_bad_rows_are_refused_with_their_number(ask) -> None:
    target, said, _ = rows(20)
    with pytest.raises(DataError, match=r"1 of 20 probabilities are not numbers from 0 to 1 \(first rows: \[3\]\)"):
        ask(target, np.where(np.arange(20) == 3, np.nan, said))
    with pytest.raises(DataError, match="19 targets and 20"):
        ask(target[1:], said)
    with pytest.raises(DataError, match="2 of 20 targets are not a class code from 0 to 1"):
        ask(np.where(np.arange(20) < 2, 5, target), said)
    with pytest.raises(DataError, match="all 20 weights are zero"):
        ask(target, said, np.zeros(20))
    with pytest.raises(DataError, match="no rows"):
        ask(target[:0], said[:0])


def test_impossible_settings_are_refused() -> None:
    target, said, _ = rows(20)
    for bins in (0, -3):
        with pytest.raises(ConfigError, match="at least one"):
            calibration_error(target, said, bins=bins)
        with pytest.raises(ConfigError, match="at least one"):
            murphy(target, said, bins=bins)
    with pytest.raises(ConfigError, match="level=1"):
        cox_line(target, said, level=1.0)
    for wrong in ({"level": 1.5}, {"replicates": 3}, {"points": 1}):
        with pytest.raises(ConfigError, match="a band needs"):
            consistency_band(said, seed=0, **wrong)
    with pytest.raises(DataError, match="two are needed"):
        calibration_error(np.array([1]), np.array([0.4]))
    with pytest.raises(DataError, match="top label"):
        top_label(target, said)
    with pytest.raises(DataError, match="one probability a row"):
        consistency_band(np.full((3, 2), 0.5), seed=0)
