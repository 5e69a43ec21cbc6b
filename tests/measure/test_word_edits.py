"""Which words a correction changes: hand-made alignments, and edits that always turn the source into the target."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from assay.measure.word_edits import WordEdit, compared_words, levenshtein, word_edits


def edits(source: str, target: str) -> list[tuple[int, int, str]]:
    return [(one.start, one.end, " ".join(one.words)) for one in word_edits(compared_words(source), compared_words(target))]


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("Я незнаю", "я не знаю", [(1, 2, "не знаю")]),
        ("кто то пришол", "кто-то пришёл", [(0, 2, "кто-то"), (2, 3, "пришел")]),
        ("the cta recieve", "the cat receive", [(1, 2, "cat"), (2, 3, "receive")]),
        ("Всё, хорошо!", "все хорошо", []),
        ("a b c", "a c", [(1, 2, "")]),
        ("a c", "a b c", [(1, 1, "b")]),
        ("alot of", "a lot of", [(0, 1, "a lot")]),
        ("", "слово", [(0, 0, "слово")]),
        ("", "", []),
    ],
)
def test_edits_are_those_made_by_hand(source, target, expected):
    assert edits(source, target) == expected


WORDS = st.lists(st.text(alphabet="abя", min_size=1, max_size=3), max_size=7)


@given(WORDS, WORDS)
def test_edits_turn_the_source_into_the_target(source, target):
    found = word_edits(source, target)
    words, at = [], 0
    for edit in found:
        assert at <= edit.start <= edit.end
        words += [*source[at : edit.start], *edit.words]
        at = edit.end
    assert [*words, *source[at:]] == target
    assert all(tuple(source[edit.start : edit.end]) != edit.words for edit in found)


@given(st.text(alphabet="abя ", max_size=8), st.text(alphabet="abя ", max_size=8))
def test_the_distance_is_levenshteins(one, other):
    assert levenshtein(one, other) == Levenshtein.distance(one, other)


def test_words_of_a_megabyte_and_texts_that_share_nothing_are_compared_at_once():
    assert word_edits(["a" * 10**6], ["b" * 10**6]) == (WordEdit(0, 1, ("b" * 10**6,)),)
    assert len(word_edits(["a"] * 50_000, ["b"] * 20_000)) == 1
