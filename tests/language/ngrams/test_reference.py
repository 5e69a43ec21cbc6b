"""The tables and facts of the reference, exact."""

from math import log

import numpy as np
import polars as pl
import pytest
from tests.language.ngrams.texts import FIRST, SECOND, counted

from assay.language.completing import suggest
from assay.language.ngrams.add_k import add_k
from assay.language.ngrams.conventions import STANDARD, TEXTBOOK, WORDS, WORDS_AND_BEGIN, Convention, perplexity_of
from assay.language.ngrams.model import NgramModel
from assay.language.ngrams.words import Words

COLUMNS = ["like", "deep", "is", "learning", "machine", "i", "</s>", "<unk>"]
TABLE = {
    (): [0.100, 0.200, 0.100, 0.100, 0.100, 0.200, 0.100, 0.100],
    ("is",): [0.222, 0.111, 0.111, 0.111, 0.111, 0.111, 0.111, 0.111],
    ("like",): [0.100, 0.100, 0.100, 0.100, 0.300, 0.100, 0.100, 0.100],
    ("i",): [0.222, 0.111, 0.111, 0.111, 0.111, 0.111, 0.111, 0.111],
    ("deep",): [0.111, 0.111, 0.111, 0.222, 0.111, 0.111, 0.111, 0.111],
    ("learning",): [0.091, 0.091, 0.182, 0.091, 0.091, 0.091, 0.273, 0.091],
    ("machine",): [0.100, 0.100, 0.100, 0.300, 0.100, 0.100, 0.100, 0.100],
}


def built(texts: list[str], order: int, convention: Convention = STANDARD) -> tuple[NgramModel, Words]:
    words, _, counts = counted(texts, order)
    return add_k(counts, 1, convention), words


def after(model: NgramModel, words: Words, *context: str) -> dict[str, float]:
    ids = np.array([words.vocabulary.index(word) for word in context], dtype=np.int64)
    return dict(zip(words.vocabulary, np.exp(model.next_log_probabilities(ids)).tolist(), strict=True))


@pytest.mark.parametrize("context", TABLE)
def test_the_bigram_table_is_that_of_the_reference(context: tuple[str, ...]) -> None:
    found = after(*built(FIRST, 2), *context)
    assert set(found) == {*COLUMNS, "<s>"}
    assert [round(found[column], 3) for column in COLUMNS] == TABLE[context]


@pytest.mark.parametrize(
    ("context", "word", "expected"),
    [(("i",), "like", 0.222), (("learning", "is"), "like", 0.222), (("machine", "learning"), "</s>", 0.300)],
)
def test_the_trigram_rows_are_those_of_the_reference(context: tuple[str, ...], word: str, expected: float) -> None:
    model, words = built(FIRST, 3)
    assert round(after(model, words, *context)[word], 3) == expected


@pytest.mark.parametrize(("prefix", "expected"), [("", [("is", 0.1818)]), ("d", [("deep", 0.0909)]), ("c", [])])
def test_suggestions_after_machine_learning_are_those_of_the_reference(prefix: str, expected: list[tuple[str, float]]) -> None:
    model, words = built(FIRST, 2)
    context = np.array([words.vocabulary.index(word) for word in ("machine", "learning")])
    found = suggest(model, words.vocabulary, context, prefix=prefix, top=1)
    assert [(one.word, round(one.probability, 4)) for one in found] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i like machine learning", 3.1049),
        ("deep learning is like machine learning", 3.3014),
        ("i like learning", 3.9874),
        ("learning like life", 5.1017),
    ],
)
def test_the_perplexities_of_the_textbook_convention_are_those_of_the_reference(text: str, expected: float) -> None:
    model, words = built(FIRST, 2, TEXTBOOK)
    found = model.perplexity(words.ids(pl.Series([text])))
    assert (round(found.value, 4), found.convention) == (expected, "textbook")


def test_the_first_of_them_is_the_sixth_root_of_896() -> None:
    model, words = built(FIRST, 2, TEXTBOOK)
    assert model.perplexity(words.ids(pl.Series([FIRST[0]]))).value == pytest.approx(896 ** (1 / 6), rel=1e-12)
    assert np.exp(model.log_scores(words.ids(pl.Series([FIRST[0]]))).values)[-1] == pytest.approx(1 / 9, rel=1e-12)


@pytest.mark.parametrize(("convention", "expected"), [(WORDS, 3 / 9), (STANDARD, 3 / 11)])
def test_the_vocabulary_of_the_second_corpus_is_counted_as_the_convention_says(convention: Convention, expected: float) -> None:
    model, words = built(SECOND, 2, convention)
    assert after(model, words, "a")["cat"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("convention", "text", "expected"),
    [
        (WORDS_AND_BEGIN, "i like a cat", 2.8040),
        (WORDS_AND_BEGIN, "i like a dog", 3.9654),
        (WORDS, "i like a cat", 3.4461),
    ],
)
def test_the_perplexities_of_the_second_corpus_are_those_of_the_reference(
    convention: Convention, text: str, expected: float
) -> None:
    model, words = built(SECOND, 2, convention)
    found = model.perplexity(words.ids(pl.Series([text])))
    assert (round(found.value, 4), found.convention) == (expected, convention.name)


def test_the_standard_perplexity_counts_each_end_and_no_beginning_and_names_itself() -> None:
    model, words = built(FIRST, 2)
    ids = words.ids(pl.Series(FIRST))
    found = model.perplexity(ids)
    assert (found.convention, found.tokens) == ("standard", 5 + 7)
    assert found.value == pytest.approx(np.exp(-model.log_scores(ids).values.mean()), rel=1e-12)


@pytest.mark.parametrize(("log_probability", "expected"), [(log(0.95), 1.000513), (-100 * log(10), 10.0)])
def test_the_perplexity_of_a_text_is_its_inverse_mean_probability(log_probability: float, expected: float) -> None:
    assert round(perplexity_of(log_probability, 100), 6) == expected
