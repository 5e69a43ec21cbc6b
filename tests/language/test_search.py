"""Query likelihood: the formula by hand, its properties, and texts in two languages."""

import math
from collections import Counter

import numpy as np
import pytest

from assay.core.errors import ConfigError, DataError
from assay.language.search import SearchIndex

TEXTS = ["the cat sat on the mat", "a dog ran after the cat", "dogs and cats", "кот спит на окне", "кот и пёс", ""]


def by_hand(texts: list[str], query: str, text: int, mu: float) -> float:
    bags = [Counter(one.split()) for one in texts]
    every = sum(bags, Counter())
    total, length = sum(every.values()), sum(bags[text].values())
    return sum(math.log((bags[text][word] + mu * every[word] / total) / (length + mu)) for word in query.split() if every[word])


@pytest.mark.parametrize("query", ["cat", "the cat", "cat cat dog", "кот спит"])
@pytest.mark.parametrize("mu", [0.5, 10.0, 2000.0])
def test_scores_are_the_formula_word_by_word(query: str, mu: float) -> None:
    found = SearchIndex.of(TEXTS).search(query, mu=mu)
    assert found.hits
    for hit in found.hits:
        assert hit.score == pytest.approx(by_hand(TEXTS, query, hit.text, mu))
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)


def test_the_gains_of_the_words_and_the_length_make_up_the_score() -> None:
    index = SearchIndex.of(TEXTS)
    mu = 7.0
    [hit] = index.search("cat mat", top=1, mu=mu).hits
    ground = sum(math.log(mu * index.shares[index.terms.terms.index(word)]) for word in ("cat", "mat"))
    assert hit.score == pytest.approx(ground + sum(gain for _, gain in hit.gain) - 2 * math.log(index.lengths[hit.text] + mu))


def test_a_text_without_any_word_of_the_query_is_no_hit_and_unknown_words_are_told() -> None:
    found = SearchIndex.of(TEXTS).search("кот zebra")
    assert [hit.text for hit in found.hits] == [4, 3]  # the shorter text says it with fewer other words
    assert found.unknown == ("zebra",)
    assert SearchIndex.of(TEXTS).search("zebra").hits == ()
    assert SearchIndex.of(TEXTS).search("").hits == ()


def test_a_sentence_of_a_corpus_finds_itself() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice([f"w{n}" for n in range(80)], 12)) for _ in range(60)]
    index = SearchIndex.of(texts)
    assert all(index.search(text, top=1).hits[0].text == number for number, text in enumerate(texts))


def test_bad_input_is_told_in_a_sentence_and_odd_texts_are_searched() -> None:
    with pytest.raises(DataError, match="none of the 2 texts holds a word"):
        SearchIndex.of(["", "🙂"])
    with pytest.raises(ConfigError, match="mu=0"):
        SearchIndex.of(TEXTS).search("cat", mu=0)
    odd = SearchIndex.of(["nul\x00byte", "שלום עולם", "слово " * 100_000, None])
    assert [hit.text for hit in odd.search("שלום").hits] == [1]
    assert [hit.text for hit in odd.search("Слово").hits] == [2]
    assert len(SearchIndex.of(["one"]).search("one").hits) == 1
