"""``assay correct``: texts and columns, in both languages, and what it refuses."""

import json

import polars as pl
import pytest
from tests.bundle.mutants import made

from assay.bundle.model import Model
from assay.cli.main import run
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.language.spelling.learning import learn_speller
from assay.language.spelling.words import WordList
from assay.recipes.fitted import Fitted
from assay.recipes.frames import FittedFrame
from assay.recipes.language.spelling import FittedSpeller

WORDS = WordList.of_counts({"the": 9, "house": 5, "hello": 4, "привет": 5, "молоко": 4, "кот": 6, "пьет": 3})


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    speller = learn_speller(["the huose", "малоко"] * 6, ["the house", "молоко"] * 6, words=WORDS)
    task = Task("rewriting", "meant", special="spelling")
    fitted = Fitted("noisy-channel", task, Schema((Column("typed", "text"),)), FittedFrame(("typed",)), FittedSpeller(speller))
    path = tmp_path_factory.mktemp("model") / "spelling.assay"
    Model(fitted).save(path)
    return str(path)


def test_a_text_is_corrected_line_by_line_and_its_ends_of_lines_stay(model, tmp_path, capsysbinary):
    (tmp_path / "a.txt").write_bytes("The huose!\r\n\nКот пьёт малоко\n  12".encode())
    assert run(["correct", model, str(tmp_path / "a.txt")]) == 0
    assert capsysbinary.readouterr().out.decode() == "The house!\r\n\nКот пьёт молоко\n  12"
    assert run(["correct", model, str(tmp_path / "a.txt"), "-o", str(tmp_path / "b.txt")]) == 0
    assert (tmp_path / "b.txt").read_bytes().decode() == "The house!\r\n\nКот пьёт молоко\n  12"


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_table_keeps_its_other_columns(model, tmp_path, suffix):
    frame = pl.DataFrame({"n": ["007", "8", "9"], "typed": ["the huose", None, "Малоко"], "малоко": ["huose", "b", "c"]})
    frame.write_csv(tmp_path / "a.csv")
    out = tmp_path / f"b{suffix}"
    assert run(["correct", model, str(tmp_path / "a.csv"), "-o", str(out)]) == 0
    read = {".csv": lambda path: pl.read_csv(path, infer_schema=False), ".jsonl": pl.read_ndjson, ".parquet": pl.read_parquet}[
        suffix
    ](out)
    assert read["typed"].to_list() == ["the house", None, "Молоко"]
    assert read.drop("typed").rows() == frame.drop("typed").rows()


def test_json_says_what_was_changed(model, tmp_path, capsys):
    (tmp_path / "a.txt").write_text("кот\nмалоко\n", encoding="utf-8")
    assert run(["correct", model, str(tmp_path / "a.txt"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["n"] == 2
    assert said["changed"] == [{"row": 2, "was": "малоко", "now": "молоко"}]


def test_an_empty_text_stays_empty(model, tmp_path, capsysbinary):
    (tmp_path / "a.txt").write_bytes(b"")
    assert run(["correct", model, str(tmp_path / "a.txt")]) == 0
    assert capsysbinary.readouterr().out == b""


@pytest.mark.parametrize(
    ("name", "content", "more", "reason"),
    [
        ("none.txt", None, [], "cannot be read"),
        ("a.txt", b"nul\0byte", [], "zero bytes"),
        ("a.csv", b"type,n\nhuose,1\n", [], "did you mean 'type'"),
        ("a.csv", b"typed,n\nhuose,1\n", ["-o", "b.xlsx"], "is a table"),
        ("a.txt", b"huose", ["-o", "."], "is a folder"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(model, tmp_path, capsys, name, content, more, reason):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert run(["correct", model, str(tmp_path / name), *more]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert said.count("\n") == 1


def test_a_model_of_another_task_is_refused(tmp_path, capsys):
    made("baseline")[0].save(tmp_path / "other.assay")
    (tmp_path / "a.txt").write_text("huose", encoding="utf-8")
    assert run(["correct", str(tmp_path / "other.assay"), str(tmp_path / "a.txt")]) == 2
    assert "a model of the task spelling" in capsys.readouterr().err
