"""Near words at once: nothing within two edits is missed, and distances and costs are those of an oracle."""

import numpy as np
import pytest
from rapidfuzz.distance import OSA

from assay.language.spelling.channel import Channel
from assay.language.spelling.distance import EditCosts, edit_distance
from assay.language.spelling.letters import Letters
from assay.language.spelling.near import NearWords
from assay.language.spelling.words import WordList


def random_words(n: int, letters: str, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    return sorted({"".join(random.choice(list(letters), random.integers(1, 11))) for _ in range(n)})


@pytest.fixture(scope="module", params=["abcde", "абвгд"])
def case(request):
    """Few letters, so that many words are near; typed ones hold a letter that no known word has."""
    known = WordList.of_counts(dict.fromkeys(random_words(1500, request.param, 0), 1.0))
    typed = random_words(60, request.param + "ї", 1)
    return NearWords(known, Channel.generic(Letters.of(known.words))), typed


def test_every_word_within_two_edits_is_found_at_its_distance(case):
    near, typed = case
    found = near.distances(typed)
    told = {(typed[q], near.words.words[w]): d for q, w, d in zip(found.query, found.word, found.cost, strict=True)}
    pairs = [(one, word) for one in typed for word in near.words.words]
    assert {pair for pair in pairs if OSA.distance(*pair) <= 2} <= told.keys()
    assert told == {pair: OSA.distance(*pair) for pair in told}
    assert len(told) > 1000


def test_the_batch_of_costs_equals_the_table_of_one_pair(case):
    near, typed = case
    letters, rates = near.channel.letters.letters, near.channel.rates
    n = len(letters)
    costs = EditCosts(  # deletes and inserts without a letter before, so that they are a cost of the letter alone
        switch=1.0,
        by_delete={letter: 1 + 0.1 * place for place, letter in enumerate(letters)},
        by_insert={letter: 2 + 0.1 * place for place, letter in enumerate(letters)},
        by_replace={(a, b): 1.5 + 0.01 * (n * i + j) for i, a in enumerate(letters) for j, b in enumerate(letters) if a != b},
        by_switch={(a, b): 1.2 + 0.01 * (n * i + j) for i, a in enumerate(letters) for j, b in enumerate(letters) if a != b},
    )
    table = np.full(rates.shape, np.exp(-9.0))
    for place, letter in enumerate(letters, start=1):
        table[0, :, place], table[1, :, place] = np.exp(-costs.of_delete(letter)), np.exp(-costs.of_insert(letter))
        for other_place, other in enumerate(letters, start=1):
            if other != letter:
                table[2, place, other_place] = np.exp(-costs.of_replace(letter, other))
                table[3, place, other_place] = np.exp(-costs.of_switch(letter, other))
    channel = Channel(near.channel.letters, table, first=0.0)
    tables = channel.tables
    free = type(tables)(tables.delete, tables.insert, tables.replace, tables.switch, np.zeros_like(tables.copied), 0.0)
    known = [word for word in near.words.words if len(word) > 3][:200]
    asked = [word for word in typed if "ї" not in word and len(word) > 3][:20]
    pairs = [(one, other) for one in known for other in asked if abs(len(one) - len(other)) <= 2]
    from assay.language.spelling.ranking import costs_between

    meant, said = [one for one, _ in pairs], [other for _, other in pairs]
    found = costs_between(channel.letters.encode(meant), channel.letters.encode(said), free)
    expected = np.array([edit_distance(one, other, costs) for one, other in pairs])
    cheap = expected < 4.5  # so that no cheapest way leaves the band
    assert cheap.sum() > 50
    np.testing.assert_allclose(found[cheap], expected[cheap], rtol=1e-5)


def test_a_word_with_a_foreign_letter_is_still_found_and_that_letter_equals_none():
    near = NearWords(WordList.of_counts({"кот": 1, "код": 1}), Channel.generic(Letters.of(["кот", "код"])))
    found = near.distances(["кoт", "к"])  # a Latin o
    assert [near.words.words[word] for word in found.word[found.query == 0]] == ["код", "кот"]
    assert found.cost[found.query == 0].tolist() == [2.0, 1.0]
    assert found.cost[found.query == 1].tolist() == [2.0, 2.0]


def test_long_words_are_found_three_edits_away():
    near = NearWords(WordList.of_counts({"accommodation": 1}), Channel.generic(Letters.of(["accommodation"])))
    assert near.distances(["acomodatoin"]).cost.tolist() == [3.0]


@pytest.mark.parametrize("typed", [[], [""], ["x" * 5000], ["\0"], ["🙂🙂"]])
def test_odd_words_are_near_to_nothing(typed):
    near = NearWords(WordList.of_counts({"hello": 1, "привет": 1}), Channel.generic(Letters.of(["hello", "привет"])))
    assert len(near.costs(typed).query) == 0
