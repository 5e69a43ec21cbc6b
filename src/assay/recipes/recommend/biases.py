"""The rating that is expected before any taste is known: the mean, how generous the user is, how good the item is.

Both sides are ridge estimates, found in turns until they agree; the damping pulls those with few ratings to the mean.
Source: Koren (2010), "Factor in the neighbors", section 2.1; the alternation and its damping: Surprise's ALS baselines.
"""

from dataclasses import dataclass

import numpy as np

from assay.core.state import State
from assay.prepare.checks import floats, real
from assay.recipes.recommend.interactions import Interactions

DAMPING_USERS, DAMPING_ITEMS, TURNS = 15.0, 10.0, 10


@dataclass(frozen=True, eq=False)
class Biases:
    """mean: of the training ratings.  users: float64 (n_users,), items: float64 (n_items,), 0 for those without a rating."""

    mean: float
    users: np.ndarray
    items: np.ndarray

    def of(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """float64 (n,), in the rating's unit."""
        return np.asarray(self.mean + self.users[users] + self.items[items])

    def state(self) -> State:
        return {"mean": self.mean, "users": self.users, "items": self.items}

    @classmethod
    def from_state(cls, state: State, n_users: int, n_items: int) -> "Biases":
        return cls(real(state, "mean"), floats(state, "users", (n_users,)), floats(state, "items", (n_items,)))


def biases_of(seen: Interactions) -> Biases:
    """From the ratings of the table, which must have some."""
    if seen.rating is None:
        raise ValueError("biases are of ratings; this table has none.")
    mean = float(seen.rating.mean())
    left = seen.rating - mean
    users, items = np.zeros(seen.n_users), np.zeros(seen.n_items)
    for _ in range(TURNS):
        sums = np.bincount(seen.items, weights=left - users[seen.owner], minlength=seen.n_items)
        items = sums / (DAMPING_ITEMS + seen.takers)
        sums = np.bincount(seen.owner, weights=left - items[seen.items], minlength=seen.n_users)
        users = sums / (DAMPING_USERS + seen.taken)
    return Biases(mean, users, items)
