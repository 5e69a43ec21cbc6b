"""What a recommender is, before and after it has learned.

A recommender learns from ``Interactions`` and then scores every item for a user: higher is shown first.  What a user has already,
and items that nobody had in training, are set aside in one place for all (``scores_to_rank``), as is the answer to a user who is
new: popularity.  So no member can recommend what was seen, and all answer the cold start alike.
"""

from typing import Protocol

import numpy as np
from scipy.sparse import csr_array

from assay.core.state import State
from assay.recipes.recommend.interactions import Interactions

NEW = -np.inf
"""The score of what must not be shown."""

MOST_SCORES = 2**22
"""Scores held at a time: 32 MiB."""


class FittedRecommender(Protocol):
    """kind: which class reads the state back (``registry.read_fitted``)."""

    @property
    def kind(self) -> str: ...

    def scores(self, users: np.ndarray, seen: csr_array) -> np.ndarray:
        """float64 (b, n_items), finite.  users: int64 (b,), codes known in training.  seen: (b, n_items), what they had then."""
        ...

    def ratings(self, users: np.ndarray, items: np.ndarray) -> np.ndarray | None:
        """float64 (n,): the rating expected of each pair; None from one that only ranks."""
        ...

    def state(self) -> State: ...


class Recommender(Protocol):
    """A member of RECOMMENDERS, or one with other settings.

    title: one line.  needs_ratings: it learns from ratings; one that does not takes every row as "took it".
    """

    @property
    def title(self) -> str: ...
    @property
    def needs_ratings(self) -> bool: ...

    def fit(self, seen: Interactions, seed: int) -> FittedRecommender:
        """seen: at least one pair.  Equal arguments give equal bytes, whatever the number of threads."""
        ...


def batches(users: np.ndarray, n_items: int) -> list[np.ndarray]:
    """The users in parts small enough to score at once."""
    size = max(1, MOST_SCORES // max(n_items, 1))
    return [users[start : start + size] for start in range(0, len(users), size)]


def scores_to_rank(
    fitted: FittedRecommender, seen: Interactions, users: np.ndarray, also_taken: csr_array | None = None
) -> np.ndarray:
    """float64 (b, n_items): ``NEW`` where an item must not be shown, which is what the user has, and what nobody had.

    seen: what ``fitted`` learned from.  also_taken: (n_users, n_items), pairs that are not to be shown either.
    Users who are new are scored by how many users took an item.
    """
    from threadpoolctl import threadpool_limits

    history = seen.counts[users]
    with threadpool_limits(limits=1):  # another number of threads would be other bits
        found = np.array(fitted.scores(users, history), dtype=np.float64)
    found[seen.taken[users] == 0] = seen.takers
    found[:, seen.takers == 0] = NEW
    for rows in (history, None if also_taken is None else also_taken[users]):
        if rows is not None:
            found[np.repeat(np.arange(len(users)), np.diff(rows.indptr)), rows.indices] = NEW
    return found


def top_items(scores: np.ndarray, takers: np.ndarray, k: int) -> np.ndarray:
    """int64 (b, k): the items to show, best first, -1 where there are no more.

    Of equal scores the item that more users took comes first, then the lower code.
    """
    k_there = min(k, scores.shape[1])
    edge = np.partition(scores, scores.shape[1] - k_there, axis=1)[:, scores.shape[1] - k_there]
    shown = np.full((len(scores), k), -1, dtype=np.int64)
    for row, own in enumerate(scores):
        those = np.flatnonzero((own >= edge[row]) & (own > NEW))
        those = those[np.lexsort((those, -takers[those], -own[those]))][:k]
        shown[row, : len(those)] = those
    return shown
