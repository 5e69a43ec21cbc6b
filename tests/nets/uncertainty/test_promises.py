"""Simulations with a known truth: intervals of a linear-Gaussian model hold it as often as they promise."""

import numpy as np
import pytest
from scipy import stats

from assay.measure.metrics.spread import CRPS, interval_coverage
from assay.measure.payload import Predictions, Truth
from assay.nets.uncertainty.bayes_net import LinearMap, Posterior
from assay.nets.uncertainty.hmc import sample
from assay.nets.uncertainty.laplace import fit_laplace
from assay.nets.uncertainty.spread import ValueSpread, value_spread

ROWS, COLUMNS, NOISE, AT = 25, 2, 0.5, np.array([[0.3, -0.2], [2.0, 1.0], [-6.0, 3.0]])


def world(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows, their targets, the true values at ``AT``, and new targets there; weights drawn from the prior N(0, 1)."""
    random = np.random.default_rng(seed)
    weights = random.normal(size=COLUMNS + 1)
    x = random.normal(size=(ROWS, COLUMNS))
    y, true = (rows @ weights[:-1] + weights[-1] for rows in (x, AT))
    return x, y + NOISE * random.normal(size=ROWS), true, true + NOISE * random.normal(size=len(AT))


def by_laplace(x: np.ndarray, y: np.ndarray, seed: int) -> ValueSpread:
    """Everything is learnt: the weights by least squares, the prior and the noise by marginal likelihood."""
    weights = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)[0]
    found = fit_laplace(x, weights[None, :-1], weights[-1:], y, "regression")
    return value_spread(found.members(AT, 300, seed), found.noise_variance)


def by_hmc(x: np.ndarray, y: np.ndarray, seed: int) -> ValueSpread:
    target = Posterior(LinearMap(COLUMNS, 1), "regression", x, y)
    found = sample(target, np.zeros(target.size), draws=120, warm_up=80, chains=1, seed=seed, path=1.5).flat()
    return value_spread(target.outputs(found, AT), target.noise_variances(found))


def promises_held(method, simulations: int) -> tuple[np.ndarray, np.ndarray]:
    """How often 90 % intervals hold the true value, and a new target, at each place of ``AT``; (3,) each."""
    reach = stats.norm.ppf(0.95)
    value, target = np.zeros(len(AT)), np.zeros(len(AT))
    for seed in range(simulations):
        x, y, true, new = world(seed)
        found = method(x, y, seed)
        value += np.abs(true - found.value) <= reach * np.sqrt(found.epistemic)
        target += np.abs(new - found.value) <= reach * found.spread
    return value, target


@pytest.mark.parametrize(("method", "simulations"), [(by_laplace, 300), (by_hmc, 25)])
def test_intervals_of_a_linear_gaussian_model_hold_what_they_promise(method, simulations):
    low, high = stats.binom(simulations, 0.9).ppf([0.0005, 0.9995])
    slack = 0.03 * simulations  # a normal interval with a noise learnt from 25 rows is a little narrow: Student's is right
    for held in promises_held(method, simulations):
        assert (held >= low - slack).all()
        assert (held <= high + slack).all()


@pytest.mark.slow
@pytest.mark.parametrize("method", [by_laplace, by_hmc])
def test_intervals_hold_what_they_promise_over_many_simulations(method):
    for held in promises_held(method, 1500):
        assert held / 1500 == pytest.approx(0.9, abs=0.035)


def test_the_measured_coverage_and_score_tell_an_honest_spread_from_others():
    truths, values, spreads = [], [], []
    for seed in range(120):
        x, y, _, new = world(seed)
        found = by_laplace(x, y, seed)
        truths.append(new)
        values.append(found.value)
        spreads.append(found.spread)
    target, value, spread = (np.concatenate(parts) for parts in (truths, values, spreads))
    units = np.arange(len(target))
    truth, coverage = Truth("value", units, {"target": target}), interval_coverage("0.9")

    def measured(factor: float) -> tuple[float, float]:
        said = Predictions("value", units, {"value": value, "spread": factor * spread})
        ones = np.ones(len(units))
        return tuple(float(metric.value(metric.unit_statistics(truth, said), ones)) for metric in (coverage, CRPS))

    honest, bold, shy = measured(1.0), measured(0.4), measured(2.5)
    assert honest[0] == pytest.approx(0.9, abs=0.05)
    assert bold[0] < 0.6
    assert shy[0] > 0.99
    assert honest[1] < min(bold[1], shy[1])


@pytest.mark.parametrize("method", [by_laplace, by_hmc])
def test_doubt_grows_away_from_the_data_and_noise_does_not(method):
    x, y, _, _ = world(3)
    found = method(x, y, 0)
    assert (np.diff(found.epistemic) > 0).all()
    assert found.epistemic[2] > 10 * found.epistemic[0]
    assert np.ptp(found.aleatoric) == pytest.approx(0)
