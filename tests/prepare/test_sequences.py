"""Texts as rows of token numbers in order."""

import copy
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.errors import BundleError, ConfigError, DataError
from assay.data.schema import Column, Schema
from assay.prepare.registry import FITTED_STEPS
from assay.prepare.sequences import FittedTokenSequences, TokenSequenceStep, sequence_characters, sequence_words
from assay.prepare.text.subwords.trained import Subwords, SubwordSettings

SCHEMA = Schema((Column("text", "text"),))
FRAME = pl.DataFrame({"text": ["Free prize! Free call", "call me later", "a free CALL", None, ""]})
RUSSIAN = pl.DataFrame({"text": ["Ёлка и ель", "ель и сосна", "сосна, ёлка и ель!"]})


def fit(frame=FRAME, schema=SCHEMA, **asked):
    return TokenSequenceStep(**asked).fit(frame, schema, np.zeros(frame.height), seed=0)


def test_words_numbers_and_signs_stand_in_the_order_of_the_text():
    assert sequence_words("Don't STOP: 15,000 £ now!!") == ["don't", "stop", ":", "<5>", "£", "now", "!", "!"]
    assert sequence_words("Ёжик по-прежнему СПИТ… 🙂") == ["ежик", "по-прежнему", "спит", "…", "🙂"]
    assert sequence_characters("  Да,\n нет ") == list("да, нет")


def test_a_row_holds_its_tokens_in_order_unknown_ones_too_and_then_zeros():
    step = fit()
    assert step.vocabulary == ("call", "free")
    assert step.transform(FRAME).dtype == np.int32
    assert step.transform(FRAME).tolist() == [[3, 1, 1, 3, 2], [2, 1, 1, 0, 0], [1, 3, 2, 0, 0], [0] * 5, [0] * 5]


def test_russian_words_and_characters_are_numbered_alike():
    assert fit(RUSSIAN).vocabulary == ("ель", "и", "елка", "сосна")
    assert fit(RUSSIAN).transform(RUSSIAN).tolist() == [[4, 3, 2, 0, 0, 0], [2, 3, 5, 0, 0, 0], [5, 1, 4, 3, 2, 1]]
    characters = fit(RUSSIAN, units="characters", min_count=1)
    assert "".join(characters.vocabulary[number - 2] for number in characters.transform(RUSSIAN)[0] if number) == "елка и ель"


def test_rows_are_as_long_as_nearly_all_training_texts_and_a_long_text_keeps_its_beginning():
    texts = ["a b c d"] * 300 + ["a " * 5000]
    frame = pl.DataFrame({"text": texts})
    step = fit(frame)
    assert step.length == 4
    assert step.transform(frame.tail(1)).tolist() == [[2, 2, 2, 2]]
    assert fit(frame, max_tokens=3).length == 3


def test_words_that_are_known_from_elsewhere_come_first_even_if_no_text_has_them():
    step = fit(known=("prize", "лотерея"))
    assert step.vocabulary == ("prize", "лотерея", "call", "free")
    assert step.transform(pl.DataFrame({"text": ["лотерея prize never"]})).tolist() == [[3, 2, 1, 0, 0]]


def test_two_text_columns_are_read_one_after_the_other():
    frame = pl.DataFrame({"title": ["a a"], "n": [1.0], "body": ["b b"]})
    schema = Schema((Column("title", "text"), Column("n", "number"), Column("body", "text")))
    assert fit(frame, schema).transform(frame).tolist() == [[2, 2, 3, 3]]


def test_training_rows_alone_decide_the_vocabulary():
    later = pl.DataFrame({"text": ["never never seen seen words words"]})
    assert set(fit().transform(later).ravel()) == {1}


@pytest.mark.parametrize("units", ["bpe", "wordpiece", "unigram"])
def test_pieces_of_words_are_those_of_the_training_texts_in_the_order_of_the_text(units):
    frame = pl.DataFrame({"text": ["Ёлки и ёлка,", "a Cat and cats"] * 10, "more": ["да", None] * 10})
    step = fit(frame, Schema((Column("text", "text"), Column("more", "text"))), units=units, max_words=30)
    pieces = Subwords.train(["елки и елка,", "a cat and cats", "да"] * 10, SubwordSettings(method=units, size=33))
    assert step.vocabulary == pieces.pieces
    rows = [step.tokens("елки и елка,") + step.tokens("да"), step.tokens("a cat and cats")]
    assert [[step.vocabulary[number - 2] for number in row if number] for row in step.transform(frame)[:2]] == rows
    unseen = pl.DataFrame({"text": ["ψ"], "more": [""]})
    assert 1 in step.transform(unseen)
    assert step.transform(unseen).max() <= len(step.vocabulary) + 1


def test_words_from_elsewhere_are_no_pieces_of_words():
    with pytest.raises(ConfigError, match="leave out known"):
        TokenSequenceStep(units="bpe", known=("prize",))


@pytest.mark.parametrize("units", ["words", "characters", "bpe", "wordpiece", "unigram"])
def test_a_saved_step_gives_the_same_matrix(units):
    step = fit(units=units)
    again = FITTED_STEPS.get("token-sequences").from_state(copy.deepcopy(step.state()))
    assert replace(again, subwords=None) == replace(step, subwords=None)
    np.testing.assert_array_equal(again.transform(FRAME), step.transform(FRAME))


@settings(max_examples=50)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=8), st.sampled_from(["words", "characters", "bpe"]))
def test_no_text_breaks_the_step(texts, units):
    frame = pl.DataFrame({"text": texts})
    if units == "bpe" and not "".join(texts).strip():
        with pytest.raises(DataError, match="no letter"):
            fit(frame, units=units)
        return
    step = fit(frame, min_count=1, max_tokens=7, units=units)
    matrix = step.transform(frame)
    assert matrix.shape == (len(texts), step.length)
    assert matrix.min() >= 0
    assert matrix.max() <= len(step.vocabulary) + 1
    ended = np.cumsum(matrix == 0, axis=1) > 0
    assert not matrix[ended].any()


@pytest.mark.parametrize(
    ("texts", "vocabulary"),
    [
        (["🙂🙂 🙃", "🙂"], ("🙂",)),
        (["", ""], ()),
        (["слово", "слово"], ("слово",)),
        (["שלום עולם", "עולם שלום"], ("עולם", "שלום")),
        (["a\x00b a", "b\x00"], ("\x00", "a", "b")),
    ],
)
def test_odd_texts_are_read_as_they_are(texts, vocabulary):
    frame = pl.DataFrame({"text": texts})
    step = fit(frame)
    assert step.vocabulary == vocabulary
    assert step.transform(frame).shape == (2, step.length)


def test_a_cell_of_a_megabyte_is_cut():
    frame = pl.DataFrame({"text": ["слово дело " * 50_000, "слово дело"]})
    assert fit(frame).transform(frame).shape == (2, 256)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("columns", []),
        ("columns", [3]),
        ("vocabulary", ["a", "a"]),
        ("vocabulary", "abc"),
        ("length", 0),
        ("length", 10**12),
        ("length", True),
        ("units", "sentences"),
        ("units", "bpe"),
    ],
)
def test_a_damaged_state_is_refused(name, value):
    with pytest.raises(BundleError):
        FittedTokenSequences.from_state({**fit().state(), name: value})


def test_pieces_of_words_of_another_method_or_of_none_are_refused():
    state = fit(units="bpe", max_words=30).state()
    for broken in ({"subwords": "abc"}, {"units": "unigram"}, {"units": "words"}, {"subwords": {}}):
        with pytest.raises(BundleError):
            FittedTokenSequences.from_state({**state, **broken})


@pytest.mark.parametrize("name", ["columns", "vocabulary", "length", "units"])
def test_a_state_without_an_entry_is_refused(name):
    state = fit().state()
    del state[name]
    with pytest.raises(BundleError, match=name):
        FittedTokenSequences.from_state(state)


def test_an_absent_column_is_named_with_the_nearest():
    with pytest.raises(DataError, match=r"'text'; did you mean 'texts'"):
        fit().transform(pl.DataFrame({"texts": ["a"]}))


def test_a_table_without_text_is_refused():
    with pytest.raises(ConfigError, match="kind COL=text"):
        fit(pl.DataFrame({"n": [1.0]}), Schema((Column("n", "number"),)))


@pytest.mark.parametrize(
    "wrong", [{"max_tokens": 0}, {"min_count": 0}, {"max_words": 0}, {"known": ("a", "a")}, {"units": "word"}]
)
def test_an_impossible_setting_is_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        TokenSequenceStep(**wrong)
