"""The known words near many typed ones at once, each with its cost in the noisy channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assay.language.spelling.channel import Channel
from assay.language.spelling.index import DeletesIndex
from assay.language.spelling.letters import MOST_LETTERS_OF_WORD
from assay.language.spelling.ranking import CostTables, costs_between, unit_tables
from assay.language.spelling.words import WordList

LONG_WORD = 7
"""From so many letters on a word may be three edits off, else two."""

WORDS_AT_ONCE = 2000


@dataclass(frozen=True)
class Near:
    """query, word: int64 (m,), a typed word and a known one, by number.  cost: float32 (m,).  Sorted by query, then by word."""

    query: np.ndarray
    word: np.ndarray
    cost: np.ndarray


@dataclass(frozen=True)
class NearWords:
    """words: the known ones; those with letters that the channel does not know are near to nothing."""

    words: WordList
    channel: Channel

    @cached_property
    def _codes(self) -> tuple[np.ndarray, np.ndarray]:
        return self.channel.letters.encode(self.words.words)

    @cached_property
    def _masks(self) -> np.ndarray:
        return _letters_in(self._codes[0])

    @cached_property
    def _index(self) -> DeletesIndex:
        return DeletesIndex.of(*self._codes)

    @cached_property
    def _units(self) -> CostTables:
        return unit_tables(self.channel.letters.n_codes)

    def costs(self, typed: Sequence[str]) -> Near:
        """The known words within two edits (three of long words, where not all of them are at its beginning).

        typed: folded words.  The cost is minus the logarithm of the probability that the channel gives.
        """
        return self._measured(typed, self.channel.tables)

    def distances(self, typed: Sequence[str]) -> Near:
        """As ``costs``, in edits: insertions, deletions, replacements and switches."""
        return self._measured(typed, self._units)

    def _measured(self, typed: Sequence[str], tables: CostTables) -> Near:
        parts = [
            self._measured_part(typed[start : start + WORDS_AT_ONCE], start, tables)
            for start in range(0, len(typed), WORDS_AT_ONCE)
        ]
        if not parts:
            return Near(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))
        return Near(
            np.concatenate([part.query for part in parts]),
            np.concatenate([part.word for part in parts]),
            np.concatenate([part.cost for part in parts]),
        )

    def _measured_part(self, typed: Sequence[str], start: int, tables: CostTables) -> Near:
        codes, lengths = self.channel.letters.encode([word[: MOST_LETTERS_OF_WORD + 1] for word in typed])
        query, word = self._index.near(codes, lengths)
        known_codes, known_lengths = self._codes
        masks = _letters_in(codes)
        allowed = np.where(lengths[query] < LONG_WORD, 2, 3)
        here, there = masks[query], self._masks[word]
        differing = np.maximum(np.bitwise_count(here & ~there), np.bitwise_count(there & ~here))
        kept = (np.abs(lengths[query] - known_lengths[word]) <= allowed) & (differing <= allowed)
        query, word = query[kept], word[kept]
        cost = costs_between((known_codes[word], known_lengths[word]), (codes[query], lengths[query]), tables)
        return Near(query + start, word, cost)


def _letters_in(codes: np.ndarray) -> np.ndarray:
    """uint64 (n,): one bit a letter that is in the word (two letters can share one)."""
    masks = np.zeros(len(codes), dtype=np.uint64)
    for column in codes.T:
        masks |= np.where(column > 0, np.uint64(1) << (column % 64).astype(np.uint64), np.uint64(0))
    return masks
