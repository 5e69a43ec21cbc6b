"""An n-gram model as it is kept and asked: a log-probability for each run that was seen, a log backoff for each context.

    p(w | h) = probability of the run (h, w)             where it is kept
             = backoff(h) * p(w | h without its first)   otherwise, with backoff 1 for a context that is not kept

Every smoothing of this package comes down to this form (Katz 1987; the tables of the ARPA format), so that one piece of code
scores, samples, prunes and saves them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import log

import numpy as np

from assay.core.errors import ConfigError
from assay.core.ragged import Ragged
from assay.language.ngrams.conventions import STANDARD, Perplexity, convention_named, perplexity
from assay.language.ngrams.counts import Level, check_ids, padded_ids
from assay.prepare.corpus import BEGIN

NEVER = -99 * log(10)
"""The log-probability of what is never predicted, as the ARPA format writes it."""
AT_ONCE = 1_000_000
"""Tokens that are scored at once: what is known of each on the way takes a hundred bytes."""
SORTED_FROM = 200_000
"""Runs, and questions about them, from which on sorting the questions pays."""


@dataclass(frozen=True)
class Numbers:
    """One number a run, kept as it is or as codes of a short table.  values: float64 (runs,), or int codes.  book: float64."""

    values: np.ndarray
    book: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, places: np.ndarray | slice) -> np.ndarray:
        found = self.values[places]
        return found if self.book is None else self.book[found]


@dataclass(frozen=True)
class Runs:
    """The kept runs of one length, numbered by (parent, word) as in ``counts.Level``.

    log_probabilities: natural.  log_backoffs: of each run as a context; of the longest runs None.
    shifts: float64, one a parent, added to the log-probabilities of its runs; None: nothing is.
    """

    words: np.ndarray
    parents: np.ndarray
    log_probabilities: Numbers
    log_backoffs: Numbers | None
    shifts: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.words)

    def log_probability(self, places: np.ndarray | slice = slice(None)) -> np.ndarray:
        """float64, of the runs at these places."""
        found = self.log_probabilities[places]
        return found if self.shifts is None else found + self.shifts[self.parents[places]]


@dataclass(frozen=True)
class NgramModel:
    """runs[n - 1]: the runs of n words; of one word all ids have one.

    smoothing: in words, how it was made.  is_probability: False where the scores of all words do not sum to 1.
    convention: the name of the ``Convention`` it was made by.  notes: what its maker had to fall back to, a sentence each.
    """

    vocabulary_size: int
    runs: tuple[Runs, ...]
    smoothing: str
    is_probability: bool = True
    convention: str = STANDARD.name
    notes: tuple[str, ...] = field(default=())

    @property
    def order(self) -> int:
        return len(self.runs)

    @cached_property
    def _keys(self) -> tuple[np.ndarray, ...]:
        """int64, rising, one array a length."""
        return tuple(runs.parents.astype(np.int64) * self.vocabulary_size + runs.words for runs in self.runs)

    def find(self, n: int, parents: np.ndarray, words: np.ndarray) -> np.ndarray:
        """int64: the numbers of the runs of n >= 2 words with these parents and last words; -1 where there is none.

        parents: -1 where there is none.
        """
        keys = self._keys[n - 1]
        if not len(keys):
            return np.full(len(parents), -1)
        asked = parents * np.int64(self.vocabulary_size) + words
        if min(len(asked), len(keys)) < SORTED_FROM:
            places = np.searchsorted(keys, asked)
        else:  # in order, so that neighbours in memory are asked for one after the other
            order = np.argsort(asked)
            places = np.empty(len(asked), dtype=np.int64)
            places[order] = np.searchsorted(keys, asked[order])
        places[places == len(keys)] = 0
        return np.where(keys[places] == asked, places, -1)

    def log_scores(self, corpus: Ragged) -> Ragged:
        """float64 natural log-probabilities (or log scores, see ``is_probability``), one a token of the corpus, </s> too.

        corpus: int32 ids as of ``prepare.corpus``.  Raises DataError for ids that are none of the vocabulary.
        """
        if not len(corpus):
            return Ragged(np.zeros(0), corpus.offsets)
        check_ids(corpus, self.vocabulary_size)
        return Ragged(np.concatenate([self._log_scores(part) for part in _parts(corpus)]), corpus.offsets)

    def _log_scores(self, corpus: Ragged) -> np.ndarray:
        """float64 (tokens,)"""
        padded, places = padded_ids(corpus, self.order - 1)
        predicted = np.flatnonzero(places >= self.order - 1)
        scores = self.runs[0].log_probability(padded[predicted])
        before = padded.astype(np.int64)  # the run of n - 1 words that ends at each place, or -1
        for n in range(2, self.order + 1):
            ends = np.flatnonzero(places >= n - 1)
            found = self.find(n, before[ends - 1], padded[ends])
            here = np.full(len(padded), -1, dtype=np.int64)
            here[ends] = found
            scores = self._extended(n, scores, before[predicted - 1], here[predicted])
            before = here
        return scores

    def _extended(self, n: int, scores: np.ndarray, contexts: np.ndarray, found: np.ndarray) -> np.ndarray:
        """From the scores by n - 2 words before to those by n - 1.  contexts, found: numbers of runs, or -1."""
        backoffs = self.runs[n - 2].log_backoffs
        assert backoffs is not None  # only the longest have none
        fallen = scores + np.where(contexts >= 0, backoffs[np.maximum(contexts, 0)], 0.0)
        if not len(self.runs[n - 1]):
            return fallen
        return np.where(found >= 0, self.runs[n - 1].log_probability(np.maximum(found, 0)), fallen)

    def log_scores_of_runs(self, words: np.ndarray) -> np.ndarray:
        """float64 (k,): log p(last word | the words before it) of runs given as int (k, length), length up to the order."""
        length = words.shape[1]
        scores = self.runs[0].log_probability(words[:, -1])
        for n in range(2, length + 1):
            first = length - n
            contexts = words[:, first].astype(np.int64)
            for end in range(1, n - 1):
                contexts = self.find(end + 1, contexts, words[:, first + end])
            found = self.find(n, contexts, words[:, -1])
            scores = self._extended(n, scores, contexts, found)
        return scores

    def next_log_probabilities(self, context: np.ndarray) -> np.ndarray:
        """float64 (V,): the natural log-probability of every id after these; of <s> it is -inf.

        context: ids from the beginning of the text on, without <s>.
        Raises ConfigError for ids that are none.
        """
        ids = np.asarray(context, dtype=np.int64)
        if ids.size and (ids.min() < 0 or ids.max() >= self.vocabulary_size):
            raise ConfigError(f"the ids of a context must be from 0 to {self.vocabulary_size - 1}.")
        before = np.concatenate([np.full(self.order - 1, BEGIN), ids])[len(ids) :]
        found = self.runs[0].log_probability().copy()
        for n in range(2, self.order + 1):
            node = self._number(before[len(before) - n + 1 :])
            if node < 0:
                continue
            backoffs = self.runs[n - 2].log_backoffs
            assert backoffs is not None
            found += backoffs[np.array([node])]
            runs = self.runs[n - 1]
            start, stop = np.searchsorted(runs.parents, [node, node + 1])
            found[runs.words[start:stop]] = runs.log_probability(slice(start, stop))
        found[BEGIN] = -np.inf
        return found

    def _number(self, words: np.ndarray) -> int:
        """The number of a run, or -1."""
        node = words[:1]
        for n in range(2, len(words) + 1):
            node = self.find(n, node, words[n - 1 : n])
        return int(node[0])

    def perplexity(self, corpus: Ragged) -> Perplexity:
        """By the convention of the model, which the result names.  Raises ConfigError for scores that are no probabilities."""
        if not self.is_probability and self.convention == STANDARD.name:
            raise ConfigError(
                f"the scores of {self.smoothing} do not sum to 1, so there is no perplexity of them; use log_scores to rank "
                "texts, or another smoothing."
            )
        return perplexity(self.log_scores(corpus), convention_named(self.convention))

    def words_of(self, n: int) -> np.ndarray:
        """int32 (runs, n): the words of each run of n words."""
        columns = []
        numbers = np.arange(len(self.runs[n - 1]))
        for length in range(n, 0, -1):
            columns.append(self.runs[length - 1].words[numbers])
            numbers = self.runs[length - 1].parents[numbers]
        return np.stack(columns[::-1], axis=1)


def _parts(corpus: Ragged) -> Iterator[Ragged]:
    """The rows in their order, so many together that they hold ``AT_ONCE`` tokens (or one row that holds more)."""
    start = 0
    while start < len(corpus):
        fitting = int(np.searchsorted(corpus.offsets, corpus.offsets[start] + AT_ONCE, side="right")) - 1
        stop = max(fitting, start + 1)
        first, last = corpus.offsets[[start, stop]]
        yield Ragged(corpus.values[first:last], corpus.offsets[start : stop + 1] - first)
        start = stop


def model_of(  # the smoothings' common end
    levels: tuple[Level, ...],
    vocabulary_size: int,
    log_probabilities: list[np.ndarray],
    log_backoffs: list[np.ndarray],
    smoothing: str,
    *,
    is_probability: bool = True,
    convention: str = STANDARD.name,
    notes: tuple[str, ...] = (),
) -> NgramModel:
    """log_probabilities: of the runs of 1 to N words.  log_backoffs: of those of 1 to N - 1."""
    runs = []
    for n, (level, values) in enumerate(zip(levels, log_probabilities, strict=True), start=1):
        backoffs = Numbers(log_backoffs[n - 1]) if n < len(levels) else None
        runs.append(Runs(level.words, level.parents, Numbers(np.where(level.predicted, values, NEVER)), backoffs))
    return NgramModel(vocabulary_size, tuple(runs), smoothing, is_probability, convention, notes)
