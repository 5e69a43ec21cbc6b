"""Splits inside training rows: as many folds as the data allow."""

import numpy as np
import pytest

from assay.core.errors import ConfigError, DataError
from assay.splits.inner import carve, inner_folds

TARGET = (np.arange(200) % 10 == 0).astype(np.int64)  # 20 positives
PLAIN = {"classification": True, "groups": None, "time": None}


def test_inner_folds_cover_every_row_once_and_are_stratified():
    pairs = inner_folds(TARGET, **PLAIN, folds=5, seed=0)
    assert np.array_equal(np.sort(np.concatenate([test for _, test in pairs])), np.arange(200))
    assert [TARGET[test].sum() for _, test in pairs] == [4] * 5


def test_a_rare_class_lowers_the_number_of_folds():
    target = np.r_[np.zeros(30, dtype=np.int64), np.ones(3, dtype=np.int64)]
    pairs = inner_folds(target, **PLAIN, folds=5, seed=0)
    assert len(pairs) == 3
    assert all(target[test].sum() == 1 for _, test in pairs)


def test_a_class_of_one_row_cannot_be_split():
    with pytest.raises(DataError, match="class 1 has 1 row"):
        inner_folds(np.r_[np.zeros(30, dtype=np.int64), 1], **PLAIN, folds=5, seed=0)


def test_few_groups_lower_the_number_of_folds_and_stay_whole():
    groups = np.arange(200) // 10 % 3
    pairs = inner_folds(TARGET, classification=True, groups=groups, time=None, folds=5, seed=0)
    assert len(pairs) == 3
    for train, test in pairs:
        assert not np.intersect1d(groups[train], groups[test]).size


def test_time_lowers_the_folds_until_two_classes_are_there_from_the_start():
    target = np.r_[np.zeros(35, dtype=np.int64), np.arange(85) % 2]
    pairs = inner_folds(target, classification=True, groups=None, time=np.arange(120.0), folds=5, seed=0)
    assert len(pairs) == 2  # a third fold would begin with 30 rows of one class
    for train, test in pairs:
        assert len(np.unique(target[train])) == 2
        assert train.max() < test.min()


def test_time_with_a_class_that_comes_too_late_is_a_data_error():
    target = np.r_[np.zeros(110, dtype=np.int64), np.ones(10, dtype=np.int64)]
    with pytest.raises(DataError, match="one class only"):
        inner_folds(target, classification=True, groups=None, time=np.arange(120.0), folds=5, seed=0)


def test_regression_values_are_split_plainly():
    pairs = inner_folds(np.linspace(0, 1, 20), classification=False, groups=None, time=None, folds=4, seed=0)
    assert [len(test) for _, test in pairs] == [5] * 4


def test_carving_keeps_every_class_on_both_sides():
    target = np.repeat([0, 1, 2], [90, 8, 2])
    train, held = carve(target, **PLAIN, share=0.1, seed=0)
    assert np.bincount(target[held]).tolist() == [9, 1, 1]
    assert np.array_equal(np.sort(np.r_[train, held]), np.arange(100))


def test_carving_takes_whole_groups():
    groups = np.arange(200) // 8
    train, held = carve(TARGET, classification=True, groups=groups, time=None, share=0.2, seed=0)
    assert not np.intersect1d(groups[train], groups[held]).size
    assert len(held) == pytest.approx(40, abs=8)


def test_carving_in_time_takes_the_last_rows():
    train, held = carve(TARGET, classification=True, groups=None, time=np.arange(200.0), share=0.15, seed=0)
    assert held.tolist() == list(range(170, 200))
    assert train.max() == 169


def test_the_same_seed_carves_the_same_rows_and_another_seed_others():
    first = carve(TARGET, **PLAIN, share=0.2, seed=1)[1]
    assert np.array_equal(first, carve(TARGET, **PLAIN, share=0.2, seed=1)[1])
    assert not np.array_equal(first, carve(TARGET, **PLAIN, share=0.2, seed=2)[1])


def test_one_group_cannot_be_carved():
    with pytest.raises(DataError, match="one group only"):
        carve(TARGET, classification=True, groups=np.zeros(200), time=None, share=0.2, seed=0)


def test_impossible_settings_of_inner_splits_are_refused():
    with pytest.raises(ConfigError, match=r"share=1\.5"):
        carve(TARGET, **PLAIN, share=1.5, seed=0)
    with pytest.raises(ConfigError, match="folds=1"):
        inner_folds(TARGET, **PLAIN, folds=1, seed=0)
