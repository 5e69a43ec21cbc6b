"""The baseline that every recommender is held against: what most users took, shown to everyone who has not.

Where there are ratings it also expects one of each pair: the mean with the biases of user and item, so that the comparison by
RMSE says what factors add to these.  Source: Cremonesi, Koren & Turrin (2010), "Top-N recommender tasks", whose TopPop beat many
a model of ratings.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from assay.core.state import State
from assay.prepare.checks import entry, floats
from assay.recipes.recommend.biases import Biases, biases_of
from assay.recipes.recommend.interactions import Interactions


@dataclass(frozen=True, eq=False)
class FittedPopularity:
    """takers: float64 (n_items,), how many users took each.  biases: where there were ratings."""

    takers: np.ndarray
    biases: Biases | None = None

    kind = "popularity"

    def scores(self, users: np.ndarray, seen: csr_array) -> np.ndarray:  # noqa: ARG002  the same for everyone
        return np.tile(self.takers, (len(users), 1))

    def ratings(self, users: np.ndarray, items: np.ndarray) -> np.ndarray | None:
        return None if self.biases is None else self.biases.of(users, items)

    def state(self) -> State:
        return {"kind": self.kind, "takers": self.takers, "biases": None if self.biases is None else self.biases.state()}

    @classmethod
    def from_state(cls, state: State, n_users: int, n_items: int) -> "FittedPopularity":
        biases = entry(state, "biases")
        return cls(floats(state, "takers", (n_items,)), None if biases is None else Biases.from_state(biases, n_users, n_items))


@dataclass(frozen=True)
class Popularity:
    title: str = "what most users took, the same for everyone"
    needs_ratings: bool = False

    def fit(self, seen: Interactions, seed: int) -> FittedPopularity:  # noqa: ARG002  nothing in it is drawn
        biases = None if seen.rating is None else biases_of(seen)
        return FittedPopularity(seen.takers.astype(np.float64), biases)


POPULARITY = Popularity()
