"""Correcting texts: what is learned is used, and what must stay stays, in both languages."""

import copy
import time

import numpy as np
import pytest

from assay.core.errors import BundleError
from assay.language.spelling.learning import learn_speller
from assay.language.spelling.pieces import cased, cut, put_back
from assay.language.spelling.speller import DictionarySpeller, Speller
from assay.language.spelling.words import WordList

WORDS = WordList.of_counts(
    {"the": 900, "a": 500, "cat": 60, "hat": 40, "sat": 30, "on": 300, "mat": 10, "receive": 20, "letter": 30, "hello": 25}
    | {"я": 800, "не": 700, "знаю": 90, "кот": 60, "скот": 5, "сидит": 20, "на": 400, "окне": 15, "письмо": 30, "привет": 40}
    | {"в": 500, "общем": 30, "кто": 100, "кто-то": 40, "то": 200, "получил": 20, "молоко": 25, "пьет": 15}
)
TYPED = [
    "Я незнаю, кто то там.",
    "Вобщем кот пьет малоко",
    "The cat recieve a leter",
    "Превет! Кот сидит на окне",
    "The hat on the mat",
]
MEANT = [
    "Я не знаю, кто-то там.",
    "В общем кот пьет молоко",
    "The cat receive a letter",
    "Привет! Кот сидит на окне",
    "The hat on the mat",
]


@pytest.fixture(scope="module")
def learned():
    return learn_speller(TYPED * 8, MEANT * 8, words=WORDS, seed=0)


def test_texts_that_were_learned_from_are_corrected_with_their_capitals_and_punctuation(learned):
    assert learned.correct(TYPED) == MEANT


def test_errors_that_were_never_seen_are_corrected(learned):
    assert learned.correct(["Я получил писмо", "hello, a lettter"]) == ["Я получил письмо", "hello, a letter"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n",
        "12 345,67 a1b2 2х",
        "https://www.recieve.com/leter www.leter.ru leter@leter.ru @recieve #малоко",
        "🙂🙂🙂 👍",
        "שלום עולם مرحبا",
        "\0\0 \x01",
        "Кот\0сидит",
        "…—«»!?",
        "\ud800 кот",
    ],
)
def test_what_is_no_known_word_of_either_language_stays(learned, text):
    assert learned.correct([text]) == [text]
    assert DictionarySpeller(WORDS).correct([text]) == [text]


def test_words_of_the_other_alphabet_stay_where_only_one_language_is_known():
    russian = WordList.of_counts({word: count for word, count in zip(WORDS.words, WORDS.counts, strict=True) if word[0] > "z"})
    text = "Кот the letr малоко"
    assert Speller.of_words(russian).correct([text]) == ["Кот the letr молоко"]
    assert DictionarySpeller(russian).correct([text]) == ["Кот the letr молоко"]


def test_a_name_inside_a_sentence_needs_more_than_a_word_of_the_language():
    speller = Speller.of_words(WORDS)
    assert speller.correct(["the hatt", "кот пьет малоко"]) == ["the hat", "кот пьет молоко"]
    assert speller.correct(["the Hatt", "кот пьет Малоко"]) == ["the Hatt", "кот пьет Малоко"]


def test_letters_that_were_drawn_out_are_taken_back():
    assert Speller.of_words(WORDS).correct(["heeeello", "приииивет"]) == ["hello", "привет"]


SLOW_UNITS = [pytest.param(unit, marks=pytest.mark.slow) for unit in ("я", "a ", "кот ", "a.", "a@")]


@pytest.mark.parametrize("unit", ["a", "я-", "http://", *SLOW_UNITS])
def test_a_text_of_a_megabyte_is_read_in_seconds(learned, unit):
    text = unit * (1_000_000 // len(unit.encode()))
    begun = time.process_time()
    assert learned.correct([text])[0] == text
    assert time.process_time() - begun < 60  # a quadratic step would take hours


def test_a_vocabulary_of_one_word_and_a_corpus_of_one_sentence_make_a_speller():
    assert Speller.of_words(WordList.of_counts({"кот": 1})).correct(["кт кот xyz"]) == ["кот кот xyz"]
    assert learn_speller(["the cta"], ["the cat"]).correct(["the cta"]) == ["the cat"]


def test_single_words_are_ranked_by_prior_and_channel():
    speller = Speller.of_words(WORDS)
    assert speller.words_meant(["recieve", "Молако", "xyzzyx", "кот"]) == ["receive", "молоко", "xyzzyx", "кот"]
    ranked = speller.suggest("ската", 3)
    assert ranked[0].word in {"скот", "кот"}
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
    assert speller.suggest("xyzzyx") == []


def test_the_dictionary_takes_the_nearest_and_then_the_most_frequent():
    speller = DictionarySpeller(WORDS)
    assert speller.words_meant(["кт", "cta", "zat", "малоко", "кот"]) == ["кто", "cat", "cat", "молоко", "кот"]


def test_one_seed_gives_one_speller():
    one, other = (learn_speller(TYPED, MEANT, words=WORDS, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.weights.values, other.weights.values)
    np.testing.assert_array_equal(one.channel.rates, other.channel.rates)
    assert one.weights.threshold == other.weights.threshold


def test_a_speller_is_saved_and_answers_the_same(learned):
    texts = [*TYPED, "Я получил писмо", "кот пьет малоко"]
    assert Speller.from_state(learned.state()).correct(texts) == learned.correct(texts)
    plain = DictionarySpeller(WORDS)
    assert DictionarySpeller.from_state(plain.state()).correct(texts) == plain.correct(texts)


BROKEN = {
    ("words",): None,
    ("lifts", "keys"): np.array([5, 4], dtype=np.int64),
    ("lifts", "lifts"): np.zeros(3, dtype=np.float64),
    ("lifts", "others"): np.zeros(2, dtype=np.float32),
    ("memory", "often"): [0],
    ("memory", "typed"): [""],
    ("memory", "meant"): 7,
    ("weights",): np.zeros(3),
    ("threshold",): float("nan"),
    ("channel", "letters"): "zz",
}


@pytest.mark.parametrize("place", BROKEN, ids="/".join)
def test_a_broken_speller_is_refused(learned, place):
    state = copy.deepcopy(learned.state())
    inner = state
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = BROKEN[place]
    with pytest.raises(BundleError):
        Speller.from_state(state)


def test_pieces_and_what_is_between_them_give_the_text_back():
    text = "Ёж — по-моему, «Don’t» 2х3 a@b.cd!\r\nДа"
    pieces = cut(text)
    assert [piece.form for piece in pieces] == ["еж", "по-моему", "don't", "2х3", "a@b.cd", "да"]
    assert put_back(text, ((one.start, one.end, text[one.start : one.end]) for one in pieces)) == text
    assert [piece.first for piece in pieces] == [True, False, False, False, False, True]


@pytest.mark.parametrize(
    ("word", "like", "expected"), [("кот", "КТО", "КОТ"), ("cat", "Cta", "Cat"), ("кот", "я", "кот"), ("a", "B", "A")]
)
def test_a_new_word_takes_the_capitals_of_the_old_one(word, like, expected):
    assert cased(word, like) == expected
