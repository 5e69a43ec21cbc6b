"""Kinds, roles, given test rows, and the sources in memory."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from assay.core.errors import ConfigError, DataError
from assay.data import read
from assay.data.dataset import ROW_ORDER


def csv_of(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def kind_of(values):
    return read(pl.DataFrame({"c": values})).schema["c"].kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2.5", "NA", " 3 "], "number"),
        (["1e3", "-.5", "+2"], "number"),
        (["007", "012", "100"], "category"),  # the zeros carry meaning
        (["True", "false", "TRUE"], "category"),
        (["red", "blue", "red"], "category"),
        (["2024-01-31", "2023-12-01", None], "date"),
        (["31.12.2023", "01.02.2024"], "date"),
        (["2024-01-31T10:20:30Z"], "date"),
        (["03/25/2020", "04/01/2020"], "date"),
        ([f"user-{i}" for i in range(100)], "id"),
        ([f"this is the message of number {i}" for i in range(100)], "text"),
        ([f"a rather long sentence {i}, of many words" for i in range(6)], "text"),
        (["?", "", "NA", "None", "null"], "number"),
        ([1, 2, 3], "number"),
        ([dt.date(2024, 1, 1)], "date"),
        ([dt.timedelta(seconds=2)], "number"),
    ],
)
def test_the_kind_of_a_column_is_inferred_from_its_values(values, kind):
    assert kind_of(values) == kind


def test_a_number_column_is_float_with_null_for_nan_and_keeps_infinities():
    frame = read(pl.DataFrame({"a": [1.0, float("nan"), float("inf")]})).frame
    assert frame["a"].to_list() == [1.0, None, float("inf")]


def test_missing_markers_count_only_as_whole_cells(tmp_path):
    data = read(csv_of(tmp_path, "a,b\nNA,x\n?,NA region\n3,none\n"))
    assert data.frame["a"].to_list() == [None, None, 3.0]
    assert data.frame["b"].to_list() == ["x", "NA region", "none"]


def test_a_column_of_numbers_with_a_few_other_cells_says_so(tmp_path):
    rows = "\n".join(f"{i},{i}" for i in range(50))
    data = read(csv_of(tmp_path, f"a,b\n{rows}\noops,1\n"))
    assert any("column 'a': 1 of 51 cells are no numbers (first: 'oops')" in note for note in data.notes)


def test_levels_are_sorted_and_whole_numbers_are_known(tmp_path):
    schema = read(csv_of(tmp_path, "k,w,f\nb,1,0.5\na,2,1\nb,3.0,2\n")).schema
    assert schema["k"].levels == ("a", "b")
    assert (schema["w"].whole, schema["f"].whole) == (True, False)


def test_a_kind_can_be_said(tmp_path):
    path = csv_of(tmp_path, "a,b\n865,1\n971.0,2\n865,3\n")
    data = read(path, kinds={"a": "category", "b": "text"})
    assert data.frame["a"].to_list() == ["865", "971", "865"]
    assert data.schema["a"].levels == ("865", "971")
    assert data.frame["b"].to_list() == ["1", "2", "3"]


def test_a_kind_that_a_cell_does_not_fit_names_the_cell(tmp_path):
    with pytest.raises(DataError, match="row 2, column 'a': expected a number, found 'x'"):
        read(csv_of(tmp_path, "a,b\n1,1\nx,2\n"), kinds={"a": "number"})
    with pytest.raises(ConfigError, match="cannot be read as 'numbr'; did you mean 'number'"):
        read(csv_of(tmp_path, "a\n1\n"), kinds={"a": "numbr"})


def test_slashed_dates_of_an_unclear_order_carry_a_note(tmp_path):
    data = read(csv_of(tmp_path, "d,x\n03/05/2020,1\n04/06/2020,2\n"))
    assert data.frame["d"][0] == dt.datetime(2020, 3, 5)
    assert any("day and month cannot be told apart" in note for note in data.notes)
    proved = read(csv_of(tmp_path, "d,x\n03/05/2020,1\n25/06/2020,2\n"))
    assert proved.frame["d"][0] == dt.datetime(2020, 5, 3)


ROLES = "g,t,w,s,d,x,y\na,1,1,train,9,1,0\na,2,2,train,9,2,1\nb,3,1,test,9,3,0\nb,4,1,test,9,4,1\n"


def test_roles_take_columns_out_of_the_features(tmp_path):
    data = read(csv_of(tmp_path, ROLES), target="y", group="g", time="t", weight="w", split="s", drop=["d"])
    assert [column.name for column in data.schema.features] == ["x"]
    assert data.frame.columns == ["g", "t", "w", "x", "y"]
    assert data.groups.tolist() == [1, 1, 2, 2]
    assert data.time.tolist() == [1, 2, 3, 4]
    assert data.weights.tolist() == [1, 2, 1, 1]
    assert data.given_test.tolist() == [False, False, True, True]
    assert {column.name for column in data.schema.with_role("ignored")} == {"s", "d"}


def test_time_may_be_the_order_of_the_rows(tmp_path):
    data = read(csv_of(tmp_path, "x,y\n5,0\n6,\n7,1\n"), target="y", time="@row")
    assert data.schema[ROW_ORDER].role == "time"
    assert data.time.tolist() == [0, 2]  # the row without a target is gone, the order of the others stays


@pytest.mark.parametrize("what", ["target", "group", "time", "weight", "split"])
def test_an_unknown_name_is_refused_with_the_nearest(tmp_path, what):
    with pytest.raises(DataError, match=rf"no column 'incme' \({what}\); did you mean 'income'\?"):
        read(csv_of(tmp_path, "income,other,y\n1,2,0\n"), **{what: "incme"})


def test_an_unknown_name_in_drop_or_kinds_is_refused(tmp_path):
    path = csv_of(tmp_path, "income,y\n1,0\n")
    with pytest.raises(DataError, match=r"no column 'incom' \(drop\)"):
        read(path, drop=["incom"])
    with pytest.raises(DataError, match=r"no column 'incom' \(kinds\)"):
        read(path, kinds={"incom": "text"})


def test_a_column_cannot_be_two_things(tmp_path):
    with pytest.raises(ConfigError, match="'y' is named as target and as drop"):
        read(csv_of(tmp_path, "x,y\n1,0\n2,1\n"), target="y", drop=["y"])


@pytest.mark.parametrize(("cell", "shown"), [("-1", "-1"), ("", "None"), ("inf", "inf")])
def test_a_weight_that_is_negative_missing_or_infinite_is_refused(tmp_path, cell, shown):
    with pytest.raises(DataError, match=f"row 2: the weight 'w' is {shown}"):
        read(csv_of(tmp_path, f"w,y\n1,0\n{cell},1\n"), target="y", weight="w")


def test_a_time_that_cannot_be_ordered_is_refused(tmp_path):
    with pytest.raises(DataError, match="time column 't' is a category"):
        read(csv_of(tmp_path, "t,y\nmon,0\ntue,1\n"), target="y", time="t")


def test_test_rows_may_come_from_another_file_in_another_order_of_columns(tmp_path):
    train = csv_of(tmp_path, "x,k,y\n1,a,0\n2,b,1\n")
    test = csv_of(tmp_path, "y,x,k\n1,3,c\n", "u.csv")
    data = read(train, target="y", test=test)
    assert data.frame["x"].to_list() == [1.0, 2.0, 3.0]
    assert data.given_test.tolist() == [False, False, True]


def test_test_rows_of_other_columns_are_refused(tmp_path):
    train = csv_of(tmp_path, "income,y\n1,0\n2,1\n")
    with pytest.raises(DataError, match=r"u\.csv has no column 'income', which .*t\.csv has; did you mean 'incomes'"):
        read(train, target="y", test=csv_of(tmp_path, "incomes,y\n3,0\n", "u.csv"))
    with pytest.raises(DataError, match=r"t\.csv has no column 'more'"):
        read(train, target="y", test=csv_of(tmp_path, "income,more,y\n3,1,0\n", "u.csv"))


def test_a_split_of_other_words_or_of_one_side_is_refused(tmp_path):
    with pytest.raises(DataError, match="row 2, column 's' says 'maybe'"):
        read(csv_of(tmp_path, "s,y\ntrain,0\nmaybe,1\n"), target="y", split="s")
    with pytest.raises(DataError, match="says train in every row"):
        read(csv_of(tmp_path, "s,y\ntrain,0\ntrain,1\n"), target="y", split="s")


def test_a_pandas_frame_reads_like_the_file_it_came_from(tmp_path):
    frame = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "f": [0.5, np.nan, 1.5],
            "s": ["a", None, "b"],
            "c": pd.Categorical(["u", "v", "u"]),
            "b": [True, False, True],
            "d": pd.to_datetime(["2024-01-01", "2024-01-02", None]),
            "i": pd.array([1, None, 3], dtype="Int64"),
            "z": pd.to_datetime(["2024-01-01 10:00", None, "2024-01-02 10:00"]).tz_localize("Europe/Moscow"),
        }
    )
    read_back = read(frame).frame
    assert read_back.to_dict(as_series=False) == {
        "n": [1.0, 2.0, 3.0],
        "f": [0.5, None, 1.5],
        "s": ["a", None, "b"],
        "c": ["u", "v", "u"],
        "b": ["true", "false", "true"],
        "d": [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2), None],
        "i": [1.0, None, 3.0],
        "z": [dt.datetime(2024, 1, 1, 7), None, dt.datetime(2024, 1, 2, 7)],
    }
    path = tmp_path / "p.csv"
    frame[["n", "f", "s", "c", "b", "d"]].to_csv(path, index=False)
    assert read(path).frame.equals(read_back.select("n", "f", "s", "c", "b", "d"))


def test_arrays_and_dicts_of_arrays_are_read():
    assert read(np.arange(6).reshape(3, 2)).frame.columns == ["x0", "x1"]
    pair = read((np.arange(6.0).reshape(3, 2), np.array(["a", "b", "a"])))
    assert pair.question.classes == ("a", "b")
    assert read((["one text", "two texts", "three"], [0, 1, 0])).frame.columns == ["text", "y"]
    data = read({"a": [1, None, 3], "m": np.ones((3, 2)), "p": np.zeros((3, 4, 5, 3), dtype=np.uint8)})
    assert data.frame.columns == ["a", "m0", "m1", "p"]
    assert data.schema["p"].kind == "image"


@pytest.mark.parametrize(("unit", "seconds"), [("s", 1.0), ("h", 3600.0), ("ms", 0.001), ("D", 86_400.0), ("W", 604_800.0)])
def test_a_length_of_time_of_any_unit_is_a_number_of_seconds(unit, seconds):
    assert read({"a": np.array([1, 2], f"m8[{unit}]"), "b": [1, 2]}).frame["a"].to_list() == [seconds, 2 * seconds]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (7, "a int cannot be read"),
        ({"a": [1, 2], "b": [1]}, "differ in length"),
        ((np.ones((3, 2)), np.ones(2)), "X has 3 rows and y has 2"),
        (np.ones((2, 3, 3)), "pictures are uint8"),
        (np.array([1 + 2j]), "complex"),
        ({"a": np.zeros(2, "V4")}, r"type \|V4"),
        (pl.DataFrame({"a": [[1, 2], [3]]}), "which is no cell of a table"),
        (pl.DataFrame({"a": []}), "no rows"),
    ],
)
def test_a_source_in_memory_that_is_no_table_is_refused(source, message):
    with pytest.raises(DataError, match=message):
        read(source)


def test_a_column_of_an_unreadable_type_can_be_dropped():
    data = read(pl.DataFrame({"a": [[1], [2]], "b": [1, 2]}), drop=["a"])
    assert data.frame.columns == ["b"]
