"""Items like those a user has: the simple peer that factorizations often fail to beat.

Two items are alike by the users they share: n_ij / (√(n_i n_j) + shrinkage), the cosine of their columns, damped where few users
speak for it.  An item's score is the sum over what the user has, each item counting by its nearest ``neighbours`` only.
Sources: Deshpande & Karypis (2004); as a peer, and the shrinkage: Ferrari Dacrema, Cremonesi & Jannach (2019).
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack

from assay.core.errors import BundleError, ConfigError
from assay.core.state import State
from assay.prepare.checks import floats, integers
from assay.recipes.recommend.interactions import Interactions
from assay.recipes.recommend.recommender import MOST_SCORES


@dataclass(frozen=True, eq=False)
class FittedNeighbours:
    """alike: (n_items, n_items), sparse: row i holds how much having i speaks for others."""

    alike: csr_array

    kind = "neighbours"

    def scores(self, users: np.ndarray, seen: csr_array) -> np.ndarray:  # noqa: ARG002  what they had is all it reads
        had = csr_array((np.ones(len(seen.indices)), seen.indices, seen.indptr), shape=seen.shape)
        return np.asarray((had @ self.alike).toarray())

    def ratings(self, users: np.ndarray, items: np.ndarray) -> np.ndarray | None:  # noqa: ARG002
        return None

    def state(self) -> State:
        parts = {name: np.asarray(getattr(self.alike, name), dtype=np.int64) for name in ("indptr", "indices")}
        return {"kind": self.kind, **parts, "values": self.alike.data}

    @classmethod
    def from_state(cls, state: State, n_users: int, n_items: int) -> "FittedNeighbours":  # noqa: ARG003
        return cls(csr_of_state(state, (n_items, n_items)))


def csr_of_state(state: State, shape: tuple[int, int]) -> csr_array:
    """A sparse matrix from ``indptr``, ``indices`` and ``values``; raises BundleError for one that leads out of its arrays."""
    indices = integers(state, "indices", (None,), low=0, high=shape[1] - 1)
    indptr = integers(state, "indptr", (shape[0] + 1,), low=0, high=len(indices))
    values = floats(state, "values", (len(indices),))
    if indptr[0] != 0 or indptr[-1] != len(indices) or (np.diff(indptr) < 0).any():
        raise BundleError("the saved model's 'indptr' must rise from 0 to the number of entries.")
    return csr_array((values, indices, indptr), shape=shape)


@dataclass(frozen=True)
class ItemNeighbours:
    """neighbours: kept of each item, the nearest.  shrinkage: of the cosine, 0 or more."""

    neighbours: int = 100
    shrinkage: float = 10.0
    title: str = "items that the same users took (cosine, shrunk)"
    needs_ratings: bool = False

    def __post_init__(self) -> None:
        if self.neighbours < 1 or not self.shrinkage >= 0:
            raise ConfigError(f"neighbours={self.neighbours}, shrinkage={self.shrinkage}: at least 1, and 0 or more.")

    def fit(self, seen: Interactions, seed: int) -> FittedNeighbours:  # noqa: ARG002  nothing in it is drawn
        took = seen.with_values(np.ones(len(seen.items)))
        by_item = took.T.tocsr()
        root = np.sqrt(seen.takers.astype(np.float64))
        step = max(1, MOST_SCORES // seen.n_items)
        parts = []
        for start in range(0, seen.n_items, step):
            block = (by_item[start : start + step] @ took).toarray()  # (step, n_items), users in common
            block /= root[start : start + step, None] * root + self.shrinkage + (block == 0)  # shared with nobody: 0, not 0 / 0
            own = np.arange(len(block))
            block[own, start + own] = 0.0
            parts.append(self._nearest(block))
        return FittedNeighbours(csr_array(vstack(parts, format="csr")))

    def _nearest(self, block: np.ndarray) -> csr_array:
        kept = min(self.neighbours, block.shape[1])
        edge = np.partition(block, block.shape[1] - kept, axis=1)[:, block.shape[1] - kept]
        # all that tie with the last one stay: which of them a sort would keep must not matter
        return csr_array(np.where(block >= edge[:, None], block, 0.0))


ITEM_NEIGHBOURS = ItemNeighbours()
