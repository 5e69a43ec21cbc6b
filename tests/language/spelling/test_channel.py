"""The noisy channel: its tables are learned back from pairs that were made with known rates."""

import numpy as np
import pytest

from assay.core.errors import BundleError
from assay.language.spelling.channel import Channel
from assay.language.spelling.letters import Letters

LETTERS = Letters("abcde")


def made_pairs(n: int, seed: int) -> tuple[list[str], list[str]]:
    """Words whose a becomes e in 20 % of its places, whose c after b is left out in 30 %, whose d gets an a in 10 %."""
    random = np.random.default_rng(seed)
    meant, typed = [], []
    for _ in range(n):
        word = "".join(random.choice(list("abcd"), 6))
        said = []
        for before, letter in zip(" " + word, word, strict=False):
            if letter == "c" and before == "b" and random.random() < 0.3:
                continue
            said.append("e" if letter == "a" and random.random() < 0.2 else letter)
            if letter == "d" and random.random() < 0.1:
                said.append("a")
        meant.append(word)
        typed.append("".join(said))
    return meant, typed


def test_planted_rates_of_errors_are_learned_back():
    meant, typed = made_pairs(2500, 0)
    delete, insert, replace, switch = Channel.generic(LETTERS).learned(meant, typed, prior_weight=1.0).rates
    code = {letter: place for place, letter in enumerate("abcde", start=1)}
    assert delete[code["b"], code["c"]] == pytest.approx(0.3, abs=0.04)
    assert insert[code["d"], code["a"]] == pytest.approx(0.1, abs=0.02)
    assert replace[code["a"], code["e"]] == pytest.approx(0.2, abs=0.04)
    assert switch.max() < 0.03
    assert delete[code["a"], code["c"]] < 0.03


def test_rates_of_switched_letters_are_learned_back():
    random = np.random.default_rng(1)
    meant = ["".join(random.permutation(list("кота"))) for _ in range(2000)]
    typed = [word.replace("ко", "ок") if random.random() < 0.4 else word for word in meant]
    letters = Letters("акот")
    learned = Channel.generic(letters).learned(meant, typed, prior_weight=1.0)
    assert learned.rates[3, 2, 3] == pytest.approx(0.4, abs=0.04)
    assert np.delete(learned.rates[3].ravel(), 2 * letters.n_codes + 3).max() < 0.05


def test_without_pairs_the_generic_rates_stay():
    generic = Channel.generic(LETTERS)
    np.testing.assert_array_equal(generic.learned([], []).rates, generic.rates)


def test_a_vowel_for_a_vowel_is_likelier_than_for_a_consonant_in_both_languages():
    channel = Channel.generic(Letters.of(["абвеио", "abeiou"]))
    for meant, likely, unlikely in (("а", "о", "в"), ("e", "i", "b")):
        codes = channel.letters.encode([meant, meant]), channel.letters.encode([likely, unlikely])
        costs = channel.costs(*codes)
        assert costs[0] < costs[1]


def test_a_channel_is_saved_and_comes_back():
    meant, typed = made_pairs(50, 0)
    channel = Channel.generic(LETTERS).learned(meant, typed)
    back = Channel.from_state(channel.state())
    assert back.letters == channel.letters
    np.testing.assert_array_equal(back.rates, channel.rates)


@pytest.mark.parametrize(
    "broken",
    [
        {"letters": ""},
        {"letters": "ba"},
        {"letters": "aa"},
        {"letters": 5},
        {"rates": np.full((4, 7, 7), np.nan)},
        {"rates": np.full((4, 7, 7), -0.1)},
        {"rates": np.full((4, 7, 7), 1.1)},
        {"rates": np.zeros((4, 7, 6))},
        {"first": float("inf")},
    ],
)
def test_a_broken_channel_is_refused(broken):
    with pytest.raises(BundleError):
        Channel.from_state({**Channel.generic(LETTERS).state(), **broken})
