"""How much likelier a word is after its neighbour than anywhere: log p(word | neighbour) - log p(word).

The probabilities are those of a Kneser-Ney bigram model (``language.ngrams``).  The difference and not the probability
itself, because how frequent a word is, a far larger list of words knows better than the texts at hand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.ragged import Ragged
from assay.core.state import State
from assay.language.ngrams.counts import count_ngrams
from assay.language.ngrams.kneser_ney import kneser_ney
from assay.language.spelling.pieces import cut
from assay.language.spelling.words import WordList
from assay.prepare import checks

UNKNOWN, BEGIN, END, FIRST_WORD = 0, 1, 2, 3
"""Ids, as of ``prepare.corpus``: the word at place p of a list has p + FIRST_WORD."""

LARGEST_LIFT = 30.0


@dataclass(frozen=True)
class Lifts:
    """keys: int64 (n,), rising: id of the word before * n_ids + id of the word, of neighbours that were seen.

    lifts: float32 (n,).  others: float32 (n_ids,): after each id, of a word that was never seen there.
    """

    n_ids: int
    keys: np.ndarray
    lifts: np.ndarray
    others: np.ndarray

    @classmethod
    def of_texts(cls, texts: Iterable[str], words: WordList) -> Self:
        """Of running texts, sentence by sentence; without any words in them every lift is 0."""
        rows = sentences(texts, words)
        n_ids = len(words) + FIRST_WORD
        if not rows:
            return cls(n_ids, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32), np.zeros(n_ids, dtype=np.float32))
        model = kneser_ney(count_ngrams(Ragged.of(rows, np.int32), 2, n_ids))
        alone, pairs = model.runs
        seen = (pairs.words != BEGIN) & (pairs.words != UNKNOWN) & (pairs.parents != UNKNOWN)
        before, word = pairs.parents[seen].astype(np.int64), pairs.words[seen].astype(np.int64)
        lifts = pairs.log_probabilities[:][seen] - alone.log_probabilities[word]
        backoffs = alone.log_backoffs
        assert backoffs is not None  # of a model of pairs
        others = backoffs[:].astype(np.float32)
        others[UNKNOWN] = 0
        return cls(n_ids, before * n_ids + word, np.clip(lifts, -LARGEST_LIFT, LARGEST_LIFT).astype(np.float32), others)

    def of(self, before: np.ndarray, word: np.ndarray) -> np.ndarray:
        """float32 (m,), by ids; 0 where either is unknown."""
        asked = before * np.int64(self.n_ids) + word
        places = np.minimum(np.searchsorted(self.keys, asked), max(len(self.keys) - 1, 0))
        seen = self.keys[places] == asked if len(self.keys) else np.zeros(len(asked), dtype=bool)
        found = self.others[before]
        if len(self.keys):
            found = np.where(seen, self.lifts[places], found)
        return np.where((before == UNKNOWN) | (word == UNKNOWN), np.float32(0), found)

    def state(self) -> State:
        return {"keys": self.keys, "lifts": self.lifts, "others": self.others}

    @classmethod
    def from_state(cls, state: State, n_words: int) -> Self:
        n_ids = n_words + FIRST_WORD
        keys = checks.integers(state, "keys", (None,), low=0, high=n_ids * n_ids - 1)
        if keys.dtype != np.int64 or (np.diff(keys) <= 0).any():
            raise BundleError("the saved model's neighbouring words are out of order; save the model again.")
        lifts = checks.floats(state, "lifts", (len(keys),), np.float32)
        return cls(n_ids, keys, lifts, checks.floats(state, "others", (n_ids,), np.float32))


def ids_of(forms: Sequence[str], words: WordList) -> np.ndarray:
    """int64: the ids of folded words."""
    numbers = words.numbers
    return np.array([numbers.get(form, UNKNOWN - FIRST_WORD) + FIRST_WORD for form in forms], dtype=np.int64)


def sentences(texts: Iterable[str], words: WordList) -> list[np.ndarray]:
    """The ids of each sentence's pieces, ending in END."""
    numbers, rows = words.numbers, []
    for text in texts:
        row: list[int] = []
        for piece in cut(text):
            if piece.first and row:
                rows.append(np.array([*row, END], dtype=np.int32))
                row = []
            row.append(numbers.get(piece.form, UNKNOWN - FIRST_WORD) + FIRST_WORD)
        if row:
            rows.append(np.array([*row, END], dtype=np.int32))
    return rows
