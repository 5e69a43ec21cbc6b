"""Suggestions and continuations of n-gram models, in both languages; bad input."""

import numpy as np
import polars as pl
import pytest
from tests.language.ngrams.texts import FIRST, RUSSIAN, chain, counted

from assay.core.errors import ConfigError
from assay.language.completing import Continuation, continuation, suggest
from assay.language.next_token import NextToken
from assay.language.ngrams.add_k import add_k
from assay.language.ngrams.interpolated import interpolated
from assay.language.ngrams.kneser_ney import kneser_ney
from assay.language.ngrams.model import NgramModel
from assay.language.ngrams.words import Words
from assay.language.sampling import Sampling


def made(texts: list[str], order: int = 3) -> tuple[NgramModel, Words]:
    words, _, counts = counted(texts, order)
    return kneser_ney(counts), words


def ids(words: Words, text: str) -> np.ndarray:
    return words.ids(pl.Series([text])).row(0)[:-1]


@pytest.mark.parametrize(
    ("texts", "begin", "prefix", "best"),
    [(RUSSIAN, "и там", "", "я"), (RUSSIAN, "там на", "н", "неведомых"), (FIRST, "i like", "m", "machine")],
)
def test_the_likeliest_words_come_first_and_begin_as_asked(texts: list[str], begin: str, prefix: str, best: str) -> None:
    model, words = made(texts)
    assert isinstance(model, NextToken)
    found = suggest(model, words.vocabulary, ids(words, begin), prefix=prefix, top=100)
    assert found[0].word == best
    assert {one.word for one in found} == {word for word in words.words if word.startswith(prefix)}
    shares = [one.probability for one in found]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) < 1


def test_drawn_texts_have_the_probability_that_the_model_gives_them() -> None:
    model, words = made(RUSSIAN)
    for seed in range(10):
        found = continuation(model, words.vocabulary, ids(words, "и там"), Sampling(), np.random.default_rng(seed))
        whole = model.log_scores(words.ids(pl.Series([" ".join(["и там", *found.words])]))).values
        expected = whole[2:] if found.ended else whole[2:-1]
        assert found.log_probability == pytest.approx(expected.sum(), abs=1e-9)


def test_words_are_drawn_as_often_as_they_are_likely() -> None:
    model, words = made(chain(300, 6, 0), 2)
    random = np.random.default_rng(0)
    first = [continuation(model, words.vocabulary, np.zeros(0), Sampling(), random, most=1).words for _ in range(2000)]
    expected = np.exp(model.next_log_probabilities(np.zeros(0)))
    for word in words.words[:3]:
        share = expected[words.vocabulary.index(word)] / (1 - expected[0])
        assert np.mean([one == (word,) for one in first]) == pytest.approx(share, abs=4 * np.sqrt(share / 2000))


def test_the_same_seed_draws_the_same_and_temperature_0_the_likeliest() -> None:
    model, words = made(RUSSIAN)
    first, second = (continuation(model, words.vocabulary, np.zeros(0), Sampling(), np.random.default_rng(3)) for _ in range(2))
    assert first == second
    safe = [
        continuation(model, words.vocabulary, ids(words, "у лукоморья"), Sampling(temperature=0), np.random.default_rng(i))
        for i in range(2)
    ]
    assert safe[0] == safe[1]
    assert safe[0].words[0] == "дуб"


def test_a_corpus_of_one_text_of_one_word_is_a_model() -> None:
    words, found_ids, counts = counted(["да"], 3)
    for model in (kneser_ney(counts), add_k(counts), interpolated(counts)):
        for context in ([], [3], [3, 3], [0]):
            assert np.exp(model.next_log_probabilities(np.array(context, dtype=np.int64))).sum() == pytest.approx(1, abs=1e-9)
        assert [one.word for one in suggest(model, words.vocabulary, np.zeros(0))] == ["да"]
        assert np.isfinite(model.perplexity(found_ids).value)
        drawn = continuation(model, words.vocabulary, np.zeros(0), Sampling(), np.random.default_rng(0))
        assert set(drawn.words) <= {"да"}


def test_a_corpus_of_empty_texts_has_no_word_to_offer() -> None:
    words, _, counts = counted(["", "  "], 2)
    model = kneser_ney(counts)
    assert suggest(model, words.vocabulary, np.zeros(0)) == []
    assert continuation(model, words.vocabulary, np.zeros(0), Sampling(), np.random.default_rng(0)) == Continuation(
        (), True, pytest.approx(-0.2, abs=0.2)
    )


@pytest.mark.parametrize(
    "text",
    ["", "🙂 🙂🙂 🎉", "שלום עולם", "a\x00b c\x00", "ё" * 1_000_000, "слово " * 180_000],
    ids=["empty", "emoji", "right-to-left", "NUL", "one long word", "1 MB"],
)
def test_odd_texts_are_counted_scored_and_continued(text: str) -> None:
    _, found_ids, counts = counted([text, *RUSSIAN], 3)
    model = kneser_ney(counts)
    assert len(model.log_scores(found_ids).values) == sum(len(one.split()) + 1 for one in [text, *RUSSIAN])
    assert np.isfinite(model.perplexity(found_ids).value)
    assert np.exp(model.next_log_probabilities(found_ids.row(0)[:-1])).sum() == pytest.approx(1, abs=1e-9)


def test_what_cannot_be_asked_is_refused() -> None:
    model, words = made(RUSSIAN)
    with pytest.raises(ConfigError, match="top"):
        suggest(model, words.vocabulary, np.zeros(0), top=0)
    with pytest.raises(ConfigError, match="most"):
        continuation(model, words.vocabulary, np.zeros(0), Sampling(), np.random.default_rng(0), most=0)
    with pytest.raises(ConfigError, match="from 0 to"):
        model.next_log_probabilities(np.array([words.size]))
