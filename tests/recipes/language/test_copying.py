"""The baselines of rewriting: they answer as they promise, are saved and read back, and refuse broken states."""

import numpy as np
import polars as pl
import pytest

from assay.core.errors import BundleError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.measure.texts import unpack
from assay.recipes.language.copying import FittedCopy, FittedDictionary
from assay.recipes.learner import Budget, Context, FittedLearner
from assay.recipes.registry import FITTED_LEARNERS, RECIPES

PAIRS = [
    ("red house", "дом красный"),
    ("red car", "машина красная"),
    ("green house", "дом зелёный"),
    ("the house", "дом"),
    ("green", "зелёный"),
    ("car", "машина"),
]
ODD = ["", "   ", "new word", "שלום house", "😀", "a\0b", "HOUSE house", "house " * 1000]


def fitted(name: str, pairs: list[tuple[str, str]] = PAIRS) -> FittedLearner:
    target = np.array([wanted for _, wanted in pairs], dtype=object)
    rows = Rows(pl.DataFrame({"text": [given for given, _ in pairs]}, schema={"text": pl.String}), target, 0)
    task = Task("rewriting", "wanted", special="translation")
    return RECIPES.get(name).learner.fit(rows, task, validation=None, seed=0, budget=Budget(), context=Context())


def answers(model: FittedLearner, texts: list[str]) -> list[str]:
    output = model.predict(pl.DataFrame({"text": texts}, schema={"text": pl.String}))
    assert output.offsets is not None
    return unpack(output.score, output.offsets)


def test_a_copy_is_the_text_as_it_is() -> None:
    assert answers(fitted("copy-source"), ODD) == ODD


def test_a_dictionary_learns_which_word_stands_for_which() -> None:
    said = answers(fitted("word-for-word"), ["green car", "car green", "the blue house"])
    assert said[0] == "зелёный машина"
    assert said[1] == "машина зелёный"
    assert said[2].split()[1:] == ["blue", "дом"]  # what is not known stays as it is


@pytest.mark.parametrize("name", ["copy-source", "word-for-word"])
@pytest.mark.parametrize(
    "pairs", [PAIRS, PAIRS[:1], [("", "да")], [("да", "")]], ids=["several", "one", "no-source", "no-answer"]
)
def test_few_pairs_and_odd_texts_give_sane_answers_that_a_saved_model_repeats(name: str, pairs: list[tuple[str, str]]) -> None:
    model = fitted(name, pairs)
    said = answers(model, ODD)
    assert len(said) == len(ODD)
    assert said[0] == said[1].strip() == ""
    state = model.state()
    again = FITTED_LEARNERS.get(state["kind"]).from_state(state)
    assert answers(again, ODD) == said


def test_broken_states_are_refused() -> None:
    state = fitted("word-for-word").state()
    for broken in (
        {"words": "abc"},
        {"answers": state["answers"][1:]},
        {"answers": [1] * len(state["words"])},
        {"words": [""] * 2},
    ):
        with pytest.raises(BundleError):
            FittedDictionary.from_state({**state, **broken})
    with pytest.raises(BundleError):
        FittedCopy.from_state({})
