"""A column of categories: one column a level for models that add up, level codes for trees.

Levels are those of the training rows.  A missing value is a level of its own where training
rows had one.  Codes follow the levels' order (by value when all are numbers, else by name):
it is known without the target, so it cannot leak it.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl
from scipy import sparse

from assay.core.state import State
from assay.prepare import checks
from assay.prepare.encoder import Part
from assay.prepare.step import Matrix

MOST_LEVELS = 1_000_000


def counted_levels(series: pl.Series) -> tuple[list[str], np.ndarray]:
    """The levels by frequency (ties by name) and how often each was seen; missing left out."""
    counts = pl.DataFrame({"level": series.cast(pl.String).drop_nulls()}).group_by("level").len()
    ordered = counts.sort(["len", "level"], descending=[True, False])
    return ordered["level"].to_list(), ordered["len"].to_numpy()


def codes_of(series: pl.Series, levels: tuple[str, ...], *, unknown: int, missing: int) -> np.ndarray:
    """int64 (n,): the position of each value in ``levels``."""
    texts = series.cast(pl.String)
    if levels:
        codes = texts.replace_strict(list(levels), list(range(len(levels))), default=unknown, return_dtype=pl.Int64)
    else:
        codes = pl.repeat(unknown, len(texts), dtype=pl.Int64, eager=True)
    return np.where(texts.is_null().to_numpy(), missing, codes.to_numpy())


@dataclass(frozen=True)
class OneHot:
    """One 0/1 column a level; then one for all rare levels, then one for missing, where training rows had them.

    A level not seen in training counts as rare; without a rare column its row is all zeros.
    """

    KIND: ClassVar[str] = "one-hot"

    levels: tuple[str, ...]
    has_rare: bool
    has_missing: bool
    is_sparse: bool

    @classmethod
    def fit(cls, series: pl.Series, *, rare_below: int, max_levels: int, sparse_above: int) -> Self:
        """rare_below: levels seen fewer times share the rare column.  sparse_above: more columns than this make csr."""
        names, counts = counted_levels(series)
        kept = [name for name, count in zip(names[:max_levels], counts, strict=False) if count >= rare_below]
        width = len(kept) + (len(kept) < len(names)) + (series.null_count() > 0)
        return cls(tuple(sorted(kept)), len(kept) < len(names), series.null_count() > 0, width > sparse_above)

    @property
    def width(self) -> int:
        return len(self.levels) + self.has_rare + self.has_missing

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("one-hot", self.width),)

    def transform(self, series: pl.Series) -> Matrix:
        """float64 (n, width) of zeros and ones."""
        rare = len(self.levels) if self.has_rare else -1
        missing = len(self.levels) + self.has_rare if self.has_missing else -1
        codes = codes_of(series, self.levels, unknown=rare, missing=missing)
        rows = np.flatnonzero(codes >= 0)
        if self.is_sparse:
            ones = np.ones(len(rows))
            return sparse.csr_matrix((ones, (rows, codes[rows])), shape=(len(codes), self.width))
        encoded = np.zeros((len(codes), self.width))
        encoded[rows, codes[rows]] = 1.0
        return encoded

    def state(self) -> State:
        return {
            "kind": self.KIND,
            "levels": list(self.levels),
            "has_rare": self.has_rare,
            "has_missing": self.has_missing,
            "is_sparse": self.is_sparse,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        levels = checks.distinct_texts(state, "levels", most=MOST_LEVELS)
        has_rare, has_missing = checks.flag(state, "has_rare"), checks.flag(state, "has_missing")
        return cls(levels, has_rare, has_missing, checks.flag(state, "is_sparse"))


@dataclass(frozen=True)
class LevelCode:
    """The position of the level; NaN for missing, unseen, and beyond the most frequent ``max_levels``."""

    KIND: ClassVar[str] = "level-code"

    levels: tuple[str, ...]

    @classmethod
    def fit(cls, series: pl.Series, *, max_levels: int) -> Self:
        return cls(in_order(series, max_levels))

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("code", 1),)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 1)."""
        codes = codes_of(series, self.levels, unknown=-1, missing=-1).astype(np.float64)
        codes[codes < 0] = np.nan
        return codes[:, None]

    def state(self) -> State:
        return {"kind": self.KIND, "levels": list(self.levels)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        return cls(checks.distinct_texts(state, "levels", most=MOST_LEVELS))


def in_order(series: pl.Series, most: int = MOST_LEVELS) -> tuple[str, ...]:
    """The most frequent levels, by value when all of them are numbers, else by name."""
    levels = counted_levels(series)[0][:most]
    numbers = pl.Series(levels, dtype=pl.String).cast(pl.Float64, strict=False)
    if numbers.null_count() or numbers.is_nan().any():
        return tuple(sorted(levels))
    return tuple(level for _, level in sorted(zip(numbers.to_list(), levels, strict=True)))
