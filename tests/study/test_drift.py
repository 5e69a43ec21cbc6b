"""Adversarial validation: equal sides are called so, drift is found and named, nothing answers for the wrong reason."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

import assay
from assay.core.errors import ConfigError, DataError
from assay.data.dataset import Dataset
from assay.splits.making import make_plan
from assay.study.drift import DriftSettings, compare_data, compare_lock, compare_rows, compare_times
from assay.study.drift_sides import forward_steps, join_sides

QUICK = DriftSettings(recipe="naive-bayes", blocks=4)


def table(n: int, seed: int, *, shift: float = 0.0, spread: float = 1.0, north: float = 0.3, lost: float = 0.1) -> pl.DataFrame:
    """A number that may shift, one that may spread, one that may be lost, a category, and noise."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "noise": rng.normal(size=n),
            "income": rng.normal(size=n) + shift,
            "wobble": rng.normal(size=n) * spread,
            "region": np.where(rng.random(n) < north, "north", "south"),
            "debt": pl.Series(np.where(rng.random(n) < lost, np.nan, rng.normal(size=n))).fill_nan(None),
        }
    )


def simulated(count: int, n: int) -> list:
    """Studies of two equal sides."""
    found = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        a, b = (assay.read(pl.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n)})) for _ in range(2))
        found.append(compare_data(a, b, settings=DriftSettings(recipe="naive-bayes", blocks=4, seed=seed)))
    return found


def assert_honest(found: list, *, covered: float, called: float) -> None:
    assert np.mean([one.auc.low <= 0.5 <= one.auc.high for one in found]) >= covered
    assert np.mean([one.call == "drift" for one in found]) <= called
    assert np.mean([one.auc.value for one in found]) == pytest.approx(0.5, abs=0.02)


def test_equal_sides_are_not_called_different():
    assert_honest(simulated(60, 60), covered=0.9, called=0.09)


@pytest.mark.slow
def test_equal_sides_are_called_different_in_at_most_five_of_a_hundred_studies():
    found = simulated(1000, 100)
    assert_honest(found, covered=0.935, called=0.06)
    assert np.mean([one.auc.low <= 0.5 <= one.auc.high for one in found]) <= 0.98


def test_a_shifted_column_is_found_and_named_first():
    found = compare_data(assay.read(table(300, 1)), assay.read(table(250, 2, shift=0.7)), settings=QUICK)
    assert found.call == "drift"
    assert found.columns[0].name == "income"
    assert [column.name for column in found.drifted] == ["income"]
    assert found.verdict.startswith("drift: naive-bayes tells A from B with AUC 0.")
    assert found.verdict.endswith("most of all 'income'.")
    assert found.columns[0].evidence["median"][1] - found.columns[0].evidence["median"][0] == pytest.approx(0.7, abs=0.25)


@pytest.mark.parametrize(
    ("changed", "column", "by"),
    [
        ({"shift": -0.7}, "income", "order"),
        ({"spread": 3.0}, "wobble", "level"),
        ({"north": 0.65}, "region", "level"),
        ({"lost": 0.5}, "debt", "level"),
    ],
)
def test_every_kind_of_change_is_seen_in_its_column(changed, column, by):
    found = compare_data(assay.read(table(400, 1)), assay.read(table(400, 2, **changed)), settings=QUICK)
    assert [(one.name, one.by) for one in found.drifted] == [(column, by)]
    if by == "order":
        assert found.columns[0].auc.high < 0.5, "the values are lower in B"


def test_the_auc_by_order_is_that_of_scikit_learn():
    a, b = table(120, 1), table(90, 2, shift=0.8)
    found = compare_data(assay.read(a), assay.read(b), settings=QUICK)
    side = np.repeat([0, 1], [120, 90])
    expected = roc_auc_score(side, np.concatenate([a["income"], b["income"]]))
    assert found.columns[0].auc.value == pytest.approx(expected, abs=1e-12)


def test_a_change_that_no_column_shows_is_found_by_the_model():
    rng = np.random.default_rng(0)

    def pairs(sign: float) -> Dataset:
        x = rng.normal(size=500)
        return assay.read(pl.DataFrame({"x": x, "y": 0.9 * sign * x + 0.45 * rng.normal(size=500)}))

    found = compare_data(pairs(1), pairs(-1))
    assert found.call == "drift"
    assert found.drifted == ()
    assert found.verdict.endswith("no column does by itself, so it is in how they go together.")
    assert found.auc.low > 0.7


def test_a_file_is_not_told_from_itself():
    data = assay.read(table(150, 1))
    found = compare_data(data, data, settings=DriftSettings(recipe="knn", blocks=4))
    assert found.call == "no drift shown"
    assert found.copies == 300
    assert found.auc.value == pytest.approx(0.5, abs=1e-9), "a neighbour that is a copy would have answered for its copy"


def test_rows_alike_by_nature_may_still_show_a_drift():
    a, b = (pl.DataFrame({"flag": np.repeat(["on", "off"], counts)}) for counts in ([150, 50], [50, 150]))
    found = compare_data(assay.read(a), assay.read(b), settings=QUICK)
    assert found.call == "drift"
    assert found.auc.value == pytest.approx(0.75, abs=0.03)


def test_groups_stay_together_and_blocks_train_forwards():
    rng = np.random.default_rng(0)
    frames = [pl.DataFrame({"x": rng.normal(size=90), "who": [f"{side}{i // 3}" for i in range(90)]}) for side in "ab"]
    a, b = (assay.read(frame, group="who") for frame in frames)
    sides = join_sides(a, b, ("A", "B"))
    groups = sides.data.groups
    steps = forward_steps(sides, groups, 5, seed=0)
    assert len(steps) == 4
    seen = steps[0][0]
    for train, test in steps:
        assert np.array_equal(train, np.sort(seen))
        assert not np.intersect1d(groups[train], groups[test]).size
        seen = np.concatenate([seen, test])
    assert np.array_equal(np.sort(seen), np.arange(180))
    found = compare_data(a, b, settings=QUICK)
    assert found.call == "no drift shown"
    assert found.auc.n < 90, "groups are counted, not rows"


def test_a_person_told_by_heart_is_no_drift():
    rng = np.random.default_rng(0)
    habits = np.repeat(rng.normal(size=(60, 2)), 5, axis=0) + 0.01 * rng.normal(size=(300, 2))
    frame = pl.DataFrame({"p": habits[:, 0], "q": habits[:, 1], "who": [f"n{i // 5}" for i in range(300)]})
    half = np.arange(300) // 5 % 2 == 0
    knn = DriftSettings(recipe="knn", blocks=5)

    def call(group: str | None) -> str:
        used = frame if group else frame.drop("who")
        return compare_data(
            assay.read(used.filter(half), group=group), assay.read(used.filter(~half), group=group), settings=knn
        ).call

    assert call("who") == "no drift shown"
    assert call(None) == "drift"


def dated(n: int, start: int) -> pl.DataFrame:
    rng = np.random.default_rng(start)
    days = [datetime(2024, 1, 1) + timedelta(days=start + i) for i in range(n)]
    born = [datetime(1980, 1, 1) + timedelta(days=int(day)) for day in rng.integers(0, 9000, n)]
    return pl.DataFrame(
        {
            "day": days,
            "born": born,
            "id": np.arange(start, start + n),
            "code": [f"k{start + i}" for i in range(n)],
            "x": rng.normal(size=n),
        }
    )


def test_row_numbers_names_and_dates_that_do_not_overlap_are_left_out_and_named():
    a, b = assay.read(dated(120, 0)), assay.read(dated(120, 120))
    found = compare_data(a, b, settings=QUICK)
    assert {one.name for one in found.left_out} == {"day", "id", "code"}
    assert {column.name for column in found.columns} == {"born", "x"}
    kept = compare_data(a, b, settings=DriftSettings(recipe="naive-bayes", blocks=4, keep=("day",)))
    assert kept.call == "drift"
    assert kept.columns[0].name == "day"


def test_the_target_is_no_feature_unless_asked_for():
    rng = np.random.default_rng(0)

    def labelled(share: float) -> Dataset:
        frame = pl.DataFrame({"x": rng.normal(size=200), "y": np.where(rng.random(200) < share, "yes", "no")})
        return assay.read(frame, target="y")

    a, b = labelled(0.2), labelled(0.7)
    found = compare_data(a, b, settings=QUICK)
    assert found.call == "no drift shown"
    assert [(one.name, one.reason) for one in found.left_out] == [("y", "it is the target")]
    asked = compare_data(a, b, settings=DriftSettings(recipe="naive-bayes", blocks=4, keep=("y",)))
    assert [column.name for column in asked.drifted] == ["y"]


def test_the_locked_rows_are_like_the_others_and_their_truth_stays_locked():
    frame = table(300, 1).with_columns(pl.Series("y", np.arange(300) % 2))
    data = assay.read(frame, target="y")
    plan = make_plan(data)
    found = compare_lock(data, plan, settings=QUICK)
    assert (found.names, found.rows, found.call) == (("development", "locked"), (240, 60), "no drift shown")
    with pytest.raises(ConfigError, match="the truth of the locked rows stays locked"):
        compare_lock(data, plan, settings=DriftSettings(keep=("y",)))
    with pytest.raises(ConfigError, match="no locked rows"):
        compare_lock(data, make_plan(data, test_share=0))


def test_early_and_late_rows_are_told_apart_where_a_column_grows():
    frame = table(400, 1).with_columns(pl.Series("when", np.arange(400)))
    steady = compare_times(assay.read(frame, time="when"), settings=QUICK)
    assert steady.call == "no drift shown"
    growing = frame.with_columns(income=pl.col("income") + pl.col("when") / 200)
    found = compare_times(assay.read(growing, time="when"), share=0.7, settings=QUICK)
    assert (found.names, found.rows) == (("early", "late"), (280, 120))
    assert [column.name for column in found.drifted] == ["income"]
    with pytest.raises(ConfigError, match="early and late need a time"):
        compare_times(assay.read(frame))


def test_rows_beyond_the_most_are_drawn_the_same_way_each_time():
    a, b = assay.read(table(300, 1)), assay.read(table(90, 2))
    settings = DriftSettings(recipe="naive-bayes", blocks=3, most_rows=100)
    found = compare_data(a, b, settings=settings)
    assert (found.rows, found.used) == ((300, 90), (100, 90))
    assert found.to_json() == compare_data(a, b, settings=settings).to_json()


def test_too_few_rows_are_said_and_nothing_is_claimed():
    found = compare_data(assay.read(table(50, 1)), assay.read(table(4, 2, shift=9)), settings=QUICK)
    assert found.call == "too little data"
    assert found.verdict == "too little data: B has 4 rows, and 10 of each side are needed."
    assert found.auc.value is None
    assert found.to_json()["auc"]["undefined"] == "B has 4 rows, and 10 of each side are needed"


def test_one_group_a_side_is_too_little():
    a, b = (assay.read(table(40, seed).with_columns(who=pl.lit(f"site {seed}")), group="who") for seed in (1, 2))
    found = compare_data(a, b, settings=QUICK)
    assert found.call == "too little data"
    assert "leave no two parts that each hold rows of both sides" in found.verdict


def test_sides_that_cannot_be_compared_are_refused():
    a = assay.read(table(30, 1))
    with pytest.raises(DataError, match=r"no feature column in common .*\(6 columns left out: 'noise': only in A"):
        compare_data(a, assay.read(pl.DataFrame({"other": np.arange(30.0) / 7})))
    words = table(30, 2).with_columns(pl.lit("much").alias("income"))
    with pytest.raises(
        DataError, match="'income' is a number in A and a category in B; say what it is with --kind income=number"
    ):
        compare_data(a, assay.read(words))
    with pytest.raises(ConfigError, match="neither A nor B has a column 'incme'; did you mean 'income'"):
        compare_data(a, a, settings=DriftSettings(drop=("incme",)))
    with pytest.raises(ConfigError, match="no recipe reads 'code', which is an id"):
        compare_data(assay.read(dated(30, 0)), assay.read(dated(30, 30)), settings=DriftSettings(keep=("code",)))
    with pytest.raises(DataError, match="A has no rows to compare"):
        compare_data(a.take([]), a)
    with pytest.raises(ConfigError, match=r"1 row is on both sides \(first: \[4\]\)"):
        compare_rows(a, np.arange(5), np.arange(4, 30))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"blocks": 1}, "blocks=1: at least 2"),
        ({"level": 1.0}, "level=1.0: it must lie"),
        ({"most_rows": 5}, "most_rows=5: at least 10"),
        ({"drop": ("x",), "keep": ("x",)}, "'x' is to be dropped and to be kept"),
    ],
)
def test_impossible_settings_of_a_comparison_are_refused(asked, sentence):
    with pytest.raises(ConfigError, match=sentence):
        DriftSettings(**asked)
