"""Runs of letters within words, so that a word that was never seen has a vector too.

As in fastText (Bojanowski et al. 2017): the runs of ``shortest`` to ``longest`` letters of "<word>", hashed (FNV-1a over
UTF-8) into so many rows; a word is the mean of its own row and those of its runs, an unknown word the mean of its runs alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError

MOST_ROWS = 4_000_000


def runs_of(word: str, shortest: int, longest: int) -> list[str]:
    """The runs of letters of "<word>", the marks alone left out.

    >>> runs_of("кот", 3, 4)
    ['<ко', '<кот', 'кот', 'кот>', 'от>']
    """
    marked = f"<{word}>"
    return [
        marked[start : start + size]
        for start in range(len(marked))
        for size in range(shortest, longest + 1)
        if start + size <= len(marked) and not (size == 1 and start in (0, len(marked) - 1))
    ]


def hash_of(run: str) -> int:
    """The 32 bits of FNV-1a as fastText computes them: each byte is taken as a signed number.

    >>> hash_of("<ca")
    1066916747
    """
    value = 2166136261
    for byte in run.encode("utf-8"):
        value = ((value ^ (byte | 0xFFFFFF00 if byte > 127 else byte)) * 16777619) & 0xFFFFFFFF
    return value


@dataclass(frozen=True)
class SubwordSettings:
    """shortest, longest: letters of a run, the marks < and > counted.  rows: into which the runs are hashed."""

    shortest: int = 3
    longest: int = 6
    rows: int = 100_000

    def __post_init__(self) -> None:
        if not 1 <= self.shortest <= self.longest <= 50:
            raise ConfigError(f"shortest={self.shortest} and longest={self.longest} must be 1 ≤ shortest ≤ longest ≤ 50.")
        if not 1 <= self.rows <= MOST_ROWS:
            raise ConfigError(f"rows={self.rows} must be from 1 to {MOST_ROWS}.")

    def rows_of(self, word: str) -> list[int]:
        """The rows of the word's runs, a run that comes twice twice."""
        return [hash_of(run) % self.rows for run in runs_of(word, self.shortest, self.longest)]


@dataclass(frozen=True)
class Subwords:
    """matrix: float32 (rows, width)."""

    settings: SubwordSettings
    matrix: np.ndarray

    def vector(self, word: str) -> np.ndarray | None:
        """float32 (width,) of any word, known or not; None for one that is too short to have a run."""
        rows = self.settings.rows_of(word)
        return np.asarray(self.matrix[rows].mean(axis=0)) if rows else None


def bags_of(words: Sequence[str], settings: SubwordSettings) -> np.ndarray:
    """int64: the rows of each word in one table whose first rows are the words' own, as ``kernels.skip_gram_bags`` takes them."""
    rows = [[place, *(len(words) + row for row in settings.rows_of(word))] for place, word in enumerate(words)]
    starts = len(words) + 1 + np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return np.concatenate([starts, *(np.array(row, dtype=np.int64) for row in rows)])


def composed(table: np.ndarray, bags: np.ndarray, n_words: int) -> np.ndarray:
    """float32 (n_words, width): the mean of each word's rows of ``table``."""
    starts = bags[: n_words + 1] - (n_words + 1)
    total = np.add.reduceat(table[bags[n_words + 1 :]], starts[:-1], axis=0)
    return np.asarray(total / np.diff(starts)[:, None].astype(np.float32), dtype=np.float32)
