"""Metrics that read a label: all are functions of the weighted confusion counts.

Binary: class 1 is the positive one.  Multiclass: the mean over the classes that occur (with weight) among truth or
labels, as scikit-learn's average="macro"; MCC is the R_K statistic (Gorodkin 2004).  Where nothing was predicted
positive, precision and F1 are 0 (scikit-learn's zero_division=0) and MCC is 0.  Where the truth has no positive row
(or a single class), recall, precision, F1, balanced accuracy and MCC are undefined: no answer could have been right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import as_weights, problem_with_rows, ratio, weighted_sum
from assay.measure.payload import Predictions, Truth

FEW_CELLS = 9  # up to three classes a pass over the weights per cell is quicker than sorting them by cell


@dataclass(frozen=True)
class Counts:
    """Weighted counts by class, each (..., K): right, of the truth, of the labels."""

    hit: np.ndarray
    true: np.ndarray
    said: np.ndarray


def confusion_statistics(truth: Truth, predictions: Predictions) -> Statistics:
    """cell: which (truth, label) pair a unit is; order and starts: the units sorted by cell; pairs: (cells, 2)."""
    target, label = truth["target"].astype(np.int64), predictions["label"].astype(np.int64)
    top = 1 + max(int(target.max()), int(label.max()), 1)
    observed, cell = np.unique(target * top + label, return_inverse=True)
    order = np.argsort(cell, kind="stable")
    return Statistics(
        len(truth),
        {
            "cell": cell,
            "order": order,
            "starts": np.searchsorted(cell[order], np.arange(len(observed))),
            "pairs": np.column_stack([observed // top, observed % top]),
            "binary": np.array(predictions.form == "binary"),
            "n_classes": np.array(top),
        },
    )


def class_counts(statistics: Statistics, weights: np.ndarray) -> Counts:
    """The weighted counts of ``confusion_statistics`` for weights (..., n)."""
    weights, pairs, n_classes = as_weights(weights), statistics["pairs"], int(statistics["n_classes"])
    if len(pairs) <= FEW_CELLS:
        masks = [(statistics["cell"] == k).astype(np.float64) for k in range(len(pairs))]
        cells = np.stack([weighted_sum(weights, mask) for mask in masks], axis=-1)
    else:
        cells = np.add.reduceat(np.take(weights, statistics["order"], axis=-1), statistics["starts"], axis=-1)
    shape = (*weights.shape[:-1], n_classes)
    hit, true, said = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for column, (target, label) in enumerate(pairs):
        true[..., target] += cells[..., column]
        said[..., label] += cells[..., column]
        if target == label:
            hit[..., target] += cells[..., column]
    return Counts(hit, true, said)


def _over_classes(counts: Counts, per_class: np.ndarray, *, binary: bool) -> np.ndarray:
    """The positive class of a binary payload, else the mean over the classes that occur."""
    if binary:
        return np.asarray(np.where(counts.true[..., 1] > 0, per_class[..., 1], np.nan))
    occurs = (counts.true > 0) | (counts.said > 0)
    return ratio(np.where(occurs, per_class, 0.0).sum(axis=-1), occurs.sum(axis=-1))


def accuracy(counts: Counts, _binary: bool) -> np.ndarray:
    return ratio(counts.hit.sum(axis=-1), counts.true.sum(axis=-1))


def balanced_accuracy(counts: Counts, _binary: bool) -> np.ndarray:
    """The mean recall over the classes of the truth; NaN when the weights leave fewer than two of them."""
    occurs = counts.true > 0
    recalls = np.where(occurs, ratio(counts.hit, counts.true, empty=0.0), 0.0)
    return np.where(occurs.sum(axis=-1) > 1, ratio(recalls.sum(axis=-1), occurs.sum(axis=-1)), np.nan)


def precision(counts: Counts, binary: bool) -> np.ndarray:
    return _over_classes(counts, ratio(counts.hit, counts.said, empty=0.0), binary=binary)


def recall(counts: Counts, binary: bool) -> np.ndarray:
    return _over_classes(counts, ratio(counts.hit, counts.true, empty=0.0), binary=binary)


def f1(counts: Counts, binary: bool) -> np.ndarray:
    return _over_classes(counts, ratio(2 * counts.hit, counts.true + counts.said, empty=0.0), binary=binary)


def mcc(counts: Counts, _binary: bool) -> np.ndarray:
    total = counts.true.sum(axis=-1, keepdims=True)
    spread_true = (counts.true * (total - counts.true)).sum(axis=-1)
    spread_said = (counts.said * (total - counts.said)).sum(axis=-1)
    noise = 1e-13 * total[..., 0] ** 2  # weights that are not whole leave a rest where a class holds everything
    covariance = counts.hit.sum(axis=-1) * total[..., 0] - (counts.true * counts.said).sum(axis=-1)
    spread = np.where(spread_said > noise, spread_true * spread_said, 0.0)
    return np.where(spread_true > noise, ratio(covariance, np.sqrt(spread), empty=0.0), np.nan)


@dataclass(frozen=True)
class LabelMetric:
    """A function of the counts.  needs_classes: undefined unless the truth has a positive row (binary) or two classes."""

    name: str
    title: str
    of_counts: Callable[[Counts, bool], np.ndarray]
    needs_classes: bool = True
    needs: str = "label"
    greater_is_better: bool = True
    tasks: frozenset[str] = frozenset({"binary", "multiclass"})
    across_folds: Literal["average", "pool"] = "pool"

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        problem = problem_with_rows(truth, predictions, self.needs)
        if problem is None and self.needs_classes and len(np.unique(truth["target"])) < 2:
            return f"all {len(truth)} rows are of one class"
        return problem

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        return confusion_statistics(truth, predictions)

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        return self.of_counts(class_counts(statistics, weights), bool(statistics["binary"]))


ACCURACY = LabelMetric("accuracy", "Accuracy", accuracy, needs_classes=False)
BALANCED_ACCURACY = LabelMetric("balanced_accuracy", "Balanced accuracy", balanced_accuracy)
PRECISION = LabelMetric("precision", "Precision", precision)
RECALL = LabelMetric("recall", "Recall", recall)
F1 = LabelMetric("f1", "F1", f1)
MCC = LabelMetric("mcc", "Matthews correlation", mcc)
