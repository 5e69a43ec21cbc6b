"""The posterior of a last layer against conjugate formulas, autograd's Hessians, quadrature and its own samples."""

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats
from torch.nn import functional

from assay.core.errors import BundleError, ConfigError, DataError
from assay.nets.uncertainty.laplace import LastLayerPosterior, fit_laplace
from assay.nets.uncertainty.spread import class_spread, value_spread


def features(n: int = 60, d: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def with_one(x: np.ndarray) -> np.ndarray:
    return np.column_stack([x, np.ones(len(x))])


def covariance_of(posterior: LastLayerPosterior) -> np.ndarray:
    """(D K, D K), of the weights row by row."""
    root = np.kron(posterior.left, posterior.right) * posterior.scale.ravel()
    return root @ root.T


def conjugate(x: np.ndarray, y: np.ndarray, precision: float, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean (d,) and covariance of a Bayesian linear regression."""
    covariance = np.linalg.inv(x.T @ x / noise + precision * np.eye(x.shape[1]))
    return covariance @ x.T @ y / noise, covariance


def regression(seed: int = 0, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = features(n, seed=seed)
    return x, x @ [1.0, -2.0, 0.5] + 0.3 + 0.7 * random.normal(size=n)


def test_of_a_linear_gaussian_model_it_is_the_conjugate_posterior():
    x, y = regression()
    mean, covariance = conjugate(with_one(x), y, 0.8, 0.49)
    found = fit_laplace(x, mean[None, :3], mean[3:], y, "regression", prior_precision=0.8, noise_variance=0.49)
    assert covariance_of(found) == pytest.approx(covariance, rel=1e-9)
    new = features(9, seed=5)
    assert found.variance(new)[:, 0] == pytest.approx(np.sum((with_one(new) @ covariance) * with_one(new), axis=1))
    evidence = stats.multivariate_normal(np.zeros(60), 0.49 * np.eye(60) + with_one(x) @ with_one(x).T / 0.8).logpdf(y)
    assert found.log_evidence == pytest.approx(evidence)


def test_the_fitted_prior_and_noise_are_where_the_marginal_likelihood_is_greatest():
    x, y = regression()
    weight, bias = np.array([[0.9, -1.9, 0.6]]), np.array([0.2])
    best = fit_laplace(x, weight, bias, y, "regression")
    for precision in (0.9, 1.1):
        for noise in (0.9, 1.0, 1.1):
            given = {"prior_precision": best.prior_precision * precision, "noise_variance": best.noise_variance * noise}
            assert fit_laplace(x, weight, bias, y, "regression", **given).log_evidence < best.log_evidence
    assert best.noise_variance == pytest.approx(0.49, rel=0.4)
    target = (y > 0).astype(np.int64)
    best = fit_laplace(x, weight, bias, target, "binary")
    for factor in (0.9, 1.1):
        other = fit_laplace(x, weight, bias, target, "binary", prior_precision=best.prior_precision * factor)
        assert other.log_evidence < best.log_evidence


def test_for_two_classes_its_precision_is_the_hessian_of_the_loss():
    x, y = regression()
    target, weights = (y > 0).astype(np.int64), np.random.default_rng(3).uniform(0, 2, 60)
    flat = np.array([0.9, -1.9, 0.6, 0.2])
    rows, truth = torch.from_numpy(with_one(x)), torch.from_numpy(target).double()

    def loss(w: torch.Tensor) -> torch.Tensor:
        each = functional.binary_cross_entropy_with_logits(rows @ w, truth, reduction="none")
        return (torch.from_numpy(weights) * each).sum() + 0.35 * (w**2).sum()

    hessian = torch.autograd.functional.hessian(loss, torch.from_numpy(flat)).numpy()
    found = fit_laplace(x, flat[None, :3], flat[3:], target, "binary", row_weights=weights, prior_precision=0.7)
    assert covariance_of(found) == pytest.approx(np.linalg.inv(hessian), rel=1e-9)
    unnormalised = -float(loss(torch.from_numpy(flat))) + 2 * np.log(0.7) - 0.5 * np.linalg.slogdet(hessian)[1]
    assert found.log_evidence == pytest.approx(unnormalised)


def softmax_hessian(x: np.ndarray, flat: np.ndarray, target: np.ndarray, classes: int) -> np.ndarray:
    """Of the cross-entropy by the weights (D, K) row by row, by autograd."""
    rows, truth = torch.from_numpy(with_one(x)), torch.from_numpy(target)

    def loss(w: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(rows @ w.reshape(-1, classes), truth, reduction="sum")

    return torch.autograd.functional.hessian(loss, torch.from_numpy(flat)).numpy()


def test_for_more_classes_it_is_exact_where_all_rows_have_one_probability_and_near_it_elsewhere():
    x, target = features(), np.random.default_rng(1).integers(0, 3, 60)
    still = np.zeros((4, 3))
    still[3] = [0.5, 0.0, -1.0]  # biases alone: every row has the same probabilities
    found = fit_laplace(x, still[:3].T, still[3], target, "multiclass", prior_precision=0.5)
    exact = np.linalg.inv(softmax_hessian(x, still.ravel(), target, 3) + 0.5 * np.eye(12))
    assert covariance_of(found) == pytest.approx(exact, abs=1e-10)

    moving = still + 0.5 * np.random.default_rng(2).normal(size=(4, 3))
    found = fit_laplace(x, moving[:3].T, moving[3], target, "multiclass", prior_precision=0.5)
    exact = np.linalg.inv(softmax_hessian(x, moving.ravel(), target, 3) + 0.5 * np.eye(12))
    assert np.sqrt(np.diag(covariance_of(found)) / np.diag(exact)) == pytest.approx(1, abs=0.15)


def test_two_classes_by_softmax_spread_as_by_one_logit_of_the_same_prior():
    """The difference of two logits with precision τ each has the precision τ / 2; the curvature is constant at weights 0."""
    x, target = features(), np.random.default_rng(1).integers(0, 2, 60)
    two = fit_laplace(x, np.zeros((2, 3)), np.zeros(2), target, "multiclass", prior_precision=2.0)
    one = fit_laplace(x, np.zeros((1, 3)), np.zeros(1), target, "binary", prior_precision=1.0)
    logits = two.members(x, 4000, 0)
    assert (logits[:, :, 1] - logits[:, :, 0]).var(axis=1) == pytest.approx(one.variance(x)[:, 0], rel=0.1)


@pytest.mark.parametrize(("task", "outputs"), [("regression", 1), ("binary", 1), ("multiclass", 4)])
def test_members_have_the_mean_and_the_variance_of_the_closed_form(task, outputs):
    random = np.random.default_rng(4)
    x = features()
    weight, bias = random.normal(size=(outputs, 3)), random.normal(size=outputs)
    target = random.normal(size=60) if task == "regression" else random.integers(0, max(outputs, 2), 60)
    found = fit_laplace(x, weight, bias, target, task)
    drawn = found.members(x[:7], 20_000, 1)
    assert drawn.shape == (7, 20_000, outputs)
    error = np.sqrt(found.variance(x[:7]) / 20_000)
    assert (np.abs(drawn.mean(axis=1) - (x[:7] @ weight.T + bias)) < 5 * error).all()
    assert drawn.var(axis=1) == pytest.approx(found.variance(x[:7]), rel=0.05)


def test_the_closed_form_probability_is_near_the_integral_and_so_are_the_members():
    x, y = regression(n=25)
    found = fit_laplace(x, np.array([[1.5, -2.5, 0.5]]), np.array([0.3]), (y > 0).astype(np.int64), "binary")
    new = 3 * features(12, seed=6)
    logit, spread = new @ [1.5, -2.5, 0.5] + 0.3, np.sqrt(found.variance(new)[:, 0])

    def mean_of_sigmoid(mean: float, deviation: float) -> float:
        return integrate.quad(lambda z: special.expit(mean + deviation * z) * stats.norm.pdf(z), -9, 9)[0]

    exact = np.array([mean_of_sigmoid(mean, deviation) for mean, deviation in zip(logit, spread, strict=True)])
    assert found.probability(new) == pytest.approx(exact, abs=0.02)
    sampled = class_spread(found.members(new, 5000, 0)).probability
    assert sampled == pytest.approx(exact, abs=4 * 0.5 / np.sqrt(5000))
    assert (np.abs(exact - 0.5) <= np.abs(special.expit(logit) - 0.5)).all()  # doubt moves a probability to the middle


def test_equal_seeds_give_equal_members_and_a_row_alone_its_numbers():
    x, y = regression()
    found = fit_laplace(x, np.ones((1, 3)), np.zeros(1), y, "regression")
    whole = found.members(x, 8, 3)
    assert np.array_equal(whole, found.members(x, 8, 3))
    assert not np.allclose(whole, found.members(x, 8, 4))
    for row in (0, 31):
        assert found.members(x[row : row + 1], 8, 3)[0] == pytest.approx(whole[row], abs=1e-9)


def test_row_weights_are_repeated_rows_and_a_layer_may_have_no_bias():
    x, y = regression()
    counts = np.random.default_rng(0).integers(0, 3, 60)
    again = np.repeat(np.arange(60), counts)
    for task, target in (("regression", y), ("binary", (y > 0).astype(np.int64))):
        weighted = fit_laplace(x, np.ones((1, 3)), None, target, task, row_weights=counts)
        repeated = fit_laplace(x[again], np.ones((1, 3)), None, target[again], task)
        assert weighted.log_evidence == pytest.approx(repeated.log_evidence)
        assert weighted.variance(x) == pytest.approx(repeated.variance(x))
    codes = np.digitize(y, [-1, 1])
    weighted = fit_laplace(x, np.ones((3, 3)), None, codes, "multiclass", row_weights=counts)
    assert weighted.variance(x) == pytest.approx(
        fit_laplace(x[again], np.ones((3, 3)), None, codes[again], "multiclass").variance(x)
    )


def test_epistemic_spread_grows_away_from_the_data_and_noise_does_not():
    x, y = regression()
    weight, bias = np.array([[1.0, -2.0, 0.5]]), np.array([0.3])
    number = fit_laplace(x, weight, bias, y, "regression")
    classes = fit_laplace(x, weight, bias, (y > 0).astype(np.int64), "binary")
    direction = np.array([2.0, 1.0, 0.0]) / np.sqrt(5)  # along it the class does not change, nor the value
    new = np.arange(0, 12, 2.0)[:, None] * direction
    spread = value_spread(number.members(new, 500, 0), number.noise_variance)
    assert (np.diff(spread.epistemic) > 0).all()
    assert np.ptp(spread.aleatoric) == 0
    doubt = class_spread(classes.members(new, 500, 0))
    assert (np.diff(doubt.epistemic) > 0).all()
    assert doubt.epistemic[-1] > 5 * doubt.epistemic[0]


def test_more_rows_leave_less_spread():
    x, y = regression(n=4000)
    given = {"prior_precision": 1.0, "noise_variance": 1.0}
    few, many = (fit_laplace(x[:n], np.ones((1, 3)), np.zeros(1), y[:n], "regression", **given) for n in (1000, 4000))
    ratio = few.variance(features(5, seed=9)) / many.variance(features(5, seed=9))
    assert ratio == pytest.approx(4, rel=0.2)


def test_weights_of_nothing_have_the_narrowest_prior_and_rows_of_nothing_the_prior_alone():
    y = np.random.default_rng(0).normal(size=30)
    still = fit_laplace(features(30), np.zeros((1, 3)), None, y, "regression")
    assert still.prior_precision == 1e8
    unseen = fit_laplace(np.zeros((30, 3)), np.ones((1, 3)), None, y, "regression", prior_precision=4.0)
    assert unseen.variance(np.eye(3))[:, 0] == pytest.approx(0.25)


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_a_saved_posterior_comes_back_and_gives_the_same_members(task):
    x, y = regression()
    outputs = 3 if task == "multiclass" else 1
    target = {"regression": y, "binary": (y > 0).astype(np.int64), "multiclass": np.digitize(y, [-1, 1])}[task]
    found = fit_laplace(x, np.ones((outputs, 3)), np.zeros(outputs), target, task)
    again = LastLayerPosterior.from_state(found.state())
    assert np.array_equal(again.members(x, 3, 0), found.members(x, 3, 0))
    assert again.noise_variance == found.noise_variance


@pytest.mark.parametrize(
    "change",
    [
        {"task": "ranking"},
        {"task": "multiclass"},
        {"left": np.eye(3)},
        {"scale": np.zeros((4, 1))},
        {"mean": np.full((4, 1), np.nan)},
        {"noise_variance": -1.0},
        {"noise_variance": None},
        {"has_bias": 1},
    ],
    ids=lambda change: "-".join(change),
)
def test_a_saved_posterior_that_does_not_fit_together_is_refused(change):
    x, y = regression()
    state = fit_laplace(x, np.ones((1, 3)), np.zeros(1), y, "regression").state()
    with pytest.raises(BundleError):
        LastLayerPosterior.from_state({**state, **change})


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"target": np.zeros(7)}, DataError, "60 rows of features have targets"),
        ({"features": np.zeros((0, 3)), "target": np.zeros(0)}, DataError, "0 rows"),
        ({"features": np.zeros((60, 5))}, DataError, "do not fit a last layer"),
        ({"task": "multiclass"}, DataError, "do not fit a last layer"),
        ({"task": "binary"}, DataError, "codes from 0 to 1"),
        ({"features": np.full((60, 3), np.nan)}, DataError, "finite"),
        ({"row_weights": np.zeros(60)}, DataError, "not all 0"),
        ({"prior_precision": 0.0}, ConfigError, "above 0"),
        ({"noise_variance": -1.0}, ConfigError, "above 0"),
        ({"target": features() @ np.ones(3)}, DataError, "no noise to learn"),
    ],
)
def test_what_cannot_be_fitted_is_named(change, error, message):
    x, y = regression()
    x = np.round(x * 4) / 4  # so that the last case has residuals of exactly 0
    given = {"features": x, "weight": np.ones((1, 3)), "bias": np.zeros(1), "target": y, "task": "regression", **change}
    if message == "no noise to learn":
        given["target"] = x @ np.ones(3)
    with pytest.raises(error, match=message):
        fit_laplace(**given)


def test_features_of_another_width_are_refused_when_predicting():
    x, y = regression()
    with pytest.raises(DataError, match="reads 3 features"):
        fit_laplace(x, np.ones((1, 3)), np.zeros(1), y, "regression").members(x[:, :2], 3, 0)
