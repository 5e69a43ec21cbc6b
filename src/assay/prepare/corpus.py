"""Texts as word ids for language models: one vocabulary and one way to cut words, so that every model of a study predicts the
same tokens.

A text is cut at white space, and what stands at either end of a word and is no letter or digit is a token of its own.  Every
text ends in ``</s>``, which is predicted as any word is; ``<s>`` begins it and is not.  Words that the training rows hold
fewer than ``min_count`` times are ``<unk>``, which is predicted too: perplexities are of this closed vocabulary.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self, cast

import numpy as np
import polars as pl

from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.ragged import Ragged
from assay.core.state import State
from assay.data.rows import Block
from assay.data.schema import Schema
from assay.prepare import checks
from assay.prepare.step import Matrix

UNKNOWN, BEGIN, END = 0, 1, 2
MARKS = ("<unk>", "<s>", "</s>")
"""The first ids, in this order; the words of the vocabulary follow."""

MOST_WORDS = 5_000_000
_TOKEN = r"\w+(?:['’\-]\w+)*|[^\w\s]+"
_UNKNOWN_WRITTEN = re.escape(MARKS[UNKNOWN])


def corpus_tokens(series: pl.Series, *, lower: bool = True) -> pl.DataFrame:
    """Columns text (position in ``series``) and token, one row a token in order; no text is walked in Python.

    ``<unk>``, which some corpora hold, is one token.
    """
    texts = series.cast(pl.String).fill_null("")
    texts = texts.str.to_lowercase() if lower else texts
    return (
        pl.DataFrame({"text": np.arange(len(series), dtype=np.int64), "token": texts})
        .with_columns(pl.col("token").str.extract_all(rf"{_UNKNOWN_WRITTEN}|{_TOKEN}"))
        .explode("token")
        .drop_nulls()
    )


@dataclass(frozen=True)
class CorpusStep:
    """min_count: how often a word must stand in the training rows.  most_words: the most frequent are kept (of two as frequent,
    the first in the alphabet).  lower: letter case is put aside.
    """

    min_count: int = 2
    most_words: int = 50_000
    lower: bool = True

    def __post_init__(self) -> None:
        if self.min_count < 1 or not 1 <= self.most_words <= MOST_WORDS:
            raise ConfigError(f"min_count={self.min_count} and most_words={self.most_words} must be at least 1.")

    def fit(self, features: pl.DataFrame, schema: Schema, target: np.ndarray, seed: int) -> "FittedCorpus":  # noqa: ARG002
        columns = [column.name for column in schema.features if column.kind == "text"]
        if len(columns) != 1:
            raise ConfigError(f"a language model reads one column of text, and there are {len(columns)}.")
        tokens = corpus_tokens(features[columns[0]], lower=self.lower)
        counts = tokens.filter(~pl.col("token").is_in(list(MARKS))).group_by("token").len(name="count")
        kept = counts.filter(pl.col("count") >= self.min_count)
        kept = (kept if kept.height else counts).sort(["count", "token"], descending=[True, False]).head(self.most_words)
        if not kept.height:
            raise DataError("there is no word in the training rows, so there is nothing to learn a language from.")
        return FittedCorpus(columns[0], tuple(kept["token"].to_list()), self.lower)


@dataclass(frozen=True)
class FittedCorpus:
    """words: of the vocabulary, the id of the first one is ``len(MARKS)``."""

    KIND: ClassVar[str] = "corpus"

    column: str
    words: tuple[str, ...]
    lower: bool

    @property
    def blocks(self) -> tuple[Block, ...]:
        """One, whose levels are the size of the vocabulary."""
        return (Block(self.column, "code", 0, 1, len(self.vocabulary)),)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.column,)

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """Every token by id, the marks among them."""
        return (*MARKS, *self.words)

    def transform(self, features: pl.DataFrame) -> Matrix:
        """int32 ids of every row's tokens as ``Ragged``, each row ending in ``</s>``."""
        if self.column not in features.columns:
            raise DataError(f"the rows have no column {self.column!r}{did_you_mean(self.column, features.columns)}")
        return cast(Matrix, self.ids(features[self.column]))

    def ids(self, series: pl.Series) -> Ragged:
        """As ``transform``, of a column of texts."""
        tokens = corpus_tokens(series, lower=self.lower)
        numbers = pl.DataFrame({"token": self.words, "id": np.arange(len(MARKS), len(MARKS) + len(self.words), dtype=np.int32)})
        found = tokens.join(numbers, on="token", how="left", maintain_order="left")
        lengths = np.bincount(found["text"].to_numpy(), minlength=len(series)) + 1
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        values = np.full(offsets[-1], END, dtype=np.int32)
        values[np.arange(found.height) + found["text"].to_numpy()] = found["id"].fill_null(UNKNOWN).to_numpy()
        return Ragged(values, offsets)

    def state(self) -> State:
        return {"kind": self.KIND, "column": self.column, "words": list(self.words), "lower": self.lower}

    @classmethod
    def from_state(cls, state: State) -> Self:
        words = checks.distinct_texts(state, "words", most=MOST_WORDS)
        if not words or set(words) & set(MARKS):
            raise BundleError("the saved vocabulary must have a word, and no mark among its words.")
        return cls(checks.text(state, "column"), words, checks.flag(state, "lower"))
