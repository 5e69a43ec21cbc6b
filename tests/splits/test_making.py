"""The plan: what is locked, what is a fold, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold, train_test_split

from assay.core.errors import ConfigError, LeakageError
from assay.splits.cuts import Units, hold_out, k_folds, merge_groups
from assay.splits.making import make_holdout, make_plan


def share_of(labels, rows):
    return np.mean(labels[rows] == "yes")


def test_the_locked_rows_are_a_stratified_fifth_as_scikit_learn_counts_it(make, labels):
    plan = make_plan(make(labels))
    _, held = train_test_split(np.arange(600), test_size=0.2, stratify=labels, random_state=0)
    assert len(plan.locked) == len(held) == 120
    assert np.sum(labels[plan.locked] == "yes") == np.sum(labels[held] == "yes")


def test_the_folds_of_a_repeat_measure_every_development_row_once(make, labels):
    plan = make_plan(make(labels), folds=4, repeats=3)
    assert plan.repeats == 3
    assert len(plan.folds) == 12
    for repeat in range(3):
        tests = np.concatenate([fold.test for fold in plan.folds if fold.repeat == repeat])
        assert np.array_equal(np.sort(tests), plan.development)


def test_every_fold_has_the_share_of_positives_of_the_whole(make, labels):
    for fold in make_plan(make(labels), folds=5).folds:
        assert share_of(labels, fold.test) == pytest.approx(0.12, abs=0.01)


def test_repeats_are_cut_differently(make, labels):
    first, second = (fold for fold in make_plan(make(labels), repeats=2).folds if fold.fold == 0)
    assert not np.array_equal(first.test, second.test)


def test_equal_arguments_make_equal_plans_and_another_seed_another(make, labels):
    data = make(labels)
    assert make_plan(data, seed=3).digest == make_plan(data, seed=3).digest
    assert make_plan(data, seed=3).locked.tolist() != make_plan(data, seed=4).locked.tolist()


def test_more_folds_or_repeats_leave_the_lock_as_it_was(make, labels):
    data = make(labels)
    assert make_plan(data, folds=3).lock_key == make_plan(data, folds=7, repeats=2).lock_key


def test_regression_rows_are_cut_without_classes(make):
    plan = make_plan(make(np.random.default_rng(0).normal(size=50)), folds=5)
    assert plan.unit == "row"
    assert len(plan.locked) == 10
    assert [len(fold.test) for fold in plan.folds] == [8] * 5


def test_no_share_locks_no_rows(make, labels):
    plan = make_plan(make(labels), test_share=0)
    assert len(plan.locked) == 0
    assert len(plan.development) == 600


def test_a_given_test_split_is_the_lock(make, labels):
    mask = np.zeros(600, dtype=bool)
    mask[100:250] = True
    plan = make_plan(make(labels, given_test=mask))
    assert np.array_equal(plan.locked, np.arange(100, 250))


def test_a_given_test_split_that_tears_groups_is_refused_with_its_rows(make, labels):
    mask = np.arange(600) >= 500
    with pytest.raises(LeakageError, match=r"2 of 100 given test rows .*first rows: \[500, 501\]"):
        make_plan(make(labels, groups=np.r_[np.arange(500), [7, 7], np.arange(502, 600)], given_test=mask))


def test_a_given_test_split_that_is_not_later_is_refused(make, labels):
    with pytest.raises(LeakageError, match="100 of 100 given test rows are not later"):
        make_plan(make(labels, time=np.arange(600), given_test=np.arange(600) < 100))


def test_an_empty_given_test_split_is_refused(make, labels):
    with pytest.raises(ConfigError, match="leaves no test rows"):
        make_plan(make(labels, given_test=np.zeros(600, dtype=bool)))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n_groups=st.integers(12, 90), folds=st.integers(2, 5))
def test_groups_are_never_torn_and_every_row_is_measured(seed, n_groups, folds):
    rng = np.random.default_rng(seed)
    units = Units(
        300, codes=rng.integers(0, 2, 300), groups=np.r_[np.arange(n_groups), rng.integers(0, n_groups, 300 - n_groups)]
    )
    kept, held = hold_out(units, 0.2, seed)
    assert not np.intersect1d(units.groups[kept], units.groups[held]).size
    assert len(kept)
    assert len(held)
    pairs = k_folds(units, folds, seed)
    assert np.array_equal(np.sort(np.concatenate([test for _, test in pairs])), np.arange(300))
    for train, test in pairs:
        assert len(test)
        assert not np.intersect1d(units.groups[train], units.groups[test]).size


def unevenness(codes, tests):
    """Mean squared relative deviation of class counts from an even deal."""
    counts = np.array([np.bincount(codes[test], minlength=2) for test in tests])
    return np.mean((counts / counts.mean(axis=0) - 1) ** 2)


@pytest.mark.parametrize("seed", range(8))
def test_group_folds_are_as_even_as_those_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    groups = rng.zipf(1.6, 2000) % 150
    codes = (rng.random(2000) < 0.15).astype(int)
    ours = [test for _, test in k_folds(Units(2000, codes=codes, groups=groups), 5, seed)]
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    theirs = [test for _, test in splitter.split(np.zeros(2000), codes, groups)]
    assert unevenness(codes, ours) <= unevenness(codes, theirs) * 1.1 + 1e-4


def test_the_lock_by_groups_is_near_its_share_in_rows_and_positives(make, labels):
    groups = np.random.default_rng(1).integers(0, 120, 600)
    plan = make_plan(make(labels, groups=groups))
    assert plan.unit == "group"
    assert len(plan.locked) == pytest.approx(120, abs=6)
    assert share_of(labels, plan.locked) == pytest.approx(0.12, abs=0.02)


def test_copies_passed_as_groups_stay_on_one_side(make, labels):
    copies = np.arange(600) // 2
    plan = make_plan(make(labels), groups=copies)
    assert plan.unit == "group"
    for fold in plan.folds:
        assert not np.intersect1d(copies[fold.train], copies[fold.test]).size


def test_copies_and_a_group_column_are_joined_into_chains():
    joined = merge_groups(np.array([0, 0, 1, 2, 3]), np.array([9, 8, 8, 7, 6]))
    assert joined[0] == joined[1] == joined[2]
    assert len(set(joined[2:].tolist())) == 3


def test_forty_thousand_single_groups_are_dealt_without_a_quadratic_walk():
    rng = np.random.default_rng(0)
    units = Units(40_000, codes=(rng.random(40_000) < 0.1).astype(int), groups=rng.permutation(40_000))
    sizes = {len(test) for _, test in k_folds(units, 5, 0)}
    assert max(sizes) - min(sizes) <= 2


def test_time_locks_the_last_rows_and_chains_forward(make, labels):
    when = np.random.default_rng(2).permutation(600)
    plan = make_plan(make(labels, time=when), folds=4)
    assert plan.unit == "time"
    assert when[plan.locked].min() == 480
    assert len(plan.locked) == 120
    for number, fold in enumerate(plan.folds):
        assert when[fold.train].max() < when[fold.test].min()
        assert len(fold.train) == 96 * (number + 1)
        assert len(fold.test) == 96


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n_moments=st.integers(8, 40), folds=st.integers(2, 5))
def test_rows_of_one_moment_stay_on_one_side(seed, n_moments, folds):
    rng = np.random.default_rng(seed)
    moments = np.r_[np.arange(n_moments), rng.integers(0, n_moments, 200)].astype(float)
    units = Units(len(moments), time=moments)
    for train, test in [*k_folds(units, folds, 0), hold_out(units, 0.2, 0)]:
        assert len(train)
        assert len(test)
        assert moments[train].max() < moments[test].min()


def test_groups_and_time_are_both_honoured_where_groups_are_short(make, labels):
    when = np.arange(600)
    groups = when // 3
    plan = make_plan(make(labels, groups=groups, time=when), folds=4)
    plan.check()
    assert plan.unit == "time"
    assert len(plan.locked) == 120
    for fold in plan.folds:
        assert not np.intersect1d(groups[fold.train], groups[fold.test]).size


def test_groups_that_last_through_all_time_are_refused(make, labels):
    with pytest.raises(ConfigError, match="at every moment a cut would tear a group apart"):
        make_plan(make(labels, groups=np.arange(600) % 5, time=np.arange(600)))


def test_time_is_not_repeated(make, labels):
    with pytest.raises(ConfigError, match="repeats=2, but folds in time order"):
        make_plan(make(labels, time=np.arange(600)), repeats=2)


def test_one_moment_cannot_be_cut(make, labels):
    with pytest.raises(ConfigError, match="all rows have the same time"):
        make_plan(make(labels, time=np.zeros(600)))


def test_too_few_moments_for_the_folds_are_counted(make, labels):
    with pytest.raises(ConfigError, match=r"5 folds cannot be made.*need K \+ 1 distinct moments, there are 3; pass folds=2"):
        make_plan(make(labels, time=np.repeat([0, 1, 2, 3], 150)))


def test_a_start_in_time_with_one_class_only_is_refused(make):
    labels = np.array(["no"] * 300 + ["yes", "no"] * 150)
    with pytest.raises(ConfigError, match=r"training rows of fold 0 would hold one class only \('no'\)"):
        make_plan(make(labels, time=np.arange(600)))


def test_a_class_with_too_few_rows_is_named_with_its_count(make):
    labels = np.array(["a"] * 50 + ["b"] * 40 + ["rare"] * 4)
    with pytest.raises(
        ConfigError, match=r"5 folds cannot be made: outside the locked rows class 'rare' has 3 rows; pass folds=3"
    ):
        make_plan(make(labels))


def test_too_few_groups_are_counted(make):
    with pytest.raises(ConfigError, match="there are 3 groups; pass folds=3"):
        make_plan(make(np.linspace(0, 1, 40), groups=np.arange(40) // 10))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"folds": 1}, "folds=1: at least 2"),
        ({"repeats": 0}, "repeats=0: at least 1"),
        ({"repeats": 1001}, "1000 are the most"),
        ({"test_share": 1.0}, r"test_share=1.0 must lie between 0 and 1"),
        ({"test_share": -0.1}, r"test_share=-0.1 must lie"),
        ({"groups": np.arange(3)}, "groups has 3 values for 600 rows"),
    ],
)
def test_impossible_settings_are_refused(make, labels, setting, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make_plan(make(labels), **setting)


def test_a_holdout_has_the_same_rows_for_every_seed(make, labels):
    plan = make_holdout(make(labels), 3, held_share=0.25)
    assert plan.repeats == 3
    assert len(plan.locked) == len(plan.folds[0].test) == 120
    for fold in plan.folds:
        assert fold.fold == 0
        assert np.array_equal(fold.train, plan.folds[0].train)
        assert np.array_equal(fold.test, plan.folds[0].test)


def test_a_holdout_of_documents_needs_a_fingerprint():
    with pytest.raises(ConfigError, match="fingerprint="):
        make_holdout(100, 2)
    plan = make_holdout(100, 2, fingerprint="corpus")
    assert plan.fingerprint == "corpus"
    assert len(plan.locked) == 20
    assert len(plan.folds[0].test) == 16


def test_a_holdout_without_seeds_is_refused(make, labels):
    with pytest.raises(ConfigError, match="at least 1 seed"):
        make_holdout(make(labels), 0)


def test_a_holdout_in_time_measures_on_later_rows(make, labels):
    plan = make_holdout(make(labels, time=np.arange(600)), 2)
    assert plan.folds[0].train.max() < plan.folds[0].test.min() < plan.locked.min()
