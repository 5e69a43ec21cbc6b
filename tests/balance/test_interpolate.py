"""SMOTE on encoded tables: numbers between parents, categories from one of them, distances as in SMOTE-NC."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from imblearn.over_sampling import SMOTENC
from scipy import sparse
from scipy.spatial.distance import cdist

from assay.balance.interpolate import SmoteTreatment
from assay.balance.mixed import mixed_space
from assay.core.errors import ConfigError, DataError, DefectError
from assay.data.rows import Block, Rows

NUMBERS = (Block("a", "number", 0, 1), Block("b", "number", 1, 2))


def rows_with(features, minority, blocks):
    target = np.zeros(features.shape[0], dtype=np.int64)
    target[:minority] = 1
    return Rows(features, target, 2, blocks=blocks)


def test_numbers_are_standardised_before_neighbours_are_sought():
    """With the raw numbers the millions of column b would decide alone, and row 0's neighbour would be row 2."""
    own = np.array([[0.0, 0.0], [0.1, 3e6], [50.0, 1e6], [50.1, 4e6]])
    rest = np.random.default_rng(0).normal(0, 1, (40, 2)) * [10.0, 1e8]
    done = SmoteTreatment(k_neighbors=1).apply(rows_with(np.vstack([own, rest]), 4, NUMBERS), 0)
    new = done.rows.features[44:]
    assert len(new) == 36
    assert ((new[:, 0] <= 0.1) | (new[:, 0] >= 50.0)).all()


def test_a_synthetic_number_is_missing_exactly_when_a_parents_is():
    own = np.array([[0.0, np.nan], [0.1, 1.0], [9.0, 2.0], [9.1, 3.0]])  # two pairs of nearest neighbours
    rest = np.random.default_rng(0).normal(5, 1, (60, 2))
    new = SmoteTreatment(k_neighbors=1).apply(rows_with(np.vstack([own, rest]), 4, NUMBERS), 0).rows.features[64:]
    assert np.array_equal(np.isnan(new[:, 1]), new[:, 0] < 5)
    assert not np.isnan(new[:, 0]).any()


def test_a_missing_number_counts_as_the_median_in_distances():
    features = np.array([[np.nan, 0.0], [2.0, 0.0], [4.0, 0.0], [60.0, 0.0]])
    space = mixed_space(rows_with(features, 2, NUMBERS))
    points = space.points(np.arange(4))
    assert points[0, 0] == pytest.approx(points[2, 0])  # the median of 2, 4, 60 is 4


def smote_nc_distances(numbers, categories):
    """Distances as Chawla et al. state them: a mismatch adds the squared median of the standard deviations."""
    cost = np.median(numbers.std(axis=0))
    mismatches = (categories[:, None, :] != categories[None, :, :]).sum(axis=2)
    return np.sqrt(cdist(numbers, numbers) ** 2 + cost**2 * mismatches)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_distances_are_those_of_smote_nc(form):
    rng = np.random.default_rng(0)
    numbers, town, job = rng.normal(size=(60, 3)) * [1, 10, 100], rng.integers(0, 4, 60), rng.integers(0, 5, 60)
    features = np.column_stack([numbers, np.eye(4)[town], job])
    blocks = (*(Block(f"n{i}", "number", i, i + 1) for i in range(3)), Block("town", "one-hot", 3, 7), Block("job", "code", 7, 8))
    own = np.arange(20)
    points = mixed_space(rows_with(form(features), 20, blocks)).points(own)
    expected = smote_nc_distances((numbers / numbers.std(axis=0))[own], np.column_stack([town, job])[own])
    points = points.toarray() if sparse.issparse(points) else points
    np.testing.assert_allclose(cdist(points, points), expected, atol=1e-9)


def test_the_cost_of_a_mismatch_is_the_median_that_imbalanced_learn_takes():
    rng = np.random.default_rng(0)
    numbers, town = rng.normal(size=(60, 3)), rng.integers(0, 4, 60)
    target = np.repeat([1, 0], [20, 40])
    oracle = SMOTENC([3], random_state=0)
    oracle.fit_resample(np.column_stack([numbers / numbers.std(axis=0), town]), target)
    blocks = (*(Block(f"n{i}", "number", i, i + 1) for i in range(3)), Block("town", "one-hot", 3, 7))
    points = mixed_space(rows_with(np.column_stack([numbers, np.eye(4)[town]]), 20, blocks)).points(np.arange(20))
    assert points[:, 3:].max() * np.sqrt(2) == pytest.approx(oracle.median_std_[1])


def test_categories_alone_are_told_apart():
    features = np.eye(3)[np.r_[[0, 0, 0, 1, 1, 1], np.full(30, 2)]]
    done = SmoteTreatment(k_neighbors=2).apply(rows_with(features, 6, (Block("town", "one-hot", 0, 3),)), 0)
    assert set(done.rows.features[36:].argmax(axis=1).tolist()) == {0, 1}


def test_a_block_of_text_weighs_as_much_as_one_number():
    rng = np.random.default_rng(0)
    text = rng.random((50, 200)) * (rng.random((50, 200)) < 0.05)
    blocks = (Block("n", "number", 0, 1), Block("text", "other", 1, 201))
    points = mixed_space(rows_with(np.column_stack([rng.normal(size=50), text]), 10, blocks)).points(np.arange(50))
    assert points[:, 1:].var(axis=0).sum() == pytest.approx(points[:, 0].var()) == pytest.approx(1.0)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_each_block_of_a_category_comes_whole_from_one_parent_by_a_fair_draw(form):
    pair = np.array([[0.0, 1, 0, 3], [1.0, 0, 1, 8]])  # one number, a one-hot of two, a code
    rest = np.column_stack([np.linspace(-9, 9, 4000), np.tile([1, 0], (4000, 1)), np.zeros(4000)])
    blocks = (Block("n", "number", 0, 1), Block("town", "one-hot", 1, 3), Block("job", "code", 3, 4))
    made = SmoteTreatment().apply(rows_with(form(np.vstack([pair, rest])), 2, blocks), 0).rows.features
    new = (made.toarray() if sparse.issparse(made) else made)[4002:]
    combinations = {(town, job): 0 for town in (0.0, 1.0) for job in (3.0, 8.0)}
    for _, one, other, job in new:
        assert one + other == 1
        combinations[(one, job)] += 1
    assert np.array(list(combinations.values())) / len(new) == pytest.approx(np.full(4, 0.25), abs=0.03)


def test_a_missing_code_is_copied_as_missing_and_spoils_no_other():
    features = np.column_stack([np.r_[0.0, 0.1, np.linspace(5, 9, 40)], np.r_[np.nan, 4.0, np.zeros(40)]])
    blocks = (Block("n", "number", 0, 1), Block("job", "code", 1, 2))
    for form in (np.asarray, sparse.csr_matrix):
        made = SmoteTreatment().apply(rows_with(form(features), 2, blocks), 0).rows.features
        job = (made.toarray() if sparse.issparse(made) else made)[42:, 1]
        assert set(job[~np.isnan(job)].tolist()) == {4.0}
        assert 0 < np.isnan(job).sum() < len(job)


def test_a_synthetic_row_weighs_the_mean_of_its_parents():
    features = np.array([[0.0, 0.0], [1.0, 1.0], *np.full((20, 2), 9.0)])
    rows = replace(rows_with(features, 2, NUMBERS), weights=np.r_[1.0, 3.0, np.ones(20)])
    done = SmoteTreatment().apply(rows, 0)
    assert done.rows.weights[22:].tolist() == [2.0] * 18
    assert done.source_rows[22:].tolist() == [-1] * 18


def test_a_small_class_uses_all_its_other_rows():
    rows = rows_with(np.random.default_rng(0).normal(size=(30, 2)), 3, NUMBERS)
    assert np.bincount(SmoteTreatment(k_neighbors=5).apply(rows, 0).rows.target).tolist() == [27, 27]


def test_a_class_that_is_large_enough_needs_no_second_row_and_a_single_row_is_copied():
    rows = rows_with(np.arange(8.0).reshape(4, 2), 1, NUMBERS)
    done = SmoteTreatment(ratio=0.3).apply(rows, 0)
    assert np.array_equal(done.rows.features, rows.features)
    done = SmoteTreatment().apply(rows, 0)
    assert done.rows.features[4:].tolist() == [[0.0, 1.0], [0.0, 1.0]]
    assert done.notes == ("class 1 has 1 row, which was copied: there is nothing to interpolate with.",)


@pytest.mark.parametrize("features", [np.zeros((6, 4, 4)), pl.DataFrame({"a": range(6)})])
def test_pictures_and_frames_are_sent_to_random_oversample(features):
    with pytest.raises(DataError, match="use random-oversample"):
        SmoteTreatment().apply(rows_with(features, 2, ()), 0)


def test_a_matrix_without_blocks_is_interpolated_everywhere():
    rows = rows_with(np.random.default_rng(0).integers(0, 255, (30, 16), dtype=np.uint8), 8, ())
    made = SmoteTreatment().apply(rows, 0).rows.features
    assert made.shape == (44, 16)
    assert np.array_equal(made[:30], rows.features)
    assert (made[30:] % 1 != 0).any()


def test_a_column_that_is_equal_in_both_parents_stays_exactly_so():
    features = np.column_stack([np.full(30, 0.1), np.random.default_rng(0).normal(size=30)])
    for form in (np.asarray, sparse.csr_matrix):
        made = SmoteTreatment().apply(rows_with(form(features), 8, NUMBERS), 0).rows.features
        assert set((made.toarray() if sparse.issparse(made) else made)[:, 0].tolist()) == {0.1}


def test_blocks_that_leave_a_gap_are_a_defect():
    with pytest.raises(DefectError, match="blocks"):
        SmoteTreatment().apply(rows_with(np.zeros((9, 3)), 3, NUMBERS), 0)


def test_impossible_settings_of_smote_are_refused_when_they_are_set():
    with pytest.raises(ConfigError, match="k_neighbors=0"):
        SmoteTreatment(k_neighbors=0)
    with pytest.raises(ConfigError, match="ratio=0"):
        SmoteTreatment(ratio=0)
