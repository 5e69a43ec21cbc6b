"""Copies of rows against a plain dictionary of tuples."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from assay.data import read
from assay.data.copies import copies_across, copy_groups, drop_copies

ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, None]), st.sampled_from(["a", "b", None]), st.sampled_from(["no", "yes"])),
    min_size=4,
    max_size=30,
).filter(lambda rows: len({row[2] for row in rows}) == 2)


def dataset(rows):
    frame = pl.DataFrame(rows, schema={"n": pl.Float64, "k": pl.String, "y": pl.String}, orient="row")
    return read(frame, target="y", kinds={"n": "number", "k": "category"})


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_rows_share_a_code_just_when_their_features_are_equal(rows):
    first: dict[tuple, int] = {}
    expected = [first.setdefault(row[:2], i) for i, row in enumerate(rows)]
    assert copy_groups(dataset(rows)).tolist() == expected


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_dropping_copies_keeps_the_first_of_each_row(rows):
    assert drop_copies(dataset(rows)).frame.rows() == list(dict.fromkeys(rows))


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, data=st.data())
def test_copies_across_the_lock_are_counted(rows, data):
    locked = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=len(rows) - 1, unique=True))
    rest = {rows[i][:2] for i in range(len(rows)) if i not in locked}
    expected = sum(rows[i][:2] in rest for i in locked)
    finding = copies_across(dataset(rows), np.array(locked))
    assert (0 if finding is None else finding.evidence["with_a_copy"]) == expected


def test_nothing_is_dropped_when_nothing_repeats():
    data = dataset([(0.0, "a", "no"), (1.0, "a", "yes")])
    assert drop_copies(data) is data


def test_a_name_of_the_row_does_not_make_copies_different():
    frame = pl.DataFrame({"key": [f"r-{i}" for i in range(40)], "n": [1.0, 2.0] * 20, "y": ["a", "b"] * 20})
    data = read(frame, target="y")
    assert data.schema["key"].kind == "id"
    assert len(np.unique(copy_groups(data))) == 2


def test_pictures_are_copies_when_their_bytes_are(tmp_path):
    for label, name, value in (("a", "0", 1), ("a", "1", 2), ("b", "2", 1)):
        (tmp_path / label).mkdir(exist_ok=True)
        Image.new("L", (2, 2), value).save(tmp_path / label / f"{name}.png")
    assert copy_groups(read(tmp_path)).tolist() == [0, 1, 0]
    pixels = np.array([[[1]], [[2]], [[1]]], dtype=np.uint8)
    assert copy_groups(read((pixels, ["a", "b", "b"]))).tolist() == [0, 1, 0]


def test_many_rows_are_compared_by_their_hashes_to_the_same_end(monkeypatch):
    rng = np.random.default_rng(0)
    levels = pl.Series(rng.choice(["a", "b", "a long name of a level"], 400)).set(pl.Series(rng.random(400) < 0.1), None)
    numbers = pl.Series([0.0, -0.0, 1.5, None])[rng.integers(0, 4, 400)]
    data = read(
        pl.DataFrame({"s": levels, "x": numbers, "z": rng.integers(0, 40, 400), "y": rng.integers(0, 2, 400)}), target="y"
    )
    exact = copy_groups(data)
    assert len(np.unique(exact)) < 380
    for most in (0, 300 * 3):  # two hashes of all rows that recur, and those rows as they are
        monkeypatch.setattr("assay.data.alike.MOST_CELLS", most)
        monkeypatch.setattr("assay.data.alike._HASHED_ROWS", 64)
        assert np.array_equal(copy_groups(data), exact)
    alone = data.take(np.unique(exact))
    assert np.array_equal(copy_groups(alone), np.arange(len(alone)))
