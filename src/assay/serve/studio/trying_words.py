"""Which words of a text moved the answer: the answer with the word, less that without it, a word at a time.

A word that says the same as another one moves little when it goes alone; the sizes are no shares of the answer.
Source: Li, Monroe & Jurafsky (2016), erasure.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.report.numbers import number

MOST_WORDS = 200
MOST_CHARACTERS = 20_000
TONES = 3
_WORD = re.compile(r"\S+")
_NOTHING = 1e-9
_FAINT = 0.05  # of the largest effect; less is not marked

Says = Callable[[pl.DataFrame], np.ndarray]


@dataclass(frozen=True)
class Piece:
    """A word and the space after it.  tone: from −TONES (speaks against) to TONES (for), 0: it moved next to nothing."""

    text: str
    space: str
    effect: float
    tone: int

    def said(self, is_share: bool) -> str:
        """The effect in words; of a probability in percentage points."""
        effect = 100 * self.effect if is_share else self.effect
        return number(effect, max(0, 1 - math.floor(math.log10(abs(effect)))) if effect else 0, sign=True)


@dataclass(frozen=True)
class Words:
    """pieces: the text in order; empty where ``reason`` says why there are none."""

    column: str
    pieces: tuple[Piece, ...]
    reason: str = ""

    @property
    def strongest(self) -> list[Piece]:
        return sorted((one for one in self.pieces if one.tone), key=lambda one: -abs(one.effect))[:5]


def words_of(column: str, row: pl.DataFrame, whole: float, says: Says) -> Words | None:
    """row: one line of features.  whole: the answer to it.  None for a missing text."""
    text = row[column][0]
    if text is None:
        return None
    found = list(_WORD.finditer(text[: MOST_CHARACTERS + 1]))
    if len(found) > MOST_WORDS or len(text) > MOST_CHARACTERS:
        return Words(column, (), f"which words moved the answer is said of texts of up to {MOST_WORDS} words.")
    if len(found) < 2:
        return Words(column, (), "a text of one word has no words to leave out.")
    left = [(text[: one.start()] + text[one.end() :].lstrip()).strip() for one in found]
    texts = pl.Series(column, left, dtype=pl.String)
    effects = whole - says(pl.concat([row] * len(left)).with_columns(texts))
    most = float(np.abs(effects).max())
    ends = [*(one.start() for one in found[1:]), len(text)]
    pieces = []
    for one, end, effect in zip(found, ends, effects.tolist(), strict=True):
        size = 0.0 if most < _NOTHING else abs(effect) / most
        tone = int(np.sign(effect)) * int(np.ceil(TONES * size)) if size >= _FAINT else 0
        pieces.append(Piece(one[0], text[one.end() : end], effect, tone))
    return Words(column, tuple(pieces))
