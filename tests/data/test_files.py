"""Files other than delimited text, and folders of pictures."""

import io
import zipfile

import numpy as np
import polars as pl
import pytest
from PIL import Image

from assay.core.errors import DataError
from assay.data import read

TABLE = pl.DataFrame({"n": [1.5, None, 3.0], "k": ["a", "b", None], "b": [True, False, None]})
READ = {"n": [1.5, None, 3.0], "k": ["a", "b", None], "b": ["true", "false", None]}


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "feather", "ipc", "jsonl", "ndjson"])
def test_every_form_of_file_gives_the_same_rows(tmp_path, suffix):
    path = tmp_path / f"t.{suffix}"
    write = {"parquet": TABLE.write_parquet, "jsonl": TABLE.write_ndjson, "ndjson": TABLE.write_ndjson}
    write.get(suffix, TABLE.write_ipc)(path)
    data = read(path)
    assert data.frame.to_dict(as_series=False) == READ
    assert [column.kind for column in data.schema.columns] == ["number", "category", "category"]


def test_a_json_array_of_objects_is_read_and_a_missing_key_is_a_missing_cell(tmp_path):
    path = tmp_path / "t.json"
    path.write_text('[{"a": 1, "b": "x"}, {"a": 2.5}]')
    assert read(path).frame.to_dict(as_series=False) == {"a": [1.0, 2.5], "b": ["x", None]}


def test_a_bad_json_line_is_named(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": 1}\n\n{"a": oops}\n')
    with pytest.raises(DataError, match="line 3 is not JSON"):
        read(path)


def test_a_json_row_that_is_no_object_is_named(tmp_path):
    path = tmp_path / "t.json"
    path.write_text('[{"a": 1}, 7]')
    with pytest.raises(DataError, match="entry 2 is no JSON object"):
        read(path)


def test_a_missing_file_is_named_with_its_neighbour(tmp_path):
    (tmp_path / "loans.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match=r"loan\.csv: there is no such file; did you mean 'loans.csv'\?"):
        read(tmp_path / "loan.csv")


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow", "t.npz", "t.csv.gz", "t.zip"])
def test_a_damaged_file_is_refused_in_one_line(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"this is not what the suffix says")
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_suffix_is_refused_with_what_is_read(tmp_path):
    path = tmp_path / "t.xlsx"
    path.write_bytes(b"x")
    with pytest.raises(DataError, match=r"\.xlsx are not read; what is: CSV"):
        read(path)


def test_a_zip_of_several_files_and_a_zip_of_no_pictures_are_refused(tmp_path):
    for names, message in ((["a.csv", "b.csv"], "this one holds 2"), (["x/1.png"], "1 of 1 pictures do not open")):
        with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
            for name in names:
                archive.writestr(name, "a\n1\n")
        with pytest.raises(DataError, match=message):
            read(tmp_path / "z.zip")


def test_an_npz_of_x_and_y_names_its_target(tmp_path):
    np.savez(tmp_path / "t.npz", X=np.arange(8.0).reshape(4, 2), y=np.array([0, 1, 0, 1]))
    data = read(tmp_path / "t.npz")
    assert data.frame.columns == ["x0", "x1", "y"]
    assert data.question.target == "y"
    assert data.question.classes == ("0", "1")


def test_an_npz_with_a_split_marks_its_test_rows(tmp_path):
    pictures = np.arange(6 * 4, dtype=np.uint8).reshape(6, 2, 2)
    labels = np.array([0, 1, 2, 0, 1, 2])
    np.savez(tmp_path / "t.npz", x_train=pictures[:4], y_train=labels[:4], x_test=pictures[4:], y_test=labels[4:])
    data = read(tmp_path / "t.npz", task="multiclass")
    assert data.given_test.tolist() == [False] * 4 + [True] * 2
    assert data.schema["image"].kind == "image"
    assert np.array_equal(data.frame["image"].to_numpy(), pictures)


def test_an_npz_that_holds_python_objects_is_not_unpickled(tmp_path):
    np.savez(tmp_path / "t.npz", a=np.array([{"x": 1}], dtype=object))
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / "t.npz")


def test_a_file_that_only_says_npz_is_said_to_be_none(tmp_path):
    (tmp_path / "t.npz").write_bytes(b"PK" + b"x" * 100)
    with pytest.raises(DataError, match=r"t\.npz: this is no npz file, or a damaged one\.$"):
        read(tmp_path / "t.npz")


@pytest.mark.parametrize("suffix", ["arrow", "ipc"])
def test_an_arrow_stream_is_read_like_an_arrow_file(tmp_path, suffix):
    TABLE.write_ipc_stream(tmp_path / f"t.{suffix}")
    assert read(tmp_path / f"t.{suffix}").frame.to_dict(as_series=False) == READ


def test_whatever_hands_out_arrow_is_read_like_a_frame():
    class Table:
        def __arrow_c_stream__(self, requested_schema=None):
            return TABLE.__arrow_c_stream__(requested_schema)

    assert read(Table()).frame.to_dict(as_series=False) == READ


def _picture(path, value=0, mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (4, 3), value).save(path)


def test_a_folder_of_classes_is_read_in_order_of_path(tmp_path):
    for name in ("dog/2.png", "cat/1.jpg", "cat/deep/0.PNG"):
        _picture(tmp_path / name)
    (tmp_path / "cat" / "notes.txt").write_text("x")
    data = read(tmp_path)
    assert data.question.classes == ("cat", "dog")
    assert data.frame["image"].to_list() == [str(tmp_path / name) for name in ("cat/1.jpg", "cat/deep/0.PNG", "dog/2.png")]
    assert data.given_test is None


def test_train_and_test_folders_are_a_given_split_and_val_counts_as_train(tmp_path):
    for part in ("train", "val", "test"):
        for label in ("a", "b"):
            _picture(tmp_path / part / label / "x.png")
    data = read(tmp_path)
    assert data.frame.filter(data.given_test)["image"].to_list() == [str(tmp_path / "test" / c / "x.png") for c in "ab"]
    assert len(data) == 6


def test_classes_that_are_called_test_and_train_are_classes(tmp_path):
    for label in ("test", "train"):
        _picture(tmp_path / label / "x.png")
    data = read(tmp_path)
    assert data.given_test is None
    assert set(data.question.classes) == {"test", "train"}


def test_a_folder_without_pictures_is_refused_with_what_was_looked_for(tmp_path):
    (tmp_path / "cat").mkdir()
    with pytest.raises(DataError, match=r"no pictures found \(looked for \.png, \.jpg"):
        read(tmp_path)


def test_pictures_outside_class_folders_are_refused(tmp_path):
    _picture(tmp_path / "x.png")
    with pytest.raises(DataError, match="its 1 pictures lie in no class folder"):
        read(tmp_path)


def test_a_table_may_mix_a_number_a_category_a_text_and_a_picture(tmp_path):
    rows = ["id,size,colour,story,photo,y"]
    for i in range(30):
        _picture(tmp_path / "p" / f"{i}.png", i)
        rows.append(f"r{i},{i * 0.5},{'red' if i % 2 else 'blue'},one more long story of number {i},p/{i}.png,{i % 2}")
    (tmp_path / "t.csv").write_text("\n".join(rows))
    data = read(tmp_path / "t.csv", target="y")
    kinds = {column.name: column.kind for column in data.schema.columns}
    assert kinds == {"id": "id", "size": "number", "colour": "category", "story": "text", "photo": "image", "y": "category"}
    assert data.frame["photo"][3] == str(tmp_path / "p" / "3.png")


def test_a_picture_path_without_a_file_is_named_with_its_row(tmp_path):
    _picture(tmp_path / "0.png")
    (tmp_path / "t.csv").write_text("photo,y\n0.png,1\n1.png,0\n")
    with pytest.raises(DataError, match=r"row 2, column 'photo': there is no picture .*1\.png"):
        read(tmp_path / "t.csv", target="y")


def test_a_frame_of_encoded_pictures_is_an_image_column():
    stream = io.BytesIO()
    Image.new("L", (2, 2)).save(stream, "PNG")
    data = read(pl.DataFrame({"p": [stream.getvalue()] * 3}))
    assert data.schema["p"].kind == "image"
    assert data.frame["p"].dtype == pl.Binary
