"""The neighbour search against scikit-learn's and against itself: exact where it says so, honest about its recall."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

from assay.balance import neighbours
from assay.balance.fill import Unmade, made
from assay.balance.neighbours import nearest
from assay.balance.oversample.parents import Parents
from assay.core.errors import ConfigError


def brute(points, queries, k):
    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points).kneighbors(queries)


def others(points, k):
    """scikit-learn leaves each point out when it is asked without points."""
    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points).kneighbors()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("n", "d", "k"), [(2, 1, 1), (17, 3, 16), (700, 20, 5), (5000, 6, 10)])
def test_the_nearest_of_an_exact_search_are_those_of_scikit_learn(n, d, k, dtype):
    points = np.random.default_rng(n).normal(size=(n, d)).astype(dtype)
    found = nearest(points, k)
    distances, rows = others(points.astype(np.float64), k)
    assert np.array_equal(found.rows, rows)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-6, atol=1e-6)
    assert found.recall == 1.0


def test_rows_and_queries_are_answered_as_asked():
    rng = np.random.default_rng(0)
    points, queries = rng.normal(size=(300, 4)), rng.normal(size=(40, 4))
    distances, rows = brute(points, queries, 7)
    found = nearest(points, 7, queries=queries)
    assert np.array_equal(found.rows, rows)
    np.testing.assert_allclose(found.distances, distances)
    some = np.array([250, 3, 9])
    assert np.array_equal(nearest(points, 7, rows=some).rows, others(points, 7)[1][some])


def test_a_query_that_is_a_point_finds_it():
    points = np.random.default_rng(0).normal(size=(50, 3))
    assert np.array_equal(nearest(points, 1, queries=points).rows[:, 0], np.arange(50))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_a_point_among_its_copies_never_finds_itself(form):
    found = nearest(form(np.ones((9, 2))), 5)
    assert all(row not in found.rows[row] for row in range(9))
    assert (found.distances == 0).all()


@pytest.mark.parametrize("shift", [0.0, 1e6])
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e30])
def test_neither_the_place_nor_the_unit_of_the_points_matters(shift, scale):
    points = np.random.default_rng(1).normal(size=(400, 5))
    moved = points + shift  # what is left of the points after rounding, moved back: scikit-learn's search cannot bear the shift
    assert np.array_equal(nearest(moved * scale, 5).rows, others(moved - shift, 5)[1])


def test_an_outlier_a_billion_away_does_not_blur_the_rest():
    points = np.random.default_rng(1).normal(size=(400, 5))
    points[0, 0] = 1e9
    assert np.array_equal(nearest(points, 5).rows, others(points, 5)[1])


def test_points_that_differ_by_less_than_float32_can_hold_are_told_apart_among_the_spare_candidates():
    points = np.zeros((6, 1))
    points[:, 0] = 1 + np.array([0, 3, 1, 7, 2, 12]) * 1e-12
    assert nearest(points, 2).rows[0].tolist() == [2, 4]


def clustered(n, d, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(40, d)) * 3
    return centres[rng.integers(0, 40, n)] + rng.normal(size=(n, d))


@pytest.mark.parametrize("points", [clustered(12_000, 8), np.random.default_rng(0).normal(size=(12_000, 12))])
def test_an_approximate_search_finds_99_of_100_neighbours_and_says_how_many(points):
    found = nearest(points, 5, exact=False)
    truth = nearest(points, 5, exact=True)
    recall = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(found.rows, truth.rows, strict=True)])
    assert recall >= 0.99
    assert found.recall == pytest.approx(recall, abs=0.006)


def test_an_approximate_search_looks_at_fewer_points():
    """Without this the test above could pass by brute force."""
    points = clustered(12_000, 8)
    assert nearest(points, 5, exact=False).recall < 1.0


@pytest.mark.parametrize("exact", [True, False])
def test_the_number_of_threads_does_not_change_the_answer(exact):
    points = clustered(9_000, 6)
    one, three = nearest(points, 5, exact=exact, threads=1), nearest(points, 5, exact=exact, threads=3)
    assert np.array_equal(one.rows, three.rows)
    assert np.array_equal(one.distances, three.distances)


def test_copies_of_few_points_do_not_break_the_clusters():
    points = np.repeat(np.random.default_rng(0).normal(size=(3, 2)), 3000, axis=0)
    found = nearest(points, 4, exact=False)
    assert (found.distances == 0).all()


def test_large_questions_are_answered_approximately_unless_told_otherwise(monkeypatch):
    points = clustered(6_000, 8)
    assert nearest(points, 5).recall == 1.0
    monkeypatch.setattr(neighbours, "EXACT_UP_TO", 10**6)
    assert nearest(points, 5).recall < 1.0
    assert nearest(points, 5, exact=True).recall == 1.0


@pytest.mark.parametrize("k", [0, 10, 11])
def test_more_neighbours_than_points_is_one_sentence(k):
    with pytest.raises(ConfigError, match=rf"k={k} neighbours were asked for, and there are 9 other points"):
        nearest(np.eye(10), k)


def test_no_queries_get_no_answers():
    assert nearest(np.eye(4), 2, rows=np.array([], dtype=int)).rows.shape == (0, 2)


def test_queries_whose_clusters_hold_too_few_points_are_answered_in_full(monkeypatch):
    monkeypatch.setattr(neighbours, "AIM", 0.0)  # one cluster is visited
    points = np.random.default_rng(5).normal(size=(3000, 8))
    found = nearest(points, 60, exact=False).rows
    assert found.min() >= 0
    assert all(len(set(row)) == 60 for row in found.tolist())
    assert not (found == np.arange(3000)[:, None]).any()
    assert (found == others(points, 60)[1]).all(axis=1).mean() > 0.5  # most clusters have fewer than 60


@pytest.mark.parametrize("exact", [True, False])
def test_rows_that_are_made_when_looked_at_have_the_neighbours_of_the_same_rows_in_one_matrix(exact):
    rng = np.random.default_rng(6)
    values = rng.normal(size=(2500, 6))
    unmade = Unmade(values, Parents(rng.integers(0, 2500, 900), rng.integers(0, 2500, 900), rng.random(900)))
    whole, some = made(unmade), np.sort(rng.choice(3400, 700, replace=False))
    for rows in (None, some):
        expected, found = (nearest(points, 5, rows=rows, exact=exact) for points in (whole, unmade))
        np.testing.assert_array_equal(found.rows, expected.rows)
        np.testing.assert_array_equal(found.distances, expected.distances)
        assert found.recall == expected.recall
