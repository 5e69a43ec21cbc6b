"""Candidates by edits: the exact lists and sets of the reference, both alphabets."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from assay.core.errors import ConfigError
from assay.language.spelling.edits import (
    candidates,
    deletes,
    inserts,
    most_probable,
    one_edit,
    replaces,
    switches,
    two_edits,
)
from assay.language.spelling.letters import ALPHABETS, alphabet

KNOWN = frozenset(
    [
        *("are", "ere", "ore", "red", "wall", "will", "tame", "team", "bed", "fed", "led", "med", "ned", "rid", "rud", "wed"),
        *("кот", "код", "рот", "скот", "крот", "корова", "молоко"),
    ]
)


def test_the_lists_of_at_have_the_lengths_of_the_reference():
    letters = alphabet("en")
    assert sorted(deletes("at")) == ["a", "t"]
    assert switches("at") == ["ta"]
    assert len(replaces("at", letters)) == 50
    assert len(inserts("at", letters)) == 78


def test_one_edit_of_at_gives_129_words_and_130_with_itself():
    found = one_edit("at")
    assert len(found) == 129
    assert len(found | {"at"}) == 130


def test_one_edit_of_kot_with_33_letters_gives_230_words():
    found = one_edit("кот", "ru")
    assert len(found) == 230
    assert "кот" not in found
    assert {"скот", "крот", "от", "кто", "код"} <= found


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (inserts("re", alphabet("en")), {"are", "ere", "ore", "red"}),
        (deletes("wiall"), {"wall", "will"}),
        (switches("taem"), {"tame", "team"}),
        (replaces("red", alphabet("en")), {"bed", "fed", "led", "med", "ned", "rid", "rud", "wed"}),
        (inserts("кот", alphabet("ru")), {"скот", "крот"}),
        (replaces("кот", alphabet("ru")), {"код", "рот"}),
    ],
)
def test_the_edits_that_are_words_are_those_of_the_reference(made, words):
    assert set(made) & KNOWN == words


def test_a_known_word_comes_before_near_ones_and_near_ones_before_far_ones():
    assert candidates("red", KNOWN) == {"red"}
    assert candidates("teem", KNOWN) == {"team"}
    assert candidates("xteem", KNOWN) == {"team"}
    assert candidates("малако", KNOWN, "ru") == {"молоко"}
    assert candidates("xyzzyx", KNOWN) == {"xyzzyx"}


def test_the_most_probable_candidate_wins_and_equal_ones_go_by_the_alphabet():
    assert most_probable("taem", {"tame": 3, "team": 8}) == "team"
    assert most_probable("taem", {"tame": 8, "team": 8}) == "tame"
    assert most_probable("корва", {"корова": 5, "кора": 9}, "ru") == "кора"


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(sorted(ALPHABETS)), st.data())
def test_one_edit_gives_just_the_words_at_distance_one(language, data):
    letters = ALPHABETS[language][:5]
    word = data.draw(st.text(alphabet=letters, min_size=1, max_size=4))
    other = data.draw(st.text(alphabet=letters, min_size=0, max_size=5))
    assert (other in one_edit(word, language)) == (OSA.distance(word, other) == 1)


def test_two_edits_reach_what_is_one_edit_from_a_neighbour():
    assert {"скота", "от", "окот"} <= set(two_edits("кот", "ru"))


def test_a_language_without_an_alphabet_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'en'"):
        alphabet("eng")
