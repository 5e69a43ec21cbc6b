"""The data behind the pictures: ROC, precision against recall, reliability, confusion.  Drawing is the report's."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm


@dataclass(frozen=True)
class RocCurve:
    """From (0, 0) to (1, 1); each point calls positive what scores at least its threshold (the first: inf)."""

    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray
    threshold: np.ndarray


@dataclass(frozen=True)
class PrecisionRecallCurve:
    """Recall rising from 0; the first point is (recall 0, precision 1) at threshold inf, as is the custom."""

    precision: np.ndarray
    recall: np.ndarray
    threshold: np.ndarray


@dataclass(frozen=True)
class Reliability:
    """One entry a bin, by rising probability: predicted (the mean), observed (share of positives) with its band, count (rows)."""

    predicted: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    count: np.ndarray


@dataclass(frozen=True)
class Confusion:
    """counts: float (K, K), truth down, label across; weighted where weights were given."""

    counts: np.ndarray


def _passed(target: np.ndarray, score: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct scores, falling, and the true and false positives of calling positive down to each."""
    weights = np.ones(len(target)) if weights is None else weights
    levels, inverse = np.unique(-score, return_inverse=True)
    tp = np.cumsum(np.bincount(inverse, weights=weights * (target == 1), minlength=len(levels)))
    fp = np.cumsum(np.bincount(inverse, weights=weights * (target != 1), minlength=len(levels)))
    return -levels, tp, fp


def roc(target: np.ndarray, score: np.ndarray, weights: np.ndarray | None = None) -> RocCurve:
    """target: int (n,), 1 is positive; score: float (n,).  Both classes must occur.  Points on a straight line are left out."""
    levels, tp, fp = _passed(target, score, weights)
    tp, fp, levels = (np.concatenate([[first], a]) for first, a in ((0.0, tp), (0.0, fp), (np.inf, levels)))
    corner = np.ones(len(tp), dtype=bool)
    corner[1:-1] = (np.diff(tp, 2) != 0) | (np.diff(fp, 2) != 0)
    return RocCurve(fp[corner] / fp[-1], tp[corner] / tp[-1], levels[corner])


def precision_recall(target: np.ndarray, score: np.ndarray, weights: np.ndarray | None = None) -> PrecisionRecallCurve:
    """target: int (n,), 1 is positive; score: float (n,).  A positive must occur.  Ends where recall first is 1."""
    levels, tp, fp = _passed(target, score, weights)
    flagged = tp + fp
    stop = 1 + int(np.searchsorted(tp, tp[-1]))
    precision = np.where(flagged > 0, tp / np.where(flagged > 0, flagged, 1.0), 1.0)
    return PrecisionRecallCurve(
        np.concatenate([[1.0], precision[:stop]]),
        np.concatenate([[0.0], tp[:stop] / tp[-1]]),
        np.concatenate([[np.inf], levels[:stop]]),
    )


def wilson(share: np.ndarray, n: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """The band of a share of n rows.  Source: Wilson (1927)."""
    z = float(norm.isf((1 - level) / 2))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.clip(centre - reach, 0.0, share), np.clip(centre + reach, share, 1.0)  # rounding must not cut the share off


def equal_count_bins(probability: np.ndarray, bins: int) -> np.ndarray:
    """int (n,), from 0, rising with the probability: the bin of each row; equal ones share theirs, and none is empty."""
    rank = np.searchsorted(np.sort(probability), probability, side="left")
    return np.asarray(np.unique(rank * bins // len(probability), return_inverse=True)[1])


def reliability(
    target: np.ndarray,
    probability: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    bins: int = 10,
    level: float = 0.95,
) -> Reliability:
    """Bins of about equally many rows; equal probabilities share a bin, so there may be fewer than ``bins``.

    target: int (n,), 0 or 1; probability: float (n,), n >= 1.  With weights the band takes Kish's effective number of rows.
    """
    weights = np.ones(len(target)) if weights is None else weights
    bin_of = equal_count_bins(probability, bins)
    mass = np.bincount(bin_of, weights=weights)
    kept = mass > 0
    observed = np.bincount(bin_of, weights=weights * (target == 1))[kept] / mass[kept]
    predicted = np.bincount(bin_of, weights=weights * probability)[kept] / mass[kept]
    effective = mass[kept] ** 2 / np.bincount(bin_of, weights=weights**2)[kept]
    low, high = wilson(observed, effective, level)
    return Reliability(predicted, observed, low, high, np.bincount(bin_of)[kept])


def confusion(target: np.ndarray, label: np.ndarray, n_classes: int, weights: np.ndarray | None = None) -> Confusion:
    """target, label: int (n,) codes below n_classes."""
    cell = target.astype(np.int64) * n_classes + label.astype(np.int64)
    counts = np.bincount(cell, weights=weights, minlength=n_classes**2).astype(np.float64)
    return Confusion(counts.reshape(n_classes, n_classes))
