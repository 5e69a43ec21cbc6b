"""Which word of one language stands for which of another, learnt from pairs of texts alone.

t(f | e), the probability that a word e of the source is answered by f, by expectation maximisation: each word of the answer
comes from one word of the source (or from none), whatever the order.
Source: Brown, Della Pietra, Della Pietra & Mercer (1993), "The mathematics of statistical machine translation", model 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NONE = 0
"""The number of the empty word, which begins every source."""

LONGEST = 200
"""Words of a text that are read: a pair costs the product of both lengths."""


@dataclass(frozen=True)
class WordModel:
    """pairs: int64 (k, 2), (number of e, number of f) in rising order.  probability: float64 (k,), t(f | e).

    Pairs that never stand in a pair of texts have the probability 0 and are left out.
    """

    pairs: np.ndarray
    probability: np.ndarray


@dataclass(frozen=True)
class _Links:
    """Every word of every answer beside every word of its source.

    pair: int64 (links,), the place of (e, f) among those that are different.  word: int64 (links,), which word of all answers.
    """

    pair: np.ndarray
    word: np.ndarray


def learn_words(sources: Sequence[np.ndarray], answers: Sequence[np.ndarray], *, rounds: int = 8) -> WordModel:
    """sources, answers: word numbers of each text, int (words,); those of a source from 1 on.  rounds: of the maximisation.

    Begins at equal probabilities, from where the likelihood has one maximum.
    """
    width = 1 + max((int(answer.max(initial=0)) for answer in answers), default=0)
    keys, links = _links(sources, answers, width)
    pairs = np.column_stack([keys // width, keys % width])
    heads = int(pairs[:, 0].max(initial=0)) + 1
    probability = np.ones(len(pairs))
    for _ in range(rounds):
        likely = probability[links.pair]
        share = likely / np.bincount(links.word, likely)[links.word]
        count = np.bincount(links.pair, share, minlength=len(pairs))
        probability = count / np.bincount(pairs[:, 0], count, minlength=heads)[pairs[:, 0]]
    return WordModel(pairs, probability)


def best_answers(model: WordModel) -> dict[int, int]:
    """For each word of the source the likeliest of the answer (of two as likely, the one with the lower number)."""
    order = np.lexsort([model.pairs[:, 1], -model.probability, model.pairs[:, 0]])
    words, first = np.unique(model.pairs[order, 0], return_index=True)
    best = model.pairs[order[first], 1]
    return {int(word): int(answer) for word, answer in zip(words, best, strict=True) if word != NONE}


def _links(sources: Sequence[np.ndarray], answers: Sequence[np.ndarray], width: int) -> tuple[np.ndarray, _Links]:
    """The different (e, f) as e · width + f, rising, and the links."""
    keys, words, counted = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
    for source, answer in zip(sources, answers, strict=True):
        given, said = np.append(NONE, source[:LONGEST]).astype(np.int64), answer[:LONGEST].astype(np.int64)
        keys.append((given[None, :] * width + said[:, None]).ravel())
        words.append(np.repeat(np.arange(counted, counted + len(said)), len(given)))
        counted += len(said)
    different, pair = np.unique(np.concatenate(keys), return_inverse=True)
    return different, _Links(pair, np.concatenate(words))
