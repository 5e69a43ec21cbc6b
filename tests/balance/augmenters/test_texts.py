"""Random deletion and swap of words."""

from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.balance.augmenters.texts import RandomWords
from assay.core.errors import ConfigError

SENTENCE = "one two three four five six seven eight nine ten"


def altered(texts, seed=0, share=0.1):
    return RandomWords(share)(pl.Series("t", texts, dtype=pl.String), np.random.default_rng(seed))


def test_a_text_loses_words_in_their_order_or_swaps_some():
    found = altered([SENTENCE] * 4000)
    shorter = [text.split() for text in found if len(text.split()) < 10]
    swapped = [text.split() for text in found if len(text.split()) == 10]
    order = SENTENCE.split()
    assert all(words == [word for word in order if word in words] for words in shorter)
    assert all(sorted(words) == sorted(order) for words in swapped)
    assert len(swapped) / 4000 == pytest.approx(0.5, abs=0.04)
    assert {sum(a != b for a, b in zip(words, order, strict=True)) for words in swapped} == {2}  # one swap of ten words


def test_each_word_is_left_out_with_the_given_chance_and_at_least_one_is():
    """P(left out) = share + (1 − share)^10 / 10: the binomial draw, and one word where it left out none."""
    found = [text.split() for text in altered([SENTENCE] * 8000, share=0.2)]
    shorter = [words for words in found if len(words) < 10]
    expected = 0.2 + 0.8**10 / 10
    kept = Counter(word for words in shorter for word in words)
    for word in SENTENCE.split():
        assert 1 - kept[word] / len(shorter) == pytest.approx(expected, abs=0.025)
    assert all(words for words in found)


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet="ab \n\t,", max_size=40), seed=st.integers(0, 1000))
def test_no_word_is_invented_and_one_always_stays(text, seed):
    (found,) = altered([text], seed, share=0.9)
    assert not Counter(found.split()) - Counter(text.split())
    assert bool(found.split()) == bool(text.split())


def test_a_text_of_one_word_stays_and_a_missing_text_stays_missing():
    series = altered(["word", None, "", "  word ", "two words"])
    assert series.to_list()[:4] == ["word", None, "", "  word "]
    assert series[4] in {"two ", "words", "words two"}
    assert series.dtype == pl.String
    assert series.name == "t"


def test_lines_stay_lines_when_words_are_swapped():
    found = set(altered(["a b\nc d"] * 200))
    assert "d b\nc a" in found
    assert all(text.count("\n") == 1 for text in found if len(text.split()) == 4)


def test_every_cell_has_its_own_draw_and_a_seed_gives_the_same():
    assert altered([SENTENCE] * 50).n_unique() > 20
    assert altered([SENTENCE] * 50).equals(altered([SENTENCE] * 50))
    assert not altered([SENTENCE] * 50).equals(altered([SENTENCE] * 50, seed=1))


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_an_impossible_share_is_refused(share):
    with pytest.raises(ConfigError, match="share="):
        RandomWords(share)
