"""The letters that words are made of: the alphabets by language, and words as rows of small numbers.

A model of spelling knows the letters of its own words.  Anything else in a word that is looked up is one and the same
foreign letter, which no known word holds.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean

ALPHABETS = {"en": "abcdefghijklmnopqrstuvwxyz", "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"}
MOST_LETTERS = 125
"""That a model tells apart: so a letter is a number of seven bits."""

MOST_LETTERS_OF_WORD = 40
"""A longer word is looked up by nobody; it is left as it is."""


def alphabet(language: str) -> str:
    """The small letters of a language, in their order; raises ConfigError for a language without one here.

    >>> len(alphabet("en")), len(alphabet("ru"))
    (26, 33)
    """
    if language not in ALPHABETS:
        raise ConfigError(f"no alphabet of the language {language!r}{did_you_mean(language, ALPHABETS)}")
    return ALPHABETS[language]


def folded(word: str) -> str:
    """The form in which words are compared: small letters, ё as е, one apostrophe.

    >>> folded("Ёлка"), folded("Don’t")
    ('елка', "don't")
    """
    return word.lower().replace("ё", "е").replace("’", "'")


@dataclass(frozen=True)
class Letters:
    """letters: those told apart, each once; the first has the number 1.  0 is no letter, ``foreign`` any other one."""

    letters: str

    @classmethod
    def of(cls, words: Iterable[str]) -> "Letters":
        """The letters of these words; of more than MOST_LETTERS the most frequent."""
        counts: Counter[str] = Counter()
        for word in words:
            counts.update(word)
        frequent = sorted(counts, key=lambda letter: (-counts[letter], letter))[:MOST_LETTERS]
        return cls("".join(sorted(frequent)))

    @property
    def foreign(self) -> int:
        return len(self.letters) + 1

    @property
    def n_codes(self) -> int:
        """How many numbers there are, 0 and the foreign one among them."""
        return len(self.letters) + 2

    @cached_property
    def _points(self) -> np.ndarray:
        return np.array([ord(letter) for letter in self.letters], dtype=np.uint32)

    def encode(self, words: Sequence[str], width: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(codes uint8 (n, width), lengths int64 (n,)).

        width: None for that of the longest word.  Longer words are cut in the codes, not in their length.
        """
        lengths = np.fromiter((len(word) for word in words), dtype=np.int64, count=len(words))
        width = max(int(lengths.max(initial=1)), 1) if width is None else width
        codes = np.zeros((len(words), width), dtype=np.uint8)
        joined = "".join(word[:width] for word in words)
        points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        found = np.searchsorted(self._points, points)
        place = np.minimum(found, max(len(self.letters) - 1, 0))
        known = self._points[place] == points if self.letters else np.zeros(len(points), dtype=bool)
        codes[np.arange(width) < np.minimum(lengths, width)[:, None]] = np.where(known, place + 1, self.foreign)
        return codes, lengths
