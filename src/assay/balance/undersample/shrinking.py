"""What every method that leaves rows out is given and hands back, and the searches that several share."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assay.balance.geometry import Geometry, Points, Search
from assay.balance.neighbours import EXACT_UP_TO, Neighbours, nearest

PIECES = 8
LEAST_PIECE = 16_384
"""Rows are asked about in this many pieces, none smaller than that: a search copies the rows that it is asked about."""


@dataclass(frozen=True)
class Kept:
    """rows: int64 (n_kept,) positions.  notes: rules that applied and that the user should hear of, in words."""

    rows: np.ndarray
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shrinking:
    """Rows of which some may go. target: int64 (n,) codes.  labels: what each code is called in a sentence.

    No class is the one that grows, so the rows lie as they do for all of them: a category costs what numbers vary by overall.
    """

    geometry: Geometry
    target: np.ndarray
    labels: tuple[str, ...]
    search: Search

    @cached_property
    def points(self) -> Points:
        """float (n, d)."""
        return self.geometry.around(np.arange(len(self.target)))

    @property
    def codes(self) -> list[int]:
        """The classes that have rows."""
        return np.flatnonzero(np.bincount(self.target)).tolist()

    @property
    def smallest(self) -> int:
        """The smallest class that has rows; of several the first."""
        counts = np.bincount(self.target)
        return int(np.where(counts > 0, counts, len(self.target) + 1).argmin())

    def rows_of(self, code: int) -> np.ndarray:
        return np.flatnonzero(self.target == code)


def found_among(
    points: Points, among: np.ndarray, asked: np.ndarray, k: int, search: Search
) -> Iterator[tuple[slice, Neighbours]]:
    """For pieces of ``asked``, their k nearest rows of ``among`` as positions in it; a row that is in both finds itself.

    among, asked: int (…,) positions in ``points``.
    """
    exact = len(among) * len(asked) <= EXACT_UP_TO if search.exact is None else search.exact
    held = points[among]
    for part in pieces(len(asked)):
        yield part, nearest(held, k, queries=points[asked[part]], exact=exact, threads=search.threads)


def pieces(n: int) -> Iterator[slice]:
    size = max(LEAST_PIECE, -(-n // PIECES))
    return (slice(start, start + size) for start in range(0, n, size))


def twelve_digits(distances: np.ndarray) -> np.ndarray:
    """What differs by rounding alone becomes equal, so that the first of equally near rows is the same one everywhere."""
    mantissa, exponent = np.frexp(distances)
    return np.asarray(np.ldexp(np.rint(mantissa * 2**40) / 2**40, exponent))


def votes(labels: np.ndarray, n_classes: int) -> np.ndarray:
    """int64 (m,): the most frequent code of each row of ``labels`` (m, k); of several the smallest."""
    counts = np.zeros((len(labels), n_classes), dtype=np.int32)
    for column in labels.T:
        counts[np.arange(len(labels)), column] += 1
    return np.asarray(counts.argmax(axis=1))
