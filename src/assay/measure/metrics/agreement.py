"""Agreement of labels and truth beyond what their shares alone would bring (Cohen's kappa).

Quadratic: a label two classes off counts four times as much as one beside it.  Distances are those of the class codes, so
that it is meant for ordered classes; it equals Lin's concordance of the codes (Cohen 1968; Fleiss & Cohen 1973).
Where the truth has a single class both are undefined: no answer could have agreed beyond chance.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import problem_with_rows, ratio, single_class, weighted_sums
from assay.measure.metrics.labels import Counts, LabelMetric
from assay.measure.payload import Predictions, Truth

NOISE = 1e-13  # of a sum of squares: what rounding leaves of weights on one class


def cohen_kappa(counts: Counts, _binary: bool) -> np.ndarray:
    """(agreement − chance) / (1 − chance); source: Cohen (1960)."""
    total = counts.true.sum(axis=-1)
    by_chance = ratio((counts.true * counts.said).sum(axis=-1), total**2)
    seen = ratio(counts.hit.sum(axis=-1), total)
    return np.where((counts.true > 0).sum(axis=-1) > 1, ratio(seen - by_chance, 1 - by_chance), np.nan)


@dataclass(frozen=True)
class QuadraticKappa:
    """1 − the squared distance of label and truth over what it would be were the labels drawn apart from the truth."""

    name: str = "quadratic_kappa"
    title: str = "Quadratic kappa"
    needs: str = "label"
    greater_is_better: bool = True
    tasks: frozenset[str] = frozenset({"multiclass", "ordinal"})
    across_folds: Literal["average", "pool"] = "pool"
    bounds: tuple[float, float] = (-1.0, 1.0)
    by_class: bool = False
    exact_ends: bool = True
    by_row: bool = False
    prevalence_free: bool = False
    reads_counts: bool = True
    shown: bool = False

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return problem_with_rows(truth, predictions, self.needs) or single_class(truth["target"])

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        """terms: (5, n): squared distance; truth, label, and their squares."""
        target, label = truth["target"].astype(np.float64), predictions["label"].astype(np.float64)
        terms = np.stack([(target - label) ** 2, target, label, target**2, label**2])
        return Statistics(len(truth), {"terms": terms})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        far, target, label, target_squares, label_squares, total = np.moveaxis(weighted_sums(weights, statistics["terms"]), -1, 0)
        expected = target_squares + label_squares - 2 * ratio(target * label, total, empty=0.0)
        spread = target_squares - ratio(target**2, total, empty=0.0)
        there = spread > NOISE * target_squares
        return np.where(there, 1 - ratio(far, np.where(there, expected, 0.0)), np.nan)

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        if np.isnan(self.value(statistics, weights)):
            return np.full(statistics.n, np.nan)
        terms, total = statistics["terms"], float(weights.sum())
        far, target, label, target_squares, label_squares = np.sum(terms * weights, axis=1)
        expected = target_squares + label_squares - 2 * target * label / total
        chance = (target * terms[2] + label * terms[1]) / total - target * label / total**2
        moved = terms[3] + terms[4] - 2 * chance
        return np.asarray(far / expected**2 * moved - terms[0] / expected)


COHEN_KAPPA = LabelMetric("cohen_kappa", "Cohen's kappa", cohen_kappa, bounds=(-1.0, 1.0))
QUADRATIC_KAPPA = QuadraticKappa()
