"""The sampler against targets whose mean, covariance and quantiles are known."""

import numpy as np
import pytest
from scipy import stats
from tests.nets.uncertainty.targets import banana, gaussian

from assay.core.errors import ConfigError, DataError
from assay.nets.uncertainty.diagnostics import mean_ess, problems, r_hat
from assay.nets.uncertainty.hmc import sample

COVARIANCE = np.array([[1.0, 1.4, 0.0], [1.4, 4.0, -0.01], [0.0, -0.01, 0.0025]])
MEAN = np.array([1.0, -2.0, 30.0])


def test_mean_covariance_and_quantiles_of_a_gaussian_are_found_from_afar():
    found = sample(gaussian(MEAN, COVARIANCE), np.zeros(3), draws=800, warm_up=400, seed=1)
    assert found.values.shape == (4, 800, 3)
    assert problems(found.values, found.divergences) == ()
    flat, deviation = found.flat(), np.sqrt(np.diag(COVARIANCE))
    error = deviation / np.sqrt(mean_ess(found.values))
    assert (np.abs(flat.mean(axis=0) - MEAN) < 4 * error).all()
    assert (error < 0.05 * deviation).all()
    assert flat.std(axis=0) == pytest.approx(deviation, rel=0.1)
    assert np.corrcoef(flat.T) == pytest.approx(COVARIANCE / np.outer(deviation, deviation), abs=0.08)
    standard = (flat - MEAN) / deviation
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert (standard < stats.norm.ppf(level)).mean(axis=0) == pytest.approx(level, abs=0.035)


def test_the_variances_and_the_acceptance_are_learnt():
    found = sample(gaussian(MEAN, COVARIANCE), np.zeros(3), draws=100, warm_up=400, seed=2)
    assert found.variance == pytest.approx(np.tile(np.diag(COVARIANCE), (4, 1)), rel=0.6)
    assert (np.abs(found.acceptance - 0.85) < 0.15).all()
    assert (found.log_density[:, -1] == [gaussian(MEAN, COVARIANCE)(end)[0] for end in found.values[:, -1]]).all()


def test_a_target_that_is_no_gaussian_has_its_own_moments():
    """y given x is normal about x² with variance 1/2: E y = 1, var y = 2.5, and x and y do not correlate."""
    found = sample(banana, np.zeros(2), draws=800, warm_up=300, seed=0)
    flat = found.flat()
    assert r_hat(found.values).max() < 1.03
    assert flat.mean(axis=0) == pytest.approx([0, 1], abs=0.2)
    assert flat[:, 0].var() == pytest.approx(1, abs=0.15)
    assert flat[:, 1].var() == pytest.approx(2.5, rel=0.3)


def test_equal_seeds_give_equal_draws_and_a_chain_is_the_same_beside_others():
    target = gaussian(np.zeros(2), np.eye(2))
    few = {"draws": 20, "warm_up": 40}
    first, again = (sample(target, np.zeros(2), chains=2, seed=3, **few).values for _ in range(2))
    assert np.array_equal(first, again)
    assert np.array_equal(sample(target, np.zeros(2), chains=3, seed=3, **few).values[:2], first)
    assert not np.array_equal(sample(target, np.zeros(2), chains=2, seed=4, **few).values, first)
    assert not np.array_equal(first[0], first[1])


def test_chains_in_two_modes_that_none_can_leave_are_found_out():
    def modes(position: np.ndarray) -> tuple[float, np.ndarray]:
        near = np.where(position[0] > 0, 10.0, -10.0)
        return -0.5 * float((position[0] - near) ** 2), np.array([near - position[0]])

    starts = np.array([[-10.0], [10.0], [-9.0], [11.0]])
    found = sample(modes, starts, draws=200, warm_up=100, seed=0)
    assert r_hat(found.values)[0] > 1.5
    assert "do not agree" in problems(found.values, found.divergences)[0]
    assert (np.sign(found.values[:, :, 0]) == np.sign(starts)).all()


def test_paths_that_fall_off_a_cliff_are_counted():
    def half(position: np.ndarray) -> tuple[float, np.ndarray]:
        x = position[0]
        return (-x, np.array([-1.0])) if x > 0 else (-np.inf, np.array([np.nan]))

    found = sample(half, np.array([1.0]), draws=600, warm_up=0, path=1.5, seed=0)
    assert found.divergences.sum() > 10
    assert (found.values > 0).all()
    assert found.flat().mean() == pytest.approx(1, abs=0.3)  # of the exponential distribution


def test_members_are_draws_from_all_chains():
    found = sample(gaussian(np.zeros(2), np.eye(2)), np.zeros(2), draws=25, warm_up=20, seed=0)
    members = found.members(8)
    assert members.shape == (8, 2)
    assert [sum((row == chain).all(axis=1).any() for row in members) for chain in found.values] == [2, 2, 2, 2]
    assert np.array_equal(found.members(100), found.flat())
    for count in (0, 101):
        with pytest.raises(ConfigError, match="there are 100 draws"):
            found.members(count)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"draws": 3}, ConfigError, "draws=3"),
        ({"warm_up": -1}, ConfigError, "warm_up=-1"),
        ({"chains": 0}, ConfigError, "chains=0"),
        ({"path": 0.0}, ConfigError, "path=0"),
        ({"acceptance": 1.0}, ConfigError, "acceptance=1"),
        ({"start": np.zeros((3, 2))}, DataError, r"\(4, d\) for 4 chains"),
        ({"start": np.zeros(0)}, DataError, "start has the form"),
        ({"density": lambda position: (np.nan, position)}, DataError, "100 random starts"),
        ({"density": lambda position: (0.0, position * np.inf), "start": np.ones((4, 2))}, DataError, "at this start"),
    ],
)
def test_what_cannot_be_sampled_is_named(change, error, message):
    given = {"density": gaussian(np.zeros(2), np.eye(2)), "start": np.zeros(2), "seed": 0, **change}
    with pytest.raises(error, match=message):
        sample(**given)
