"""Texts as numbered words: what every way of learning word vectors reads.

A sentence is what a window never reaches beyond: a line of a file, or one text of a table.  Rare words are taken out before
any window is laid, as word2vec does, so that their neighbours come closer.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np

from assay.core.errors import DataError

_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
MOST_LETTERS = 100
"""Longer runs of letters are no words of any language (a text without spaces, encoded bytes) and are left out."""


def words_of(text: str) -> list[str]:
    """The words and numbers of a text in order: lower case, ё as е, signs left out.

    >>> words_of("Ёлка won’t cost 100 roubles: ура! 🙂")
    ['елка', "won't", 'cost', '100', 'roubles', 'ура']
    """
    found: list[str] = _WORD.findall(text.lower().replace("ё", "е").replace("’", "'"))
    return [word for word in found if len(word) <= MOST_LETTERS]


def sentences_of(path: Path) -> Iterator[list[str]]:
    """The words of each line of a UTF-8 file, lines without a word left out.  Raises DataError that names the file."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for line in stream:
                if words := words_of(line):
                    yield words
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


@dataclass(frozen=True)
class Corpus:
    """words: the vocabulary, the most frequent first (of equals, the first in the alphabet).  counts: int64 (n_words,).

    ids: int32 (n_tokens,), the known words of all sentences.  offsets: int64 (n_sentences + 1,): sentence i holds
    ``ids[offsets[i]:offsets[i + 1]]``.  read: words that were there before rare ones were left out.
    """

    words: tuple[str, ...]
    counts: np.ndarray
    ids: np.ndarray
    offsets: np.ndarray
    read: int

    @property
    def n_sentences(self) -> int:
        return len(self.offsets) - 1

    @property
    def owners(self) -> np.ndarray:
        """int64 (n_tokens,): the sentence of each token."""
        return np.repeat(np.arange(self.n_sentences), np.diff(self.offsets))


def corpus_of(sentences: Iterable[Sequence[str]], *, min_count: int = 5, most_words: int = 1_000_000) -> Corpus:
    """The corpus of the words that stand at least ``min_count`` times, of these the ``most_words`` most frequent.

    Raises DataError where no word is left.

    >>> corpus = corpus_of([["the", "cat"], ["the", "dog"]], min_count=1)
    >>> corpus.words, corpus.ids.tolist(), corpus.offsets.tolist()
    (('the', 'cat', 'dog'), [0, 1, 0, 2], [0, 2, 4])
    """
    number = count()
    numbers: dict[str, int] = {}
    parts: list[np.ndarray] = []
    for sentence in sentences:
        row = [place if (place := numbers.get(word)) is not None else numbers.setdefault(word, next(number)) for word in sentence]
        parts.append(np.array(row, dtype=np.int32))
    flat = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
    found, counts = list(numbers), np.bincount(flat, minlength=len(numbers))
    order = sorted((place for place in range(len(found)) if counts[place] >= min_count), key=lambda at: (-counts[at], found[at]))
    order = order[:most_words]
    if not order:
        raise DataError(
            f"no word stands {min_count} times in these {len(parts)} sentences of {len(flat)} words; give more text or a smaller "
            "min_count."
        )
    renamed = np.full(len(found), -1, dtype=np.int32)
    renamed[order] = np.arange(len(order), dtype=np.int32)
    ids = renamed[flat]
    is_kept = ids >= 0
    ends = np.concatenate([[0], np.cumsum(is_kept)])
    offsets = ends[np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)]
    return Corpus(tuple(found[at] for at in order), counts[order].astype(np.int64), ids[is_kept], offsets, len(flat))
