"""What a ranking of all items is worth to each user: NDCG and recall among the first k, one number a user.

The scores of a batch of users stand in a dense array, so that all items are ranked and none is drawn: metrics on sampled items
order recommenders otherwise than the whole list does (Krichene & Rendle, 2020).  Items with one score stand in every order
alike: gains are averaged over the orders (McSherry & Najork, 2008, as scikit-learn does), so that no answer hangs on how a sort
leaves ties.  Items never sought (scored ``-inf``: the user has them) take no part.

NDCG: relevance 0 or 1, gain by 1 / log2(1 + rank), over that of the best list of k (Järvelin & Kekäläinen, 2002).
Recall: the share of a user's relevant items among the first k, of all of them, also where there are more than k.
"""

from dataclasses import dataclass

import numpy as np

from assay.measure.metrics.mean import MeanMetric
from assay.measure.payload import Predictions, Truth

TASK = "recommendation"


@dataclass(frozen=True, eq=False)
class Ranked:
    """float64 (users,) each: the ranks' worth for every user of the batch."""

    ndcg: np.ndarray
    recall: np.ndarray


def ranked_at(scores: np.ndarray, owner: np.ndarray, item: np.ndarray, relevant: np.ndarray, k: int) -> Ranked:
    """Measure a batch of users.

    scores: float64 (users, items), -inf for what must not be shown.  owner, item: int (pairs,), the relevant pairs, as places
    in ``scores``; each pair once.  One whose score is -inf counts as missed.
    relevant: int (users,), each above 0: how many relevant items a user has, those outside ``scores`` too.
    k: from 1 to the number of items.

    >>> found = ranked_at(np.array([[3.0, 2.0, 1.0]]), np.array([0]), np.array([1]), np.array([1]), 2)
    >>> float(found.recall[0]), round(float(found.ndcg[0]), 4)
    (1.0, 0.6309)
    """
    users, items = scores.shape
    best = np.partition(scores, items - k, axis=1)[:, items - k :]  # (users, k)
    last = best.min(axis=1)
    own = scores[owner, item]
    found = np.flatnonzero(np.isfinite(own) & (own >= last[owner]))
    user, own = owner[found], own[found]
    above = (best[user] > own[:, None]).sum(axis=1)
    tied = (best[user] == own[:, None]).sum(axis=1)
    at_edge = np.flatnonzero(own == last[user])
    if len(at_edge):  # ties may go on below the first k
        whose, place = np.unique(user[at_edge], return_inverse=True)
        tied[at_edge] = (scores[whose] == last[whose, None]).sum(axis=1)[place]
    gain = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(k) + 2))])
    end = np.minimum(above + tied, k)
    made = np.bincount(user, weights=(gain[end] - gain[above]) / tied, minlength=users)
    hits = np.bincount(user, weights=(end - above) / tied, minlength=users)
    # rounding must not lift a perfect list above 1
    return Ranked(np.minimum(made / gain[np.minimum(relevant, k)], 1.0), np.minimum(hits / relevant, 1.0))


def _ndcg(_truth: Truth, predictions: Predictions) -> np.ndarray:
    return predictions["ndcg"]


def _recall(_truth: Truth, predictions: Predictions) -> np.ndarray:
    return predictions["recall"]


def user_metrics(k: int) -> tuple[MeanMetric, MeanMetric]:
    """NDCG and recall at k as means over the units of a payload that holds ``ndcg`` and ``recall`` of each."""
    made = []
    for name, title, per_unit in (("ndcg", "NDCG", _ndcg), ("recall", "Recall", _recall)):
        metric = MeanMetric(
            f"{name}@{k}",
            f"{title}@{k}",
            name,
            frozenset({TASK}),
            per_unit,
            bounds=(0.0, 1.0),
            greater_is_better=True,
            exact_ends=True,
        )
        made.append(metric)
    return made[0], made[1]
