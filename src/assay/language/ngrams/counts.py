"""How often every run of up to N words stands in a corpus, counted with sorts; no token is walked in Python.

The runs of each length are numbered in the order of (number of the run without its last word, last word), so that a run is
one 64-bit number (``parent * vocabulary + word``) whatever its length, and counting is exact: there is no hash.

Convention: each text is preceded by N - 1 ``<s>`` (as by nltk), and ends in one ``</s>``.  A run is counted where its last
word is predicted, which ``<s>`` never is; runs of ``<s>`` alone are kept as contexts.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.ragged import Ragged
from assay.prepare.corpus import BEGIN, END

MOST_ORDER = 10


@dataclass(frozen=True)
class Level:
    """All runs of one length.

    words: int32 (runs,), the last word of each.  parents: int32 (runs,), the number of each without its last word; rising,
    and of one parent the words rise.  suffixes: int32 (runs,), the number of each without its first word.  Runs of one word
    are numbered by their word; their parents and suffixes are 0.
    """

    words: np.ndarray
    parents: np.ndarray
    suffixes: np.ndarray

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def predicted(self) -> np.ndarray:
        """bool (runs,): whether the last word is one that is predicted."""
        return np.asarray(self.words != BEGIN)


@dataclass(frozen=True)
class NgramCounts:
    """levels[n - 1]: the runs of n words.  counts[n - 1]: int64 (runs,), how often each stands there; 0 where it ends in <s>."""

    vocabulary_size: int
    levels: tuple[Level, ...]
    counts: tuple[np.ndarray, ...]

    @property
    def order(self) -> int:
        return len(self.levels)

    def totals(self, n: int) -> np.ndarray:
        """int64: for each run of n - 1 words (for n = 1, of the empty one), how often a word was predicted after it."""
        return totals_of(self, n, self.counts[n - 1])

    def continuations(self, n: int) -> np.ndarray:
        """int64 (runs,): before each run of n words, n below the order, how many different words stand."""
        longer = self.levels[n]
        return np.bincount(longer.suffixes[longer.predicted], minlength=len(self.levels[n - 1]))


def totals_of(counts: NgramCounts, n: int, values: np.ndarray) -> np.ndarray:
    """The sums of one value a run of n words over the runs with one context (float64 for floats, else int64)."""
    parents = counts.levels[n - 1].parents
    size = 1 if n == 1 else len(counts.levels[n - 2])
    weighted = np.bincount(parents, values, minlength=size)
    return weighted if values.dtype.kind == "f" else np.rint(weighted).astype(np.int64)


def count_ngrams(corpus: Ragged, order: int, vocabulary_size: int) -> NgramCounts:
    """The runs of 1 to ``order`` words of a corpus.

    corpus: int32 ids; every row ends in </s>, and no row holds <s>.  vocabulary_size: ids are below it.
    Raises ConfigError for an order below 1 or above ``MOST_ORDER``, DataError for ids that are none.
    """
    if not 1 <= order <= MOST_ORDER:
        raise ConfigError(f"order={order} must be from 1 (single words) to {MOST_ORDER}.")
    check_ids(corpus, vocabulary_size)
    padded, first = padded_ids(corpus, order - 1)
    counts = np.bincount(corpus.values, minlength=vocabulary_size).astype(np.int64)
    nothing = np.zeros(vocabulary_size, dtype=np.int32)
    levels = [Level(np.arange(vocabulary_size, dtype=np.int32), nothing, nothing)]
    found = [counts]
    runs = padded  # the number of the run of n words that ends at each place
    ends = np.arange(len(padded), dtype=np.int32)  # places that are the end of a run of n words
    places = first
    for n in range(2, order + 1):
        ends = ends[places[ends] >= n - 1]
        keys = runs[ends - 1].astype(np.int64) * vocabulary_size + padded[ends]
        sorting = np.argsort(keys)
        keys = keys[sorting]
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, np.int64)
        unique = keys[starts]
        words = (unique % vocabulary_size).astype(np.int32)
        suffixes = runs[ends[sorting[starts]]]
        often = np.diff(np.append(starts, len(keys)))
        levels.append(Level(words, (unique // vocabulary_size).astype(np.int32), suffixes))
        found.append(np.where(words == BEGIN, 0, often))
        if n < order:
            numbers = np.zeros(len(padded), dtype=np.int32)
            numbers[ends[sorting]] = np.repeat(np.arange(len(starts), dtype=np.int32), often)
            runs = numbers
    return NgramCounts(vocabulary_size, tuple(levels), tuple(found))


def check_ids(corpus: Ragged, vocabulary_size: int) -> None:
    """Raises DataError for a corpus that no vocabulary of this size can have written."""
    values = corpus.values
    if not len(corpus):
        raise DataError("there is no text to count words in; give at least one row.")
    if values.min(initial=0) < 0 or values.max(initial=0) >= vocabulary_size or (values == BEGIN).any():
        raise DataError(f"the ids of words must be from 0 to {vocabulary_size - 1}, and <s> ({BEGIN}) is none of a text.")
    if not corpus.lengths.all() or (values[corpus.offsets[1:] - 1] != END).any():
        raise DataError(f"each text must end in </s> ({END}).")


def padded_ids(corpus: Ragged, pads: int) -> tuple[np.ndarray, np.ndarray]:
    """The ids with so many <s> before each row, and for each place its number within its row (int32, both)."""
    lengths = corpus.lengths + pads
    starts = np.cumsum(lengths) - lengths
    places = (np.arange(lengths.sum()) - np.repeat(starts, lengths)).astype(np.int32)
    padded = np.full(len(places), BEGIN, dtype=np.int32)
    padded[places >= pads] = corpus.values
    return padded, places
