"""Who took what, how often, and how it was rated: the training side of every recommender, in one canonical form.

The same rows in another order give the same arrays to the last bit: pairs are sorted, and what a pair has several times is
summed in order of its value.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class Interactions:
    """counts: (n_users, n_items), sorted indices: how often each pair was seen, above 0.

    rating: float64 (pairs,), in the order of ``counts.data``: the mean rating of each pair; None where there are no ratings.
    """

    counts: csr_array
    rating: np.ndarray | None = None

    @classmethod
    def of(cls, users: np.ndarray, items: np.ndarray, shape: tuple[int, int], rating: np.ndarray | None = None) -> "Interactions":
        """users, items: int64 (rows,), codes below ``shape``.  rating: float64 (rows,), finite."""
        order = np.lexsort((items, users)) if rating is None else np.lexsort((rating, items, users))
        key = users[order] * shape[1] + items[order]
        first = np.flatnonzero(np.append(True, np.diff(key) != 0)[: len(key)])
        times = np.diff(np.append(first, len(key))).astype(np.float64)
        indptr = np.searchsorted(key[first], np.arange(shape[0] + 1) * shape[1])
        counts = csr_array((times, key[first] % shape[1], indptr), shape=shape)
        if rating is None:
            return cls(counts)
        sums = np.add.reduceat(rating[order], first) if len(first) else np.zeros(0)
        return cls(counts, sums / times)

    @property
    def n_users(self) -> int:
        return int(self.counts.shape[0])

    @property
    def n_items(self) -> int:
        return int(self.counts.shape[1])

    @cached_property
    def owner(self) -> np.ndarray:
        """int64 (pairs,): the user of each pair."""
        return np.repeat(np.arange(self.n_users), np.diff(self.counts.indptr))

    @cached_property
    def items(self) -> np.ndarray:
        """int64 (pairs,): the item of each pair."""
        return np.asarray(self.counts.indices, dtype=np.int64)

    @cached_property
    def takers(self) -> np.ndarray:
        """int64 (n_items,): how many users took each item."""
        return np.bincount(self.items, minlength=self.n_items)

    @cached_property
    def taken(self) -> np.ndarray:
        """int64 (n_users,): how many items each user took."""
        return np.diff(self.counts.indptr).astype(np.int64)

    def with_values(self, values: np.ndarray) -> csr_array:
        """(n_users, n_items): the pairs with other values, float64 (pairs,); zeros stay stored."""
        return csr_array((values, self.counts.indices, self.counts.indptr), shape=self.counts.shape)

    def by_item(self) -> tuple[np.ndarray, csr_array]:
        """The pairs sorted by item: (order, matrix), where matrix (n_items, n_users) holds the place of each pair, from 1."""
        turned = self.with_values(np.arange(1.0, len(self.items) + 1)).T.tocsr()
        turned.sort_indices()
        return turned.data.astype(np.int64) - 1, turned
