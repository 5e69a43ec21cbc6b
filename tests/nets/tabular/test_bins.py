"""Bins of a column: where a tree cuts and where its quantiles are."""

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from assay.nets.tabular.bins import ROWS_A_LEAF, answer_edges, filled, quantile_edges


def spiked(n=4000):
    """A column that is 0 in nine rows of ten, and an answer that changes at 7 within the tenth."""
    rng = np.random.default_rng(0)
    column = np.where(rng.random(n) < 0.9, 0.0, rng.uniform(5, 9, n))
    return column, (column > 7).astype(np.int64)


def test_an_answer_that_changes_within_a_tenth_of_the_rows_is_cut_where_it_changes():
    column, target = spiked()
    edges = answer_edges(column, target, 9)
    tree = DecisionTreeClassifier(max_depth=1).fit(column[:, None], target)
    assert np.isclose(edges, tree.tree_.threshold[0]).any()
    assert (edges[0], edges[-1]) == (column.min(), column.max())
    assert np.abs(quantile_edges(column, 9) - 7).min() > 0.1


def test_a_column_that_tells_nothing_is_binned_by_quantiles():
    rng = np.random.default_rng(1)
    column, target = rng.normal(size=2000), np.zeros(2000, dtype=np.int64)
    np.testing.assert_array_equal(answer_edges(column, target, 9), quantile_edges(column, 9))


def test_half_of_the_places_at_least_are_left_to_quantiles_and_every_cut_has_rows_on_both_sides():
    rng = np.random.default_rng(2)
    column = rng.normal(size=3000)
    target = (np.sin(6 * column) + 0.3 * rng.normal(size=3000) > 0).astype(np.int64)
    edges = answer_edges(column, target, 17)
    quantiles = [np.quantile(column, np.linspace(0, 1, 17 - cuts)) for cuts in range(9)]
    cuts = min((np.setdiff1d(edges, known) for known in quantiles), key=len)
    assert 1 <= len(cuts) <= 8
    assert len(edges) == 17
    inside = np.sort(cuts)
    assert np.histogram(column, [-np.inf, *inside, np.inf])[0].min() >= ROWS_A_LEAF


def test_the_cuts_for_a_number_do_not_depend_on_its_unit():
    rng = np.random.default_rng(3)
    column = rng.uniform(size=1500)
    target = np.where(column > 0.3, 5.0, 1.0) + 0.01 * rng.normal(size=1500)
    np.testing.assert_allclose(answer_edges(column, target, 9), answer_edges(column, 1e6 * target, 9))
    assert np.abs(answer_edges(column, target, 9) - 0.3).min() < 0.005


def test_edges_that_float32_cannot_tell_apart_are_one_and_the_last_fills_up():
    assert filled(np.array([0.0, 1e-12, 1.0, 1.0]), 5).tolist() == [0.0, 1.0, 1.0, 1.0, 1.0]


def test_few_rows_and_few_places_make_edges_too():
    assert answer_edges(np.array([2.0]), np.array([1]), 3).tolist() == [2.0, 2.0, 2.0]
    assert len(answer_edges(np.arange(5.0), np.array([0, 1, 0, 1, 0]), 2)) == 2
