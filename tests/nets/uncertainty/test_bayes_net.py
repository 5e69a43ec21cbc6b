"""Log posteriors against scipy's densities and numeric gradients, and what the sampler makes of them against closed forms."""

import numpy as np
import pytest
import torch
from scipy import special, stats
from torch import nn

from assay.core.errors import ConfigError, DataError
from assay.nets.uncertainty.bayes_net import LinearMap, OneHidden, Posterior
from assay.nets.uncertainty.diagnostics import mean_ess, problems, r_hat
from assay.nets.uncertainty.hmc import sample
from assay.nets.uncertainty.spread import class_spread, value_spread


def rows(n: int = 20, d: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def posterior(task: str, hidden: bool, *, noise: float | None = None, weights: np.ndarray | None = None) -> Posterior:
    random, outputs = np.random.default_rng(1), 4 if task == "multiclass" else 1
    target = random.normal(size=20) if task == "regression" else random.integers(0, max(outputs, 2), 20)
    form = OneHidden(3, 5, outputs) if hidden else LinearMap(3, outputs)
    return Posterior(form, task, rows(), target, prior_scale=1.7, noise=noise, row_weights=weights)


FORMS = [(task, hidden) for task in ("binary", "multiclass", "regression") for hidden in (False, True)]
EVERY = [(*form, noise) for form in FORMS for noise in (None, 0.4)]


@pytest.mark.parametrize(("task", "hidden", "noise"), EVERY)
def test_the_gradient_is_the_numeric_one(task, hidden, noise):
    target = posterior(task, hidden, noise=noise, weights=np.random.default_rng(5).uniform(0, 2, 20))
    at = np.random.default_rng(2).normal(size=target.size)
    step = 1e-5 * np.eye(target.size)
    numeric = [(target(at + move)[0] - target(at - move)[0]) / 2e-5 for move in step]
    assert target(at)[1] == pytest.approx(numeric, rel=1e-6, abs=1e-6)


def test_the_log_density_is_likelihood_and_prior_of_scipy():
    target = posterior("regression", hidden=False)
    at = np.random.default_rng(3).normal(size=5)  # three weights, the bias, the logarithm of the noise
    value = target.rows @ at[:3] + at[3]
    parts = stats.norm(value, np.exp(at[4])).logpdf(target.target).sum(), stats.norm(0, 1.7).logpdf(at[:4]).sum()
    constant = stats.norm(0, 1.7).logpdf(0) * 4
    assert target(at)[0] == pytest.approx(sum(parts) - constant + stats.norm.logpdf(at[4]) - stats.norm.logpdf(0))
    for task, outputs in (("binary", 1), ("multiclass", 4)):
        target = posterior(task, hidden=False)
        at = np.random.default_rng(3).normal(size=4 * outputs)
        logits = target.rows @ at[: 3 * outputs].reshape(3, outputs) + at[3 * outputs :]
        if outputs == 1:
            likelihood = stats.bernoulli(special.expit(logits[:, 0])).logpmf(target.target).sum()
        else:
            likelihood = special.log_softmax(logits, axis=1)[np.arange(20), target.target].sum()
        prior = stats.norm(0, 1.7).logpdf(at).sum() - stats.norm(0, 1.7).logpdf(0) * len(at)
        assert target(at)[0] == pytest.approx(likelihood + prior)


def test_the_net_of_one_hidden_layer_is_that_of_torch():
    form = OneHidden(3, 5, 2)
    at = np.random.default_rng(0).normal(size=32)
    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    parts = [at[:15].reshape(3, 5).T, at[15:20], at[20:30].reshape(5, 2).T, at[30:]]
    with torch.no_grad():
        for parameter, values in zip(model.parameters(), parts, strict=True):
            parameter.copy_(torch.from_numpy(values.copy()))
        assert form.values(at, rows()) == pytest.approx(model(torch.from_numpy(rows())).numpy())
    slope = np.random.default_rng(1).normal(size=(20, 2))
    model(torch.from_numpy(rows())).backward(torch.from_numpy(slope))
    gradients = [parameter.grad.numpy().T.ravel() for parameter in model.parameters()]
    assert form.gradient(at, rows(), slope) == pytest.approx(np.concatenate(gradients))


def test_outputs_under_the_prior_keep_their_scale_however_wide_the_net():
    spreads = []
    for hidden in (5, 500):
        form = OneHidden(3, hidden, 1)
        draws = np.random.default_rng(0).normal(size=(400, len(form.fans()))) / np.sqrt(form.fans())
        spreads.append(np.std([form.values(draw, rows()) for draw in draws]))
    assert spreads[0] == pytest.approx(spreads[1], rel=0.15)


def test_row_weights_are_repeated_rows():
    counts = np.random.default_rng(0).integers(0, 3, 20)
    for task in ("binary", "multiclass", "regression"):
        whole = posterior(task, hidden=True)
        again = np.repeat(np.arange(20), counts)
        repeated = Posterior(whole.map, task, whole.rows[again], whole.target[again], prior_scale=1.7)
        at = np.random.default_rng(2).normal(size=whole.size)
        found, expected = posterior(task, hidden=True, weights=counts)(at), repeated(at)
        assert found[0] == pytest.approx(expected[0])
        assert found[1] == pytest.approx(expected[1])


def test_draws_of_a_linear_regression_are_those_of_the_conjugate_posterior():
    random = np.random.default_rng(0)
    x = np.column_stack([random.normal(size=30), 0.1 * random.normal(size=30)])
    y = x @ [1.0, -3.0] + 0.5 + 0.3 * random.normal(size=30)
    design = np.column_stack([x, np.ones(30)])
    covariance = np.linalg.inv(design.T @ design / 0.09 + np.eye(3) / 4)
    mean = covariance @ design.T @ y / 0.09
    target = Posterior(LinearMap(2, 1), "regression", x, y, prior_scale=2.0, noise=0.3)
    found = sample(target, np.zeros(3), draws=500, warm_up=200, seed=1)
    assert problems(found.values, found.divergences) == ()
    deviation = np.sqrt(np.diag(covariance))
    error = deviation / np.sqrt(mean_ess(found.values))
    assert (np.abs(found.flat().mean(axis=0) - mean) < 4 * error).all()
    assert np.cov(found.flat().T) / np.outer(deviation, deviation) == pytest.approx(
        covariance / np.outer(deviation, deviation), abs=0.12
    )
    new = rows(6, 2, seed=9)
    values = value_spread(target.outputs(found.flat(), new), target.noise_variances(found.flat()))
    design = np.column_stack([new, np.ones(6)])
    assert values.value == pytest.approx(design @ mean, abs=0.05)
    assert values.total == pytest.approx(0.09 + np.sum((design @ covariance) * design, axis=1), rel=0.12)


def test_a_noise_that_is_learnt_has_the_posterior_of_its_integral():
    """One parameter beside the noise: the density of the logarithm of the noise by quadrature over a grid of both."""
    y = np.random.default_rng(0).normal(0.4, 0.5, 12)
    target = Posterior(LinearMap(1, 1), "regression", np.zeros((12, 1)), y)  # the weight has nothing to say: the prior
    found = sample(target, np.zeros(3), draws=600, warm_up=200, seed=2).flat()
    bias, log_noise = np.linspace(-2, 3, 400), np.linspace(-2.5, 1.5, 400)
    each = stats.norm.logpdf(y[:, None, None], bias[:, None], np.exp(log_noise)).sum(axis=0)
    density = np.exp(each + stats.norm.logpdf(bias)[:, None] + stats.norm.logpdf(log_noise))
    density /= density.sum()
    for place, grid, marginal in ((1, bias, density.sum(axis=1)), (2, log_noise, density.sum(axis=0))):
        mean = grid @ marginal
        deviation = np.sqrt((grid - mean) ** 2 @ marginal)
        assert found[:, place].mean() == pytest.approx(mean, abs=0.1 * deviation)
        assert found[:, place].std() == pytest.approx(deviation, rel=0.1)
    assert found[:, 0].std() == pytest.approx(1, rel=0.1)


def test_draws_of_a_logistic_regression_are_those_of_numerical_integration():
    x = np.array([[-1.5], [-0.8], [-0.2], [0.1], [0.9], [1.4], [2.0]])
    y = np.array([0, 0, 1, 0, 1, 1, 1])
    target = Posterior(LinearMap(1, 1), "binary", x, y, prior_scale=2.5)

    weight, bias = np.linspace(-10, 12, 500)[:, None], np.linspace(-11, 11, 500)
    logits = bias + weight * x[:, :, None]  # (7, 500, 500)
    log_density = special.log_expit(np.where(y == 1, 1, -1)[:, None, None] * logits).sum(axis=0)
    density = np.exp(log_density - 0.5 * (weight**2 + bias**2) / 2.5**2)
    density /= density.sum()

    found = sample(target, np.zeros(2), draws=1000, warm_up=300, seed=0)
    assert problems(found.values, found.divergences) == ()
    flat = found.flat()
    means = (density * weight).sum(), (density * bias).sum()
    error = flat.std(axis=0) / np.sqrt(mean_ess(found.values))
    assert (np.abs(flat.mean(axis=0) - means) < 4 * error).all()
    assert flat[:, 0].std() == pytest.approx(np.sqrt((density * weight**2).sum() - means[0] ** 2), rel=0.06)
    for new in (-1.0, 0.5, 4.0):
        exact = (density * special.expit(bias + weight * new)).sum()
        sampled = class_spread(target.outputs(flat, np.array([[new]]))).probability
        assert sampled == pytest.approx(exact, abs=0.015)


def test_a_small_net_agrees_between_chains_fits_its_rows_and_doubts_away_from_them():
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (24, 1))
    y = np.sin(2 * x[:, 0]) + 0.3 * random.normal(size=24)
    target = Posterior(OneHidden(1, 4, 1), "regression", x, y, prior_scale=2.0)
    found = sample(target, np.zeros(target.size), draws=200, warm_up=150, chains=2, seed=0, path=1.5)
    grid = np.array([[-6.0], [-3.0], [0.0], [3.0], [6.0]])
    outputs = target.outputs(found.flat(), grid)
    assert outputs.shape == (5, 400, 1)
    by_chain = outputs[:, :, 0].T.reshape(2, 200, 5)
    assert r_hat(by_chain).max() < 1.1
    spread = value_spread(outputs, target.noise_variances(found.flat()))
    at_rows = target.outputs(found.members(50), x).mean(axis=1)[:, 0]
    assert np.sqrt(np.mean((at_rows - np.sin(2 * x[:, 0])) ** 2)) < 0.25
    assert spread.epistemic[2] * 4 < spread.epistemic[[1, 3]].min()
    assert spread.epistemic[0] > spread.epistemic[1]
    assert spread.epistemic[4] > spread.epistemic[3]
    assert np.sqrt(spread.aleatoric[0]) == pytest.approx(0.3, rel=0.4)


def test_a_row_alone_has_the_outputs_it_has_in_a_batch():
    target = posterior("multiclass", hidden=True)
    draws = np.random.default_rng(0).normal(size=(6, target.size))
    whole = target.outputs(draws, rows())
    assert whole.shape == (20, 6, 4)
    assert target.outputs(draws, rows()[7:8])[0] == pytest.approx(whole[7], abs=1e-9)
    assert (target.noise_variances(draws) == 0).all()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"rows": np.zeros((20, 2))}, DataError, "3 inputs"),
        ({"target": np.zeros(7)}, DataError, "3 inputs"),
        ({"target": np.full(20, 2)}, DataError, "codes from 0 to 1"),
        ({"task": "multiclass"}, ConfigError, "does not fit the task"),
        ({"prior_scale": 0.0}, ConfigError, "above 0"),
        ({"noise": -1.0}, ConfigError, "above 0"),
    ],
)
def test_a_posterior_that_cannot_be_is_named(change, error, message):
    given = {"map": LinearMap(3, 1), "task": "binary", "rows": rows(), "target": np.zeros(20), **change}
    with pytest.raises(error, match=message):
        Posterior(**given)


def test_a_path_gone_astray_has_no_density_and_breaks_nothing():
    target = Posterior(LinearMap(1, 1), "regression", np.ones((3, 1)), np.ones(3))
    for log_noise in (-1e200, 1e200):
        with np.errstate(all="ignore"):
            log_density, _ = target(np.array([0.0, 0.0, log_noise]))
        assert not np.isfinite(log_density)
