"""Texts as rows of term numbers: what an embedding reads.

Terms are words and pairs of neighbouring words, lower case, English and Russian (any script
whose words are letters between other signs).  ё is read as е.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.state import State
from assay.data.rows import Block
from assay.data.schema import Schema
from assay.prepare import checks

MOST_TERMS = 2_000_000  # that a saved model may bring
MOST_TOKENS = 100_000  # a row, likewise
MOST_COLUMNS = 1000

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,:]\d+)*|[!?$€£₽%@#&]")


def words(text: str) -> list[str]:
    """The words, numbers and telling signs of a text, in order.

    A number is one word by its length (a phone number is unlike a price, and its digits tell nothing).

    >>> words("Ёлка won't cost £100, call 0800-555!")
    ['елка', "won't", 'cost', '£', '<3>', 'call', '<4>', '<3>', '!']
    """
    found = _WORD.findall(text.lower().replace("ё", "е").replace("’", "'"))
    return [f"<{sum(sign.isdigit() for sign in word)}>" if word[0].isdigit() else word for word in found]


def terms(text: str, *, pairs: bool) -> Iterator[str]:
    """The words and, behind the second of each two neighbours, the pair of them: so a cut keeps the beginning of the text."""
    before = None
    for word in words(text):
        yield word
        if pairs and before is not None:
            yield f"{before} {word}"
        before = word


@dataclass(frozen=True)
class TokensStep:
    """max_tokens: terms a row that are kept.  min_count: how often a term must stand in the training rows.

    max_terms: the most frequent so many are kept (of two as frequent, the first in the alphabet).  pairs: also word pairs.
    Several text columns are read one after the other.
    """

    max_tokens: int = 256
    min_count: int = 2
    max_terms: int = 50_000
    pairs: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.max_tokens <= MOST_TOKENS or not 1 <= self.max_terms <= MOST_TERMS or self.min_count < 1:
            raise ConfigError(
                f"max_tokens={self.max_tokens}, max_terms={self.max_terms} and min_count={self.min_count} must be at least 1."
            )

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> "FittedTokens":  # noqa: ARG002
        columns = tuple(column.name for column in schema.features if column.kind == "text")
        if not columns:
            raise ConfigError("there is no text column to read words from; say which with --kind COL=text.")
        counts: Counter[str] = Counter()
        for row in _texts(features, columns):
            for text in row:
                counts.update(terms(text, pairs=self.pairs))
        frequent = sorted((-count, term) for term, count in counts.items() if count >= self.min_count)[: self.max_terms]
        return FittedTokens(columns, tuple(term for _, term in frequent), self.max_tokens, self.pairs)


@dataclass(frozen=True)
class FittedTokens:
    """vocabulary: the known terms; the first one has the number 1. 0 fills the rest of a row."""

    columns: tuple[str, ...]
    vocabulary: tuple[str, ...]
    max_tokens: int
    pairs: bool

    @property
    def blocks(self) -> tuple[Block, ...]:
        return ()

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {term: number for number, term in enumerate(self.vocabulary, start=1)}

    def transform(self, features: pl.DataFrame) -> np.ndarray:
        """int32 (n, max_tokens); unknown terms are left out, a missing text is an empty one."""
        matrix = np.zeros((features.height, self.max_tokens), dtype=np.int32)
        numbers = self._numbers
        for place, row in enumerate(_texts(features, self.columns)):
            known = [numbers[term] for text in row for term in terms(text, pairs=self.pairs) if term in numbers][
                : self.max_tokens
            ]
            matrix[place, : len(known)] = known
        return matrix

    def state(self) -> State:
        return {
            "kind": "tokens",
            "columns": list(self.columns),
            "vocabulary": list(self.vocabulary),
            "max_tokens": self.max_tokens,
            "pairs": self.pairs,
        }

    @classmethod
    def from_state(cls, state: State) -> "FittedTokens":
        columns = checks.distinct_texts(state, "columns", most=MOST_COLUMNS)
        if not columns:
            raise BundleError("the saved text step does not say which columns it reads.")
        return cls(
            columns,
            checks.distinct_texts(state, "vocabulary", most=MOST_TERMS),
            checks.whole(state, "max_tokens", low=1, high=MOST_TOKENS),
            checks.flag(state, "pairs"),
        )


def _texts(features: pl.DataFrame, columns: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    for name in columns:
        if name not in features.columns:
            raise DataError(f"the rows have no text column {name!r}{did_you_mean(name, features.columns)}")
    return features.select(pl.col(name).cast(pl.String).fill_null("") for name in columns).iter_rows()
