"""One contract for every way of making a plan, and each way against scikit-learn's."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold, TimeSeriesSplit
from tests.splits.conftest import build

from assay.core.errors import ConfigError, DataError, LeakageError
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.splits.making import MOST_LEFT_OUT, make_holdout, make_plan
from assay.splits.nested import nested
from assay.splits.plan import Fold, Plan


@dataclass(frozen=True)
class Scheme:
    """What a plan is asked for, and what its data must hold."""

    settings: dict[str, Any]
    groups: bool = False
    time: bool = False
    stratified: bool = False
    make: Callable[..., Plan] = field(default=make_plan)


SCHEMES = {
    "stratified": Scheme({"folds": 4}, stratified=True),
    "repeated": Scheme({"folds": 3, "repeats": 3}, stratified=True),
    "grouped": Scheme({"folds": 3}, groups=True),
    "grouped, repeated": Scheme({"folds": 3, "repeats": 2}, groups=True),
    "leave-one-group-out": Scheme({"scheme": "leave-one-group-out"}, groups=True),
    "time, expanding": Scheme({"folds": 3}, time=True),
    "time, with a gap": Scheme({"folds": 2, "gap": 2}, time=True),
    "time, sliding": Scheme({"folds": 3, "window": 20}, time=True),
    "time, sliding with a gap": Scheme({"folds": 3, "gap": 1.5, "window": 25}, time=True),
    "time and groups, with a gap": Scheme({"folds": 2, "gap": 1}, time=True, groups=True),
    "hold-out": Scheme({"seeds": 2}, make=make_holdout),
    "hold-out in time, with a gap": Scheme({"seeds": 2, "gap": 2}, time=True, make=make_holdout),
}


def data_for(scheme: Scheme, seed: int) -> Dataset:
    """Some 200 rows in no order of time, 14 groups (runs of 3 moments with time); both classes at every moment."""
    rng = np.random.default_rng(seed)
    moments = np.repeat(np.arange(60.0), rng.integers(2, 6, 60))
    labels = np.where(np.arange(len(moments)) % 2, "yes", "no")
    order = rng.permutation(len(moments))
    groups = None
    if scheme.groups:
        groups = moments // 3 if scheme.time else rng.integers(0, 14, len(moments))
        groups = groups[order]
    return build(labels[order], groups=groups, time=moments[order] if scheme.time else None)


@pytest.mark.parametrize("name", SCHEMES)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_scheme_keeps_the_contract_of_a_plan(name, seed):
    scheme = SCHEMES[name]
    data = data_for(scheme, seed)
    plan = scheme.make(data, seed=seed, **scheme.settings)
    assert_apart(plan, data)
    repeats = {fold.repeat for fold in plan.folds}
    if not scheme.time and scheme.make is make_plan:
        for repeat in repeats:
            tested = np.concatenate([fold.test for fold in plan.folds if fold.repeat == repeat])
            assert np.array_equal(np.sort(tested), plan.development)
    if scheme.stratified:
        for repeat in repeats:
            counts = [np.bincount(data.target[fold.test], minlength=2) for fold in plan.folds if fold.repeat == repeat]
            assert (np.ptp(counts, axis=0) <= 1).all()
    assert scheme.make(data, seed=seed, **scheme.settings).digest == plan.digest


def assert_apart(plan: Plan, data: Dataset) -> None:
    """What holds of every fold, counted here and not asked of the plan."""
    time, groups, locked = plan.time, plan.groups, set(plan.locked.tolist())
    sides = [(fold.train, fold.test) for fold in plan.folds] + [(plan.development, plan.locked)]
    for train, test in sides:
        assert len(train)
        assert len(test)
        assert not set(train.tolist()) & set(test.tolist())
        assert (np.diff(train) > 0).all()
        assert (np.diff(test) > 0).all()
        if groups is not None:
            assert not set(groups[train].tolist()) & set(groups[test].tolist())
        if time is not None:
            assert time[test].min() - time[train].max() > plan.gap
    for fold in plan.folds:
        assert not locked & set(np.concatenate([fold.train, fold.test]).tolist())
        assert len(np.unique(data.target[fold.train])) == 2
        if time is not None and plan.window is not None:
            assert time[fold.test].min() - time[fold.train].min() <= plan.gap + plan.window


@pytest.mark.parametrize("name", [name for name, scheme in SCHEMES.items() if scheme.make is make_plan])
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_inner_folds_lie_in_the_training_rows_of_their_outer_fold(name, seed):
    scheme = SCHEMES[name]
    data = data_for(scheme, seed)
    plan = make_plan(data, seed=seed, **scheme.settings)
    found = nested(plan, data, folds=2)
    assert len(found.inner) == len(plan.folds)
    for fold, inner in zip(plan.folds, found.inner, strict=True):
        assert len(inner.folds) >= 2
        assert_apart(inner, data)
        for part in inner.folds:
            assert set(np.concatenate([part.train, part.test]).tolist()) <= set(fold.train.tolist())
    assert nested(plan, data, folds=2).digest == found.digest


@pytest.mark.parametrize("name", ["stratified", "grouped", "repeated"])
def test_another_seed_makes_another_plan(name):
    scheme = SCHEMES[name]
    data = data_for(scheme, 0)
    assert make_plan(data, seed=1, **scheme.settings).digest != make_plan(data, seed=2, **scheme.settings).digest


@pytest.mark.parametrize(("gap", "window"), [(0, None), (3, None), (0, 40), (5, 25), (19, 1)])
def test_the_order_of_the_rows_as_time_gives_the_folds_of_scikit_learn(gap, window):
    n, folds = 120, 5
    labels = np.where(np.arange(n) % 2, "yes", "no") if window != 1 else np.linspace(0, 1, n)  # one row has one class
    plan = make_plan(build(labels, time=np.arange(n)), folds=folds, test_share=0, gap=gap, window=window)
    theirs = TimeSeriesSplit(folds, gap=gap, max_train_size=window).split(np.arange(n))
    for fold, (train, test) in zip(plan.folds, theirs, strict=True):
        assert fold.train.tolist() == train.tolist()
        assert fold.test.tolist() == test.tolist()


def test_leave_one_group_out_gives_the_folds_of_scikit_learn():
    rng = np.random.default_rng(0)
    groups, values = rng.integers(0, 9, 80), rng.normal(size=80)
    plan = make_plan(build(values, groups=groups), scheme="leave-one-group-out", test_share=0)
    theirs = LeaveOneGroupOut().split(values, groups=plan.groups)
    for fold, (train, test) in zip(plan.folds, theirs, strict=True):
        assert fold.train.tolist() == train.tolist()
        assert fold.test.tolist() == test.tolist()


def test_classes_are_dealt_as_evenly_as_by_scikit_learn():
    rng = np.random.default_rng(0)
    codes = np.sort(rng.choice(3, 250, p=[0.7, 0.2, 0.1]))
    plan = make_plan(build(np.array(["a", "b", "c"])[codes]), folds=7, test_share=0)
    ours = sorted(np.bincount(codes[fold.test]).tolist() for fold in plan.folds)
    theirs = sorted(np.bincount(codes[test]).tolist() for _, test in StratifiedKFold(7).split(codes, codes))
    assert np.array_equal(np.sort(ours, axis=0), np.sort(theirs, axis=0))


def test_rows_inside_the_gap_before_the_lock_are_used_for_nothing():
    plan = make_plan(build(np.linspace(0, 1, 100), time=np.arange(100)), folds=3, gap=7)
    assert plan.locked.tolist() == list(range(80, 100))
    assert plan.development.max() == 72
    assert max(fold.test.max() for fold in plan.folds) == 72


def test_a_window_leaves_the_finished_model_the_rows_before_the_lock():
    data = build(np.linspace(0, 1, 100), time=np.arange(100))
    plan = make_plan(data, folds=3, gap=5, window=10)
    assert plan.final_training.tolist() == list(range(65, 75))
    assert plan.development.tolist() == list(range(75))
    assert make_plan(data, folds=3).final_training.tolist() == list(range(80))
    assert make_plan(data, folds=3, window=10, test_share=0).final_training.tolist() == list(range(90, 100))


def test_a_gap_is_kept_before_given_test_rows():
    data = build(np.linspace(0, 1, 60), time=np.arange(60), given_test=np.arange(60) >= 50)
    assert make_plan(data, folds=2, gap=4).development.tolist() == list(range(46))


def dated(n: int) -> Dataset:
    """One row every six hours."""
    start = datetime(2024, 1, 1)
    frame = pl.DataFrame({"y": np.linspace(0, 1, n), "when": [start + timedelta(hours=6 * i) for i in range(n)]})
    frame = frame.with_columns(pl.col("when").cast(pl.Datetime("us")))
    return Dataset(frame, Schema((Column("y", "number", "target"), Column("when", "date", "time"))), Task("regression", "y"))


@pytest.mark.parametrize("gap", ["2d", "48h", "2880min", "172800s", timedelta(days=2)])
def test_a_gap_between_dates_is_a_length_of_time(gap):
    plan = make_plan(dated(100), folds=4, gap=gap, window="1w")
    for fold in plan.folds:
        assert fold.test.min() - fold.train.max() == 9  # 8 rows of two days lie between
        assert len(fold.train) <= 28
    assert len(plan.folds[-1].train) == 28


def test_a_gap_of_tenths_is_not_passed_by_rounding():
    time = np.arange(50) / 10  # 0.8 - 0.7 is above 0.1
    plan = make_plan(build(np.linspace(0, 1, 50), time=time), folds=4, gap=0.1)
    assert all(fold.test.min() - fold.train.max() == 2 for fold in plan.folds)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"gap": -1}, "gap=-1: it must be a length of 0 or more"),
        ({"gap": float("nan")}, "gap=nan: it must be"),
        ({"window": 0}, "window=0: a window without length"),
        ({"gap": "7d"}, "gap=7d: the time column holds numbers"),
        ({"gap": timedelta(1)}, "the time column holds numbers"),
        ({"gap": "soon"}, "gap='soon' is no length of time"),
        ({"gap": 200}, "the gap leaves no rows before the locked test rows"),
        ({"gap": 30, "folds": 4}, "4 folds cannot be made: gap and window would leave fold 0 no training rows; pass a smaller"),
        ({"window": 0.5, "gap": 0.4}, "gap and window would leave fold 0 no training rows"),
        ({"scheme": "leave-one-group-out"}, "needs groups"),
        ({"scheme": "shuffled"}, "scheme='shuffled': it is k-fold or leave-one-group-out"),
    ],
)
def test_impossible_settings_of_a_plan_in_time_are_refused(asked, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make_plan(build(np.linspace(0, 1, 120), time=np.arange(120)), **asked)


def test_a_gap_between_dates_needs_its_unit():
    with pytest.raises(ConfigError, match="gap=7: the time column holds dates, so say the unit"):
        make_plan(dated(50), gap=7)
    assert make_plan(dated(50), gap=0).gap == 0


def test_a_gap_without_a_time_is_refused(make, labels):
    with pytest.raises(ConfigError, match="gap=3 and window=9 needs a time"):
        make_plan(make(labels), gap=3, window=9)
    with pytest.raises(ConfigError, match="gap=3 needs a time"):
        make_holdout(100, 2, fingerprint="corpus", gap=3)


def test_groups_are_left_out_in_turn_only_where_that_can_be_done(make):
    values, groups = np.linspace(0, 1, 1200), np.arange(1200)
    with pytest.raises(ConfigError, match=rf"leave-one-group-out of 960 groups would be 960 fits .*at most {MOST_LEFT_OUT}"):
        make_plan(make(values, groups=groups), scheme="leave-one-group-out")
    with pytest.raises(ConfigError, match="outside the locked rows there is 1 group, and 2 are needed"):
        make_plan(make(values, groups=groups % 2), scheme="leave-one-group-out")
    with pytest.raises(ConfigError, match="repeats=2, but groups can be left out"):
        make_plan(make(values, groups=groups % 5), scheme="leave-one-group-out", repeats=2)
    with pytest.raises(ConfigError, match="trains on rows of all times"):
        make_plan(make(values, groups=groups % 5, time=groups), scheme="leave-one-group-out")


def test_a_class_that_only_one_group_has_cannot_be_left_out_with_it(make):
    labels = np.array(["a", "b"] * 40 + ["c"] * 20)
    with pytest.raises(ConfigError, match="no row of class 'c'; use scheme='k-fold'"):
        make_plan(make(labels, groups=np.r_[np.arange(80) // 10, np.full(20, 9)]), scheme="leave-one-group-out", test_share=0)


def test_rows_of_one_class_make_no_plan():
    data = build(np.array(["no"] * 29 + ["yes"]))
    with pytest.raises(DataError, match=r"the target 'y' is 'no' in all of 29 rows; two classes are needed"):
        make_plan(data.take(np.arange(29)))


def test_a_time_that_is_not_finite_is_refused_with_its_rows(make):
    time = np.arange(30.0)
    time[[4, 9]] = np.inf
    with pytest.raises(DataError, match=r"2 rows have a time that is not finite \(first rows: \[4, 9\]\)"):
        make_plan(make(np.linspace(0, 1, 30), time=time))


def tampered(plan: Plan, fold: Fold) -> Plan:
    return Plan(
        plan.n_rows,
        plan.locked,
        (fold,),
        plan.unit,
        plan.seed,
        plan.fingerprint,
        groups=plan.groups,
        time=plan.time,
        gap=plan.gap,
        within=plan.within,
    )


def test_the_check_finds_a_gap_that_is_not_kept():
    plan = make_plan(build(np.linspace(0, 1, 100), time=np.arange(100)), folds=3, gap=5)
    fold = plan.folds[1]
    close = Fold(0, 1, np.arange(fold.test.min() - 3), fold.test)
    with pytest.raises(LeakageError, match=r"fold 1 of repeat 0: 2 training rows lie within the gap of 5"):
        tampered(plan, close).check()


def test_the_check_finds_a_shuffled_time_plan_also_behind_a_gap():
    plan = make_plan(build(np.linspace(0, 1, 100), time=np.arange(100)), folds=3, gap=5)
    with pytest.raises(LeakageError, match="training rows reach time 70, test rows begin at 10"):
        tampered(plan, Fold(0, 0, np.array([1, 70]), np.array([10, 60]))).check()
    late = Plan(100, np.array([3, 50]), plan.folds, "time", 0, "x", time=plan.time, gap=5)
    with pytest.raises(LeakageError, match="the locked test rows: training rows reach time 99"):
        late.check()


def test_the_check_finds_an_outer_test_row_in_an_inner_fold(make, labels):
    data = make(labels)
    plan = make_plan(data)
    inner = nested(plan, data).inner[0]
    part, outside = inner.folds[0], plan.folds[0].test[:1]
    with pytest.raises(LeakageError, match="holds 1 locked row"):
        tampered(inner, Fold(0, 0, np.sort(np.r_[part.train, outside]), part.test)).check()
    with pytest.raises(LeakageError, match="holds 2 rows that are left out of this plan"):
        tampered(inner, Fold(0, 0, np.sort(np.r_[part.train, plan.locked[:2]]), part.test)).check()


def test_inner_plans_are_made_of_the_same_data_only(make, labels):
    plan = make_plan(make(labels))
    with pytest.raises(ConfigError, match="is not the data this plan was made of"):
        nested(plan, make(labels[::-1]))


def test_training_rows_that_cannot_be_cut_again_have_no_inner_plan(make):
    data = make(np.linspace(0, 1, 30), groups=np.arange(30) // 10)
    plan = make_plan(data, scheme="leave-one-group-out", test_share=0)
    assert [len(inner.folds) for inner in nested(plan, data, folds=5).inner] == [2, 2, 2]
    few = make(np.linspace(0, 1, 20), groups=np.arange(20) // 10)
    with pytest.raises(DataError, match=r"fold 0 of repeat 0: 10 training rows cannot be split .*: there is 1 group"):
        nested(make_plan(few, scheme="leave-one-group-out", test_share=0), few)
