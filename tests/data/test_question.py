"""The task that a target asks, and the refusals when it asks none."""

import polars as pl
import pytest

from assay.core.errors import ConfigError, DataError
from assay.data import read


def asked(values, **arguments):
    return read(pl.DataFrame({"x": list(range(len(values))), "y": values}), target="y", **arguments)


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        ([0, 1, 0], "binary", ("0", "1")),
        ([0.0, 1.0, 0.0], "binary", ("0", "1")),
        ([True, False, False], "binary", ("false", "true")),
        (["yes", "no", "yes"], "binary", ("no", "yes")),
        (["spam", "ham", "spam"], "binary", ("ham", "spam")),
        (["b", "a", "a"], "binary", ("a", "b")),  # the rarer
        (["a", "b", "b"], "binary", ("b", "a")),
        (["a", "b"], "binary", ("a", "b")),
        ([-1, 1, 1], "binary", ("-1", "1")),
        ([10, 9, 2] * 5, "multiclass", ("2", "9", "10")),
        (["10", "9", "2"] * 5, "multiclass", ("2", "9", "10")),
        (["c", "a", "b"], "multiclass", ("a", "b", "c")),
        (list(range(20)) * 4, "regression", ()),  # four rows a class are too few
        (list(range(21)) * 9, "regression", ()),
        ([0.5, 1.5, 2.5] * 9, "regression", ()),
    ],
)
def test_the_task_and_the_order_of_its_classes_are_inferred(values, task, classes):
    data = asked(values)
    assert (data.question.name, data.question.classes) == (task, classes)
    assert data.frame["y"].dtype == (pl.String if classes else pl.Float64)
    assert len(data.target) == len(values)


@pytest.mark.parametrize("positive", ["0", 0, "0.0"])
def test_the_positive_class_can_be_said_in_any_writing(positive):
    assert asked([0, 1, 0], positive=positive).question.classes == ("1", "0")
    assert asked(["True", "False", "True"], positive="True").question.classes == ("false", "true")


def test_the_choice_of_the_positive_class_is_noted():
    assert any(note.startswith("positive class of y: b (the rarer; 1 of 3 rows") for note in asked(["a", "b", "a"]).notes)


def test_an_unknown_positive_value_is_refused_with_the_nearest():
    with pytest.raises(DataError, match="no value 'denyed' to be the positive class; did you mean 'denied'"):
        asked(["denied", "granted", "granted"], positive="denyed")


def test_a_positive_value_for_another_task_is_refused():
    with pytest.raises(ConfigError, match="is for two classes"):
        asked(["a", "b", "c"], positive="a")


def test_a_task_can_be_said():
    assert asked([1, 2, 3] * 5, task="regression").question.name == "regression"
    assert asked([1.5, 2.5, 3.5] * 5, task="multiclass").question.classes == ("1.5", "2.5", "3.5")
    assert asked([0, 1] * 5, task="multiclass").question.classes == ("0", "1")


@pytest.mark.parametrize(
    ("values", "arguments", "message"),
    [
        (["a", "a"], {}, "has one class only, 'a'"),
        ([3.5, 3.5], {"task": "regression"}, "is 3.5 in every row"),
        ([None, None], {}, "is missing in every row"),
        (["a", "b", "c"], {"task": "binary"}, r"has 3 classes \(a, b, c\); a binary task has two"),
        (["1", "2", "x"], {"task": "regression"}, "holds 'x', which is no number"),
        ([1.0, 2.5, float("inf")], {"task": "regression"}, "row 3: the target 'y' is infinite"),
        ([f"name {i}" for i in range(40)], {}, "has 40 different values in 40 rows"),
        (["2024-01-01", "2024-01-02"], {}, "holds dates, which cannot be predicted"),
    ],
)
def test_a_target_that_asks_nothing_is_refused(values, arguments, message):
    with pytest.raises(DataError, match=message):
        asked(values, **arguments)


def test_an_unknown_task_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="no task 'binery'; did you mean 'binary'"):
        asked([0, 1], task="binery")


def test_a_task_without_a_target_is_refused():
    with pytest.raises(ConfigError, match="needs a target"):
        read(pl.DataFrame({"x": [1]}), task="binary")


def test_rows_without_a_target_are_left_out_with_a_note():
    data = asked(["a", None, "b", "?"])
    assert data.frame["x"].to_list() == [0.0, 2.0]
    assert "2 rows without a value of the target 'y' are left out" in data.notes


def test_labels_of_a_file_and_of_a_frame_are_the_same_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n1,1\n2,2.0\n3,3\n" + "4,1\n" * 20)
    frame = pl.DataFrame({"x": [1, 2, 3] + [4] * 20, "y": [1.0, 2.0, 3.0] + [1.0] * 20})
    assert read(path, target="y").question == read(frame, target="y").question
