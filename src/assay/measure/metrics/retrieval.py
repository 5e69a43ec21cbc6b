"""Metrics of documents ranked for queries: a query is a unit, its documents are the items it owns.

Every query has one number and the metric is their mean, so that queries, not documents, are what is resampled.  Documents
with one score stand in every order alike: their gains are averaged (McSherry & Najork 2008, as scikit-learn does), and the
reciprocal rank is the mean over the orders.  A query without a relevant document has no best order to be measured by;
where there is one the metric is undefined and says which.

Sources: NDCG, with the relevance itself as gain: Järvelin & Kekäläinen (2002); MRR: Voorhees (1999).
"""

from functools import partial

import numpy as np

from assay.core.errors import ConfigError
from assay.measure.metrics.mean import MeanMetric
from assay.measure.payload import Predictions, Truth

_TASKS = frozenset({"ranking"})


def _owner(truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    """offsets (queries + 1,), and the query of each item."""
    offsets = np.arange(len(truth) + 1) if truth.offsets is None else truth.offsets
    return offsets, np.repeat(np.arange(len(truth)), np.diff(offsets))


def _unfit(truth: Truth, predictions: Predictions) -> str | None:
    """Why these queries cannot be measured, with the first of them, or None."""
    if "relevance" not in truth.arrays:
        return "the truth holds no relevance"
    offsets, owner = _owner(truth)
    theirs = _owner(Truth(predictions.form, predictions.units, {}, predictions.offsets))[0]
    other = np.flatnonzero(np.diff(offsets) != np.diff(theirs))
    if len(other):
        return f"truth and predictions have other numbers of documents {_of(other, truth)}"
    relevance = np.asarray(truth["relevance"], dtype=np.float64)
    wrong = np.unique(owner[~(np.isfinite(relevance) & (relevance >= 0))])
    if len(wrong):
        return f"the relevance is negative or not finite {_of(wrong, truth)}"
    empty = np.flatnonzero(np.bincount(owner, weights=relevance, minlength=len(truth)) == 0)
    return f"there is no relevant document {_of(empty, truth)}; leave such queries out" if len(empty) else None


def _of(queries: np.ndarray, truth: Truth) -> str:
    return f"in {len(queries)} of {len(truth)} queries (first: {int(truth.units[queries[0]])})"


def _sorted(offsets: np.ndarray, owner: np.ndarray, key: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """order: items by query, greatest key first; rank: of each place within its query, from 0; tie: its group of one key."""
    order = np.lexsort((-key, owner))
    rank = np.arange(len(order)) - offsets[owner]
    begins = np.append(True, (np.diff(key[order]) != 0) | (np.diff(owner) != 0))
    return order, rank, np.cumsum(begins) - 1


def _discount(rank: np.ndarray, k: int | None) -> np.ndarray:
    return np.where(rank < (np.inf if k is None else k), 1 / np.log2(rank + 2), 0.0)


def _ndcg_by_query(truth: Truth, predictions: Predictions, *, k: int | None) -> np.ndarray:
    offsets, owner = _owner(truth)
    relevance = np.asarray(truth["relevance"], dtype=np.float64)
    order, rank, tie = _sorted(offsets, owner, np.asarray(predictions["score"], dtype=np.float64))
    discount = _discount(rank, k)
    gain = (np.bincount(tie, weights=relevance[order]) / np.bincount(tie))[tie]
    best = relevance[_sorted(offsets, owner, relevance)[0]]
    made, possible = (np.bincount(owner, weights=one * discount, minlength=len(truth)) for one in (gain, best))
    return np.asarray(np.minimum(made / possible, 1.0))  # rounding must not lift a perfect order above 1


def _reciprocal_by_query(truth: Truth, predictions: Predictions, *, k: int | None) -> np.ndarray:
    offsets, owner = _owner(truth)
    relevant = np.asarray(truth["relevance"]) > 0
    order, rank, tie = _sorted(offsets, owner, np.asarray(predictions["score"], dtype=np.float64))
    size, hits = np.bincount(tie), np.bincount(tie, weights=relevant[order]).astype(np.int64)
    starts = np.searchsorted(tie, np.arange(len(size)))
    holding = np.flatnonzero(hits > 0)
    first = holding[np.searchsorted(owner[starts[holding]], np.arange(len(truth)))]  # of each query
    ahead, ties = rank[starts[first]], size[first]
    found = np.where(ahead < (np.inf if k is None else k), 1.0 / (ahead + 1), 0.0)
    for query in np.flatnonzero(ties > hits[first]):
        found[query] = _mean_reciprocal(int(ahead[query]), int(ties[query]), int(hits[first[query]]), k)
    return np.asarray(found)


def _mean_reciprocal(ahead: int, size: int, hits: int, k: int | None) -> float:
    """Of the first of ``hits`` relevant documents among ``size`` in random order, ``ahead`` others standing before them."""
    place = np.arange(size - hits + 1)
    still_none = np.cumprod(np.append(1.0, 1 - hits / (size - place[:-1])))  # none of them at an earlier place
    chance = still_none * hits / (size - place)
    rank = ahead + place + 1
    return float(np.sum(np.where(rank <= (np.inf if k is None else k), chance / rank, 0.0)))


def ndcg(k: int | None = None, name: str = "") -> MeanMetric:
    """Normalised discounted cumulative gain of the first k documents (all of them for None), mean over the queries.

    Raises ConfigError for k below 1.
    """
    _check(k, "ndcg")
    text = "" if k is None else f"@{k}"
    return _of_queries(name or f"ndcg{text}", f"NDCG{text}", partial(_ndcg_by_query, k=k), shown=k is None)


def mrr(k: int | None = None, name: str = "") -> MeanMetric:
    """Mean reciprocal rank of the first relevant document (relevance above 0); 0 where it is not among the first k."""
    _check(k, "mrr")
    text = "" if k is None else f"@{k}"
    title = f"Mean reciprocal rank{'' if k is None else f' among {k}'}"
    return _of_queries(name or f"mrr{text}", title, partial(_reciprocal_by_query, k=k), shown=k is None)


def _of_queries(name: str, title: str, per_query: partial[np.ndarray], *, shown: bool) -> MeanMetric:
    return MeanMetric(
        name,
        title,
        "score",
        _TASKS,
        per_query,
        unfit=_unfit,
        bounds=(0.0, 1.0),
        greater_is_better=True,
        exact_ends=True,
        shown=shown,
    )


def _check(k: int | None, name: str) -> None:
    if k is not None and k < 1:
        raise ConfigError(f"{name}@{k}: how many documents are read is at least 1, such as {name}@10.")


NDCG = ndcg()
MRR = mrr()
