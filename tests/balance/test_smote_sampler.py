"""The geometry of SMOTE: new rows lie on segments between neighbours of one class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import kstest

from assay.balance import SMOTE
from assay.balance.segments import draw_pairs, nearest_within


def on_a_neighbour_segment(point, own, k):
    """Whether the point lies on x—n for some row x of ``own`` and one of the k nearest others n of x."""
    distances = cdist(own, own)
    np.fill_diagonal(distances, np.inf)
    for row in range(len(own)):
        reach = np.sort(distances[row])[k - 1]
        for mate in np.flatnonzero(distances[row] <= reach):
            step = own[mate] - own[row]
            alpha = (point - own[row]) @ step / (step @ step)
            if 0 <= alpha <= 1 and np.allclose(own[row] + alpha * step, point, atol=1e-9):
                return True
    return False


@pytest.mark.parametrize("k", [1, 3, 5])
def test_new_rows_lie_on_segments_between_minority_neighbours(k):
    rng = np.random.default_rng(k)
    X, y = rng.normal(size=(80, 4)), np.repeat([0, 1], [60, 20])
    made, labels = SMOTE(random_state=0, k_neighbors=k).fit_resample(X, y)
    assert len(made) == 120
    assert (labels[80:] == 1).all()
    assert all(on_a_neighbour_segment(point, X[60:], k) for point in made[80:])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.sampled_from([1e-9, 1.0, 1e12]))
def test_new_rows_never_leave_the_box_of_their_class(seed, scale):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(40, 3)) * scale, np.repeat([0, 1], [32, 8])
    new = SMOTE(random_state=seed).fit_resample(X, y)[0][40:]
    assert (new >= X[32:].min(axis=0)).all()
    assert (new <= X[32:].max(axis=0)).all()


def test_neighbours_are_those_of_a_brute_search_and_never_the_point_itself():
    points = np.random.default_rng(0).normal(size=(50, 3))
    distances = cdist(points, points)
    np.fill_diagonal(distances, np.inf)
    assert np.array_equal(np.sort(nearest_within(points, 4)), np.sort(np.argsort(distances, axis=1)[:, :4]))


def test_a_point_among_its_copies_is_not_its_own_neighbour():
    nearest = nearest_within(np.zeros((8, 2)), 5)
    assert all(row not in nearest[row] for row in range(8))


def test_pairs_and_steps_are_drawn_evenly():
    neighbours = np.array([[1, 2], [0, 2], [0, 1]])
    base, mate, alpha = draw_pairs(neighbours, 30_000, np.random.default_rng(0))
    pairs = np.bincount(base * 3 + mate, minlength=9).reshape(3, 3)
    assert (np.diag(pairs) == 0).all()
    assert pairs[pairs > 0] == pytest.approx(np.full(6, 5_000), rel=0.05)
    assert kstest(alpha, "uniform").pvalue > 0.001


def test_whole_numbers_become_floats_and_float32_stays():
    y = np.repeat([0, 1], [20, 7])
    X = np.arange(54).reshape(27, 2)
    assert SMOTE(random_state=0).fit_resample(X, y)[0].dtype == np.float64
    assert SMOTE(random_state=0).fit_resample(X.astype(np.float32), y)[0].dtype == np.float32


def test_a_class_smaller_than_its_neighbourhood_is_refused_with_what_to_pass():
    X, y = np.arange(24.0).reshape(12, 2), np.repeat([0, 1], [9, 3])
    with pytest.raises(ValueError, match="class 1 has 3 rows, k_neighbors=5 needs 6; pass k_neighbors=2"):
        SMOTE().fit_resample(X, y)
    assert len(SMOTE(k_neighbors=2).fit_resample(X, y)[0]) == 18


@pytest.mark.parametrize("k", [0, 2.5, "5"])
def test_an_impossible_number_of_neighbours_is_refused(k):
    with pytest.raises(ValueError, match="k_neighbors"):
        SMOTE(k_neighbors=k).fit_resample(np.eye(4), [0, 0, 1, 1])


def test_missing_values_are_refused():
    X = np.eye(8)
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        SMOTE(k_neighbors=1).fit_resample(X, [0, 0, 0, 0, 0, 0, 1, 1])
