"""Near words at once: an index of what is left of each known word after deletions.

Two words within so many edits have something in common that is left of either after at most so many deletions.  Only the
first letters of a word are indexed, so that the index stays small; what is found is a candidate and its distance is
measured afterwards.  Keys are hashes of 32 bits (two different strings can share one, which costs a needless candidate, never
a wrong answer), kept beside the words' numbers in two sorted arrays.

Source: Garbe (2012), symmetric delete spelling correction (SymSpell).
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(32)


@dataclass(frozen=True)
class DeletesIndex:
    """keys: uint32 (n,), rising.  owners: uint32 (n,), the word of each key; of one key rising.

    prefix: how many first letters are indexed.  depth: how many of them may be deleted.
    """

    keys: np.ndarray
    owners: np.ndarray
    prefix: int
    depth: int

    @classmethod
    def of(cls, codes: np.ndarray, lengths: np.ndarray, *, prefix: int = 7, depth: int = 2) -> "DeletesIndex":
        """codes: uint8 (n, width), as ``Letters.encode`` gives them; lengths: (n,)."""
        parts = []
        for rows, hashes in _deleted(codes, lengths, prefix, depth):
            parts.append(hashes << _SHIFT | rows.astype(np.uint64))
        packed = _different(np.concatenate(parts))
        return cls((packed >> _SHIFT).astype(np.uint32), packed.astype(np.uint32), prefix, depth)

    def near(self, codes: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(query int64 (m,), word int64 (m,)): for each query the known words that share a key with it, each pair once.

        Sorted by query, then by word.
        """
        queries, words = [], []
        for rows, hashes in _deleted(codes, lengths, self.prefix, self.depth):
            wanted = hashes.astype(np.uint32)
            first = np.searchsorted(self.keys, wanted, side="left")
            found = np.searchsorted(self.keys, wanted, side="right") - first
            places = np.repeat(first - np.cumsum(found) + found, found) + np.arange(int(found.sum()))
            queries.append(np.repeat(rows, found))
            words.append(self.owners[places])
        packed = _different(np.concatenate(queries).astype(np.uint64) << _SHIFT | np.concatenate(words).astype(np.uint64))
        return (packed >> _SHIFT).astype(np.int64), (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)


def _different(values: np.ndarray) -> np.ndarray:
    """The values once each, rising; by a sort, which is several times faster here than the hashing of np.unique."""
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def _deleted(codes: np.ndarray, lengths: np.ndarray, prefix: int, depth: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rows, hashes uint64 below 2³²) for each choice of places among the first letters that are left out."""
    width = min(prefix, codes.shape[1])
    begun = np.minimum(lengths, width)
    columns = [codes[:, place].astype(np.uint64) for place in range(width)]
    parts = []
    for n_deleted in range(min(depth, width) + 1):
        for left_out in combinations(range(width), n_deleted):
            rows = np.flatnonzero(begun > left_out[-1]) if left_out else np.arange(len(codes))
            mixed = np.zeros(len(rows), dtype=np.uint64)
            for place in range(width):
                if place not in left_out:
                    letter = columns[place][rows]
                    mixed = np.where(letter > 0, mixed << np.uint64(7) | letter, mixed)
            parts.append((rows, _scattered(mixed)))
    return parts


def _scattered(values: np.ndarray) -> np.ndarray:
    """uint64 below 2³²: the upper half of a product, so that near numbers end far apart."""
    return np.asarray((values ^ values >> np.uint64(29)) * _MIX >> _SHIFT)
