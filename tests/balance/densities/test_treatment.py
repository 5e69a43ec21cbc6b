"""What the three treatments promise of every table; the common contract is in tests/contracts/test_treatments.py."""

import datetime
from dataclasses import FrozenInstanceError
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from assay.balance.densities.treatment import CopulaTreatment, KernelDensityTreatment, MixtureTreatment
from assay.core.errors import ConfigError, DataError
from assay.data.rows import Rows

TREATMENTS = (CopulaTreatment, KernelDensityTreatment, MixtureTreatment)
TYPES = {
    "count": pl.Int32,
    "tiny": pl.UInt8,
    "wide": pl.Int64,
    "single": pl.Float32,
    "money": pl.Decimal(10, 2),
    "text": pl.String,
    "kind": pl.Categorical,
    "grade": pl.Enum(["low", "mid", "high"]),
    "own": pl.Boolean,
    "day": pl.Date,
    "at": pl.Datetime("us"),
    "clock": pl.Time,
    "took": pl.Duration("ms"),
    "nothing": pl.Null,
    "empty": pl.Float64,
    "same": pl.Float64,
}


def every_type(n=90, seed=0):
    rng = np.random.default_rng(seed)
    values = {
        "count": rng.poisson(3, n).tolist(),
        "tiny": rng.integers(250, 256, n).tolist(),
        "wide": rng.integers(10**15, 10**16, n).tolist(),
        "single": rng.normal(size=n).tolist(),
        "money": [Decimal(int(cents)) / 100 for cents in rng.integers(100, 99_999, n)],
        "text": rng.choice(["a", "b", "c"], n).tolist(),
        "kind": rng.choice(["p", "q"], n).tolist(),
        "grade": rng.choice(["low", "high"], n).tolist(),
        "own": rng.choice([True, False], n).tolist(),
        "day": [datetime.date(2024, 1, 1) + datetime.timedelta(days=int(d)) for d in rng.integers(0, 300, n)],
        "at": [datetime.datetime(2024, 1, 1) + datetime.timedelta(minutes=int(m)) for m in rng.integers(0, 9999, n)],
        "clock": [datetime.time(int(h), 30) for h in rng.integers(0, 24, n)],
        "took": [datetime.timedelta(seconds=int(s)) for s in rng.integers(0, 500, n)],
        "nothing": [None] * n,
        "empty": [None] * n,
        "same": [4.5] * n,
    }
    holed = {"count", "single", "text", "own", "day", "kind"}
    columns = {
        name: [None if name in holed and rng.random() < 0.15 else value for value in column] for name, column in values.items()
    }
    frame = pl.DataFrame(columns, schema=TYPES)
    return Rows(frame, rng.permutation(np.repeat([0, 1], [n - n // 3, n // 3])), 2)


def made_by(treatment, rows, seed=0):
    done = treatment.apply(rows, seed)
    return done.rows.features[len(rows) :]


@pytest.mark.parametrize("kind", TREATMENTS)
def test_new_rows_stay_within_what_their_class_has_shown(kind):
    rows = every_type()
    seen = rows.features.filter(pl.Series(rows.target == 1))
    made = made_by(kind(), rows)
    assert made.height == 30
    assert made.schema == rows.features.schema
    for name in made.columns:
        if seen[name].null_count() == 0:
            assert made[name].null_count() == 0, name
        if made[name].dtype in (pl.String, pl.Categorical, pl.Enum, pl.Boolean):
            assert set(made[name].cast(pl.String).drop_nulls()) <= set(seen[name].cast(pl.String).drop_nulls())
        elif made[name].dtype != pl.Null and seen[name].drop_nulls().len():
            assert made[name].min() >= seen[name].min(), name
            assert made[name].max() <= seen[name].max(), name
    assert made["empty"].null_count() == made["nothing"].null_count() == 30
    assert (made["same"] == 4.5).all()
    assert (made["at"].dt.second() == 0).all()
    assert made["single"].drop_nulls().is_finite().all()


@pytest.mark.parametrize("kind", TREATMENTS)
@pytest.mark.parametrize("n_small", [1, 2, 3, 7])
def test_the_smallest_classes_still_give_rows(kind, n_small):
    rows = every_type()
    small = rows.take(np.concatenate([np.flatnonzero(rows.target == 0), np.flatnonzero(rows.target == 1)[:n_small]]))
    done = kind().apply(small, 3)
    assert (done.rows.target == 1).sum() == 60
    made, seen = done.rows.features[len(small) :], small.features[60:]
    if n_small == 1:
        assert made.equals(pl.concat([seen] * 59))
    for name in made.columns:
        assert made[name].null_count() == 0 or seen[name].null_count() > 0


@pytest.mark.parametrize("kind", TREATMENTS)
def test_a_nan_is_a_missing_value_and_is_given_back_as_one(kind):
    rng = np.random.default_rng(0)
    values = np.where(rng.random(200) < 0.3, np.nan, rng.normal(size=200))
    made = made_by(kind(), Rows(pl.DataFrame({"x": values}), np.repeat([0, 1], [150, 50]), 2))
    assert made["x"].null_count() == 0
    assert 0.1 < made["x"].is_nan().mean() < 0.5


@pytest.mark.parametrize("kind", TREATMENTS)
def test_the_ratio_is_that_of_the_classes_afterwards(kind):
    rows = every_type()
    counts = np.bincount(kind(ratio=0.75).apply(rows, 0).rows.target)
    assert counts.tolist() == [60, 45]
    assert kind(ratio=0.25).apply(rows, 0).source_rows.tolist() == list(range(90))
    with pytest.raises(ConfigError, match=r"ratio=1\.5"):
        kind(ratio=1.5)
    with pytest.raises(FrozenInstanceError):
        kind().ratio = 0.5


@pytest.mark.parametrize("kind", TREATMENTS)
def test_the_rows_of_a_class_do_not_depend_on_the_other_classes(kind):
    rows = every_type(60)
    other = Rows(
        rows.features.with_columns(tiny=pl.Series(np.where(rows.target == 0, 3, rows.features["tiny"])).cast(pl.UInt8)),
        rows.target,
        2,
    )
    made = made_by(kind(), rows, 4)
    assert made.equals(made_by(kind(), other, 4))
    assert not made.equals(made_by(kind(), rows, 5))


@pytest.mark.parametrize("kind", TREATMENTS)
def test_a_new_row_weighs_the_mean_of_its_class_and_heavy_rows_count_for_more(kind):
    rng = np.random.default_rng(0)
    target = np.repeat([0, 1], [600, 200])
    place = rng.choice(["a", "b"], 800)
    weights = np.where(place == "a", 4.0, 1.0)
    rows = Rows(pl.DataFrame({"place": place, "x": rng.normal(size=800)}), target, 2, weights)
    done = kind().apply(rows, 0)
    assert done.rows.weights[800:] == pytest.approx(np.full(400, weights[target == 1].mean()))
    share = weights[(target == 1) & (place == "a")].sum() / weights[target == 1].sum()
    assert (done.rows.features["place"][800:] == "a").mean() == pytest.approx(share, abs=0.08)


@pytest.mark.parametrize("kind", TREATMENTS)
def test_columns_that_cannot_be_made_are_named(kind):
    rows = every_type()

    def with_column(**columns):
        return Rows(rows.features.with_columns(**columns), rows.target, 2)

    with pytest.raises(DataError, match="column 'photo' is of kind image"):
        kind().apply(with_column(photo=pl.lit(b"png")), 0)
    with pytest.raises(DataError, match="column 'parts' is of kind image"):
        kind().apply(with_column(parts=pl.lit([1, 2])), 0)
    with pytest.raises(DataError, match="column 'x' holds 90 numbers that are infinite"):
        kind().apply(with_column(x=pl.lit(float("inf"))), 0)
    many = Rows(pl.DataFrame({"note": [f"text {k}" for k in range(1200)]}), np.repeat([0, 1], [1000, 200]), 2)
    with pytest.raises(DataError, match="column 'note' has 1200 different values"):
        kind().apply(many, 0)
    with pytest.raises(DataError, match="makes rows of a table with columns"):
        kind().apply(Rows(np.ones((4, 2)), np.array([0, 0, 0, 1]), 2), 0)
    with pytest.raises(DataError, match="without a column"):
        kind().apply(Rows(pl.DataFrame(), np.array([0, 0, 0, 1]), 2), 0)
