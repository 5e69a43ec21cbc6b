"""A text in pieces, and which piece carries how much of an answer.

Pieces are what white space parts, with signs that stand alone beside the word before them.  What a term adds is given to the
pieces it was read from, in equal parts, for each time that it stands there: a piece is asked alone, then with its neighbours,
and what comes up only then was read across the gap between them.  No piece needs to be found by its spelling, so stems, n-grams
of characters and hashed terms are placed alike.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

_CHUNK = re.compile(r"\S+")
_STOP = re.compile(r"[-–—−.…]+|[,;:/|&!?]")
"""What belongs to the word before it: runs of words are read across it."""


def chunks(text: str, most: int) -> list[tuple[int, int]]:
    """(start, end) of the first ``most`` pieces.

    >>> [("a - b, c !"[start:end]) for start, end in chunks("a - b, c !", 9)]
    ['a -', 'b,', 'c !']
    """
    spans: list[tuple[int, int]] = []
    for found in _CHUNK.finditer(text):
        if spans and _STOP.fullmatch(found.group()):
            spans[-1] = (spans[-1][0], found.end())
            continue
        if len(spans) == most:
            break
        spans.append(found.span())
    return spans


def grouped(spans: Sequence[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """Neighbours brought together, so that there are at most so many pieces.

    >>> grouped([(0, 1), (2, 3), (4, 5)], 2)
    [(0, 3), (4, 5)]
    """
    if len(spans) <= most:
        return list(spans)
    edges = np.linspace(0, len(spans), most + 1).round().astype(np.int64).tolist()
    return [(spans[start][0], spans[end - 1][1]) for start, end in pairwise(edges)]


def shared_out(
    text: str,
    spans: Sequence[tuple[int, int]],
    read: Callable[[list[str]], Sequence[Counter[int]]],
    longest: int,
    values: dict[int, float],
    counts: dict[int, int],
) -> np.ndarray:
    """float64 (pieces,): the values of terms that each piece carries; what is left over was read from no piece.

    read: from texts to the columns of the terms in each, with how often.  longest: pieces that one term may be read across.
    values, counts: of the whole text by column; a term that stands there n times gives each time an n-th of its value.
    """
    n = len(spans)
    carried = np.zeros(n)
    fresh: dict[tuple[int, int], Counter[int]] = {}  # (first, pieces) -> terms that come up with just this window
    given: Counter[int] = Counter()
    for size in range(1, min(longest, n) + 1):
        windows = [text[spans[first][0] : spans[first + size - 1][1]] for first in range(n - size + 1)]
        for first, columns in enumerate(read(windows)):
            new = columns.copy()
            for inner in range(1, size):
                for start in range(first, first + size - inner + 1):
                    new -= fresh.get((start, inner), Counter())
            if not new:
                continue
            fresh[first, size] = new
            for column, times in new.items():
                times = min(times, counts.get(column, 0) - given[column])
                if times > 0:
                    given[column] += times
                    carried[first : first + size] += values[column] * times / counts[column] / size
    return carried
