import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.calibration import _sigmoid_calibration
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from assay.core.errors import BundleError
from assay.measure.calibration import (
    FITTED_CALIBRATORS,
    Platt,
    PriorCorrection,
    VectorScaling,
    fit_platt,
    fit_vector_scaling,
)
from assay.measure.curves import reliability

MEMBERS = {
    "prior": PriorCorrection(np.array([0.9, 0.1]), np.array([0.5, 0.5])),
    "platt": Platt(0.7, -0.3),
    "vector": VectorScaling(0.8, (0.1, 0.2, -0.3)),
}


def probabilities(name: str) -> np.ndarray:
    random = np.random.default_rng(0)
    return random.dirichlet([1, 1, 1], 20) if name == "vector" else random.random(20)


@pytest.mark.parametrize("name", FITTED_CALIBRATORS.names())
def test_a_calibrator_comes_back_from_its_state_with_the_same_bits(name: str) -> None:
    member = MEMBERS[name]
    assert member.state()["kind"] == name
    again = FITTED_CALIBRATORS.get(name).from_state(member.state())
    assert np.array_equal(again.apply(probabilities(name)), member.apply(probabilities(name)))


@pytest.mark.parametrize("name", FITTED_CALIBRATORS.names())
def test_calibrated_probabilities_stay_probabilities_at_the_ends_too(name: str) -> None:
    ends = np.eye(3) if name == "vector" else np.array([0.0, 1.0])
    with np.errstate(all="raise"):
        found = MEMBERS[name].apply(ends)
    assert found.shape == ends.shape
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("name", FITTED_CALIBRATORS.names())
@pytest.mark.parametrize("damage", [np.nan, np.inf, "0.5", None, True, []])
def test_a_damaged_state_is_refused_whatever_was_damaged(name: str, damage: object) -> None:
    state = MEMBERS[name].state()
    for key in [key for key in state if key != "kind"]:
        broken = {**state, key: [damage, 0.5] if isinstance(state[key], list) else damage}
        with pytest.raises(BundleError):
            FITTED_CALIBRATORS.get(name).from_state(broken)
        with pytest.raises(BundleError):
            FITTED_CALIBRATORS.get(name).from_state({k: v for k, v in state.items() if k != key})


@pytest.mark.parametrize(
    "state",
    [
        {"kind": "prior", "before": [0.5, 0.5], "after": [0.2, 0.3, 0.5]},
        {"kind": "prior", "before": [-0.5, 1.5], "after": [0.5, 0.5]},
        {"kind": "prior", "before": [0.5, 0.5], "after": [0.0, 0.0]},
        {"kind": "vector", "inverse_temperature": -1.0, "bias": [0.0, 0.0]},
        {"kind": "vector", "inverse_temperature": 1.0, "bias": [0.0]},
    ],
)
def test_impossible_numbers_are_refused(state: dict) -> None:
    with pytest.raises(BundleError):
        FITTED_CALIBRATORS.get(state["kind"]).from_state(state)


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


def test_after_undersampling_the_corrected_probabilities_are_calibrated_at_the_true_prior() -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(60_000, 3))
    target = (random.random(60_000) < expit(features @ [1.0, -1.0, 0.5] - 3)).astype(np.int64)
    train, test = np.arange(30_000), np.arange(30_000, 60_000)
    positives, negatives = train[target[train] == 1], train[target[train] == 0]
    kept = np.concatenate([positives, random.choice(negatives, len(positives), replace=False)])
    learner = LogisticRegression(C=1e6).fit(features[kept], target[kept])
    raw = learner.predict_proba(features[test])[:, 1]
    shares = [np.bincount(target[rows]) / len(rows) for rows in (train, kept)]
    corrected = PriorCorrection(shares[0], shares[1]).apply(raw)
    assert raw.mean() > 3 * target[test].mean()
    assert corrected.mean() == pytest.approx(target[test].mean(), rel=0.05)
    bins = reliability(target[test], corrected, level=0.99)
    assert np.mean((bins.low <= bins.predicted) & (bins.predicted <= bins.high)) >= 0.9
    assert log_loss(target[test], corrected) < log_loss(target[test], raw) - 0.1


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
