"""The classifier's AUC is honest: 0.5 for the law itself and for copies, with intervals that hold what they promise."""

import numpy as np
import pytest
from tests.balance.quality.cases import law

from assay.balance.quality.told import cells, told_apart


def aucs(make, count: int, n: int) -> list:
    found = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        real = law(rng, n)
        sides = real, make(rng, real)
        found.append(told_apart(sides, sides, level=0.95, seed=seed))
    return found


MAKERS = {
    "the law": lambda rng, real: law(rng, len(real)),
    "copies": lambda rng, real: real[rng.integers(0, len(real), len(real))],
}


def assert_fair(found: list, covered: float) -> None:
    assert np.mean([one.value for one in found]) == pytest.approx(0.5, abs=0.02)
    assert np.mean([one.low <= 0.5 <= one.high for one in found]) >= covered


@pytest.mark.parametrize("what", MAKERS)
def test_the_law_and_copies_are_at_chance(what):
    assert_fair(aucs(MAKERS[what], 30, 150), covered=0.8)


@pytest.mark.slow
@pytest.mark.parametrize("what", MAKERS)
@pytest.mark.parametrize("n", [60, 300])
def test_the_law_and_copies_are_at_chance_in_many_tables(what, n):
    assert_fair(aucs(MAKERS[what], 200, n), covered=0.85)


def test_rows_far_away_are_told_apart():
    (found,) = aucs(lambda rng, real: law(rng, len(real)) + np.array([1, -1, 1, -1, 0]), 1, 150)
    assert found.low > 0.75
    assert found.method.startswith("DeLong")


def test_equal_points_share_a_cell_whatever_their_number():
    points = np.repeat(np.random.default_rng(0).normal(size=(40, 3)), 4, axis=0)
    found = cells(points, 10, seed=0)
    assert len(np.unique(found)) <= 10
    assert (found.reshape(40, 4) == found.reshape(40, 4)[:, :1]).all()


def test_a_place_that_holds_all_rows_leaves_nothing_to_measure():
    same = np.zeros((50, 2))
    found = told_apart((same, same), (same, same), level=0.95, seed=0)
    assert found.value is None
    assert "too few places" in found.undefined
