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
from assay.measure.metrics.arithmetic import places, problem_with_rows, ratio, single_class, sums_by_code
from assay.measure.payload import Predictions, Truth


@dataclass(frozen=True)
class Counts:
    """Weighted counts by class, each (..., K): right, of the truth, of the labels."""

    hit: np.ndarray
    true: np.ndarray
    said: np.ndarray


def confusion_statistics(truth: Truth, predictions: Predictions) -> Statistics:
    """cell: uint32 (n,), which (truth, label) pair a unit is; pairs: (cells, 2), rising."""
    target, label = truth["target"].astype(np.int64), predictions["label"].astype(np.int64)
    top = 1 + max(int(target.max()), int(label.max()), 1)
    observed, cell = np.unique(target * top + label, return_inverse=True)
    return Statistics(
        len(truth),
        {
            "cell": places(cell),
            "pairs": np.column_stack([observed // top, observed % top]),
            "binary": np.array(predictions.form == "binary"),
            "n_classes": np.array(top),
        },
    )


def class_counts(statistics: Statistics, weights: np.ndarray) -> Counts:
    """The weighted counts of ``confusion_statistics`` for weights (..., n)."""
    return counts_of_cells(statistics, sums_by_code(weights, statistics["cell"], len(statistics["pairs"])))


def counts_of_cells(statistics: Statistics, cells: np.ndarray) -> Counts:
    """cells: float64 (..., cells), the weight of each (truth, label) pair that occurs."""
    pairs, n_classes = statistics["pairs"], int(statistics["n_classes"])
    shape = (*cells.shape[:-1], n_classes)
    hit, true, said = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    right = pairs[:, 0] == pairs[:, 1]
    hit[..., pairs[right, 0]] = cells[..., right]
    for sums, side in ((true, 0), (said, 1)):
        order = np.argsort(pairs[:, side], kind="stable")
        seen, starts = np.unique(pairs[order, side], return_index=True)
        sums[..., seen] = np.add.reduceat(cells[..., order], starts, axis=-1)
    return Counts(hit, true, said)


def cell_slopes(of_counts: Callable[[Counts, bool], np.ndarray], counts: Counts, pairs: np.ndarray, binary: bool) -> np.ndarray:
    """float64 (cells,): the derivative of a function of the counts (K,) by the weight of each cell.

    By central differences of fourth order; a step is a thousandth of the smaller of the two sums the cell enters, so that
    none of them changes sign.  0 for a cell in a class without weight: nothing with a weight moves there.
    """
    slopes = np.zeros(len(pairs))
    steps = np.array([-2.0, -1.0, 1.0, 2.0])
    for place, (target, label) in enumerate(pairs):
        step = 1e-3 * min(counts.true[target], counts.said[label])
        if step == 0:
            continue
        moved = Counts(*(np.repeat(side[None], len(steps), axis=0) for side in (counts.hit, counts.true, counts.said)))
        moved.true[:, target] += steps * step
        moved.said[:, label] += steps * step
        if target == label:
            moved.hit[:, target] += steps * step
        values = of_counts(moved, binary)
        slopes[place] = (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * step)
    return slopes


def over_classes(counts: Counts, per_class: np.ndarray, *, binary: bool) -> np.ndarray:
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
    return over_classes(counts, ratio(counts.hit, counts.said, empty=0.0), binary=binary)


def recall(counts: Counts, binary: bool) -> np.ndarray:
    return over_classes(counts, ratio(counts.hit, counts.true, empty=0.0), binary=binary)


def f1(counts: Counts, binary: bool) -> np.ndarray:
    return over_classes(counts, ratio(2 * counts.hit, counts.true + counts.said, empty=0.0), binary=binary)


def specificity(counts: Counts, _binary: bool) -> np.ndarray:
    """The recall of the negative class."""
    return ratio(counts.hit[..., 0], counts.true[..., 0])


def g_mean(counts: Counts, _binary: bool) -> np.ndarray:
    """The geometric mean of the recalls of the classes of the truth; NaN when the weights leave fewer than two of them.

    Source: Kubat & Matwin (1997); more than two classes: Sun, Kamel & Wang (2006).
    """
    occurs = counts.true > 0
    recalls = np.where(occurs, np.maximum(ratio(counts.hit, counts.true, empty=0.0), 0.0), 1.0)
    found = np.prod(recalls, axis=-1) ** ratio(np.ones(occurs.shape[:-1]), occurs.sum(axis=-1), empty=1.0)
    return np.where(occurs.sum(axis=-1) > 1, found, np.nan)


def rows_right(counts: Counts, _binary: bool) -> tuple[float, float] | None:
    """What ``accuracy`` is a share of: (rows that count, of how many)."""
    return float(counts.hit.sum()), float(counts.true.sum())


def positives_found(counts: Counts, binary: bool) -> tuple[float, float] | None:
    """What the ``recall`` of two classes is a share of."""
    return (float(counts.hit[1]), float(counts.true[1])) if binary else None


def negatives_cleared(counts: Counts, binary: bool) -> tuple[float, float] | None:
    """What the ``specificity`` is a share of."""
    return (float(counts.hit[0]), float(counts.true[0])) if binary else None


def positives_right(counts: Counts, binary: bool) -> tuple[float, float] | None:
    """What the ``precision`` of two classes is a share of; where nothing was predicted positive it is none."""
    return (float(counts.hit[1]), float(counts.said[1])) if binary and counts.said[1] > 0 else None


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
    """A function of the counts, and of nothing but their proportions.

    needs_classes: undefined unless the truth has a positive row (binary) or two classes.
    share: the rows that count and of how many, for a metric that is a plain share of rows, or None.
    """

    name: str
    title: str
    of_counts: Callable[[Counts, bool], np.ndarray]
    needs_classes: bool = True
    share: Callable[[Counts, bool], tuple[float, float] | None] | None = None
    bounds: tuple[float, float] = (0.0, 1.0)
    by_class: bool = True
    by_row: bool = False
    prevalence_free: bool = False
    exact_ends: bool = True
    reads_counts: bool = True
    needs: str = "label"
    greater_is_better: bool = True
    tasks: frozenset[str] = frozenset({"binary", "multiclass"})
    across_folds: Literal["average", "pool"] = "pool"
    shown: bool = True

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        problem = problem_with_rows(truth, predictions, self.needs)
        if problem is None and self.needs_classes:
            return single_class(truth["target"])
        return problem

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        return confusion_statistics(truth, predictions)

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        return self.of_counts(class_counts(statistics, weights), bool(statistics["binary"]))

    def proportion(self, statistics: Statistics) -> tuple[int, int] | None:
        """(rows that count, of how many), every row counting once; None where the value is no such share."""
        if self.share is None:
            return None
        cells = np.bincount(statistics["cell"], minlength=len(statistics["pairs"])).astype(np.float64)
        found = self.share(counts_of_cells(statistics, cells), bool(statistics["binary"]))
        return None if found is None else (round(found[0]), round(found[1]))

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        cells = np.bincount(statistics["cell"], weights=weights, minlength=len(statistics["pairs"]))
        counts, binary = counts_of_cells(statistics, cells), bool(statistics["binary"])
        if np.isnan(self.of_counts(counts, binary)):
            return np.full(statistics.n, np.nan)
        return np.asarray(cell_slopes(self.of_counts, counts, statistics["pairs"], binary)[statistics["cell"]])


ACCURACY = LabelMetric("accuracy", "Accuracy", accuracy, needs_classes=False, share=rows_right, by_class=False, by_row=True)
BALANCED_ACCURACY = LabelMetric("balanced_accuracy", "Balanced accuracy", balanced_accuracy, prevalence_free=True)
PRECISION = LabelMetric("precision", "Precision", precision, share=positives_right)
RECALL = LabelMetric("recall", "Recall", recall, share=positives_found, prevalence_free=True)
F1 = LabelMetric("f1", "F1", f1)
MCC = LabelMetric("mcc", "Matthews correlation", mcc, bounds=(-1.0, 1.0))
G_MEAN = LabelMetric("g_mean", "G-mean", g_mean, prevalence_free=True)
SPECIFICITY = LabelMetric(
    "specificity",
    "Specificity",
    specificity,
    share=negatives_cleared,
    prevalence_free=True,
    tasks=frozenset({"binary"}),
    shown=False,
)
