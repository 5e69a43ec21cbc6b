"""Words replaced by words that stand in the same company, learned from the training texts themselves.

Two words are near when the words around them are: counts of words within a window of each other, as positive pointwise mutual
information, turned onto their main directions.  So nothing is downloaded and any language will do; but words that stand in
the same company may also be opposites ("good", "bad").  Whether it helps is for the verdict to say.
Source: Church & Hanks (1990); Levy, Goldberg & Dagan (2015), Improving distributional similarity with lessons learned from
word embeddings.
"""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import sparse

from assay.balance.augmenters.texts import RandomWords
from assay.core.errors import ConfigError

_WORD = re.compile(r"[^\W\d_]+")
CONTEXT_POWER = 0.75
"""Contexts count by this power of their frequency, so that rare ones do not look telling by chance."""
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class SynonymSettings:
    """share: of the words of a text that are replaced, at least one.  nearest: among so many neighbours one is drawn.

    least: the cosine that a neighbour must have.  min_count: a rarer word has no vector.  words: the most frequent have one.
    window: words on each side that are its company.  directions: length of the vectors.
    """

    share: float = 0.15
    nearest: int = 5
    least: float = 0.4
    min_count: int = 5
    words: int = 10_000
    window: int = 4
    directions: int = 64

    def __post_init__(self) -> None:
        if not 0 < self.share < 1 or not -1 <= self.least <= 1:
            raise ConfigError(f"share={self.share} must lie between 0 and 1, least={self.least} between -1 and 1.")
        if min(self.nearest, self.min_count, self.words, self.window, self.directions) < 1:
            raise ConfigError("nearest, min_count, words, window and directions must be at least 1.")


@dataclass(frozen=True)
class Synonyms:
    """neighbours: of each word that has some, the nearest first.  A text without such a word loses or swaps words instead."""

    neighbours: dict[str, tuple[str, ...]]
    settings: SynonymSettings

    @classmethod
    def learned(cls, texts: pl.Series, settings: SynonymSettings | None = None, seed: int = 0) -> "Synonyms":
        """From these texts: training texts alone.  seed: of the turning."""
        settings = SynonymSettings() if settings is None else settings
        lines = [[found.lower() for found in _WORD.findall(text)] for text in texts.drop_nulls()]
        vocabulary = _vocabulary(lines, settings)
        if len(vocabulary) < 2:
            return cls({}, settings)
        return cls(_neighbours(vocabulary, _vectors(lines, vocabulary, settings, seed), settings), settings)

    def __call__(self, values: pl.Series, rng: np.random.Generator) -> pl.Series:
        """values: String."""
        otherwise = RandomWords()
        altered = [None if text is None else self._altered(text, rng) or otherwise.altered(text, rng) for text in values]
        return pl.Series(values.name, altered, dtype=values.dtype)

    def _altered(self, text: str, rng: np.random.Generator) -> str | None:
        """None where no word has a neighbour."""
        found = [one for one in _WORD.finditer(text) if one.group().lower() in self.neighbours]
        if not found:
            return None
        chosen = rng.random(len(found)) < self.settings.share
        if not chosen.any():
            chosen[rng.integers(len(found))] = True
        pieces, before = [], 0
        for one, is_chosen in zip(found, chosen.tolist(), strict=True):
            if not is_chosen:
                continue
            others = self.neighbours[one.group().lower()]
            pieces += [text[before : one.start()], _in_case_of(one.group(), others[int(rng.integers(len(others)))])]
            before = one.end()
        return "".join(pieces) + text[before:]


def _in_case_of(given: str, word: str) -> str:
    """
    >>> _in_case_of("Film", "play"), _in_case_of("FILM", "play"), _in_case_of("film", "play")
    ('Play', 'PLAY', 'play')
    """
    if len(given) > 1 and given.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if given[:1].isupper() else word


def _vocabulary(lines: list[list[str]], settings: SynonymSettings) -> list[str]:
    """The most frequent first; of two as frequent the first in the alphabet."""
    counts: dict[str, int] = {}
    for line in lines:
        for word in line:
            counts[word] = counts.get(word, 0) + 1
    ranked = sorted((-times, word) for word, times in counts.items() if times >= settings.min_count)
    return [word for _, word in ranked[: settings.words]]


def _vectors(lines: list[list[str]], vocabulary: list[str], settings: SynonymSettings, seed: int) -> np.ndarray:
    """float64 (words, d), each of length 1, or 0 where a word is never in company."""
    from sklearn.utils.extmath import randomized_svd

    information = _information(_company(lines, vocabulary, settings.window))
    wanted = max(1, min(settings.directions, len(vocabulary) - 1))
    left, strength, _ = randomized_svd(information, wanted, random_state=seed % (2**31 - 1), n_iter=5)
    vectors = left * np.sqrt(strength)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1.0))


def _company(lines: list[list[str]], vocabulary: list[str], window: int) -> sparse.csr_matrix:
    """float64 (words, words): how often two words stand within the window of each other, both ways."""
    number = {word: place for place, word in enumerate(vocabulary)}
    codes = np.array([number.get(word, -1) for line in lines for word in line], dtype=np.int64)
    owner = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    counts = sparse.csr_matrix((len(vocabulary), len(vocabulary)))
    for ahead in range(1, window + 1):
        one, other = codes[:-ahead], codes[ahead:]
        near = (owner[:-ahead] == owner[ahead:]) & (one >= 0) & (other >= 0)
        counts = counts + sparse.csr_matrix((np.ones(int(near.sum())), (one[near], other[near])), shape=counts.shape)
    return sparse.csr_matrix(counts + counts.T)


def _information(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Positive pointwise mutual information, where words met at all."""
    total = float(counts.sum())
    own = np.asarray(counts.sum(axis=1)).ravel()
    context = own**CONTEXT_POWER
    context = context / max(float(context.sum()), 1.0)
    met = counts.tocoo()
    values = np.log(met.data / total) - np.log(own[met.row] / total) - np.log(context[met.col]) if total else met.data
    kept = values > 0
    return sparse.csr_matrix((values[kept], (met.row[kept], met.col[kept])), shape=counts.shape)


def _neighbours(vocabulary: list[str], vectors: np.ndarray, settings: SynonymSettings) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(vocabulary), AT_ONCE):
        near = vectors[start : start + AT_ONCE] @ vectors.T
        near[np.arange(len(near)), np.arange(start, start + len(near))] = -2.0
        order = np.argsort(-near, axis=1, kind="stable")[:, : settings.nearest]
        for row, places in enumerate(order.tolist()):
            words = tuple(vocabulary[place] for place in places if near[row, place] >= settings.least)
            if words:
                found[vocabulary[start + row]] = words
    return found
