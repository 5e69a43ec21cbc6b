"""Support vector machines against scikit-learn's margins, and their probabilities against a simulation with a known truth."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR

from assay.core.errors import BundleError, ConfigError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.measure.calibration import fit_platt
from assay.recipes import svm
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear
from assay.recipes.svm import SupportVectors
from assay.recipes.svm_kernel import FittedKernel

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 3))
SCORE = X[:, 0] * X[:, 1] + 0.5 * X[:, 2]
Y = (SCORE + 0.3 * RNG.normal(size=300) > 0).astype(np.int64)
THREE = np.digitize(SCORE, [-0.5, 0.5])
WEIGHTS = RNG.uniform(0.5, 3, 300)
APART = np.arange(300) % 4 == 0
BINARY, MULTI, REGRESSION = Task("binary", "y", ("no", "yes")), Task("multiclass", "y", ("a", "b", "c")), Task("regression", "y")


def fit(
    target: np.ndarray, task: Task, x: np.ndarray = X, weights: np.ndarray | None = None, **settings: float | str
) -> FittedLinear | FittedKernel:
    """Fitted to the rows that are not set apart, where there are so many."""
    rows = Rows(x, target, len(task.classes), weights)
    held = rows.take(np.flatnonzero(APART)) if len(x) == 300 else None
    kept = rows.take(np.flatnonzero(~APART)) if len(x) == 300 else rows
    return SupportVectors(**settings).fit(kept, task, validation=held, seed=0, budget=Budget(), context=Context())


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_two_classes_are_scikit_learn_s_margin_with_platt_s_slope(kernel: str, weights: np.ndarray | None) -> None:
    kept = None if weights is None else weights[~APART]
    oracle = SVC(C=3.0) if kernel == "rbf" else LinearSVC(C=3.0, dual=False, tol=1e-8)
    margin = oracle.fit(X[~APART], Y[~APART], sample_weight=kept).decision_function(X)
    platt = fit_platt(Y[APART], expit(margin[APART]), None if weights is None else weights[APART])
    said = fit(Y, BINARY, kernel=kernel, cost=3.0, weights=weights).predict(X)
    np.testing.assert_allclose(said.score, platt.slope * margin + platt.intercept, atol=2e-2 if kernel == "rbf" else 1e-4)
    np.testing.assert_allclose(said.probability, expit(said.score))


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_each_class_has_scikit_learn_s_margin_against_the_rest(kernel: str) -> None:
    margins = []
    for code in range(3):
        oracle = SVC() if kernel == "rbf" else LinearSVC(dual=False, tol=1e-8)
        margins.append(oracle.fit(X[~APART], THREE[~APART] == code).decision_function(X))
    margins = np.transpose(margins)
    score = fit(THREE, MULTI, kernel=kernel).predict(X).score
    slope = np.std(score[:, 0] - score[:, 1]) / np.std(margins[:, 0] - margins[:, 1])
    shifted = score - slope * margins
    shifted -= shifted.mean(axis=1, keepdims=True)  # what all classes share says nothing
    np.testing.assert_allclose(shifted, np.tile(shifted[:1], (300, 1)), atol=1e-2)


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_values_equal_scikit_learn_on_a_standardised_target(kernel: str) -> None:
    values = 100 + 7 * SCORE
    middle, unit = values[~APART].mean(), values[~APART].std()
    if kernel == "rbf":
        oracle = SVR(C=2.0)
    else:
        oracle = LinearSVR(C=2.0, epsilon=0.1, loss="squared_epsilon_insensitive", dual=False, tol=1e-8)
    expected = oracle.fit(X[~APART], (values[~APART] - middle) / unit).predict(X) * unit + middle
    said = fit(values, REGRESSION, kernel=kernel, cost=2.0).predict(X)
    np.testing.assert_allclose(said.score, expected, atol=0.02 * unit)
    np.testing.assert_allclose(said.spread, np.sqrt(((values - said.score)[APART] ** 2).mean()))


def test_probabilities_are_those_of_the_simulation() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3000, 2))
    truth = expit(2 * x[:, 0] - 1.5)
    y = (rng.random(3000) < truth).astype(np.int64)
    rows = Rows(x, y, 2)
    fitted = SupportVectors(kernel="linear").fit(
        rows.take(np.arange(2000)),
        BINARY,
        validation=rows.take(np.arange(2000, 3000)),
        seed=0,
        budget=Budget(),
        context=Context(),
    )
    said = fitted.predict(x).probability
    assert np.abs(said - truth).mean() < 0.02
    slope, shift = np.polyfit(logit(truth), logit(said), 1)
    assert slope == pytest.approx(1.0, abs=0.2)
    assert shift == pytest.approx(0.0, abs=0.3)


@pytest.mark.parametrize(("target", "task"), [(Y, BINARY), (SCORE, REGRESSION), (THREE, MULTI)])
def test_landmarks_at_every_row_are_nearly_the_kernel_itself(
    target: np.ndarray, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = fit(target, task).predict(X)
    monkeypatch.setattr(svm, "MOST_EXACT", 0)
    said = fit(target, task).predict(X)
    assert np.corrcoef(said.score.ravel(), exact.score.ravel())[0, 1] > 0.95  # squared in place of plain errors


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_of_more_rows_than_may_be_held_a_part_is_learned_from_and_the_same_one_each_time(
    kernel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fit(Y, BINARY, kernel=kernel).predict(X)
    monkeypatch.setattr(svm, "MOST_EXACT", 150)
    monkeypatch.setattr(svm, "MOST_CELLS", 1)
    once, again = (fit(Y, BINARY, kernel=kernel).predict(X) for _ in range(2))
    np.testing.assert_array_equal(once.score, again.score)
    assert (once.score != whole.score).any()
    assert np.corrcoef(once.score, whole.score)[0, 1] > 0.9


@pytest.mark.parametrize(("only", "task"), [(0, BINARY), (1, BINARY), (2, MULTI)])
def test_a_single_present_class_is_predicted_almost_surely(only: int, task: Task) -> None:
    probability = fit(np.full(300, only), task).predict(X).probability
    own = probability[:, only] if task is MULTI else (probability if only else 1 - probability)
    assert (own > 1 - 1e-9).all()


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize("absent", [0, 1, 2])
def test_a_class_without_training_rows_is_never_the_likeliest(kernel: str, absent: int) -> None:
    target = np.where(absent == THREE, (absent + 1) % 3, THREE)
    probability = fit(target, MULTI, kernel=kernel, cost=100.0).predict(5 * X).probability
    assert (probability[:, absent] < 1e-6).all()
    assert (probability[:, absent] > 0).all()


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize("x", [np.zeros((6, 0)), np.ones((6, 3)), RNG.normal(size=(6, 40))])
def test_few_rows_and_columns_that_say_nothing_get_finite_predictions(kernel: str, x: np.ndarray) -> None:
    for target, task in ((Y[:6], BINARY), (np.array([0, 1, 2, 1, 1, 1]), MULTI), (SCORE[:6], REGRESSION)):
        said = fit(target, task, x, kernel=kernel).predict(x)
        assert np.isfinite(said.score).all()
        if x.shape[1] != 40:
            assert (said.score == said.score[:1]).all()


def test_the_unit_of_the_target_does_not_matter() -> None:
    said, large = fit(SCORE, REGRESSION).predict(X), fit(SCORE * 1e200, REGRESSION).predict(X)
    np.testing.assert_allclose(large.score / 1e200, said.score, atol=5e-3)  # libsvm stops at its own tolerance
    np.testing.assert_allclose(large.spread / 1e200, said.spread, rtol=1e-2)


def test_rows_of_weight_0_do_not_count() -> None:
    weights = np.where(X[:, 0] > 1, 0.0, 1.0)
    other = np.where(X[:, 0] > 1, 1 - Y, Y)
    a, b = fit(Y, BINARY, weights=weights).predict(X), fit(other, BINARY, weights=weights).predict(X)
    np.testing.assert_array_equal(a.score, b.score)


def test_a_kernel_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="no kernel 'poly'"):
        SupportVectors(kernel="poly")


@pytest.mark.parametrize(
    "damage",
    [
        {"rows": np.full((4, 3), np.nan)},
        {"weights": np.ones((2, 4))},
        {"intercepts": np.ones(2)},
        {"steepness": -1.0},
        {"noise": np.inf},
        {"task": "multiclass", "n_classes": 3},
    ],
)
def test_a_damaged_state_is_refused(damage: dict) -> None:
    with pytest.raises(BundleError):
        FittedKernel.from_state(fit(Y, BINARY).state() | damage)
