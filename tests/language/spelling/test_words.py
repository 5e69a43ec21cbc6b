"""Lists of known words: from counts, texts, files and wordfreq."""

import numpy as np
import pytest
import wordfreq

from assay.core.errors import BundleError, ConfigError
from assay.language.spelling.letters import MOST_LETTERS, Letters
from assay.language.spelling.words import WordList, list_of_lines, words_of_wordfreq


def test_words_that_fold_to_one_form_are_one_and_the_most_frequent_is_first():
    words = WordList.of_counts({"Ёлка": 2, "елка": 3, "the": 4, "The": 4, "never": 0, "x" * 41: 9})
    assert words.words == ("the", "елка")
    assert words.counts.tolist() == [8, 5]
    assert np.exp(words.log_shares).sum() == pytest.approx(1)


def test_a_mix_of_lists_gives_each_its_share():
    mixed = WordList.of_counts({"a": 3, "b": 1}).mixed_with(WordList.of_counts({"b": 5, "в": 5}), 0.2)
    assert dict(zip(mixed.words, mixed.counts, strict=True)) == pytest.approx({"a": 0.6, "b": 0.3, "в": 0.1})


@pytest.mark.parametrize(
    "lines",
    [["word,count", "тут,12", "the,7.5"], ["тут 12", "the 7.5", ""], ["the\t7.5", "тут\t12"], ["слово;n", "тут;12", "the;7.5"]],
)
def test_a_list_is_read_with_or_without_a_header(lines):
    words = list_of_lines(lines, "list")
    assert words is not None
    assert dict(zip(words.words, words.counts, strict=True)) == {"тут": 12, "the": 7.5}


@pytest.mark.parametrize("lines", [[], [""], ["Тут и там"], ["word,count"], ["a,1", "no count here"]])
def test_lines_that_are_no_list_are_told_apart(lines):
    assert list_of_lines(lines, "list") is None


@pytest.mark.parametrize(("language", "word", "foreign"), [("en", "because", "привет"), ("ru", "потому", "iphone")])
def test_wordfreq_gives_the_shares_of_its_own_words_in_the_letters_of_the_language(language, word, foreign):
    words = words_of_wordfreq([language], most=15_000)
    assert 14_000 < len(words) <= 15_000
    assert words.counts[words.numbers[word]] == pytest.approx(wordfreq.get_frequency_dict(language, "small")[word])
    assert foreign not in words.numbers
    assert "CC BY-SA" in words.source


def test_wordfreq_of_a_language_that_is_not_offered_is_refused():
    with pytest.raises(ConfigError, match="en, ru"):
        words_of_wordfreq(["xx"])


def test_a_list_without_a_word_is_refused():
    with pytest.raises(ConfigError, match="at least one word"):
        WordList.of_texts(["123 🙂 \0"])


def test_a_list_is_saved_and_comes_back():
    words = WordList.of_counts({"дом": 3, "don't": 1.5}, "mine")
    back = WordList.from_state(words.state())
    assert back.words == words.words
    assert back.source == "mine"
    np.testing.assert_array_equal(back.counts, words.counts)


@pytest.mark.parametrize(
    "broken",
    [
        {"words": np.frombuffer(b"a\na", np.uint8)},
        {"words": np.frombuffer(b"a\n", np.uint8)},
        {"words": np.frombuffer(b"\xff\nb", np.uint8)},
        {"words": np.array([300, 10, 98])},
        {"words": "a\nb"},
        {"counts": np.array([1.0, -1.0])},
        {"counts": np.array([1.0, np.inf])},
        {"counts": np.array([1.0])},
        {"source": None},
    ],
)
def test_a_broken_list_is_refused(broken):
    state = WordList.of_counts({"a": 2, "b": 1}).state()
    with pytest.raises(BundleError):
        WordList.from_state({**state, **broken})


def test_letters_beyond_what_is_told_apart_are_foreign():
    many = [chr(0x4E00 + number) for number in range(300)] + ["кот"] * 3
    letters = Letters.of(many)
    assert len(letters.letters) == MOST_LETTERS
    codes, lengths = letters.encode(["кот", "к\U00010400т", ""])
    assert lengths.tolist() == [3, 3, 0]
    assert (codes[0] != letters.foreign).all()
    assert codes[1].tolist() == [codes[0, 0], letters.foreign, codes[0, 2]]
