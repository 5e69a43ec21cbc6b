"""Metrics that read only the order of the scores.

Everything is sorted once.  A positive row then knows how many negatives stand at or above it, so that a weight vector
costs one running sum over the negatives and one gather: ties count half in the ROC AUC (Bamber 1975; Hand & Till 2001
use the same quantity) and enter the precision together in the average precision, as scikit-learn does it.

A binary payload is ranked by its raw score.  A multiclass payload is ranked by its probabilities, one class against the
rest: raw scores of several classes are defined only up to a number added to a whole row, so their order says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import kernels_for, places, problem_with_rows, ratio, running_type, vectors
from assay.measure.payload import Predictions, Truth


def ranked(positive: np.ndarray, score: np.ndarray) -> dict[str, np.ndarray]:
    """positive: bool (n,), score: float (n,).  All uint32.

    positives, negatives: positions, highest score first.  For each positive, in that order: negatives_above and
    negatives_reached (score higher; at least as high), positives_reached (itself and those tied with it included).
    """
    positives, negatives = np.flatnonzero(positive), np.flatnonzero(~positive)
    positives = positives[np.argsort(-score[positives])]
    negatives = negatives[np.argsort(-score[negatives])]
    high, low = -score[positives], -score[negatives]
    return {
        "positives": places(positives),
        "negatives": places(negatives),
        "negatives_above": places(np.searchsorted(low, high, side="left")),
        "negatives_reached": places(np.searchsorted(low, high, side="right")),
        "positives_reached": places(np.searchsorted(high, high, side="right")),
    }


def weighted_auc(arrays: Mapping[str, np.ndarray], weights: np.ndarray) -> np.ndarray:
    """ROC AUC of ``ranked`` arrays for weights (..., n); NaN where a class has no weight."""
    flat, positives, negatives = vectors(weights), arrays["positives"], arrays["negatives"]
    above, reached = arrays["negatives_above"], arrays["negatives_reached"]
    values = np.empty(len(flat))
    kernels_for(weights).roc_auc(
        flat, positives, negatives, above, reached, np.empty(len(negatives) + 1, running_type(flat)), values
    )
    return values.reshape(np.shape(weights)[:-1])


def _running(weights: np.ndarray) -> np.ndarray:
    """0, then the running sum: (m,) -> (m + 1,)."""
    return np.concatenate([[0.0], np.cumsum(weights)])


def _ahead(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """int (negatives,) each: how many positives score higher than a negative, and at least as high."""
    place = np.arange(len(arrays["negatives"]))
    higher = np.searchsorted(arrays["negatives_reached"], place, side="right")
    return higher, np.searchsorted(arrays["negatives_above"], place, side="right")


def auc_influence(arrays: Mapping[str, np.ndarray], weights: np.ndarray) -> np.ndarray:
    """float64 (n,): the influence of each unit on ``weighted_auc`` at weights (n,): its placement less the AUC, over its class.

    Source: DeLong, DeLong & Clarke-Pearson (1988).
    """
    positives, negatives = arrays["positives"], arrays["negatives"]
    found, alarms = _running(weights[positives]), _running(weights[negatives])
    influence = np.full(len(weights), np.nan)
    if not (found[-1] > 0 and alarms[-1] > 0):
        return influence
    above = (alarms[arrays["negatives_above"]] + alarms[arrays["negatives_reached"]]) / 2
    won_by_positive = 1 - above / alarms[-1]
    higher, reaching = _ahead(arrays)
    won_by_negative = (found[higher] + found[reaching]) / 2 / found[-1]
    auc = float(np.sum(weights[positives] * won_by_positive) / found[-1])
    influence[positives] = (won_by_positive - auc) / found[-1]
    influence[negatives] = (won_by_negative - auc) / alarms[-1]
    return influence


@dataclass(frozen=True)
class RocAuc:
    """The chance that a random positive scores above a random negative; multiclass: the mean over one-against-rest."""

    name: str = "roc_auc"
    title: str = "ROC AUC"
    needs: str = "score"
    greater_is_better: bool = True
    tasks: frozenset[str] = frozenset({"binary", "multiclass"})
    across_folds: Literal["average", "pool"] = "average"
    bounds: tuple[float, float] = (0.0, 1.0)
    by_class: bool = True
    exact_ends: bool = True
    by_row: bool = False
    prevalence_free: bool = True
    reads_counts: bool = True
    shown: bool = True

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        problem = problem_with_rows(truth, predictions, _ranks_by(predictions))
        if problem is not None:
            return problem
        n_classes = 2 if predictions[_ranks_by(predictions)].ndim == 1 else predictions["probability"].shape[1]
        return lost_classes(truth["target"], n_classes)

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        target, score = truth["target"], predictions[_ranks_by(predictions)]
        if score.ndim == 1:
            return Statistics(len(truth), ranked(target == 1, score))
        arrays = {f"{k}.{name}": array for k in range(score.shape[1]) for name, array in ranked(target == k, score[:, k]).items()}
        return Statistics(len(truth), {"classes": np.arange(score.shape[1]), **arrays})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        aucs = [weighted_auc(arrays, weights) for arrays in _one_against_rest(statistics)]
        return np.asarray(sum(aucs[1:], aucs[0]) / len(aucs))

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        by_class = [auc_influence(arrays, weights) for arrays in _one_against_rest(statistics)]
        return np.asarray(sum(by_class[1:], by_class[0]) / len(by_class))


@dataclass(frozen=True)
class AveragePrecision:
    """The mean, over the positives, of the precision at the score of each: the area under the stepwise precision-recall curve."""

    name: str = "average_precision"
    title: str = "Average precision"
    needs: str = "score"
    greater_is_better: bool = True
    tasks: frozenset[str] = frozenset({"binary"})
    across_folds: Literal["average", "pool"] = "average"
    bounds: tuple[float, float] = (0.0, 1.0)
    by_class: bool = True
    exact_ends: bool = True
    by_row: bool = False
    prevalence_free: bool = False
    reads_counts: bool = True
    shown: bool = True

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return problem_with_rows(truth, predictions, self.needs) or lost_classes(truth["target"], 2)

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        return Statistics(len(truth), ranked(truth["target"] == 1, predictions["score"]))

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        flat, positives, negatives = vectors(weights), statistics["positives"], statistics["negatives"]
        among, against = statistics["positives_reached"], statistics["negatives_reached"]
        values = np.empty(len(flat))
        scratch = np.empty(statistics.n + 2, running_type(flat))
        kernels_for(weights).average_precision(flat, positives, negatives, among, against, scratch, values)
        return values.reshape(np.shape(weights)[:-1])

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        """A positive's own precision less the mean, and what a unit does to the precision at every positive it is not below."""
        positives, negatives, reached = (statistics[name] for name in ("positives", "negatives", "positives_reached"))
        own, found = weights[positives], _running(weights[positives])
        influence = np.full(statistics.n, np.nan)
        if not found[-1] > 0:
            return influence
        hits, alarms = found[reached], _running(weights[negatives])[statistics["negatives_reached"]]
        precision = ratio(hits, hits + alarms, empty=1.0)  # of the first row that gets a weight
        gain = _from_here_on(ratio(own * alarms, (hits + alarms) ** 2, empty=0.0))
        loss = _from_here_on(ratio(own * hits, (hits + alarms) ** 2, empty=0.0))
        value = float(np.sum(own * precision) / found[-1])
        tied_from = np.searchsorted(reached, reached, side="left")
        influence[positives] = (precision + gain[tied_from] - value) / found[-1]
        influence[negatives] = -loss[_ahead(statistics.arrays)[0]] / found[-1]
        return influence

    def bias(self, statistics: Statistics, weights: np.ndarray) -> float:
        """What a positive adds to the precision at its own score, averaged: at least 0, and felt where positives are few.

        Among the rows at or above a given score each is positive with the chance that is the precision there.  A positive's
        own row is above its own score for certain; without it, and with the other positives standing for all of them (there
        is one less), the share among the others is unbiased.  Where there are no others (the positive that leads) the next
        positive's share stands in.
        """
        positives, reached = statistics["positives"], statistics["positives_reached"]
        own, found = weights[positives], _running(weights[positives])
        if not found[-1] > 0:
            return float("nan")
        hits, alarms = found[reached], _running(weights[statistics["negatives"]])[statistics["negatives_reached"]]
        ahead = (hits - own) * ratio(np.full(len(own), found[-1]), found[-1] - own, empty=1.0)
        others = ratio(ahead, ahead + alarms)  # NaN where there are none
        known = np.flatnonzero(np.isfinite(others))
        if not len(known):
            return 0.0
        following = known[np.minimum(np.searchsorted(known, np.arange(len(others))), len(known) - 1)]
        precision = ratio(hits, hits + alarms, empty=1.0)
        return float(np.sum(own * (precision - others[following])) / found[-1])


def _from_here_on(terms: np.ndarray) -> np.ndarray:
    """(m,) -> (m + 1,): the sum of the terms from each place on, and 0."""
    return np.concatenate([np.cumsum(terms[::-1])[::-1], [0.0]])


def _one_against_rest(statistics: Statistics) -> list[dict[str, np.ndarray]]:
    """The ``ranked`` arrays of each comparison: one for a binary payload, one a class otherwise."""
    if "classes" not in statistics.arrays:
        return [dict(statistics.arrays)]
    found: dict[str, dict[str, np.ndarray]] = {str(k): {} for k in statistics["classes"]}
    for name, array in statistics.arrays.items():  # once over all of them: with 500 classes there are 2500
        prefix, dot, rest = name.partition(".")
        if dot and prefix in found:
            found[prefix][rest] = array
    return list(found.values())


def _ranks_by(predictions: Predictions) -> str:
    """The array that ranks the rows (see the header)."""
    score = predictions.arrays.get("score")
    return "probability" if score is not None and score.ndim == 2 else "score"


def lost_classes(target: np.ndarray, n_classes: int) -> str | None:
    """Why a metric that compares the classes has no value: one of them has no row; or None."""
    counts = np.bincount(target.astype(np.int64), minlength=n_classes)
    if np.count_nonzero(counts) == 1:
        return f"all {len(target)} rows are of one class"
    lost = np.flatnonzero(counts == 0)
    return f"class {int(lost[0])} has no row" if len(lost) else None


ROC_AUC = RocAuc()
AVERAGE_PRECISION = AveragePrecision()
