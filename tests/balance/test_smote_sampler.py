"""The geometry of SMOTE: new rows lie on segments between neighbours of one class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from assay.balance import SMOTE


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


def test_whole_numbers_become_floats_and_float32_stays():
    y = np.repeat([0, 1], [20, 7])
    X = np.arange(54).reshape(27, 2)
    assert SMOTE(random_state=0).fit_resample(X, y)[0].dtype == np.float64
    assert SMOTE(random_state=0).fit_resample(X.astype(np.float32), y)[0].dtype == np.float32


def test_a_class_smaller_than_its_neighbourhood_uses_all_its_rows_and_says_so():
    X, y = np.arange(24.0).reshape(12, 2), np.repeat([0, 1], [9, 3])
    sampler = SMOTE(random_state=0)
    assert len(sampler.fit_resample(X, y)[0]) == 18
    assert sampler.notes_ == ("k_neighbors was lowered from 5 to 2: class 1 has no more rows to find.",)
    assert SMOTE(k_neighbors=2, random_state=0).fit(X, y).get_params()["k_neighbors"] == 2


def test_a_class_of_one_row_is_copied_and_the_sampler_says_so():
    X, y = np.arange(14.0).reshape(7, 2), np.repeat([0, 1], [6, 1])
    sampler = SMOTE(random_state=0)
    made = sampler.fit_resample(X, y)[0]
    assert made[7:].tolist() == [[12.0, 13.0]] * 5
    assert sampler.notes_ == ("class 1 has 1 row, which was copied: there is nothing to interpolate with.",)


@pytest.mark.parametrize("k", [0, 2.5, "5"])
def test_an_impossible_number_of_neighbours_is_refused(k):
    with pytest.raises(ValueError, match="k_neighbors"):
        SMOTE(k_neighbors=k).fit_resample(np.eye(4), [0, 0, 1, 1])


def test_missing_values_are_refused():
    X = np.eye(8)
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        SMOTE(k_neighbors=1).fit_resample(X, [0, 0, 0, 0, 0, 0, 1, 1])
