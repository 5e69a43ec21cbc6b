"""Where to cut a probability: by a score of the labels, or by what mistakes cost; never on the rows that are scored."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.measure.parts import Part, concatenate
from assay.measure.payload import Predictions

KINDS: tuple[str, ...] = ("f1", "accuracy", "balanced_accuracy", "mcc", "cost")


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """What the threshold is to maximise, or (cost) the cost to minimise.

    kind: one of KINDS.
    cost_fn, cost_fp: of a missed positive and of a false alarm, >= 0, not both 0, in the caller's currency; read by "cost".
    """

    kind: str = "f1"
    cost_fn: float = 1.0
    cost_fp: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(f"no threshold rule {self.kind!r}{did_you_mean(self.kind, KINDS)}")
        costs = (self.cost_fn, self.cost_fp)
        if not all(np.isfinite(cost) and cost >= 0 for cost in costs) or sum(costs) == 0:
            raise ConfigError(f"costs must be numbers >= 0 and not both 0, not {self.cost_fn:g},{self.cost_fp:g} (--cost FN,FP).")

    @property
    def fallback(self) -> float:
        """The threshold when there are no rows to choose it on: 0.5, or fp / (fp + fn), which is best for true probabilities."""
        return self.cost_fp / (self.cost_fp + self.cost_fn) if self.kind == "cost" else 0.5


def expected_cost(
    y_true: Sequence[int] | np.ndarray,
    p_positive: Sequence[float] | np.ndarray,
    *,
    threshold: float,
    cost_fn: float,
    cost_fp: float = 1.0,
) -> float:
    """Mean cost per row of acting whenever ``p_positive >= threshold``.

    y_true: int (n_rows,), 0 or 1.  p_positive: float (n_rows,), in [0, 1].
    cost_fn, cost_fp: >= 0, in the caller's currency.
    Returns currency per row; 0 is perfect.
    Raises ValueError if the lengths differ.  Source: Elkan (2001).

    >>> expected_cost([1, 0], [0.2, 0.9], threshold=0.5, cost_fn=10)
    5.5
    """
    target, acts = np.asarray(y_true), np.asarray(p_positive) >= threshold
    if len(target) != len(acts):
        raise ValueError(f"{len(target)} rows of truth and {len(acts)} probabilities.")
    return float(np.mean(np.where(target == 1, cost_fn * ~acts, cost_fp * acts)))


def choose_threshold(
    target: np.ndarray, probability: np.ndarray, rule: ThresholdRule, weights: np.ndarray | None = None
) -> float:
    """The threshold that is best by the rule on these rows; a row is positive when its probability reaches it.  O(n log n).

    target: int (n,), 0 or 1.  probability: float (n,), in [0, 1].  weights: float (n,) or None.
    Candidates lie between neighbouring distinct probabilities, and below the least and above the greatest of them.  Where
    several neighbours are equally good the threshold is the middle of their whole stretch, and of several stretches the
    widest (then the highest) is taken: it is the choice that a small change of the rows disturbs least.
    Without rows of both classes every rule but "cost" is blind, and its fallback is returned.
    """
    if len(target) == 0 or (rule.kind != "cost" and len(np.unique(target)) < 2):
        return rule.fallback
    weights = np.ones(len(target)) if weights is None else weights
    levels, inverse = np.unique(-probability, return_inverse=True)  # distinct probabilities, falling
    levels = -levels
    per_level = [np.bincount(inverse, weights=weights * (target == side), minlength=len(levels)) for side in (1, 0)]
    tp, fp = (np.concatenate([[0.0], np.cumsum(mass)]) for mass in per_level)  # (levels + 1,): cutting after k levels
    utility = _utility(tp, fp, rule)
    above = 1.0 if levels[0] < 1 else np.nextafter(levels[0], 2)
    edges = np.concatenate([[above], levels, [min(0.0, levels[-1])]])  # cut k lies in (edges[k + 1], edges[k]]
    best = utility >= utility.max() - 1e-12 * max(1.0, abs(float(utility.max())))
    starts = np.flatnonzero(best & ~np.concatenate([[False], best[:-1]]))
    stops = np.flatnonzero(best & ~np.concatenate([best[1:], [False]]))
    widest = int(np.argmax(edges[starts] - edges[stops + 1]))
    high, low = float(edges[starts[widest]]), float(edges[stops[widest] + 1])
    middle = (high + low) / 2
    return middle if low < middle else high


def _utility(tp: np.ndarray, fp: np.ndarray, rule: ThresholdRule) -> np.ndarray:
    """What is maximised, for counts (cuts,); the last cut calls every row positive."""
    positives, negatives = tp[-1], fp[-1]
    fn, tn = positives - tp, negatives - fp
    if rule.kind == "cost":
        return np.asarray(-(rule.cost_fn * fn + rule.cost_fp * fp) / (positives + negatives))
    if rule.kind == "accuracy":
        return np.asarray((tp + tn) / (positives + negatives))
    if rule.kind == "balanced_accuracy":
        return np.asarray((tp / positives + tn / negatives) / 2)
    if rule.kind == "f1":
        return np.asarray(2 * tp / (2 * tp + fp + fn))
    spread = (tp + fp) * (tn + fn)
    safe = np.where(spread > 1e-12 * (positives + negatives) ** 2, spread, np.inf)
    return np.asarray((tp * tn - fp * fn) / np.sqrt(safe * positives * negatives))


def threshold_of_parts(parts: Sequence[Part], rule: ThresholdRule) -> float:
    """The threshold chosen on all these (binary, out-of-fold) predictions together, weighted as the truth is."""
    if not parts:
        return rule.fallback
    truth, predictions = concatenate([part.truth for part in parts]), concatenate([part.predictions for part in parts])
    return choose_threshold(truth["target"], predictions["probability"], rule, truth.arrays.get("weight"))


def with_labels(predictions: Predictions, threshold: float = 0.5) -> Predictions:
    """Labels added: binary, 1 where the probability reaches the threshold; multiclass, the most probable class."""
    probability = predictions["probability"]
    label = probability >= threshold if probability.ndim == 1 else probability.argmax(axis=1)
    return predictions.with_array("label", label.astype(np.int64))


def cross_fitted_labels(parts: Sequence[Part], rule: ThresholdRule, *, forward: bool = False) -> list[Part]:
    """The parts with labels, each fold cut at the threshold chosen on the other folds of its repeat, never on its own.

    forward: folds follow each other in time, and only the earlier ones may choose.
    A fold without such others is cut at the rule's fallback.  Multiclass needs no threshold.
    """
    labelled = []
    for part in parts:
        threshold = rule.fallback
        if part.predictions["probability"].ndim == 1:
            others = [other for other in parts if other.repeat == part.repeat and other.fold != part.fold]
            threshold = threshold_of_parts([other for other in others if not forward or other.fold < part.fold], rule)
        labelled.append(Part(part.repeat, part.fold, part.truth, with_labels(part.predictions, threshold)))
    return labelled
