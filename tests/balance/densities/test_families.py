"""The families: parameters and densities against scipy.stats."""

import numpy as np
import pytest
from scipy import stats

from assay.balance.densities.density import Levels, Parametric, Spiked
from assay.balance.densities.families import CONTINUOUS, FAMILIES, support_of

LAWS = {
    "normal": stats.norm(5, 2),
    "log-normal": stats.lognorm(0.8, scale=3),
    "gamma": stats.gamma(2.5, scale=2),
    "log-gamma": stats.loggamma(0.5, loc=1, scale=2),
    "exponential": stats.expon(scale=3),
    "weibull": stats.weibull_min(0.7, scale=2),
    "beta": stats.beta(0.7, 2.5),
    "poisson": stats.poisson(3),
}


def fitted(name, x, weights=None):
    return FAMILIES[name](x, np.ones(len(x)) if weights is None else weights, support_of(x))


def numbers_of(density):
    return [value for name, value in density.parameters.items() if not (name == "loc" and value == 0)]


def true_numbers(law):
    return [*law.args, *[law.kwds[key] for key in ("loc", "scale") if key in law.kwds]]


@pytest.mark.parametrize("name", LAWS)
def test_the_parameters_of_a_simulation_are_found_again(name):
    density = fitted(name, LAWS[name].rvs(200_000, random_state=1).astype(float))
    ours = [value for value in numbers_of(density) if not (name == "beta" and value == 1)]
    assert ours == pytest.approx(true_numbers(LAWS[name]), rel=0.03)


@pytest.mark.parametrize("name", ["gamma", "weibull", "log-gamma", "beta", "log-normal", "exponential", "normal"])
def test_no_parameters_that_scipy_finds_are_likelier(name):
    x = LAWS[name].rvs(400, random_state=2)
    law = LAWS[name].dist
    located = {} if name in ("normal", "log-gamma") else {"floc": 0} | ({"fscale": 1} if name == "beta" else {})
    theirs = law.logpdf(x, *law.fit(x, **located)).sum()
    assert fitted(name, x).log_density(x).sum() >= theirs - 1e-3


@pytest.mark.parametrize("name", LAWS)
def test_density_cdf_and_quantile_are_those_of_scipy(name):
    x = LAWS[name].rvs(200, random_state=3).astype(float)
    density = fitted(name, x)
    scipy_law = getattr(stats, LAWS[name].dist.name)
    placed = density.parameters
    law = scipy_law(*density.shapes, loc=placed["loc"], **({"scale": placed["scale"]} if "scale" in placed else {}))
    log = law.logpmf if name == "poisson" else law.logpdf
    np.testing.assert_allclose(density.log_density(x), log(x), rtol=1e-12)
    np.testing.assert_allclose(density.cdf(x), law.cdf(x), rtol=1e-12)
    u = np.linspace(0.01, 0.99, 25)
    np.testing.assert_allclose(density.quantile(u), law.ppf(u), rtol=1e-12)


@pytest.mark.parametrize("name", LAWS)
def test_a_weight_of_three_is_three_rows(name):
    x = LAWS[name].rvs(60, random_state=4).astype(float)
    weights = np.where(np.arange(60) % 2, 3.0, 1.0)
    copies = np.repeat(x, weights.astype(int))
    support = support_of(x)
    by_weight, by_copies = FAMILIES[name](x, weights, support), FAMILIES[name](copies, np.ones(len(copies)), support)
    assert by_weight.family == by_copies.family == name
    assert by_weight.parameters == pytest.approx(by_copies.parameters, rel=1e-4)


@pytest.mark.parametrize("name", ["log-normal", "gamma", "exponential", "weibull"])
def test_values_below_zero_give_a_location_just_below_the_smallest(name):
    x = LAWS[name].rvs(500, random_state=5) - 4
    density = fitted(name, x)
    assert x.min() - 0.2 < density.parameters["loc"] < x.min()
    assert np.isfinite(density.log_density(x)).all()
    assert stats.kstest(x, density.cdf).statistic < 0.08


def test_a_beta_beyond_the_unit_interval_is_stretched_over_the_range():
    law = stats.beta(2, 3, loc=10, scale=50)
    density = fitted("beta", law.rvs(5000, random_state=6))
    assert [density.parameters[key] for key in ("loc", "scale")] == pytest.approx([10, 50], rel=0.1)
    assert density.quantile(np.array([0.1, 0.5, 0.9])) == pytest.approx(law.ppf([0.1, 0.5, 0.9]), rel=0.02)


def test_levels_are_frequencies_with_half_a_row_added_to_each():
    x = np.repeat([0.0, 1.0, 2.0], [6, 3, 1])
    density = fitted("categorical", x)
    np.testing.assert_allclose(density.shares, np.array([6.5, 3.5, 1.5]) / 11.5)
    law = stats.rv_discrete(values=([0, 1, 2], density.shares))
    asked = np.array([-1.0, 0.0, 1.0, 2.0, 3.0])
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(density.log_density(asked), law.logpmf(asked))
    np.testing.assert_allclose(density.cdf(asked), law.cdf(asked))
    u = np.array([0.01, 0.3, 0.6, 0.95, 0.999])
    np.testing.assert_array_equal(density.quantile(u), law.ppf(u))


def test_a_bernoulli_is_that_of_scipy_on_its_two_values():
    density = fitted("bernoulli", np.repeat([0.0, 1.0], [700, 300]))
    share = density.parameters["p"]
    assert share == pytest.approx(0.3, abs=1e-3)
    np.testing.assert_allclose(density.log_density(np.array([0.0, 1.0])), stats.bernoulli(share).logpmf([0, 1]))
    assert fitted("bernoulli", np.array([0.0, 1.0, 2.0])) is None


def test_counts_may_start_above_zero_and_fractions_are_no_counts():
    assert fitted("poisson", stats.poisson(2).rvs(4000, random_state=7) + 100.0).parameters == pytest.approx(
        {"mu": 2, "loc": 100}, rel=0.05
    )
    assert fitted("poisson", np.array([0.5, 1.0])) is None


@pytest.mark.parametrize("name", CONTINUOUS)
def test_masses_of_a_lattice_add_up_to_one_and_are_density_times_step(name):
    density = fitted(name, LAWS[name].rvs(300, random_state=8))
    low, high = density.quantile(np.array([1e-6, 1 - 1e-6]))
    step = (high - low) / 20_000
    lattice = low + step * np.arange(20_001)
    masses = density.log_mass(lattice, step)
    assert np.exp(masses).sum() == pytest.approx(1, abs=1e-2)
    middle = slice(5000, 6000)
    np.testing.assert_allclose(masses[middle], density.log_density(lattice[middle]) + np.log(step), atol=1e-3)


def test_a_mass_far_in_the_upper_tail_keeps_its_digits():
    normal = Parametric("normal", (), 0.0, 1.0, 2)
    assert normal.log_mass(np.array([15.0, -15.0]), 0.01) == pytest.approx(stats.norm.logpdf(15) + np.log(0.01), rel=1e-3)


@pytest.mark.parametrize("rest", [Parametric("gamma", (2.0,), 0.0, 3.0, 2), Parametric("poisson", (4.0,), 0.0, 1.0, 1)])
def test_the_quantile_of_a_spiked_density_is_the_inverse_of_its_cdf(rest):
    density = Spiked(np.array([0.0, 7.0]), np.array([0.3, 0.2]), rest)
    u = np.linspace(0.0005, 0.9995, 1000)
    x = density.quantile(u)
    assert (np.diff(x) >= 0).all()
    assert (density.cdf(x) >= u - 1e-9).all()
    assert (density.cdf(x - 1e-6) <= u + 1e-6).all()
    own = rest.log_density(np.array([0.0, 7.0])) if rest.family == "poisson" else np.full(2, -np.inf)
    assert [np.mean(x == 0), np.mean(x == 7)] == pytest.approx([0.3, 0.2] + 0.5 * np.exp(own), abs=2e-3)


def test_a_spiked_density_on_a_lattice_sums_to_one():
    density = Spiked(np.array([0.0, 9.0]), np.array([0.3, 0.2]), Parametric("poisson", (4.0,), 0.0, 1.0, 1))
    assert np.exp(density.log_mass(np.arange(60.0), 1.0)).sum() == pytest.approx(1)
    assert density.free == 3
    assert isinstance(FAMILIES["categorical"](np.array([1.0, 1.0]), np.ones(2), support_of(np.ones(2))), Levels)
