"""Users and items as vectors whose product is the score: what every factorization ends in."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from assay.core.state import State
from assay.prepare.checks import entry, floats, whole
from assay.recipes.recommend.biases import Biases

MOST_RANK = 4096
CHUNK = 2**18  # pairs whose two vectors are held at a time


@dataclass(frozen=True, eq=False)
class FittedFactors:
    """users: float64 (n_users, rank).  items: float64 (n_items, rank).

    biases: added to the products, which are then ratings; without them the products only rank.
    """

    users: np.ndarray
    items: np.ndarray
    biases: Biases | None = None

    kind = "factors"

    def scores(self, users: np.ndarray, seen: csr_array) -> np.ndarray:  # noqa: ARG002  what they had is in their vectors
        found = self.users[users] @ self.items.T
        return found if self.biases is None else np.asarray(found + self.biases.items)  # a user's own bias ranks nothing

    def ratings(self, users: np.ndarray, items: np.ndarray) -> np.ndarray | None:
        return None if self.biases is None else self.biases.of(users, items) + products(self.users, self.items, users, items)

    def state(self) -> State:
        biases = None if self.biases is None else self.biases.state()
        return {"kind": self.kind, "rank": self.users.shape[1], "users": self.users, "items": self.items, "biases": biases}

    @classmethod
    def from_state(cls, state: State, n_users: int, n_items: int) -> "FittedFactors":
        rank, biases = whole(state, "rank", low=0, high=MOST_RANK), entry(state, "biases")
        return cls(
            floats(state, "users", (n_users, rank)),
            floats(state, "items", (n_items, rank)),
            None if biases is None else Biases.from_state(biases, n_users, n_items),
        )


def products(left: np.ndarray, right: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """float64 (n,): of left[rows] with right[columns], a chunk at a time."""
    found = np.empty(len(rows))
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        found[part] = np.einsum("ij,ij->i", left[rows[part]], right[columns[part]])
    return found
