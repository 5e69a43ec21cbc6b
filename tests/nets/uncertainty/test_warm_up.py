"""Windows, variances and the step size, each against what it is for."""

import itertools

import numpy as np
import pytest
from tests.nets.uncertainty.targets import gaussian

from assay.nets.uncertainty.leapfrog import move, point_at
from assay.nets.uncertainty.warm_up import StepSize, first_step, variances_of, windows


@pytest.mark.parametrize("warm_up", [20, 50, 149, 150, 175, 250, 500, 1000, 4321])
def test_windows_follow_on_each_other_and_leave_room_for_the_step_size(warm_up):
    found = windows(warm_up)
    assert all(end == begin for (_, end), (begin, _) in itertools.pairwise(found))
    assert 0 < found[0][0] < found[-1][1] < warm_up
    assert found[-1][1] == warm_up - (50 if warm_up >= 150 else int(0.1 * warm_up))
    lengths = [end - begin for begin, end in found]
    assert all(after >= 2 * before for before, after in itertools.pairwise(lengths))


def test_a_warm_up_that_is_too_short_has_no_window():
    assert windows(19) == windows(0) == ()


def test_variances_are_those_of_the_window_and_never_0():
    positions = np.random.default_rng(0).normal(scale=[0.1, 3.0], size=(500, 2))
    assert variances_of(positions) == pytest.approx([0.01, 9.0], rel=0.15)
    assert (variances_of(np.ones((20, 2))) > 0).all()


def test_the_first_step_is_of_the_size_of_the_target():
    random = np.random.default_rng(0)
    for scale in (1e-4, 1.0, 1e4):
        density = gaussian(np.zeros(3), scale**2 * np.eye(3))
        step = first_step(density, point_at(density, np.full(3, scale)), np.ones(3), random)
        assert 0.1 * scale < step < 10 * scale


@pytest.mark.parametrize("target", [0.6, 0.8, 0.9])
def test_dual_averaging_reaches_the_acceptance_it_aims_at(target):
    random, deviation = np.random.default_rng(1), np.linspace(0.5, 2, 30)
    density = gaussian(np.zeros(30), np.diag(deviation**2))
    point = point_at(density, deviation)
    size = StepSize.starting_at(1.0, target)
    for _ in range(600):
        moved = move(density, point, size.current, np.ones(30), 3, random)
        point, size = moved.point, size.after(moved.acceptance)
    accepted = []
    for _ in range(400):
        moved = move(density, point, size.final, np.ones(30), 3, random)
        point = moved.point
        accepted.append(moved.acceptance)
    assert np.mean(accepted) == pytest.approx(target, abs=0.07)


def test_the_step_follows_the_recursion_of_the_paper():
    """Hoffman & Gelman (2014), algorithm 5, written out for two moves."""
    mu, shortfall, average = np.log(10 * 0.5), 0.0, 0.0
    size = StepSize.starting_at(0.5, 0.8)
    assert size.current == size.final == pytest.approx(0.5)
    for m, acceptance in ((1, 0.3), (2, 0.95)):
        shortfall = (1 - 1 / (m + 10)) * shortfall + (0.8 - acceptance) / (m + 10)
        log_step = mu - np.sqrt(m) / 0.05 * shortfall
        average = m**-0.75 * log_step + (1 - m**-0.75) * average
        size = size.after(acceptance)
        assert size.current == pytest.approx(np.exp(log_step))
        assert size.final == pytest.approx(np.exp(average))
