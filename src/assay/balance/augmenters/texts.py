"""Texts with a few words left out or changed about.

Two of the four operations of "easy data augmentation"; the other two need synonyms (see ``synonyms``).  In each text one of the
two is done, so that a new text stays near the old one.

Source: Wei & Zou (2019), EDA: easy data augmentation techniques for boosting performance on text classification tasks.
"""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.core.errors import ConfigError

_WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class RandomWords:
    """Leave out each word by chance, or swap pairs of words, at even odds.

    share: of the words that are left out, in the mean, or of the swaps that are made; in (0, 1).  At least one of either
    (the paper may leave out none), never the last word: a text of one word stays as it is.  What stands between words stays
    with the word before it; words are what white space parts, so a script without spaces is not altered.
    """

    share: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ConfigError(f"share={self.share} of the words must lie between 0 and 1.")

    def __call__(self, values: pl.Series, rng: np.random.Generator) -> pl.Series:
        """values: String."""
        altered = [None if text is None else self.altered(text, rng) for text in values]
        return pl.Series(values.name, altered, dtype=values.dtype)

    def altered(self, text: str, rng: np.random.Generator) -> str:
        """One text."""
        words = [found.span() for found in _WORD.finditer(text)]
        if len(words) < 2:
            return text
        start = text[: words[0][0]]
        pieces = [text[left:right] for left, right in words]
        if rng.random() < 0.5:
            left_out = rng.random(len(pieces)) < self.share
            if not left_out.any():
                left_out[rng.integers(len(pieces))] = True
            if left_out.all():
                left_out[rng.integers(len(pieces))] = False
            return start + "".join(piece for piece, out in zip(pieces, left_out, strict=True) if not out)
        for _ in range(max(1, int(self.share * len(pieces)))):
            one, other = rng.choice(len(pieces), 2, replace=False)
            pieces[one], pieces[other] = _swapped(pieces[one], pieces[other])
        return start + "".join(pieces)


def _swapped(one: str, other: str) -> tuple[str, str]:
    """The words of the two change places; the white space behind each stays where it is."""
    word, behind = one.rstrip(), one[len(one.rstrip()) :]
    other_word, behind_other = other.rstrip(), other[len(other.rstrip()) :]
    return other_word + behind, word + behind_other
