"""Texts as ids of the words between white space: for corpora that are tokenised already.

The steps of a study cut texts with ``prepare.corpus``; the ids of the marks are the same.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import polars as pl

from assay.core.errors import ConfigError
from assay.core.ragged import Ragged
from assay.prepare.corpus import END, MARKS, UNKNOWN

AT_ONCE = 50_000
"""Texts that are cut at once: their words as strings take several times the memory of their ids."""


@dataclass(frozen=True)
class Words:
    """words: of the vocabulary; the id of the first is ``len(MARKS)``.  A word of a text that is a mark's is that mark."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, texts: pl.Series, min_count: int = 1) -> Self:
        """The words that stand there at least ``min_count`` times, the most frequent first, then by the alphabet."""
        if min_count < 1:
            raise ConfigError(f"min_count={min_count} must be at least 1.")
        parts = [cut(part)[1].value_counts(name="count") for part in blocks(texts)]
        counts = pl.concat(parts).group_by("token").agg(pl.col("count").sum())
        kept = counts.filter((pl.col("count") >= min_count) & ~pl.col("token").is_in(MARKS))
        return cls(tuple(kept.sort(["count", "token"], descending=[True, False])["token"].to_list()))

    @property
    def size(self) -> int:
        return len(MARKS) + len(self.words)

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """Every token by id, the marks among them."""
        return (*MARKS, *self.words)

    @cached_property
    def _codes(self) -> pl.Enum:
        return pl.Enum([*MARKS, *self.words])

    def ids(self, texts: pl.Series) -> Ragged:
        """int32 ids of each text's words, each text ending in </s>; a missing text has no words.  Unknown words are <unk>."""
        values, lengths = [], []
        for part in blocks(texts):
            counts, tokens = cut(part)
            ids = tokens.cast(self._codes, strict=False).to_physical().fill_null(UNKNOWN).to_numpy().astype(np.int32)
            ids[ids == MARKS.index("<s>")] = UNKNOWN  # <s> within a text is a word like others, and not known
            padded = np.full(len(ids) + len(part), END, dtype=np.int32)
            padded[np.arange(len(ids)) + np.repeat(np.arange(len(part)), counts)] = ids
            values.append(padded)
            lengths.append(counts + 1)
        offsets = np.concatenate([[0], np.cumsum(np.concatenate([np.zeros(0, np.int64), *lengths]))]).astype(np.int64)
        return Ragged(np.concatenate([np.zeros(0, np.int32), *values]), offsets)


def blocks(texts: pl.Series) -> list[pl.Series]:
    return [texts[start : start + AT_ONCE] for start in range(0, max(len(texts), 1), AT_ONCE)]


def cut(texts: pl.Series) -> tuple[np.ndarray, pl.Series]:
    """int64 (texts,), the number of words of each, and all words one after the other, named "token"."""
    lists = texts.cast(pl.String).fill_null("").str.extract_all(r"\S+")
    return lists.list.len().to_numpy().astype(np.int64), lists.explode().drop_nulls().rename("token")
