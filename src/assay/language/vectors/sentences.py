"""A text as the weighted sum of its words' vectors, and the texts of a corpus that are nearest to one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from assay.core.errors import ConfigError
from assay.language.vectors.corpus import words_of
from assay.language.vectors.vectors import WordVectors, nearest_rows

Weighting = Literal["sum", "mean", "rare"]
RARE = 1e-3


@dataclass(frozen=True)
class SentenceSettings:
    """weighting: "sum" of the vectors; their "mean"; or a mean in which a word weighs a / (a + its share), "rare" words more.

    unit: whether each word's vector has length 1 first.  Source of "rare": Arora, Liang & Ma (2017), with a = 0.001.
    """

    weighting: Weighting = "rare"
    unit: bool = True

    def __post_init__(self) -> None:
        if self.weighting not in ("sum", "mean", "rare"):
            raise ConfigError(f"weighting={self.weighting!r} is none of sum, mean, rare.")


def sentence_vectors(texts: Sequence[str | None], vectors: WordVectors, settings: SentenceSettings | None = None) -> np.ndarray:
    """float32 (n_texts, width); a text without a known word (an empty or missing one too) is all 0.

    >>> vectors = WordVectors(("cat", "dog"), np.array([[1, 0], [0, 2]], dtype=np.float32))
    >>> sentence_vectors(["Cat, dog!", "", None], vectors, SentenceSettings("sum", unit=False)).tolist()
    [[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]]
    """
    settings = settings or SentenceSettings()
    weights = _weights(vectors, settings)
    found = np.zeros((len(texts), vectors.width), dtype=np.float32)
    for row, text in enumerate(texts):
        known, rows = _words(text, vectors, settings.unit)
        if len(rows):
            weight = np.concatenate([weights[known], np.ones(len(rows) - len(known), dtype=np.float32)])
            found[row] = weight @ rows if settings.weighting == "sum" else weight @ rows / len(rows)
    return found


def pooled_vectors(texts: Sequence[str | None], vectors: WordVectors, settings: SentenceSettings | None = None) -> np.ndarray:
    """float32 (n_texts, 3 × width): as ``sentence_vectors``, then the largest and the least of each number over the words.

    For a classifier: a mean forgets the one word that decides.  Source: Shen et al. (2018), with the least beside the largest.
    """
    settings = settings or SentenceSettings()
    ends = np.zeros((len(texts), 2 * vectors.width), dtype=np.float32)
    for row, text in enumerate(texts):
        _, rows = _words(text, vectors, settings.unit)
        if len(rows):
            ends[row] = np.concatenate([rows.max(axis=0), rows.min(axis=0)])
    return np.hstack([sentence_vectors(texts, vectors, settings), ends])


def _words(text: str | None, vectors: WordVectors, unit: bool) -> tuple[list[int], np.ndarray]:
    """(places of the known words, float32 (words, width) of these and then of those that subwords give a vector)."""
    known: list[int] = []
    others: list[np.ndarray] = []
    for word in words_of(text or ""):
        at = vectors.place(word)
        if at is not None:
            known.append(at)
        elif vectors.subwords is not None and (made := vectors.subwords.vector(word)) is not None:
            others.append(made / max(float(np.linalg.norm(made)), 1e-12) if unit else made)
    rows = (vectors.unit if unit else vectors.matrix)[known]
    return known, np.vstack([rows, *others]) if others else rows


def _weights(vectors: WordVectors, settings: SentenceSettings) -> np.ndarray:
    """float32 (n_words,); an unknown word weighs 1, as a rare one does."""
    if settings.weighting != "rare" or vectors.counts is None:
        return np.ones(len(vectors), dtype=np.float32)
    share = vectors.counts / max(int(vectors.counts.sum()), 1)
    return np.asarray(RARE / (RARE + share), dtype=np.float32)


@dataclass(frozen=True)
class SentenceIndex:
    """Texts that can be searched by what their words mean."""

    texts: tuple[str, ...]
    vectors: WordVectors
    settings: SentenceSettings = SentenceSettings()

    @cached_property
    def _unit(self) -> np.ndarray:
        found = sentence_vectors(self.texts, self.vectors, self.settings)
        length = np.linalg.norm(found, axis=1, keepdims=True)
        return np.asarray(found / np.where(length > 0, length, np.float32(1)))

    def nearest(self, text: str, count: int = 5) -> list[tuple[int, float]]:
        """(position, cosine) of the nearest texts; none where no word of ``text`` is known."""
        question = sentence_vectors([text], self.vectors, self.settings)
        if not question.any():
            return []
        places, values = nearest_rows(self._unit, question, count)
        return [(int(place), float(value)) for place, value in zip(places[0], values[0], strict=True)]
