"""The task that a target asks, and the refusals when it asks none."""

import polars as pl
import pytest

from assay.core.errors import ConfigError, DataError
from assay.data import read
from assay.data.task import Task


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


def test_an_order_makes_a_target_ordinal_and_numbers_have_their_own():
    data = asked(["mid", "low", "high"] * 4, order=["low", "mid", "high"])
    assert (data.question.name, data.question.asked, data.question.classes) == ("multiclass", "ordinal", ("low", "mid", "high"))
    assert data.target[:3].tolist() == [1, 0, 2]
    assert "order of y: low < mid < high" in data.notes
    assert asked([10, 9, 2] * 4, task="ordinal").question.classes == ("2", "9", "10")
    assert asked([1, 2, 3] * 4, order=["3", "1.0", "2"]).question.classes == ("3", "1", "2")


@pytest.mark.parametrize(
    ("values", "arguments", "error", "match"),
    [
        (["a", "b", "c"], {"task": "ordinal"}, ConfigError, r"holds text \(a,b,c\), whose order only you know; pass order="),
        (["a", "b", "c"], {"order": ["a", "b"]}, DataError, "leaves out 1 of its 3 classes: c"),
        (["a", "b", "c"], {"order": ["a", "b", "c", "d"]}, DataError, "no value 'd' in the order"),
        (["a", "b", "c"], {"order": ["a", "b", "c", "B"]}, ConfigError, "names 'b' twice"),
        (["a", "b", "a"], {"order": ["a", "b"]}, DataError, "2 classes; .* pass task=binary"),
        (["a", "b", "c"], {"order": ["a", "b", "c"], "task": "multiclass"}, ConfigError, "is for an ordinal target"),
        ([1, -2, -3], {"task": "counts"}, DataError, "row 2: the target 'y' is -2, and 2 of 3 rows are below 0"),
        ([1, 2, 3], {"task": "ranking"}, ConfigError, "name the column of the queries: group=, or --group COL"),
        ([1.5, 2, 3], {"task": "ordinel"}, ConfigError, "no task 'ordinel'; did you mean 'ordinal'"),
    ],
)
def test_a_target_that_does_not_suit_its_special_task_is_refused_in_one_sentence(values, arguments, error, match):
    with pytest.raises(error, match=match):
        asked(values, **arguments)


def test_a_special_task_is_one_of_its_form_and_survives_json():
    task = Task("regression", "y", special="counts")
    assert Task.from_json(task.to_json()) == task
    assert task.suits(frozenset({"regression"}))
    assert task.suits(frozenset({"counts"}))
    assert not Task("regression", "y").suits(frozenset({"counts"}))
    assert "special" not in Task("regression", "y").to_json()  # fingerprints of before there were special tasks
    ranking = Task("regression", "y", special="ranking")
    assert not ranking.is_measured_by(frozenset({"regression"}))
    for name, special in (("counts", ""), ("regression", "ordinal"), ("binary", "binary")):
        with pytest.raises(ConfigError, match="special"):
            Task(name, "y", ("a", "b"), special)
