"""Recipes of rewriting in a study: tried on equal terms, measured with intervals, finished, saved, asked again."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import assay
from assay.core.errors import ConfigError
from assay.explain.alignment import alignment_of
from assay.study import Study

RUSSIAN = ["ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"]
ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def pairs(n: int) -> pl.DataFrame:
    random = np.random.default_rng(0)
    rows = [random.integers(0, 10, random.integers(1, 5)) for _ in range(n)]
    texts = [(" ".join(RUSSIAN[d] for d in row), " ".join(ENGLISH[d] for d in row)) for row in rows]
    return pl.DataFrame(texts, schema=["given", "wanted"], orient="row")


def test_a_dictionary_beats_a_copy_and_the_finished_model_answers_alike_after_saving(tmp_path: Path) -> None:
    data = assay.read(pairs(120), target="wanted", task="translation", kinds={"given": "text"})
    result = Study(data, ["copy-source", "word-for-word"], folds=3).run(tmp_path / "run", jobs=1)
    board = {row["name"]: row for row in result.leaderboard().iter_rows(named=True)}
    assert board["word-for-word"]["value"] == pytest.approx(100)  # chrF; every digit is a word of its own
    assert board["copy-source"]["value"] < 5
    assert result.interval("word-for-word", "bleu").value == pytest.approx(100)
    assert result.interval("word-for-word", "exact_match").value == 1
    assert result.verdict("word-for-word", "copy-source").call == "a better"
    model = result.finish()
    model.save(tmp_path / "model.assay")
    rows = [{"given": text} for text in ("семь два", "", "неизвестное два", "שלום", "a\tb")]
    said = model.predict(rows)["prediction"].to_list()
    assert said[:3] == ["seven two", "", "неизвестное two"]
    assert assay.load(tmp_path / "model.assay").predict(rows)["prediction"].to_list() == said
    with pytest.raises(ConfigError, match="has no alignment"):
        alignment_of(model.fitted, "два")


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["seq2seq-lstm", "seq2seq-attention", "seq2seq-transformer"])
def test_a_net_learns_digits_in_a_study_as_it_is_registered(recipe: str, tmp_path: Path) -> None:
    data = assay.read(pairs(500), target="wanted", task="translation", kinds={"given": "text"})
    result = Study(data, ["copy-source", recipe], scheme="hold-out", repeats=1).run(tmp_path / "run", jobs=1)
    assert result.interval(recipe).value > 60
    assert result.verdict(recipe, "copy-source").call == "a better"
    model = result.finish()
    model.save(tmp_path / "model.assay")
    rows = [{"given": text} for text in ("семь два", "", "☃")]
    assert assay.load(tmp_path / "model.assay").predict(rows).equals(model.predict(rows))
    if recipe != "seq2seq-lstm":
        assert alignment_of(model.fitted, "семь два").source == ("семь", "два", "</s>")
