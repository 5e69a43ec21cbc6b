"""Metrics of documents ranked for queries; every query has one number, and the metric is their mean.

They come in two forms.  Ragged: a query is a unit, its documents are the items it owns.  Flat, as a study of a table has
them: a document is a unit (a row), and the truth says which query it is of; a row then counts 1 / (rows of its query), so
that queries count alike, and an interval is of queries where the design draws them whole.

Documents with one score stand in every order alike: their gains are averaged (McSherry & Najork 2008, as scikit-learn
does), the reciprocal rank is the mean over the orders, and the average precision reads them at once, as scikit-learn does.
A query without a relevant document has no best order to be measured by: in the ragged form the metric is then undefined and
says which, in the flat form such a query counts for nothing, as nobody chooses what a fold holds.

Sources: NDCG, with the relevance itself as gain: Järvelin & Kekäläinen (2002); MRR: Voorhees (1999); mean average
precision: Manning, Raghavan & Schütze (2008), section 8.4.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from assay.core.errors import ConfigError
from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import problem_with_rows, ratio, weighted_sums
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


def _average_precision_by_query(truth: Truth, predictions: Predictions) -> np.ndarray:
    """The mean, over the relevant documents (relevance above 0), of the precision at the place of each."""
    offsets, owner = _owner(truth)
    relevant = np.asarray(truth["relevance"]) > 0
    order, rank, tie = _sorted(offsets, owner, np.asarray(predictions["score"], dtype=np.float64))
    hits = np.bincount(tie, weights=relevant[order])
    query = owner[order][np.searchsorted(tie, np.arange(len(hits)))]  # of each tie
    last = np.searchsorted(tie, np.arange(len(hits)), side="right") - 1
    before = np.concatenate([[0.0], np.cumsum(hits)])
    found = before[1:] - before[np.searchsorted(query, query)]  # in this query up to the end of the tie
    made = np.bincount(query, weights=hits * found / (rank[last] + 1), minlength=len(truth))
    return np.asarray(np.minimum(made / np.bincount(owner, weights=relevant, minlength=len(truth)), 1.0))


@dataclass(frozen=True)
class QueryMetric(MeanMetric):
    """The mean over queries of a number in [0, 1]; reads both forms (see the header)."""

    bounds: tuple[float, float] = (0.0, 1.0)
    greater_is_better: bool = True
    exact_ends: bool = True

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        if "query" not in truth.arrays:
            if truth.offsets is None and "relevance" not in truth.arrays:
                return "the rows do not say which query each of them is of"
            return problem_with_rows(truth, predictions, self.needs) or _unfit(truth, predictions)
        problem = problem_with_rows(truth, predictions, _said(predictions))
        if problem is None and not (truth["target"] > 0).any():
            return f"there is no relevant row among {len(truth)}"
        return problem

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        """share: (n,), what a unit counts.  per_unit: (n,), that times the number of its query."""
        if "query" not in truth.arrays:
            per_query, share = np.asarray(self.per_unit(truth, predictions)), np.ones(len(truth))
        else:
            per_query, share = self._of_rows(truth, predictions)
        return Statistics(len(truth), {"share": share, "per_unit": share * per_query})

    def _of_rows(self, truth: Truth, predictions: Predictions) -> tuple[np.ndarray, np.ndarray]:
        """(the number of its query, what it counts), both float64 (n,), in the order of the rows."""
        known, query, size = np.unique(truth["query"], return_inverse=True, return_counts=True)
        measured = np.bincount(query, weights=truth["target"]) > 0
        order = np.argsort(query, kind="stable")
        order = order[measured[query[order]]]
        offsets = np.concatenate([[0], np.cumsum(size[measured])])
        ranked = Truth("ranking", known[measured], {"relevance": truth["target"][order]}, offsets)
        said = Predictions("ranking", ranked.units, {"score": predictions[_said(predictions)][order]}, offsets)
        found = np.zeros(len(known))
        found[measured] = self.per_unit(ranked, said)
        return found[query], np.where(measured, 1 / size, 0.0)[query]

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        sums = weighted_sums(weights, np.stack([statistics["per_unit"], statistics["share"]]))
        return np.asarray(np.clip(ratio(sums[..., 0], sums[..., 1]), 0.0, 1.0))  # rounding must not leave the bounds

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        per_unit, share = statistics["per_unit"], statistics["share"]
        total = float(weights @ share)
        if total == 0:
            return np.full(statistics.n, np.nan)
        return np.asarray((per_unit - float(weights @ per_unit) / total * share) / total)


def _said(predictions: Predictions) -> str:
    """What rows are ordered by: a predicted grade orders them as a score does."""
    return "score" if "score" in predictions.arrays else "value"


def ndcg(k: int | None = None, name: str = "") -> QueryMetric:
    """Normalised discounted cumulative gain of the first k documents (all of them for None), mean over the queries.

    Raises ConfigError for k below 1.
    """
    _check(k, "ndcg")
    text = "" if k is None else f"@{k}"
    return _of_queries(name or f"ndcg{text}", f"NDCG{text}", partial(_ndcg_by_query, k=k), shown=k is None)


def mrr(k: int | None = None, name: str = "") -> QueryMetric:
    """Mean reciprocal rank of the first relevant document (relevance above 0); 0 where it is not among the first k."""
    _check(k, "mrr")
    text = "" if k is None else f"@{k}"
    title = f"Mean reciprocal rank{'' if k is None else f' among {k}'}"
    return _of_queries(name or f"mrr{text}", title, partial(_reciprocal_by_query, k=k), shown=k is None)


def _of_queries(
    name: str, title: str, per_query: Callable[[Truth, Predictions], np.ndarray], *, shown: bool = True
) -> QueryMetric:
    return QueryMetric(name, title, "score", _TASKS, per_query, shown=shown)


def _check(k: int | None, name: str) -> None:
    if k is not None and k < 1:
        raise ConfigError(f"{name}@{k}: how many documents are read is at least 1, such as {name}@10.")


NDCG = ndcg()
MRR = mrr()
MAP = _of_queries("map", "Mean average precision", _average_precision_by_query)
