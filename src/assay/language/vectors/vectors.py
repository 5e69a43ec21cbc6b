"""Words with their vectors, and the questions one asks of them: nearest words, and a vector for any word."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from assay.core.errors import DataError
from assay.core.names import did_you_mean
from assay.language.vectors.subwords import Subwords

BLOCK = 512
"""Questions that are answered at once, so that the table of cosines stays small."""


@dataclass(frozen=True)
class WordVectors:
    """words: each once.  matrix: float32 (n_words, width).  counts: int64 (n_words,) in the corpus, or None where unknown.

    subwords: what gives unknown words a vector.  told: how they were made, as JSON has it.
    """

    words: tuple[str, ...]
    matrix: np.ndarray
    counts: np.ndarray | None = None
    subwords: Subwords | None = None
    told: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.words)

    @property
    def width(self) -> int:
        return int(self.matrix.shape[1])

    @cached_property
    def places(self) -> dict[str, int]:
        """The row of each word."""
        return {word: place for place, word in enumerate(self.words)}

    @cached_property
    def unit(self) -> np.ndarray:
        """float32 (n_words, width): rows of length 1; rows of zeros stay so."""
        length = np.linalg.norm(self.matrix, axis=1, keepdims=True)
        return np.asarray(self.matrix / np.where(length > 0, length, np.float32(1)))

    def place(self, word: str) -> int | None:
        """The row of a word as it is written, else in lower case, else with е for ё; None where all are unknown."""
        lower = word.lower()
        for form in (word, lower, lower.replace("ё", "е")):
            if form in self.places:
                return self.places[form]
        return None

    def known(self, word: str) -> int:
        """As ``place``; raises DataError that names near words."""
        found = self.place(word)
        if found is None:
            raise DataError(f"there is no word {word!r} among the {len(self)} words{did_you_mean(word.lower(), self.words)}")
        return found

    def vector(self, word: str) -> np.ndarray | None:
        """float32 (width,); of an unknown word from its subwords, else None."""
        at = self.place(word)
        if at is not None:
            return np.asarray(self.matrix[at])
        return None if self.subwords is None else self.subwords.vector(word.lower().replace("ё", "е"))

    def asked(self, word: str) -> np.ndarray:
        """As ``vector``; raises DataError that names near words."""
        found = self.vector(word)
        return np.asarray(self.matrix[self.known(word)]) if found is None else found

    def nearest(self, word: str, count: int = 10) -> list[tuple[str, float]]:
        """The nearest other words with their cosines, the nearest first.

        >>> vectors = WordVectors(("cat", "dog", "car"), np.array([[1, 0], [1, 0.5], [0, 1]], dtype=np.float32))
        >>> [(word, round(cosine, 3)) for word, cosine in vectors.nearest("cat", 2)]
        [('dog', 0.894), ('car', 0.0)]
        """
        at = self.place(word)
        places, values = nearest_rows(self.unit, self.asked(word)[None], count, without=None if at is None else [[at]])
        return [(self.words[place], float(value)) for place, value in zip(places[0], values[0], strict=True) if place >= 0]


def nearest_rows(
    unit: np.ndarray, questions: np.ndarray, count: int, without: Sequence[Iterable[int]] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The rows with the largest cosines to each question: places int64 (q, count), cosines float32 (q, count).

    unit: (n, width), rows of length 1.  questions: (q, width), of any length.  without: rows that may not answer, for each
    question.  Of equal cosines the earlier row wins; places are −1 where there are not so many rows.
    """
    count = min(count, len(unit))
    places = np.empty((len(questions), count), dtype=np.int64)
    values = np.empty((len(questions), count), dtype=np.float32)
    for start in range(0, len(questions), BLOCK):
        block = np.asarray(questions[start : start + BLOCK], dtype=np.float32)
        length = np.linalg.norm(block, axis=1, keepdims=True)
        found = (block / np.where(length > 0, length, np.float32(1))) @ unit.T
        if without is not None:
            for row, left_out in enumerate(without[start : start + BLOCK]):
                found[row, list(left_out)] = -np.inf
        best = largest(found, count)
        values[start : start + BLOCK] = np.take_along_axis(found, best, axis=1)
        places[start : start + BLOCK] = np.where(np.isneginf(values[start : start + BLOCK]), -1, best)
    return places, values


def largest(scores: np.ndarray, count: int) -> np.ndarray:
    """int64 (q, count): the places of the largest scores of each row, the largest first, of equals the first."""
    if count * 4 < scores.shape[1]:
        edge = -np.partition(-scores, count - 1, axis=1)[:, count - 1 : count]
        found = np.empty((len(scores), count), dtype=np.int64)
        for row in range(len(scores)):
            near = np.flatnonzero(scores[row] >= edge[row])
            found[row] = near[np.argsort(-scores[row, near], kind="stable")[:count]]
        return found
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]
