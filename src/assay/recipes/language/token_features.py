"""What a tagger sees of a token: the word, its ends and its look, each as a number.

The ends and the look say something of words that no training row holds: -ing and -ость, a capital, a digit.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State
from assay.prepare import checks

KINDS = ("word", "last two", "last three", "last four", "first three", "look")
UNKNOWN = 1
FIRST = 2
MOST_VALUES = 2_000_000
_REPEATED = re.compile(r"(.)\1+")


def look(token: str) -> str:
    """Capitals as X, small letters as x, digits as 9, other signs as they are; runs as one.

    >>> [look(token) for token in ("Москва", "USA", "10-го", "well-known", "...")]
    ['Xx', 'X', '9-x', 'x-x', '.']
    """
    signs = ("X" if sign.isupper() else "x" if sign.isalpha() else "9" if sign.isdigit() else sign for sign in token)
    return _REPEATED.sub(r"\1", "".join(signs))


def features(token: str) -> tuple[str, ...]:
    """One text for each of KINDS.

    >>> features("Ёлками")
    ('елками', 'ми', 'ами', 'ками', 'елк', 'Xx')
    """
    word = token.lower().replace("ё", "е")
    return (word, word[-2:], word[-3:], word[-4:], word[:3], look(token))


@dataclass(frozen=True)
class TokenFeatures:
    """vocabularies: the known values of each kind; the first one has the number 2, 1 is an unknown one, 0 no token."""

    vocabularies: tuple[tuple[str, ...], ...]

    @classmethod
    def fit(cls, texts: Sequence[Sequence[str]], *, min_count: int = 2, most: int = 50_000) -> Self:
        """Of the tokens of training rows; values that stand there less often than ``min_count`` are unknown."""
        counts: list[Counter[str]] = [Counter() for _ in KINDS]
        occurrences = Counter(token for tokens in texts for token in tokens)
        for token, times in occurrences.items():
            for count, value in zip(counts, features(token), strict=True):
                count[value] += times
        known = (sorted((-times, value) for value, times in count.items() if times >= min_count)[:most] for count in counts)
        return cls(tuple(tuple(value for _, value in values) for values in known))

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers there are of each kind."""
        return tuple(len(values) + FIRST for values in self.vocabularies)

    @cached_property
    def _numbers(self) -> list[dict[str, int]]:
        return [{value: number for number, value in enumerate(values, start=FIRST)} for values in self.vocabularies]

    def codes(self, texts: Sequence[Sequence[str]]) -> np.ndarray:
        """int32 (n, length of the longest, at least 1, kinds)."""
        longest = max((len(tokens) for tokens in texts), default=1)
        found = np.zeros((len(texts), max(1, longest), len(KINDS)), dtype=np.int32)
        known: dict[str, list[int]] = {}
        for row, tokens in enumerate(texts):
            for place, token in enumerate(tokens):
                if token not in known:
                    known[token] = [of.get(value, UNKNOWN) for of, value in zip(self._numbers, features(token), strict=True)]
                found[row, place] = known[token]
        return found

    def state(self) -> State:
        return {kind: list(values) for kind, values in zip(KINDS, self.vocabularies, strict=True)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        if not isinstance(state, dict) or set(state) != set(KINDS):
            raise BundleError(f"the saved tagger must know of tokens {', '.join(KINDS)}, and nothing else.")
        return cls(tuple(checks.distinct_texts(state, kind, most=MOST_VALUES) for kind in KINDS))
