"""Texts as token numbers and back again: words, characters, or subwords by byte-pair encoding (prepare.text.subwords).

Unlike tokens that are only counted, these keep case, signs and the spaces between words, so that an answer made of them is a
text.  White space counts as one space; a word that follows it begins with ``▁`` (Kudo & Richardson 2018).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Literal, get_args

import numpy as np

from assay.core.errors import BundleError, ConfigError
from assay.core.names import did_you_mean
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.text.subwords.trained import (
    LONGEST_WORD,
    MARKS,
    MOST_LETTERS,
    MOST_PIECES,
    Subwords,
    SubwordSettings,
)

Unit = Literal["words", "subwords", "characters"]

SPACE = "▁"
UNKNOWN = 1
FIRST = 1 + len(MARKS)
"""The numbers below it are padding, an unknown token, the beginning and the end of an answer (see nets.text.pairs)."""

_PART = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\S+")


def marked_words(text: str) -> Iterator[str]:
    """Words and signs in order, ``▁`` before each that follows a space or begins the text.

    >>> list(marked_words("Открыть файл «%s»?"))
    ['▁Открыть', '▁файл', '▁«', '%', 's', '»', '?']
    """
    for word in _WORD.finditer(text.replace(SPACE, "_")):
        mark = SPACE
        for part in _PART.finditer(word[0]):
            whole = mark + part[0]
            yield from (whole[start : start + LONGEST_WORD] for start in range(0, len(whole), LONGEST_WORD))
            mark = ""


def joined(pieces: Iterable[str]) -> str:
    """The text again.

    >>> joined(["▁Открыть", "▁фа", "йл", "?"])
    'Открыть файл?'
    """
    return "".join(pieces).replace(SPACE, " ").strip()


@dataclass(frozen=True, kw_only=True)
class PieceSettings:
    """unit: what a piece is.  most: pieces that are known at most; of words the most frequent, of subwords as many as are merged.

    min_count: how often a word, or a pair that is merged, must stand in the training texts.
    """

    unit: Unit = "subwords"
    most: int = 4000
    min_count: int = 2

    def __post_init__(self) -> None:
        if self.unit not in get_args(Unit):
            raise ConfigError(f"no unit {self.unit!r}{did_you_mean(self.unit, get_args(Unit))}")
        if not 1 <= self.most <= MOST_PIECES or self.min_count < 1:
            raise ConfigError(f"most={self.most} and min_count={self.min_count} must be at least 1.")


@dataclass(frozen=True)
class Pieces:
    """unit: what a piece is.  tokens: the pieces; the first has the number FIRST.  subwords: what cuts a text into them, if it is
    not cut into words or characters.
    """

    unit: str
    tokens: tuple[str, ...]
    subwords: Subwords | None = None

    @classmethod
    def fit(cls, texts: Sequence[str], settings: PieceSettings) -> "Pieces":
        """Learn the pieces of these texts.

        Raises, for subwords, MissingExtraError where their library is not installed and DataError where no text has a letter.
        """
        if settings.unit == "subwords":
            size = settings.most + len(MARKS)
            return cls._of(Subwords.train(texts, SubwordSettings(method="bpe", size=size, min_count=settings.min_count)))
        counts = Counter(word for text in texts for word in marked_words(text))
        if settings.unit == "words":
            enough = {word: count for word, count in counts.items() if count >= settings.min_count}
            return cls("words", _most_frequent(enough or counts, settings.most))
        signs: Counter[str] = Counter()
        for word, count in counts.items():
            for sign in word:
                signs[sign] += count
        return cls("characters", tuple(sorted(_most_frequent(signs, min(settings.most, MOST_LETTERS)))))

    @classmethod
    def _of(cls, subwords: Subwords) -> "Pieces":
        return cls("subwords", subwords.pieces, subwords)

    def __len__(self) -> int:
        """How many numbers there are, those without a piece of their own among them."""
        return FIRST + len(self.tokens)

    def encode(self, text: str, most: int) -> np.ndarray:
        """int64 (tokens,): the numbers of the first ``most`` pieces; what is not known is UNKNOWN."""
        if self.subwords is not None:
            return self.subwords.encode([text]).values[:most].astype(np.int64) + 1  # 0 is padding here
        numbers = (number for word in marked_words(text) for number in self._of_word(word))
        return np.fromiter(islice(numbers, most), dtype=np.int64)

    def texts_of(self, numbers: Iterable[int]) -> list[str]:
        """The pieces themselves; "<unk>" and the like for numbers without one."""
        marks = ("", *MARKS)
        return [self.tokens[number - FIRST] if number >= FIRST else marks[number] for number in numbers]

    def decode(self, numbers: Iterable[int]) -> str:
        return joined(self.texts_of(numbers))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens, start=FIRST)}

    def _of_word(self, word: str) -> Iterable[int]:
        parts = (word,) if self.unit == "words" else word
        return (self._numbers.get(part, UNKNOWN) for part in parts)

    def state(self) -> State:
        return {"unit": self.unit, **({"tokens": list(self.tokens)} if self.subwords is None else self.subwords.state())}

    @classmethod
    def from_state(cls, state: State) -> "Pieces":
        """Raises BundleError for what ``state`` would not have written."""
        unit = checks.choice(state, "unit", get_args(Unit))
        if unit == "subwords":
            subwords = Subwords.from_state(state)
            if subwords.method != "bpe":
                raise BundleError(f"the saved pieces of texts were made by {subwords.method}, which cannot write a text again.")
            return cls._of(subwords)
        tokens = checks.distinct_texts(state, "tokens", most=MOST_PIECES)
        if not all(tokens):
            raise BundleError("a saved piece of texts has no letter: save the model again.")
        return cls(unit, tokens)


def _most_frequent(counts: dict[str, int] | Counter[str], most: int) -> tuple[str, ...]:
    """Of two as frequent, the first in the alphabet."""
    return tuple(sorted(counts, key=lambda piece: (-counts[piece], piece))[:most])
