"""New rows brought to a schema: what passes, and what is refused with its row and column."""

import base64
import codecs
import datetime as dt
import gzip
import io

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from assay.core.errors import DataError
from assay.data import conform, read, read_features
from assay.data.schema import Column, Schema

TRAIN = "n,k,code,flag,d,story,y\n" + "\n".join(
    f"{i}.5,{'ab'[i % 2]},{(865, 971)[i % 2]},{i % 2 == 0},2024-01-{i + 1:02d},a story of many words number {i},{i % 2}"
    for i in range(25)
)
ROW = {"n": 1, "k": "a", "code": 865, "flag": True, "d": "2024-02-01", "story": "x"}


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(TRAIN)
    return read(path, target="y", kinds={"code": "category"})


def test_the_training_file_conforms_to_its_own_features(data, tmp_path):
    assert read_features(tmp_path / "train.csv", data.schema).equals(data.features)
    assert conform(data.frame, data.schema).equals(data.features)


def test_other_forms_of_the_same_rows_give_the_same_features(data, tmp_path):
    typed = data.features.with_columns(pl.col("code").cast(pl.Int64), pl.col("flag") == "true", pl.col("d").cast(pl.Date))
    typed.write_parquet(tmp_path / "t.parquet")
    assert read_features(tmp_path / "t.parquet", data.schema).equals(data.features)
    assert conform(typed.select(reversed(typed.columns)), data.schema).equals(data.features)
    assert read_features(typed.to_pandas(), data.schema).equals(data.features)


def test_records_conform_whatever_way_a_level_is_written(data):
    row = conform(
        [ROW, ROW | {"code": "865", "flag": "True"}, ROW | {"code": 865.0, "flag": "true"}], data.schema, extra="refuse"
    )
    assert row.schema == data.features.schema
    assert row["code"].to_list() == ["865"] * 3
    assert row["flag"].to_list() == ["true"] * 3
    assert row["d"][0] == dt.datetime(2024, 2, 1)


def test_null_is_missing_and_an_unseen_level_passes(data):
    row = conform([dict.fromkeys(ROW), ROW | {"k": "new"}], data.schema, extra="refuse")
    assert row.row(0) == (None,) * 6
    assert row["k"][1] == "new"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": "1"}, r"row 2, column 'n': expected a number, found text \('1'\)"),
        ({"n": True}, r"row 2, column 'n': expected a number, found a boolean"),
        ({"n": float("nan")}, r"row 2, column 'n': expected a finite number or null, found nan"),
        ({"n": float("inf")}, r"row 2, column 'n': expected a finite number or null, found inf"),
        ({"n": 10**400}, r"row 2, column 'n': the number is too large"),
        ({"n": [1]}, r"row 2, column 'n': expected a number, found a list"),
        ({"k": {"a": 1}}, r"row 2, column 'k': expected a string or a number, found an object"),
        ({"d": 20240101}, r"row 2, column 'd': expected a date such as 2024-12-31, found a number"),
        ({"d": "soon"}, r"row 2, column 'd': expected a date such as 2024-12-31, found 'soon'"),
        ({"story": 7}, r"row 2, column 'story': expected text, found a number"),
        ({"stroy": "x"}, r"column 'stroy' is not one of the model's; did you mean 'story'\?"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_with_row_and_column(data, change, message):
    with pytest.raises(DataError, match=message):
        conform([ROW, ROW | change], data.schema, extra="refuse")


def test_a_missing_column_is_named_with_the_nearest_that_is_there(data):
    wrong = {("stori" if name == "story" else name): value for name, value in ROW.items()}
    with pytest.raises(DataError, match=r"row 1: column 'story' is missing; did you mean 'stori' by it\?"):
        conform([wrong], data.schema)
    with pytest.raises(DataError, match="column 'n' is missing"):
        conform(data.frame.drop("n"), data.schema)


def test_extra_columns_are_ignored_unless_refused(data):
    assert conform([ROW | {"more": 1}], data.schema).columns == list(ROW)
    frame = data.frame.with_columns(more=pl.lit(1))
    assert conform(frame, data.schema).equals(data.features)
    with pytest.raises(DataError, match="column 'y' is not one of the model's"):
        conform(frame, data.schema, extra="refuse")


def test_nan_is_missing_and_infinity_is_refused_outside_requests(data):
    assert conform([ROW | {"n": float("nan")}], data.schema)["n"].to_list() == [None]
    with pytest.raises(DataError, match="row 3, column 'n': expected a finite number, found inf"):
        conform(data.frame.with_columns(n=pl.Series([1.0, 2.0, float("inf")] + [0.0] * 22)), data.schema)


def test_a_wrong_cell_of_a_scored_file_is_named(data, tmp_path):
    path = tmp_path / "new.csv"
    path.write_text(TRAIN.replace("\n3.5,", "\nthree,"))
    with pytest.raises(DataError, match="row 4, column 'n': expected a number, found 'three'"):
        read_features(path, data.schema)


TEXTS = ["tea, or coffee", "neither"]
TABLE = 'text,note\n"tea, or coffee",1\nneither,2\n'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("new.txt", TABLE.encode()),
        ("new.txt", codecs.BOM_UTF8 + TABLE.encode()),
        ("new.txt", codecs.BOM_UTF16_LE + TABLE.encode("utf-16-le")),
        ("new.txt.gz", gzip.compress(TABLE.encode())),
        ("new.txt", "tea, or coffee\n\nneither\n".encode("utf-16")),
        ("new.txt.gz", gzip.compress(b"tea, or coffee\nneither")),
    ],
)
def test_a_text_file_is_a_table_where_its_header_names_the_only_column_and_a_row_each_line_elsewhere(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    found = read_features(tmp_path / name, Schema((Column("text", "text"),)))
    assert found.to_dict(as_series=False) == {"text": TEXTS}


def test_a_date_that_can_be_read_in_two_ways_is_refused(data):
    with pytest.raises(DataError, match="'05/06/2024' can be read as day/month and as month/day"):
        conform([ROW | {"d": "05/06/2024"}], data.schema)
    assert conform([ROW | {"d": "25/06/2024"}], data.schema)["d"][0] == dt.datetime(2024, 6, 25)


def test_the_dates_of_a_request_may_be_written_in_several_ways(data):
    rows = [ROW, ROW | {"d": "2024-02-01T10:30:00"}, ROW | {"d": None}, ROW | {"d": "1.2.2024"}]
    expected = [dt.datetime(2024, 2, 1), dt.datetime(2024, 2, 1, 10, 30), None, dt.datetime(2024, 2, 1)]
    assert conform(rows, data.schema, extra="refuse")["d"].to_list() == expected
    with pytest.raises(DataError, match=r"row 5, column 'd': .*'05/06/2024' can be read as day/month"):
        conform([*rows, ROW | {"d": "05/06/2024"}], data.schema)


@pytest.mark.parametrize("rows", [[], [7]])
def test_what_holds_no_records_is_refused(data, rows):
    with pytest.raises(DataError, match=r"no rows|expected an object"):
        conform(rows, data.schema)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)
SCHEMA = read(pl.DataFrame({"n": [1.0, 2.5], "k": ["a", "b"], "d": [dt.date(2024, 1, 1)] * 2, "y": [0, 1]}), target="y").schema


@settings(max_examples=200, deadline=None)
@given(record=st.fixed_dictionaries({"n": JSON, "k": JSON, "d": JSON}))
def test_any_json_either_conforms_or_is_refused_in_one_line(record):
    refusal = ""
    row = conform([{"n": 0, "k": "a", "d": None}], SCHEMA, extra="refuse")
    try:
        row = conform([record], SCHEMA, extra="refuse")
    except DataError as error:
        refusal = str(error)
    assert refusal == "" or ("column" in refusal and "\n" not in refusal)
    assert list(row.schema.values()) == [pl.Float64, pl.String, pl.Datetime("us")]
    assert row["n"][0] is None or np.isfinite(row["n"][0])


def encoded(value=7):
    stream = io.BytesIO()
    Image.new("L", (3, 2), value).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def pictures(tmp_path):
    for label in "ab":
        (tmp_path / "p" / label).mkdir(parents=True)
        (tmp_path / "p" / label / "0.png").write_bytes(encoded())
    return read(tmp_path / "p")


def test_a_folder_of_pictures_without_classes_can_be_scored(pictures, tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "q.png").write_bytes(encoded())
    frame = read_features(tmp_path / "new", pictures.schema)
    assert frame.to_dict(as_series=False) == {"image": [str(tmp_path / "new" / "q.png")]}


def test_a_picture_may_be_sent_in_the_record(pictures):
    sent = "data:image/png;base64," + base64.b64encode(encoded()).decode()
    frame = conform([{"image": sent}, {"image": None}], pictures.schema, extra="refuse")
    assert frame["image"].to_list() == [encoded(), None]


def test_paths_and_sent_pictures_mix_outside_requests(pictures, tmp_path):
    sent = "data:image/png;base64," + base64.b64encode(encoded(9)).decode()
    frame = conform([{"image": sent}, {"image": "a/0.png"}], pictures.schema, root=tmp_path / "p")
    assert frame["image"].to_list() == [encoded(9), encoded(7)]


def test_a_request_may_not_name_files_of_the_server(pictures, tmp_path):
    inside = [{"image": "a/0.png"}]
    with pytest.raises(DataError, match="row 1, column 'image': expected a picture as data:image/png;base64"):
        conform(inside, pictures.schema, extra="refuse")
    assert conform(inside, pictures.schema, extra="refuse", root=tmp_path / "p").height == 1
    with pytest.raises(DataError, match="leads outside the folder"):
        conform([{"image": "../p/a/0.png"}], pictures.schema, extra="refuse", root=tmp_path / "p" / "b")


@pytest.mark.parametrize("sent", ["data:image/png;base64,@@@", "data:image/png,abc", 5])
def test_a_picture_that_is_not_encoded_right_is_refused(pictures, sent):
    with pytest.raises(DataError, match="row 1, column 'image': "):
        conform([{"image": sent}], pictures.schema, extra="refuse")


@pytest.mark.parametrize("cell", ["-02024-05-25", "12024-05-25", "-0001-01-01"])
def test_a_year_that_no_calendar_of_pythons_has_is_no_date(cell: str) -> None:
    schema = Schema((Column("day", "date"),))
    with pytest.raises(DataError, match=f"row 2, column 'day': expected a date such as 2024-12-31, found '{cell}'"):
        conform([{"day": "2024-12-31"}, {"day": cell}], schema)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_the_first_and_the_last_day_are_dates_and_those_beyond_are_refused(unit: str) -> None:
    schema = Schema((Column("day", "date"),))
    ends = (
        [dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1)]
        if unit == "ns"
        else [dt.datetime.min, dt.datetime(9999, 12, 31, 23, 59, 59)]
    )
    assert conform(pl.DataFrame({"day": pl.Series(ends, dtype=pl.Datetime(unit))}), schema)["day"].to_list() == ends
    if unit == "ns":
        return
    beyond = pl.Series("day", [pl.Series(ends, dtype=pl.Datetime(unit)).to_physical()[1] + 10**6]).cast(pl.Datetime(unit))
    with pytest.raises(DataError, match="outside the years 1 to 9999"):
        conform(pl.DataFrame([beyond]), schema)
