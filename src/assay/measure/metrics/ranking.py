"""Metrics that read only the order of the scores.

Everything is sorted once.  A positive row then knows how many negatives stand at or above it, so that a weight vector
costs one running sum over the negatives and one gather: ties count half in the ROC AUC (Bamber 1975; Hand & Till 2001
use the same quantity) and enter the precision together in the average precision, as scikit-learn does it.

A binary payload is ranked by its raw score.  A multiclass payload is ranked by its probabilities, one class against the
rest: raw scores of several classes are defined only up to a number added to a whole row, so their order says nothing.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import as_weights, paired_sum, problem_with_rows, ratio, running_sum
from assay.measure.payload import Predictions, Truth


def ranked(positive: np.ndarray, score: np.ndarray) -> dict[str, np.ndarray]:
    """positive: bool (n,), score: float (n,).

    positives, negatives: positions, highest score first.  For each positive, in that order: negatives_above and
    negatives_reached (score higher; at least as high), positives_reached (itself and those tied with it included).
    """
    positives, negatives = np.flatnonzero(positive), np.flatnonzero(~positive)
    positives = positives[np.argsort(-score[positives], kind="stable")]
    negatives = negatives[np.argsort(-score[negatives], kind="stable")]
    high = -score[positives]
    return {
        "positives": positives,
        "negatives": negatives,
        "negatives_above": np.searchsorted(-score[negatives], high, side="left"),
        "negatives_reached": np.searchsorted(-score[negatives], high, side="right"),
        "positives_reached": np.searchsorted(high, high, side="right"),
    }


def weighted_auc(arrays: dict[str, np.ndarray], weights: np.ndarray) -> np.ndarray:
    """ROC AUC of ``ranked`` arrays for weights (..., n); NaN where a class has no weight."""
    of_positives = np.take(weights, arrays["positives"], axis=-1)
    passed = running_sum(weights, arrays["negatives"])
    above, reached = arrays["negatives_above"], arrays["negatives_reached"]
    ahead = np.take(passed, reached, axis=-1)
    if not np.array_equal(above, reached):
        ahead = (ahead + np.take(passed, above, axis=-1)) / 2
    mass_positive, mass_negative = of_positives.sum(axis=-1), passed[..., -1]
    both = mass_positive * mass_negative
    return ratio(both - paired_sum(of_positives, ahead), both)


@dataclass(frozen=True)
class RocAuc:
    """The chance that a random positive scores above a random negative; multiclass: the mean over one-against-rest."""

    name: str = "roc_auc"
    title: str = "ROC AUC"
    needs: str = "score"
    greater_is_better: bool = True
    tasks: frozenset[str] = frozenset({"binary", "multiclass"})
    across_folds: Literal["average", "pool"] = "average"

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        problem = problem_with_rows(truth, predictions, _ranks_by(predictions))
        if problem is not None:
            return problem
        n_classes = 2 if predictions[_ranks_by(predictions)].ndim == 1 else predictions["probability"].shape[1]
        return _lost_classes(truth["target"], n_classes)

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        target, score = truth["target"], predictions[_ranks_by(predictions)]
        if score.ndim == 1:
            return Statistics(len(truth), ranked(target == 1, score))
        arrays = {f"{k}.{name}": array for k in range(score.shape[1]) for name, array in ranked(target == k, score[:, k]).items()}
        return Statistics(len(truth), {"classes": np.arange(score.shape[1]), **arrays})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        weights = as_weights(weights)
        if "classes" not in statistics.arrays:
            return weighted_auc(dict(statistics.arrays), weights)
        total = np.zeros(weights.shape[:-1])
        for k in statistics["classes"]:
            prefix = f"{k}."
            one = {name.removeprefix(prefix): a for name, a in statistics.arrays.items() if name.startswith(prefix)}
            total = total + weighted_auc(one, weights)
        return np.asarray(total / len(statistics["classes"]))


@dataclass(frozen=True)
class AveragePrecision:
    """The mean, over the positives, of the precision at the score of each: the area under the stepwise precision-recall curve."""

    name: str = "average_precision"
    title: str = "Average precision"
    needs: str = "score"
    greater_is_better: bool = True
    tasks: frozenset[str] = frozenset({"binary"})
    across_folds: Literal["average", "pool"] = "average"

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return problem_with_rows(truth, predictions, self.needs) or _lost_classes(truth["target"], 2)

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        return Statistics(len(truth), ranked(truth["target"] == 1, predictions["score"]))

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        weights = as_weights(weights)
        hits = np.take(running_sum(weights, statistics["positives"]), statistics["positives_reached"], axis=-1)
        false_alarms = np.take(running_sum(weights, statistics["negatives"]), statistics["negatives_reached"], axis=-1)
        precision = ratio(hits, hits + false_alarms, empty=0.0)
        of_positives = np.take(weights, statistics["positives"], axis=-1)
        return ratio(paired_sum(of_positives, precision), of_positives.sum(axis=-1))


def _ranks_by(predictions: Predictions) -> str:
    """The array that ranks the rows (see the header)."""
    score = predictions.arrays.get("score")
    return "probability" if score is not None and score.ndim == 2 else "score"


def _lost_classes(target: np.ndarray, n_classes: int) -> str | None:
    counts = np.bincount(target.astype(np.int64), minlength=n_classes)
    if np.count_nonzero(counts) == 1:
        return f"all {len(target)} rows are of one class"
    lost = np.flatnonzero(counts == 0)
    return f"class {int(lost[0])} has no row" if len(lost) else None


ROC_AUC = RocAuc()
AVERAGE_PRECISION = AveragePrecision()
