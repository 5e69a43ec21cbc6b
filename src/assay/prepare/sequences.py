"""Texts as rows of token numbers in the order of the text: what a net reads that looks at the order.

A token is a word, a number or one sign (see ``sequence_words``), one character, or a piece of a word (see
``prepare.text.subwords``).  Lower case, ё read as е; any script.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np
import polars as pl

from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.state import State
from assay.data.rows import Block
from assay.data.schema import Schema
from assay.prepare import checks
from assay.prepare.text.subwords.trained import MARKS, METHODS, Subwords, SubwordSettings

Units = Literal["words", "characters", "bpe", "wordpiece", "unigram"]

PADDING = 0
UNKNOWN = 1
FIRST = 2
"""The number of the first known token."""

MOST_WORDS = 2_000_000  # that a saved model may bring
MOST_TOKENS = 100_000  # a row, likewise
MOST_COLUMNS = 1000
COVERED = 0.99
"""The share of training texts that are read to their end, if ``max_tokens`` allows: a few long ones would make all rows long."""

_PIECE = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,:]\d+)*|[^\w\s]")
_SPACE = re.compile(r"\s+")


def sequence_words(text: str) -> list[str]:
    """The words, numbers and signs of a text, in order.

    A number is one token by its length (the digits of a phone number tell nothing); every other sign is a token of its own.

    >>> sequence_words("Ёлка won't cost £100, call 0800-555! 🙂")
    ['елка', "won't", 'cost', '£', '<3>', ',', 'call', '<4>', '-', '<3>', '!', '🙂']
    """
    found = _PIECE.findall(_plain(text).replace("’", "'"))
    return [f"<{sum(sign.isdigit() for sign in piece)}>" if piece[0].isdigit() else piece for piece in found]


def sequence_characters(text: str) -> list[str]:
    """The characters of a text, runs of white space as one.

    >>> sequence_characters("Ёж  и")
    ['е', 'ж', ' ', 'и']
    """
    return list(_SPACE.sub(" ", _plain(text)).strip())


def _plain(text: str) -> str:
    return text.lower().replace("ё", "е")


_SPLIT = {"words": sequence_words, "characters": sequence_characters}


@dataclass(frozen=True, kw_only=True)
class TokenSequenceStep:
    """units: what a token is; bpe, wordpiece and unigram are pieces of words, learnt from the training rows (the extra ``text``).
    min_count: how often a token must stand in the training rows; others are read as unknown.

    max_words: the most frequent so many are kept (of two as frequent, the first in the alphabet).
    max_tokens: a row has at most so many, and no more than 99 % of the training texts have; the beginning is kept.
    known: tokens that are known whatever the training rows hold (those of vectors learnt elsewhere); they have the first numbers.
    Several text columns are read one after the other.
    """

    units: Units = "words"
    min_count: int = 2
    max_words: int = 30_000
    max_tokens: int = 256
    known: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.units not in get_args(Units):
            raise ConfigError(f"no units {self.units!r}{did_you_mean(self.units, get_args(Units))}")
        if not 1 <= self.max_tokens <= MOST_TOKENS or not 1 <= self.max_words <= MOST_WORDS or self.min_count < 1:
            raise ConfigError(
                f"max_tokens={self.max_tokens} (to {MOST_TOKENS}), max_words={self.max_words} (to {MOST_WORDS}) and "
                f"min_count={self.min_count} must be at least 1."
            )
        if len(set(self.known)) != len(self.known):
            raise ConfigError("known names a token twice; give each once.")
        if self.known and self.units in METHODS:
            raise ConfigError(f"units={self.units!r} are learnt from the rows; leave out known, or take words.")

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> "FittedTokenSequences":  # noqa: ARG002
        columns = tuple(column.name for column in schema.features if column.kind == "text")
        if not columns:
            raise ConfigError("there is no text column to read tokens from; say which with --kind COL=text.")
        subwords = self._subwords(features, columns) if self.units in METHODS else None
        vocabulary = self._frequent(features, columns) if subwords is None else subwords.pieces
        fitted = FittedTokenSequences(columns, vocabulary, self.max_tokens, self.units, subwords)
        lengths = [len(row) for row in fitted.numbered(features)]
        covering = int(np.ceil(np.quantile(lengths, COVERED))) if lengths else 1
        return replace(fitted, length=max(1, min(self.max_tokens, covering)))

    def _frequent(self, features: pl.DataFrame, columns: tuple[str, ...]) -> tuple[str, ...]:
        counts: Counter[str] = Counter()
        split = _SPLIT[self.units]
        for texts in _texts(features, columns):
            counts.update(token for text in texts for token in split(text))
        for token in self.known:
            counts.pop(token, None)
        frequent = sorted((-count, token) for token, count in counts.items() if count >= self.min_count)[: self.max_words]
        return (*self.known, *(token for _, token in frequent))

    def _subwords(self, features: pl.DataFrame, columns: tuple[str, ...]) -> Subwords:
        method: Any = self.units
        settings = SubwordSettings(method=method, size=self.max_words + len(MARKS), min_count=self.min_count)
        return Subwords.train((_plain(text) for texts in _texts(features, columns) for text in texts), settings)


@dataclass(frozen=True)
class FittedTokenSequences:
    """vocabulary: the known tokens; the first one has the number 2.  0 fills the rest of a row, 1 is an unknown token.

    subwords: what cuts texts into pieces of words, where these are the tokens.
    """

    KIND: ClassVar[str] = "token-sequences"

    columns: tuple[str, ...]
    vocabulary: tuple[str, ...]
    length: int
    units: str = "words"
    subwords: Subwords | None = None

    @property
    def blocks(self) -> tuple[Block, ...]:
        return ()

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.vocabulary, start=FIRST)}

    def transform(self, features: pl.DataFrame) -> np.ndarray:
        """int32 (n, length); a missing text is an empty one, which is a row of zeros."""
        matrix = np.full((features.height, self.length), PADDING, dtype=np.int32)
        for place, numbers in enumerate(self.numbered(features)):
            kept = numbers[: self.length]
            matrix[place, : len(kept)] = kept
        return matrix

    def numbered(self, features: pl.DataFrame) -> Iterator[Sequence[int] | np.ndarray]:
        """The numbers of all tokens of each row."""
        if self.subwords is None:
            split, numbers = _SPLIT[self.units], self._numbers
            for texts in _texts(features, self.columns):
                yield [numbers.get(token, UNKNOWN) for text in texts for token in split(text)]
            return
        for texts in _texts(features, self.columns):
            ids = self.subwords.encode([_plain(text) for text in texts]).values
            yield np.where(ids == 0, UNKNOWN, ids + (FIRST - len(MARKS)))

    def tokens(self, text: str) -> list[str]:
        """The tokens of one text, unknown ones too as they stand there (pieces of words: as ``<unk>``)."""
        return _SPLIT[self.units](text) if self.subwords is None else self.subwords.tokens(_plain(text))

    def state(self) -> State:
        return {
            "kind": self.KIND,
            "columns": list(self.columns),
            "length": self.length,
            "units": self.units,
            **({"vocabulary": list(self.vocabulary)} if self.subwords is None else {"subwords": self.subwords.state()}),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        columns = checks.distinct_texts(state, "columns", most=MOST_COLUMNS)
        if not columns:
            raise BundleError("the saved text step does not say which columns it reads.")
        length, units = checks.whole(state, "length", low=1, high=MOST_TOKENS), checks.choice(state, "units", get_args(Units))
        if units not in METHODS:
            return cls(columns, checks.distinct_texts(state, "vocabulary", most=MOST_WORDS), length, units)
        subwords = Subwords.from_state(checks.entry(state, "subwords"))
        if subwords.method != units:
            raise BundleError(f"the saved text step reads {units}, and its pieces of words are of {subwords.method}.")
        return cls(columns, subwords.pieces, length, units, subwords)


def _texts(features: pl.DataFrame, columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The texts of each row."""
    for name in columns:
        if name not in features.columns:
            raise DataError(f"the rows have no text column {name!r}{did_you_mean(name, features.columns)}")
    yield from features.select(pl.col(name).cast(pl.String).fill_null("") for name in columns).iter_rows()
