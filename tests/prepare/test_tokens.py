"""Texts as rows of term numbers."""

import copy
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import BundleError, ConfigError, DataError
from assay.data.schema import Column, Schema
from assay.prepare.registry import FITTED_STEPS
from assay.prepare.tokens import FittedTokens, TokensStep, terms, words

SCHEMA = Schema((Column("text", "text"),))
FRAME = pl.DataFrame({"text": ["Free prize! Free call", "call me later", "a free CALL", None, ""]})


def fit(frame=FRAME, schema=SCHEMA, **settings):
    return TokensStep(**settings).fit(frame, schema, np.zeros(frame.height), seed=0)


def test_english_and_russian_words_are_found_in_lower_case():
    assert words("Don't STOP, it’s") == ["don't", "stop", "it's"]
    assert words("Ёжик по-прежнему СПИТ.") == ["ежик", "по-прежнему", "спит"]


def test_a_number_is_known_by_its_length_and_money_by_its_sign():
    assert words("£1,000 or 09061701461!") == ["£", "<4>", "or", "<11>", "!"]


def test_pairs_stand_behind_their_second_word():
    assert list(terms("a b c", pairs=True)) == ["a", "b", "a b", "c", "b c"]
    assert list(terms("a b c", pairs=False)) == ["a", "b", "c"]


def test_the_vocabulary_holds_the_frequent_terms_most_frequent_first():
    counts = Counter(term for text in FRAME["text"].drop_nulls() for term in terms(text, pairs=True))
    expected = sorted((term for term in counts if counts[term] >= 2), key=lambda term: (-counts[term], term))
    assert list(fit().vocabulary) == expected == ["call", "free", "free call"]
    assert fit(max_terms=1).vocabulary == ("call",)


def test_a_row_holds_the_numbers_of_its_known_terms_and_then_zeros():
    matrix = fit(max_tokens=4).transform(FRAME)
    assert matrix.dtype == np.int32
    assert matrix.tolist() == [[2, 2, 1, 3], [1, 0, 0, 0], [2, 1, 3, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_a_long_text_is_cut_and_keeps_its_beginning():
    frame = pl.DataFrame({"text": ["call " * 1000]})
    assert fit(max_tokens=3, pairs=False).transform(frame).tolist() == [[1, 1, 1]]


def test_several_text_columns_are_read_one_after_the_other():
    frame = pl.DataFrame({"title": ["a a"], "n": [1.0], "body": ["b b"]})
    schema = Schema((Column("title", "text"), Column("n", "number"), Column("body", "text")))
    step = fit(frame, schema, pairs=False, max_tokens=5)
    assert step.columns == ("title", "body")
    assert step.transform(frame).tolist() == [[1, 1, 2, 2, 0]]


def test_training_rows_alone_decide_the_vocabulary():
    step = fit(FRAME.head(3))
    later = pl.DataFrame({"text": ["never never seen seen words words"]})
    assert not step.transform(later).any()


def test_a_saved_step_gives_the_same_matrix():
    step = fit()
    again = FITTED_STEPS.get("tokens").from_state(copy.deepcopy(step.state()))
    assert again == step
    np.testing.assert_array_equal(again.transform(FRAME), step.transform(FRAME))


@given(st.lists(st.text(max_size=60), min_size=1, max_size=8))
def test_no_text_breaks_the_step(texts):
    frame = pl.DataFrame({"text": texts})
    step = fit(frame, min_count=1, max_tokens=7)
    matrix = step.transform(frame)
    assert matrix.shape == (len(texts), 7)
    assert matrix.min() >= 0
    assert matrix.max() <= len(step.vocabulary)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("columns", []),
        ("columns", [3]),
        ("vocabulary", ["a", "a"]),
        ("vocabulary", "abc"),
        ("max_tokens", 0),
        ("max_tokens", 10**12),
        ("max_tokens", True),
        ("pairs", "yes"),
    ],
)
def test_a_damaged_state_is_refused(name, value):
    with pytest.raises(BundleError):
        FittedTokens.from_state({**fit().state(), name: value})


def test_a_state_without_an_entry_is_refused():
    state = fit().state()
    del state["vocabulary"]
    with pytest.raises(BundleError, match="vocabulary"):
        FittedTokens.from_state(state)


def test_an_absent_column_is_named_with_the_nearest():
    with pytest.raises(DataError, match=r"'text'; did you mean 'texts'"):
        fit().transform(pl.DataFrame({"texts": ["a"]}))


def test_a_table_without_text_is_refused():
    with pytest.raises(ConfigError, match="kind COL=text"):
        fit(pl.DataFrame({"n": [1.0]}), Schema((Column("n", "number"),)))


@pytest.mark.parametrize("wrong", [{"max_tokens": 0}, {"min_count": 0}, {"max_terms": 0}])
def test_an_impossible_setting_is_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        TokensStep(**wrong)
