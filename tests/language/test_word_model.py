"""Model 1 of Brown et al. against the formulas written with loops, and against a language whose dictionary is known."""

from collections import defaultdict

import numpy as np
import pytest

from assay.language.word_model import LONGEST, NONE, best_answers, learn_words


def table(sources: list[list[int]], answers: list[list[int]], rounds: int) -> dict[tuple[int, int], float]:
    model = learn_words([np.array(row) for row in sources], [np.array(row) for row in answers], rounds=rounds)
    return {(e, f): t for (e, f), t in zip(model.pairs.tolist(), model.probability.tolist(), strict=True)}


def by_loops(sources: list[list[int]], answers: list[list[int]], rounds: int) -> dict[tuple[int, int], float]:
    t: dict[tuple[int, int], float] = defaultdict(lambda: 1.0)
    for _ in range(rounds):
        count: dict[tuple[int, int], float] = defaultdict(float)
        total: dict[int, float] = defaultdict(float)
        for source, answer in zip(sources, answers, strict=True):
            given = [NONE, *source]
            for f in answer:
                norm = sum(t[e, f] for e in given)
                for e in given:
                    count[e, f] += t[e, f] / norm
                    total[e] += t[e, f] / norm
        t = defaultdict(float, {(e, f): value / total[e] for (e, f), value in count.items()})
    return dict(t)


@pytest.mark.parametrize("rounds", [1, 2, 7])
def test_probabilities_are_those_of_the_formulas(rounds: int) -> None:
    random = np.random.default_rng(0)
    sources = [random.integers(1, 6, random.integers(0, 6)).tolist() for _ in range(30)]
    answers = [random.integers(0, 5, random.integers(0, 6)).tolist() for _ in range(30)]
    expected = by_loops(sources, answers, rounds)
    found = table(sources, answers, rounds)
    assert found.keys() == expected.keys()
    assert [found[pair] for pair in expected] == pytest.approx(list(expected.values()), abs=1e-12)
    of_word = defaultdict(float)
    for (e, _), t in found.items():
        of_word[e] += t
    assert list(of_word.values()) == pytest.approx([1.0] * len(of_word))


def test_the_first_round_worked_by_hand() -> None:
    """(1 → 0) and (1 2 → 0 1): each answer word is shared by the words of its source and the empty one.
    count(1, 0) = 1/2 + 1/3, count(1, 1) = 1/3, so t(0 | 1) = (5/6) / (7/6) = 5/7; t(0 | 2) = 1/2."""
    found = table([[1], [1, 2]], [[0], [0, 1]], rounds=1)
    assert found[1, 0] == pytest.approx(5 / 7)
    assert found[2, 0] == found[2, 1] == pytest.approx(1 / 2)


def test_a_known_dictionary_is_found_whatever_the_order_of_the_words() -> None:
    random = np.random.default_rng(1)
    sources = [random.permutation(np.arange(1, 21))[: random.integers(2, 7)] for _ in range(400)]
    answers = [random.permutation(40 - source) for source in sources]
    assert best_answers(learn_words(sources, answers)) == {word: 40 - word for word in range(1, 21)}


def test_no_pairs_empty_texts_and_very_long_ones_are_no_special_case() -> None:
    none = np.zeros(0, np.int64)
    assert best_answers(learn_words([], [])) == {}
    assert best_answers(learn_words([none, np.array([1])], [np.array([0]), none])) == {}
    long = np.arange(1, 3 * LONGEST)
    assert set(best_answers(learn_words([long], [np.array([0])]))) == set(range(1, LONGEST + 1))
