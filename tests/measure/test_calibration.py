"""Each calibrator against an independent one, and the corrections of the prior against simulations with a known truth.

What all of them must do alike stands in tests/contracts/test_calibrators.py.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_expit, logit, softmax
from sklearn.calibration import _sigmoid_calibration
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from assay.core.errors import ConfigError, DataError
from assay.measure.calibration import (
    PriorCorrection,
    VennAbers,
    estimate_prior,
    fit_beta,
    fit_isotonic,
    fit_platt,
    fit_temperature,
    fit_vector_scaling,
    fit_venn_abers,
    king_zeng_intercept,
)
from assay.measure.cox import cox_line
from assay.measure.curves import reliability


def test_the_prior_correction_undoes_what_sampling_did_by_bayes_rule() -> None:
    found = PriorCorrection(np.array([0.9, 0.1]), np.array([0.5, 0.5])).apply(np.array([0.5, 0.9]))
    assert found == pytest.approx([0.1, 0.9 * 0.1 / (0.9 * 0.1 + 0.1 * 0.9)])


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.001, 0.999))
def test_binary_and_two_column_probabilities_are_corrected_alike_and_back(before: float, after: float, p: float) -> None:
    there = PriorCorrection(np.array([1 - before, before]), np.array([1 - after, after]))
    back = PriorCorrection(np.array([1 - after, after]), np.array([1 - before, before]))
    corrected = there.apply(np.array([p]))
    assert there.apply(np.array([[1 - p, p]]))[:, 1] == pytest.approx(corrected)
    assert back.apply(corrected) == pytest.approx([p], rel=1e-6)


def test_a_class_the_learner_never_saw_keeps_its_probability_of_zero() -> None:
    found = PriorCorrection(np.array([0.6, 0.4, 0.0]), np.array([0.5, 0.5, 0.0])).apply(np.array([[0.5, 0.5, 0.0]]))
    assert found[0] == pytest.approx([0.6, 0.4, 0.0])


def resampled(target: np.ndarray, ratio: float, random: np.random.Generator, *, up: bool) -> np.ndarray:
    """Rows with ``ratio`` negatives a positive: negatives dropped at random, or positives repeated."""
    positives, negatives = np.flatnonzero(target == 1), np.flatnonzero(target == 0)
    if up:
        return np.concatenate([random.choice(positives, int(len(negatives) / ratio)), negatives])
    return np.concatenate([positives, random.choice(negatives, int(ratio * len(positives)), replace=False)])


@pytest.mark.parametrize("up", [False, True], ids=["undersampled", "oversampled"])
@pytest.mark.parametrize("ratio", [4.0, 1.0, 0.5])
def test_after_resampling_the_corrected_probabilities_are_calibrated_at_the_true_prior(ratio: float, up: bool) -> None:
    random = np.random.default_rng(int(10 * ratio) + up)
    coefficients, shift = np.array([1.0, -1.0, 0.5]), -3.5
    seen, fresh = random.normal(size=(60_000, 3)), random.normal(size=(60_000, 3))
    target = (random.random(60_000) < expit(seen @ coefficients + shift)).astype(np.int64)
    came_true = (random.random(60_000) < expit(fresh @ coefficients + shift)).astype(np.int64)
    kept = resampled(target, ratio, random, up=up)
    learner = LogisticRegression(C=np.inf).fit(seen[kept], target[kept])
    raw = learner.predict_proba(fresh)[:, 1]
    before, after = (np.bincount(target[rows]) / len(rows) for rows in (np.arange(60_000), kept))
    corrected = PriorCorrection(before, after).apply(raw)

    # the error of the mean of fresh targets, and of the fit: about as many positives again on the learner's side
    monte_carlo = np.sqrt(2 * came_true.var() / len(came_true))
    assert abs(corrected.mean() - came_true.mean()) < 3 * monte_carlo
    assert raw.mean() - came_true.mean() > 20 * monte_carlo
    line, unmended = cox_line(came_true, corrected, level=0.999), cox_line(came_true, raw, level=0.999)
    assert line.slope.value == pytest.approx(1, abs=0.1)
    assert abs(line.in_the_large.value) < 0.1
    assert unmended.in_the_large.high < -0.5
    bins = reliability(came_true, corrected, level=0.995)
    assert np.mean((bins.low <= bins.predicted) & (bins.predicted <= bins.high)) >= 0.8
    assert log_loss(came_true, corrected) < log_loss(came_true, raw) - 0.03


@given(st.floats(-6, 6), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_king_and_zengs_intercept_is_the_prior_correction_of_a_logistic_model(
    intercept: float, sample: float, population: float
) -> None:
    moved = king_zeng_intercept(intercept, share_sample=sample, share_population=population)
    scores = np.linspace(-5, 5, 21)
    corrected = PriorCorrection(np.array([1 - population, population]), np.array([1 - sample, sample]))
    assert expit(scores + moved) == pytest.approx(corrected.apply(expit(scores + intercept)), abs=1e-12)


def test_king_and_zengs_intercept_is_the_true_one_of_a_case_control_sample() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=400_000)
    target = (random.random(400_000) < expit(1.2 * x - 5)).astype(np.int64)
    kept = resampled(target, 1.0, random, up=False)
    learner = LogisticRegression(C=np.inf).fit(x[kept, None], target[kept])
    found = king_zeng_intercept(float(learner.intercept_[0]), share_sample=target[kept].mean(), share_population=target.mean())
    assert learner.intercept_[0] > -3
    assert found == pytest.approx(-5, abs=0.12)
    with pytest.raises(ConfigError, match="share_sample=0 must lie between 0 and 1"):
        king_zeng_intercept(0.0, share_sample=0, share_population=0.1)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9])
def test_a_shifted_prior_is_found_without_labels(share: float) -> None:
    """Two normal classes one and a half apart, learned at 30 %."""
    random = np.random.default_rng(1)
    target = (random.random(40_000) < share).astype(np.int64)
    x = random.normal(size=40_000) + 1.5 * target
    said = expit(1.5 * x - 1.5**2 / 2 + logit(0.3))
    found = estimate_prior(said, np.array([0.7, 0.3]))
    assert found.sum() == pytest.approx(1)
    assert found[1] == pytest.approx(share, abs=0.015)
    corrected = PriorCorrection(found, np.array([0.7, 0.3])).apply(said)
    assert corrected.mean() == pytest.approx(found[1], abs=1e-4)
    assert np.array_equal(estimate_prior(np.stack([1 - said, said], axis=1), np.array([0.7, 0.3])), found)


def test_the_prior_found_is_that_of_greatest_likelihood_and_takes_weights_as_repeated_rows() -> None:
    random = np.random.default_rng(2)
    said, weights = random.beta(0.6, 1.2, 500), random.integers(1, 4, 500)
    old = np.array([0.6, 0.4])

    def loss(share: float) -> float:
        return -float(np.sum(weights * np.log((1 - said) * (1 - share) / old[0] + said * share / old[1])))

    best = minimize_scalar(loss, bounds=(1e-9, 1 - 1e-9), method="bounded", options={"xatol": 1e-10}).x
    found = estimate_prior(said, old, weights.astype(float))
    assert found[1] == pytest.approx(best, abs=1e-6)
    assert found == pytest.approx(estimate_prior(np.repeat(said, weights), old), abs=1e-9)


def test_a_shifted_prior_of_three_classes_is_found_without_labels() -> None:
    random = np.random.default_rng(3)
    centres, old, new = np.array([[0, 0], [2, 0], [0, 2]]), np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.3, 0.6])
    target = random.choice(3, 20_000, p=new)
    x = random.normal(size=(20_000, 2)) + centres[target]
    said = softmax(x @ centres.T - (centres**2).sum(axis=1) / 2 + np.log(old), axis=1)
    assert estimate_prior(said, old) == pytest.approx(new, abs=0.02)


def test_shares_that_no_training_rows_can_have_had_are_refused() -> None:
    for wrong in ([0.5, 0.5, 0.0], [1.0], [0.0, 1.0], [np.nan, 1.0]):
        with pytest.raises(ConfigError, match="2 shares above 0"):
            estimate_prior(np.array([0.2, 0.4]), np.array(wrong))
    with pytest.raises(DataError, match="1 of 2 probabilities"):
        estimate_prior(np.array([0.2, np.nan]), np.array([0.5, 0.5]))


def test_multiclass_probabilities_are_calibrated_after_a_change_of_prior() -> None:
    random = np.random.default_rng(1)
    target = random.choice(3, 20_000, p=[0.8, 0.15, 0.05])
    features = random.normal(size=(20_000, 2)) + np.array([[0, 0], [1.5, 0], [0, 1.5]])[target]
    weights = (1 / np.bincount(target))[target] * 20_000 / 3
    raw = LogisticRegression(C=1e6).fit(features, target, sample_weight=weights).predict_proba(features)
    corrected = PriorCorrection(np.bincount(target) / 20_000, np.ones(3) / 3).apply(raw)
    assert corrected.mean(axis=0) == pytest.approx(np.bincount(target) / 20_000, abs=0.005)


def bent(n: int = 3000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets, the probabilities they were drawn from, and an overconfident, shifted version of these."""
    random = np.random.default_rng(0)
    true = expit(random.normal(-1, 1.2, n))
    return (random.random(n) < true).astype(np.int64), true, expit(2.0 * logit(true) + 1.0)


def test_platt_recovers_the_slope_and_the_shift_that_bent_the_probabilities() -> None:
    target, true, said = bent(60_000)
    fitted = fit_platt(target, said)
    assert (fitted.slope, fitted.intercept) == pytest.approx((0.5, -0.5), abs=0.03)
    assert np.abs(fitted.apply(said) - true).max() < 0.02


@pytest.mark.parametrize("weighted", [False, True])
def test_platt_is_the_optimum_of_scikit_learns_own(weighted: bool) -> None:
    target, _, said = bent()
    weights = np.random.default_rng(1).exponential(size=len(target)) if weighted else None
    if weights is not None:
        weights = weights / weights.mean()
    a, b = _sigmoid_calibration(logit(said), target, weights)
    fitted = fit_platt(target, said, weights)
    assert (fitted.slope, fitted.intercept) == pytest.approx((-a, -b), abs=2e-4)


def test_platt_stays_finite_on_separable_rows_single_classes_and_constants() -> None:
    for target, said in (
        (np.repeat([0, 1], 20), np.repeat([0.0, 1.0], 20)),
        (np.zeros(20, int), np.linspace(0.1, 0.9, 20)),
        (np.repeat([0, 1], 10), np.full(20, 0.3)),
    ):
        fitted = fit_platt(target, said)
        assert np.isfinite([fitted.slope, fitted.intercept]).all()
        assert fitted.apply(said).mean() == pytest.approx(target.mean(), abs=0.06)


def test_vector_scaling_recovers_the_temperature_and_the_biases() -> None:
    random = np.random.default_rng(0)
    true = random.dirichlet([1, 1, 1, 1], 30_000)
    target = (true.cumsum(axis=1) < random.random((30_000, 1))).sum(axis=1)
    logs = 2.0 * (np.log(true) + np.array([1.0, -1.0, 0.0, 0.0]))
    said = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    fitted = fit_vector_scaling(target, said)
    assert fitted.inverse_temperature == pytest.approx(0.5, abs=0.02)
    assert np.array(fitted.bias) == pytest.approx([-1.0, 1.0, 0.0, 0.0], abs=0.06)
    assert log_loss(target, fitted.apply(said)) < log_loss(target, said)


def test_vector_scaling_takes_weights_as_repeated_rows() -> None:
    random = np.random.default_rng(0)
    said = random.dirichlet([1, 1, 1], 200)
    target = np.minimum(2, (said.cumsum(axis=1) < random.random((200, 1))).sum(axis=1))
    weights = random.integers(0, 3, 200)
    again = np.repeat(np.arange(200), weights)
    a, b = fit_vector_scaling(target, said, weights.astype(float)), fit_vector_scaling(target[again], said[again])
    assert a.inverse_temperature == pytest.approx(b.inverse_temperature, rel=2e-3)


def test_vector_scaling_stays_finite_when_a_class_is_missing() -> None:
    said = np.random.default_rng(0).dirichlet([1, 1, 1], 50)
    fitted = fit_vector_scaling(said[:, :2].argmax(axis=1), said)
    assert np.isfinite(fitted.bias).all()
    assert fitted.apply(said)[:, 2].max() < 0.2


def soft_rows(target: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Platt's smoothed targets for a learner that only takes classes: each row twice, once of each class, with its share."""
    positives, negatives = weights[target == 1].sum(), weights[target == 0].sum()
    aim = np.where(target == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    return (
        np.tile(np.arange(len(target)), 2),
        np.repeat([1, 0], len(target)),
        np.concatenate([weights * aim, weights * (1 - aim)]),
    )


def test_the_slope_of_platt_stops_at_zero_where_the_rows_are_turned_around() -> None:
    target, true, _ = bent(500)
    fitted = fit_platt(target, 1 - true)
    assert fitted.slope == 0
    assert expit(fitted.intercept) == pytest.approx((target.sum() + (target == 1).mean()) / 500, abs=0.002)


@pytest.mark.parametrize("weighted", [False, True])
def test_beta_calibration_is_the_logistic_regression_on_both_logarithms(weighted: bool) -> None:
    target, _, said = bent()
    weights = np.random.default_rng(1).exponential(size=len(target)) if weighted else np.ones(len(target))
    weights = weights / weights.mean()
    rows, classes, mass = soft_rows(target, weights)
    design = np.stack([np.log(said), -np.log1p(-said)], axis=1)
    learner = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(design[rows], classes, mass)
    found = fit_beta(target, said, weights)
    assert (found.on_positive, found.on_negative) == pytest.approx(learner.coef_[0], abs=1e-3)
    assert found.intercept == pytest.approx(learner.intercept_[0], abs=2e-3)


def test_beta_calibration_recovers_the_bend_it_is_made_for() -> None:
    random = np.random.default_rng(0)
    said = random.beta(0.7, 0.7, 60_000)
    true = expit(0.4 * np.log(said) - 1.5 * np.log1p(-said) - 0.7)
    found = fit_beta((random.random(60_000) < true).astype(int), said)
    assert (found.on_positive, found.on_negative, found.intercept) == pytest.approx((0.4, 1.5, -0.7), abs=0.06)


@pytest.mark.parametrize(
    ("on_positive", "on_negative", "at_zero"),
    [(1.0, 1.0, []), (-0.6, 1.5, [0]), (1.5, -0.6, [1]), (-1.0, -1.0, [0, 1])],
)
def test_a_factor_of_beta_calibration_that_would_be_negative_is_best_at_zero(
    on_positive: float, on_negative: float, at_zero: list[int]
) -> None:
    """Against a search within the bounds, whose optimum lies inside, on an edge, or in the corner."""
    random = np.random.default_rng(0)
    said = random.random(2000)
    true = expit(on_positive * np.log(said) - on_negative * np.log1p(-said))
    target = (random.random(2000) < true).astype(int)
    rows, classes, mass = soft_rows(target, np.ones(2000))
    columns = np.stack([np.log(said), -np.log1p(-said), np.ones(2000)], axis=1)[rows]
    sign = np.where(classes == 1, 1, -1)
    best = minimize(
        lambda at: -np.sum(mass * log_expit(sign * (columns @ at))),
        [0.5, 0.5, 0.0],
        bounds=[(0, None), (0, None), (None, None)],
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 5000},
    )
    found = fit_beta(target, said)
    at = np.array([found.on_positive, found.on_negative, found.intercept])
    assert np.flatnonzero(at[:2] == 0).tolist() == at_zero
    assert at == pytest.approx(best.x, abs=5e-3)
    assert -np.sum(mass * log_expit(sign * (columns @ at))) <= best.fun + 1e-6


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_temperature_is_that_of_least_log_loss(task: str, weighted: bool) -> None:
    random = np.random.default_rng(3)
    logits = 3 * random.normal(size=(800, 2 if task == "binary" else 5))
    target = np.minimum((softmax(logits / 2.5, axis=1).cumsum(axis=1) < random.random((800, 1))).sum(axis=1), 4)
    said = softmax(logits, axis=1)
    weights = random.exponential(size=800) if weighted else None
    best = minimize_scalar(
        lambda t: log_loss(target, softmax(logits / t, axis=1), sample_weight=weights),
        bounds=(0.1, 10),
        method="bounded",
        options={"xatol": 1e-9},
    ).x
    found = fit_temperature(target, said[:, 1] if task == "binary" else said, weights)
    assert 1 / found.inverse_temperature == pytest.approx(best, rel=1e-4)
    assert best == pytest.approx(2.5, abs=0.5)


def test_a_temperature_of_two_columns_is_that_of_one() -> None:
    target, _, said = bent(500)
    one, two = fit_temperature(target, said), fit_temperature(target, np.stack([1 - said, said], axis=1))
    assert one.inverse_temperature == pytest.approx(two.inverse_temperature, rel=1e-5)
    assert two.apply(np.stack([1 - said, said], axis=1))[:, 1] == pytest.approx(two.apply(said))


def test_a_temperature_keeps_the_most_probable_class_of_every_row() -> None:
    said = np.random.default_rng(0).dirichlet([0.5] * 4, 400)
    fitted = fit_temperature(np.random.default_rng(1).integers(0, 4, 400), said)
    assert np.array_equal(fitted.apply(said).argmax(axis=1), said.argmax(axis=1))


@pytest.mark.parametrize("seed", range(5))
def test_isotonic_is_scikit_learns_within_laplaces_bounds(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = [1, 7, 60, 300, 300][seed]
    said = np.round(random.random(n), [3, 1, 2, 2, 6][seed])  # ties
    target = (random.random(n) < said**2).astype(int)
    weights = None if seed == 3 else random.exponential(size=n)
    oracle = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(said, target, weights)
    asked = np.concatenate([said, random.random(500), [0, 1]])
    found = fit_isotonic(target, said, weights).apply(asked)
    assert found == pytest.approx(np.clip(oracle.predict(asked), 1 / (n + 2), (n + 1) / (n + 2)), abs=1e-9)


def test_isotonic_of_several_classes_is_one_against_the_rest_scaled_to_one() -> None:
    random = np.random.default_rng(1)
    said = random.dirichlet([1, 1, 1], 400)
    target = np.minimum((said.cumsum(axis=1) < random.random((400, 1))).sum(axis=1), 2)
    each = [IsotonicRegression(y_min=0, y_max=1).fit(said[:, k], target == k).predict(said[:, k]) for k in range(3)]
    each = np.clip(np.stack(each, axis=1), 1 / 402, 401 / 402)
    assert fit_isotonic(target, said).apply(said) == pytest.approx(each / each.sum(axis=1, keepdims=True), abs=1e-9)
    with pytest.raises(ValueError, match="3 classes"):
        fit_isotonic(target, said).apply(said[:, :2])


def test_an_isotonic_block_without_positives_costs_no_unbounded_log_loss() -> None:
    target, said = np.repeat([0, 1], 50), np.linspace(0.01, 0.99, 100)
    assert fit_isotonic(target, said).apply(np.array([0.0, 1.0])) == pytest.approx([1 / 102, 101 / 102])


def naive_venn_abers(target: np.ndarray, said: np.ndarray, weights: np.ndarray, asked: float) -> list[float]:
    """p0 and p1 by their definition: an isotonic fit for each answer."""
    fits = [
        IsotonicRegression(y_min=0, y_max=1).fit(np.append(said, asked), np.append(target, y), np.append(weights, 1.0))
        for y in (0, 1)
    ]
    return [float(fit.predict([asked])[0]) for fit in fits]


@pytest.mark.parametrize("weighted", ["alike", "whole", "any"])
@pytest.mark.parametrize("shape", ["right", "turned", "never", "always", "bent", "half"])
def test_venn_abers_is_the_naive_pair_of_isotonic_fits(shape: str, weighted: str) -> None:
    random = np.random.default_rng(len(shape) + len(weighted))
    for n, digits in ((1, 1), (2, 1), (9, 1), (25, 1), (40, 2), (40, 8)):
        said = np.round(random.random(n), digits)
        true = {
            "right": said,
            "turned": 1 - said,
            "never": 0 * said,
            "always": 0 * said + 1,
            "bent": said**3,
            "half": 0 * said + 0.5,
        }
        target = (random.random(n) < true[shape]).astype(int)
        weights = {"alike": np.ones(n), "whole": random.integers(1, 4, n), "any": random.exponential(size=n) ** 3}[weighted]
        weights = weights / weights.mean()
        fitted = fit_venn_abers(target, said, weights)
        asked = np.concatenate([said[:6], random.random(6), [0.0, 1.0]])
        naive = np.array([naive_venn_abers(target, said, weights, s) for s in asked]).T
        assert np.stack(fitted.interval(asked)) == pytest.approx(naive, abs=1e-12)
        assert fitted.apply(asked) == pytest.approx(naive[1] / (1 - naive[0] + naive[1]), abs=1e-12)
        again = VennAbers.from_state(fitted.state())
        assert np.array_equal(again.apply(asked), fitted.apply(asked))


def test_the_merged_probability_lies_between_the_two_and_never_beyond_laplaces_rule() -> None:
    target, _, said = bent(400)
    fitted = fit_venn_abers(target, said)
    p0, p1 = fitted.interval(said)
    merged = fitted.apply(said)
    assert (p0 < p1).all()
    assert ((p0 <= merged) & (merged <= p1)).all()
    assert 1 / 402 <= merged.min() < merged.max() <= 401 / 402
    assert np.mean(p1 - p0) < 0.05


def test_of_the_two_venn_abers_probabilities_the_one_of_the_true_class_is_calibrated_on_few_rows() -> None:
    """Its guarantee: p of the class that comes true, over draws of 20 calibration rows and one new row, is calibrated."""
    random = np.random.default_rng(0)
    chosen, outcome = [], []
    for _ in range(4000):
        said = np.round(random.random(21), 1)
        target = (random.random(21) < said**2).astype(int)
        p0, p1 = fit_venn_abers(target[:20], said[:20]).interval(said[20:])
        chosen.append(float(p1[0] if target[20] else p0[0]))
        outcome.append(target[20])
    bins = reliability(np.array(outcome), np.array(chosen), level=0.999)
    assert ((bins.low <= bins.predicted) & (bins.predicted <= bins.high)).all()
