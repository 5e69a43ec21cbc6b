"""The integrator: reversible, of unit volume, of second order; and moves that leave the target as it is."""

import numpy as np
import pytest
from scipy import stats
from tests.nets.uncertainty.targets import banana, gaussian

from assay.nets.uncertainty.leapfrog import energy, leapfrog, move, point_at

VARIANCE = np.array([0.7, 1.8])


def travel(state: np.ndarray, step: float, steps: int) -> np.ndarray:
    """(position, momentum) (4,) before -> after."""
    point, momentum = leapfrog(banana, point_at(banana, state[:2]), state[2:], step, VARIANCE, steps)
    return np.concatenate([point.position, momentum])


def test_a_trajectory_run_backwards_ends_where_it_began():
    for seed in range(5):
        state = np.random.default_rng(seed).normal(size=4)
        there = travel(state, 0.1, 40)
        assert np.abs(there - state).max() > 0.1
        back = travel(there * [1, 1, -1, -1], 0.1, 40)
        assert back * [1, 1, -1, -1] == pytest.approx(state, abs=1e-10)


def test_volumes_are_preserved():
    for seed in range(5):
        state = np.random.default_rng(seed).normal(size=4)
        width = 1e-5 * np.eye(4)
        jacobian = np.stack([(travel(state + w, 0.15, 15) - travel(state - w, 0.15, 15)) / 2e-5 for w in width], axis=1)
        assert np.linalg.det(jacobian) == pytest.approx(1, abs=1e-6)
        assert np.abs(jacobian - np.eye(4)).max() > 0.3


def test_the_error_of_the_energy_falls_with_the_square_of_the_step():
    errors = []
    for halvings in range(4):
        found = []
        for seed in range(8):
            state, steps = np.random.default_rng(seed).normal(size=4), 16 * 2**halvings
            point, momentum = leapfrog(banana, point_at(banana, state[:2]), state[2:], 1.0 / steps, VARIANCE, steps)
            start = energy(point_at(banana, state[:2]), state[2:], VARIANCE)
            found.append(energy(point, momentum, VARIANCE) - start)
        errors.append(np.abs(found).mean())
    assert np.array(errors[:-1]) / errors[1:] == pytest.approx(4, rel=0.1)


def test_one_step_is_that_of_the_formulas():
    state = np.array([0.3, -0.2, 0.5, 1.1])
    half = state[2:] + 0.05 * banana(state[:2])[1]
    position = state[:2] + 0.1 * VARIANCE * half
    expected = np.concatenate([position, half + 0.05 * banana(position)[1]])
    assert travel(state, 0.1, 1) == pytest.approx(expected)


def test_moves_leave_the_target_as_it_is_however_crude_the_step():
    """Points of the target itself, moved once each with a large step: they are still of the target."""
    random = np.random.default_rng(0)
    covariance = np.array([[1.0, 0.6], [0.6, 2.0]])
    density = gaussian(np.zeros(2), covariance)
    before = random.multivariate_normal(np.zeros(2), covariance, 4000)
    moved = [move(density, point_at(density, position), 1.2, VARIANCE, 3, random) for position in before]
    after = np.stack([one.point.position for one in moved])
    refused = np.mean((after == before).all(axis=1))
    assert 0.05 < refused < 0.6
    for direction in ([1, 0], [0, 1], [1, 1], [1, -1]):
        along = np.array(direction)
        assert stats.kstest(after @ along, stats.norm(0, np.sqrt(along @ covariance @ along)).cdf).pvalue > 0.001
    assert np.mean([one.acceptance for one in moved]) == pytest.approx(1 - refused, abs=0.03)


def test_a_path_that_leaves_the_target_is_refused_and_counted():
    def cliff(position: np.ndarray) -> tuple[float, np.ndarray]:
        return (-0.5 * float(position @ position), -position) if abs(position[0]) < 2 else (-np.inf, np.full(2, np.nan))

    random, start = np.random.default_rng(0), np.array([1.9, 0.0])
    moved = [move(cliff, point_at(cliff, start), 0.5, np.ones(2), 10, random) for _ in range(50)]
    out = [one for one in moved if one.diverged]
    assert 5 < len(out) < 45
    assert all(one.acceptance == 0 and np.array_equal(one.point.position, start) for one in out)
    stiff = gaussian(np.zeros(2), np.diag([1e-6, 1.0]))
    far = move(stiff, point_at(stiff, np.zeros(2)), 1.0, np.ones(2), 5, random)
    assert far.diverged
    assert np.array_equal(far.point.position, np.zeros(2))
