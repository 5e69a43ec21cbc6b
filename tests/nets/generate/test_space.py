"""Tables as matrices and back: the way there loses nothing, and the way back leaves no range."""

import copy
import datetime as dt
from functools import cache

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy import stats

from assay.core.errors import BundleError, DataError
from assay.data.schema import Column, Schema
from assay.nets.generate.columns import FEW_VALUES, MOST_KNOTS, QuantileForm
from assay.nets.generate.grid import Grid
from assay.nets.generate.space import TableSpace, fit_space, schema_of

N = 300


def mixed() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    gaps = rng.random(N) < 0.1

    def with_gaps(values: list) -> list:
        return [None if gap else value for gap, value in zip(gaps, values, strict=True)]

    return pl.DataFrame(
        {
            "real": rng.normal(size=N) * 1e6,
            "price": np.round(rng.exponential(20, N), 2),
            "age": pl.Series(rng.integers(18, 90, N), dtype=pl.Int8),
            "amount": rng.integers(1, 30, N) * 500,
            "spike": np.where(rng.random(N) < 0.6, 0.0, rng.exponential(size=N)),
            "gappy": with_gaps(rng.normal(size=N).tolist()),
            "only": with_gaps([3.5] * N),
            "town": with_gaps(rng.choice(["a", "b", "c"], N).tolist()),
            "flag": with_gaps((rng.random(N) < 0.3).tolist()),
            "kind": pl.Series(rng.choice(["u", "v"], N), dtype=pl.Categorical),
            "day": [dt.date(2020, 1, 1) + dt.timedelta(days=int(k)) for k in rng.integers(0, 900, N)],
            "time": with_gaps([dt.datetime(2020, 1, 1) + dt.timedelta(hours=int(k)) for k in rng.integers(0, 900, N)]),
            "constant": np.full(N, 7),
            "word": ["same"] * N,
            "nothing": pl.Series([None] * N, dtype=pl.Float64),
            "no word": pl.Series([None] * N, dtype=pl.String),
        }
    )


def space_of(frame: pl.DataFrame) -> TableSpace:
    return fit_space(frame, schema_of(frame))


@cache
def space_of_mixed() -> TableSpace:
    return space_of(mixed())


@pytest.mark.parametrize("spread", [None, 1])
def test_what_was_encoded_comes_back_whole_with_its_types(spread):
    frame = mixed()
    space = space_of_mixed()
    rng = None if spread is None else np.random.default_rng(spread)
    back = space.decode(space.encode(frame, rng))
    assert back.schema == frame.schema
    assert_frame_equal(back, frame, rel_tol=1e-9, abs_tol=1e-9)
    on_grid = ["price", "age", "amount", "town", "flag", "kind", "day", "time", "constant", "word"]
    assert back.select(on_grid).equals(frame.select(on_grid)), "these to the last bit"


def test_numbers_stand_first_and_codes_within_their_levels():
    frame = mixed()
    space = space_of_mixed()
    matrix = space.encode(frame)
    numbers, levels = space.layout
    assert matrix.shape == (N, numbers + len(levels))
    codes = matrix[:, numbers:]
    assert np.array_equal(codes, np.rint(codes))
    assert [sorted(set(column.tolist())) for column in codes.T] == [list(range(count)) for count in levels], (
        "every level is there"
    )


def test_whatever_a_net_says_the_rows_stay_within_what_training_showed():
    frame = mixed()
    space = space_of_mixed()
    rng = np.random.default_rng(1)
    numbers, levels = space.layout
    wild = np.hstack([rng.normal(size=(2000, numbers)) * 50, rng.integers(0, levels, (2000, len(levels)))])
    made = space.decode(wild)
    assert made.schema == frame.schema
    for name in ("real", "price", "age", "amount", "spike", "day", "time"):
        assert made[name].min() >= frame[name].min()
        assert made[name].max() <= frame[name].max()
    assert (made["amount"] % 500 == 0).all()
    assert (made["price"] == made["price"].round(2)).all()
    assert (made["time"].dt.minute().drop_nulls() == 0).all()


def test_ranks_become_normal_scores_also_where_many_rows_share_a_value():
    frame = pl.DataFrame({"spike": mixed()["spike"], "round": np.random.default_rng(2).normal(size=N).round(1)})
    space = space_of(frame)
    scores = space.encode(frame, np.random.default_rng(3))[:, :2]
    for column in scores.T:
        assert stats.kstest(column, "norm").pvalue > 0.01
    assert (space.encode(frame)[:, 0] == space.encode(frame)[:, 0].min()).mean() > 0.5, "without spreading they stay a point"


def test_many_values_are_kept_as_few_knots_and_come_back_all_the_same():
    values = np.concatenate([np.random.default_rng(0).normal(size=5000), np.full(500, 0.25)])
    form = QuantileForm.fit(pl.Series(values))
    assert len(form.values) <= MOST_KNOTS
    numbers, codes = form.encode(pl.Series(values), np.random.default_rng(1))
    assert stats.kstest(numbers[:, 0], "norm").pvalue > 0.001
    back = form.decode(numbers, codes).to_numpy()
    np.testing.assert_allclose(back, values, rtol=1e-9, atol=1e-9)
    assert np.array_equal(back[-500:], values[-500:])


def test_values_that_stick_out_have_a_code_and_those_beside_them_none():
    rng = np.random.default_rng(0)
    hours = np.concatenate([rng.integers(1, 100, 3000), np.full(900, 40), np.full(300, 60)]).astype(float)
    form = QuantileForm.fit(pl.Series(hours))
    assert form.spikes.tolist() == [40.0, 60.0]
    assert (form.numbers, form.levels) == (1, (3,))
    numbers, codes = form.encode(pl.Series([39.0, 40.0, 60.0]), None)
    assert codes[:, 0].tolist() == [0, 1, 2]
    assert form.decode(numbers + 0.2, codes).to_list()[1:] == [40.0, 60.0], "whatever the number says"
    smooth = np.rint(rng.normal(40, 8, 5000))
    assert not len(QuantileForm.fit(pl.Series(smooth)).spikes), "its values are all frequent, and none more than its neighbours"


@pytest.mark.parametrize("count", [FEW_VALUES, FEW_VALUES + 1])
def test_a_number_of_few_values_is_a_category(count):
    values = pl.Series(np.random.default_rng(0).permutation(np.repeat(np.arange(count) * 1.5, 40)))
    form = QuantileForm.fit(values)
    assert (form.numbers, form.levels) == ((0, (count,)) if count == FEW_VALUES else (1, ()))
    assert form.decode(*form.encode(values, None)).equals(values)


def test_a_gap_is_a_code_beside_the_spikes():
    values = pl.Series([0.0] * 50 + [None] * 20 + np.random.default_rng(0).random(100).tolist())
    form = QuantileForm.fit(values)
    _, codes = form.encode(values, None)
    assert form.levels == (3,)
    assert np.bincount(codes[:, 0].astype(int)).tolist() == [100, 50, 20]
    only = pl.Series([7.0, None, 7.0])
    assert QuantileForm.fit(only).levels == (2,)
    assert QuantileForm.fit(only).decode(*QuantileForm.fit(only).encode(only, None)).equals(only)


@pytest.mark.parametrize(
    ("values", "grid"),
    [
        ([1.0, 2.0, 4.0], Grid(0, 1, 1)),
        ([100.0, 300.0, 900.0], Grid(0, 100, 200)),
        ([0.25, 0.5], Grid(2, 25, 25)),
        ([0.1, 0.2, 0.4], Grid(1, 1, 1)),
        ([1 / 3, 0.5], Grid()),
        ([1e30, 1.0], Grid()),
    ],
)
def test_the_grid_is_the_coarsest_that_holds_all_values(values, grid):
    found = Grid.fit(np.array(values))
    assert found == grid
    assert np.array_equal(found.nearest(np.array(values)), values)


@pytest.mark.parametrize(
    ("frame", "kinds", "words"),
    [
        ({"a": [1.0, np.inf]}, {}, "column 'a' holds 1 numbers that are infinite"),
        ({"a": [1.0, 1e300]}, {}, "column 'a' holds 1 numbers that are infinite or beyond"),
        ({"a": [1.0, 2.0], "t": ["x y", "z"]}, {"t": "text"}, "column 't' is of kind text"),
        ({"a": [1.0, 2.0], "t": [[1], [2]]}, {}, "column 't' is of kind image"),
        ({"a": [1.0, 1.0], "b": ["x", "x"]}, {}, "all 2 columns are constant over the 2 training rows"),
        ({"a": [str(i) for i in range(1001)]}, {}, "column 'a' has 1001 different values"),
        ({"a": ["x", "y"]}, {"a": "number"}, "column 'a' is a number and holds String values"),
    ],
)
def test_what_cannot_be_learnt_is_named(frame, kinds, words):
    table = pl.DataFrame(frame)
    columns = [Column(c.name, kinds.get(c.name, c.kind)) for c in schema_of(table).columns]
    with pytest.raises(DataError, match=words):
        fit_space(table, Schema(tuple(columns)))


def test_rows_unlike_the_training_rows_are_not_encoded():
    frame = mixed()
    space = space_of_mixed()
    for name, values, words in (
        ("town", ["nowhere"] * N, "'nowhere', which the generator has not seen"),
        ("real", [None] * N, "300 missing values, and had none"),
        ("constant", [8] * N, "was 7.0 in every training row"),
        ("word", [None] * N, "was 'same' in every training row"),
    ):
        with pytest.raises(DataError, match=words):
            space.encode(frame.with_columns(pl.Series(name, values, dtype=frame[name].dtype)))
    with pytest.raises(DataError, match="is Int64, and was Float64"):
        space.encode(frame.with_columns(pl.col("real").cast(pl.Int64)))
    with pytest.raises(DataError, match="have no column 'town'"):
        space.encode(frame.drop("town"))


@pytest.mark.parametrize("bad", [np.nan, -1.0, 0.5, 99.0])
def test_a_matrix_that_is_none_of_the_space_is_refused(bad):
    space = space_of_mixed()
    matrix = space.encode(mixed())
    matrix[3, -1] = bad
    with pytest.raises(DataError, match=r"finite|no code of a level"):
        space.decode(matrix)


def test_a_saved_space_does_the_same():
    frame = mixed()
    space = space_of_mixed()
    back = TableSpace.from_state(copy.deepcopy(space.state()))
    assert np.array_equal(back.encode(frame), space.encode(frame))
    assert back.decode(back.encode(frame)).equals(space.decode(space.encode(frame)))


def _of(state: dict, name: str) -> dict:
    return next(column for column in state["columns"] if column["column"] == name)


HOSTILE = [
    lambda s: s.update(columns=None),
    lambda s: s["columns"].append(s["columns"][0]),
    lambda s: _of(s, "age").update(dtype="Object"),
    lambda s: _of(s, "age").update(dtype="String"),
    lambda s: _of(s, "town").update(dtype="Float64"),
    lambda s: _of(s, "age").update(form=None),
    lambda s: _of(s, "age")["form"].update(kind="pickle"),
    lambda s: _of(s, "town")["form"].update(names=["a", "a"]),
    lambda s: _of(s, "kind")["form"].update(names=["u"]),
    lambda s: _of(s, "constant")["form"].update(value=float("nan")),
    lambda s: _of(s, "age")["form"].update(grid=None),
    lambda s: _of(s, "age")["form"]["grid"].update(decimals=400),
    lambda s: _of(s, "age")["form"]["grid"].update(step=-1),
    lambda s: _of(s, "age")["form"].update(has_missing=1),
]
OF_NUMBER = [
    lambda f: f.update(values=f["values"][::-1]),
    lambda f: f.update(low=f["low"][:-1]),
    lambda f: f.update(low=f["low"] * 0),
    lambda f: f.update(high=f["high"] + 1),
    lambda f: f.update(high=f["low"][::-1].copy()),
    lambda f: f.update(spikes=f["values"][:1] - 1),
    lambda f: f.update(spikes=f["values"][1::-1].copy()),
    lambda f: f.update(spikes=f["values"][[0, 0]]),
    lambda f: f.update(spikes=f["values"][:1] * np.nan),
    lambda f: f.update({name: f[name][:1] for name in ("values", "low", "high")} | {"spikes": f["values"][:1]}),
]


@pytest.mark.parametrize("spoil", [*HOSTILE, *OF_NUMBER])
def test_a_state_that_nothing_wrote_is_refused(spoil):
    state = copy.deepcopy(space_of_mixed().state())
    spoil(_of(state, "real")["form"] if spoil in OF_NUMBER else state)
    with pytest.raises(BundleError):
        TableSpace.from_state(state)
