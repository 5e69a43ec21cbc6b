"""``assay complete`` on saved n-gram models, in both languages."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.bundle.models import model as table_model
from tests.cli.commands import Command

import assay as package
from assay.bundle.model import Model
from assay.data.rows import Rows
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.recipes.fitted import Fitted
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES

LINES = {
    "en": ["I like machine learning", "Deep learning is like machine learning", "the learning machine is deep"],
    "ru": ["у лукоморья дуб зелёный", "златая цепь на дубе том", "и днём и ночью кот учёный"],
}
BEGIN = {"en": ("I like machine", "learning", "dee", "deep"), "ru": ("у лукоморья", "дуб", "зл", "златая")}


@pytest.fixture(scope="module", params=LINES)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The language, and a saved n-gram model of its lines."""
    folder = tmp_path_factory.mktemp("novel")
    frame = pl.DataFrame({"text": [f"{line} {i % 3}" for i, line in enumerate(LINES[request.param] * 12)]})
    task, schema = Task("language-model", "text", ()), Schema((Column("text", "text"),))
    recipe = RECIPES.get("ngram-kneser-ney")
    zeros = np.zeros(frame.height)
    step = recipe.step.fit(frame, schema, zeros, 0)
    rows = Rows(step.transform(frame), zeros, 0, None, step.blocks)
    learner = recipe.learner.fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context())
    Model(Fitted(recipe.name, task, schema, step, learner)).save(folder / "novel.assay")
    return request.param, folder / "novel.assay"


def test_the_likeliest_words_are_printed_with_their_probability(assay: Command, model: tuple[str, Path]) -> None:
    language, path = model
    begin, word, prefix, with_prefix = BEGIN[language]
    said = assay("complete", path, begin, "--top", "2")
    assert (said.code, said.err) == (0, "")
    first = said.out.splitlines()[0].split()
    assert first[0] == word
    assert float(first[1]) > 0.5
    assert len(said.out.splitlines()) == 2
    assert assay("complete", path, begin, "--prefix", prefix.title(), "--top", "1").out.split()[0] == with_prefix
    assert assay("complete", path, begin, "--prefix", "qъ").out == "No word of the vocabulary begins with 'qъ'.\n"


def test_json_holds_what_the_saved_model_says(assay: Command, model: tuple[str, Path]) -> None:
    language, path = model
    begin = BEGIN[language][0]
    found = json.loads(assay("complete", path, begin, "--json").out)
    assert found["schema"] == 1
    assert (found["text"], len(found["suggestions"])) == (begin, 5)
    fitted = package.load(path).fitted
    ids = [fitted.step.vocabulary.index(word) for word in begin.lower().split()]
    said = dict(zip(fitted.step.vocabulary, np.exp(fitted.learner.next_log_probabilities(np.array(ids))), strict=True))
    assert [one["probability"] for one in found["suggestions"]] == [said[one["word"]] for one in found["suggestions"]]


def test_samples_begin_with_the_text_and_follow_the_seed(assay: Command, model: tuple[str, Path]) -> None:
    language, path = model
    begin = BEGIN[language][0]
    drawn = assay("complete", path, begin, "--sample", "4", "--seed", "1").out
    assert drawn == assay("complete", path, begin, "--sample", "4", "--seed", "1").out
    assert len(drawn.splitlines()) == 4
    assert all(line.startswith(begin) for line in drawn.splitlines())
    assert assay("complete", path, begin, "--sample", "2", "--seed", "1").out == "".join(drawn.splitlines(keepends=True)[:2])
    safe = json.loads(assay("complete", path, begin, "--sample", "2", "--temperature", "0", "--json").out)["continuations"]
    assert safe[0] == safe[1]
    assert safe[0]["words"][0] == BEGIN[language][1]
    assert safe[0]["ended"]
    short = assay("complete", path, "", "--sample", "3", "--words", "1", "--top-k", "2", "--top-p", "0.9").out.splitlines()
    assert len(short) == 3
    assert all(len(line.split()) <= 2 for line in short)


def test_words_that_the_model_does_not_know_are_told(assay: Command, model: tuple[str, Path]) -> None:
    said = assay("complete", model[1], "qъqъ 🙂")
    assert (said.code, said.err) == (0, "2 of 2 words of the text are not in the model's vocabulary.\n")
    assert len(said.out.splitlines()) == 5


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--top", "0"], "top=0"),
        (["--sample", "-1"], "--sample"),
        (["--sample", "1", "--prefix", "a"], "--prefix is for suggestions"),
        (["--sample", "1", "--temperature", "-1"], "temperature"),
        (["--sample", "1", "--top-p", "2"], "top_p"),
        (["--sample", "1", "--words", "0"], "most"),
    ],
)
def test_impossible_options_are_one_line(assay: Command, model: tuple[str, Path], options: list[str], why: str) -> None:
    said = assay("complete", model[1], "", *options)
    assert (said.code, said.out) == (2, "")
    assert why in said.err
    assert said.err.count("\n") == 1


def test_a_model_of_another_task_is_refused_by_name(assay: Command, tmp_path: Path) -> None:
    table_model("baseline").save(tmp_path / "table.assay")
    said = assay("complete", tmp_path / "table.assay", "a")
    assert said.code == 2
    assert "(binary) and does not continue texts; assay complete takes a model of the task language-model" in said.err
    assert assay("complete", tmp_path / "none", "a").code == 2
