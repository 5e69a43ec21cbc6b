"""One recommender on one cut: what it recommends to every user who then took something, and what that was worth.

Relevant are the held-out items that the user did not have in training (rated at least ``liked`` where there are ratings).  Items
that nobody had in training can be found by nobody: they stay in the denominators as misses, and are counted.  Users without a
relevant item are not measured; users who are new get popularity, as they would in use, and are counted too.
"""

from dataclasses import dataclass

import numpy as np

from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth
from assay.measure.ranked import TASK, ranked_at
from assay.recipes.recommend.interactions import Interactions
from assay.recipes.recommend.recommender import FittedRecommender, batches, scores_to_rank
from assay.splits.plan import Fold
from assay.study.recommend.table import RatingTable


@dataclass(frozen=True, eq=False)
class Held:
    """The held-out side of one cut.

    seen: what trains.  rows: int64, the held-out rows.  users: int64 (u,), who is measured, rising.
    owner, item: int64 (r,), the relevant pairs: the user's place in ``users``, and the item.  relevant: int64 (u,).
    new_users: of those measured, without a row in training.  new_items: relevant pairs whose item is not in training.
    again: held-out pairs left out, because the user had the item.
    """

    number: int
    seen: Interactions
    rows: np.ndarray
    users: np.ndarray
    owner: np.ndarray
    item: np.ndarray
    relevant: np.ndarray
    new_users: int
    new_items: int
    again: int


def training_of(table: RatingTable, rows: np.ndarray) -> Interactions:
    rating = None if table.rating is None else table.rating[rows]
    return Interactions.of(table.users[rows], table.items[rows], table.shape, rating)


def held_of(table: RatingTable, fold: Fold, liked: float | None) -> Held:
    """liked: the least rating of a relevant item; None without ratings."""
    seen = training_of(table, fold.train)
    held = training_of(table, fold.test)
    pair = held.owner * table.shape[1] + held.items
    known = seen.owner * table.shape[1] + seen.items
    fresh = ~np.isin(pair, known)
    wanted = fresh if held.rating is None else fresh & (held.rating >= (-np.inf if liked is None else liked))
    users, owner = np.unique(held.owner[wanted], return_inverse=True)
    item = held.items[wanted]
    return Held(
        fold.fold,
        seen,
        fold.test,
        users,
        owner,
        item,
        np.bincount(owner, minlength=len(users)),
        int((seen.taken[users] == 0).sum()),
        int((seen.takers[item] == 0).sum()),
        int((~fresh).sum()),
    )


def ranking_part(fitted: FittedRecommender, held: Held, k: int) -> Part:
    """A unit is a user in this cut: number × users + user, so that the cuts of one user have units of their own."""
    ndcg, recall = np.zeros(len(held.users)), np.zeros(len(held.users))
    start = 0
    for users in batches(held.users, held.seen.n_items):
        end = start + len(users)
        first, last = np.searchsorted(held.owner, [start, end])
        found = ranked_at(
            scores_to_rank(fitted, held.seen, users),
            held.owner[first:last] - start,
            held.item[first:last],
            held.relevant[start:end],
            k,
        )
        ndcg[start:end], recall[start:end] = found.ndcg, found.recall
        start = end
    units = held.number * held.seen.n_users + held.users
    truth = Truth(TASK, units, {"relevant": held.relevant})
    return Part(0, held.number, truth, Predictions(TASK, units, {"ndcg": ndcg, "recall": recall}))


def rating_part(fitted: FittedRecommender, held: Held, table: RatingTable) -> Part | None:
    """A unit is a held-out row; None where there are no ratings, or the recommender expects none."""
    if table.rating is None:
        return None
    value = fitted.ratings(table.users[held.rows], table.items[held.rows])
    if value is None:
        return None
    truth = Truth("value", held.rows, {"target": table.rating[held.rows]})
    return Part(0, held.number, truth, Predictions("value", held.rows, {"value": value}))
