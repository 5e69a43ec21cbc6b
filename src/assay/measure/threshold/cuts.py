"""Where to cut a probability: rows sorted once, then the best cut under any weights of theirs.

A cut is a number of distinct probabilities that are called positive, from the highest down; every rule is a function of
the weighted true and false positives of the cuts.  Weights come last, so that a bootstrap sorts once (``best_stretches``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from assay.core.errors import DataError
from assay.measure.threshold.rule import ThresholdRule

TOLERANCE = 1e-10
"""Relative; sums of weights in another order differ by less, and whole numbers of rows by more."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A threshold, and in ``note`` why it is not what the rule asked for (None: it is).

    missed: the rows could be read, and no cut of them keeps the rule's floor.
    """

    threshold: float
    note: str | None = None
    missed: bool = False


@dataclass(frozen=True)
class Cuts:
    """order: int (n,), the rows by falling probability.  positive: bool (n,), their truth in that order.

    ends: int (K,), where the rows of each distinct probability end (inclusive).
    edges: float (K + 2,), falling: cut k (of 0 … K) lies in (edges[k + 1], edges[k]].
    """

    order: np.ndarray
    positive: np.ndarray
    ends: np.ndarray
    edges: np.ndarray

    def masses(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """True and false positives of every cut, each (..., K + 1), for weights (..., n) of the rows as they came."""
        sorted_weights = np.take(weights, self.order, axis=-1)
        both = []
        for side in (self.positive, ~self.positive):
            mass = np.zeros((*weights.shape[:-1], len(self.ends) + 1))
            summed = np.cumsum(sorted_weights * side, axis=-1)
            mass[..., 1:] = summed if len(self.ends) == len(self.order) else summed[..., self.ends]
            both.append(mass)
        return both[0], both[1]


def cuts_of(target: np.ndarray, probability: np.ndarray) -> Cuts:
    """target: int (n,), 0 or 1.  probability: float (n,), n >= 1.  O(n log n)."""
    order = np.argsort(-probability, kind="stable")
    falling = probability[order]
    ends = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)
    levels = falling[ends]
    above = 1.0 if levels[0] < 1 else np.nextafter(levels[0], np.inf)
    return Cuts(order, target[order] == 1, ends, np.concatenate([[above], levels, [min(0.0, levels[-1])]]))


def choose(
    target: np.ndarray,
    probability: np.ndarray,
    rule: ThresholdRule,
    weights: np.ndarray | None = None,
    *,
    of: int | None = None,
) -> Choice:
    """The threshold that is best by the rule on these rows; a row is positive when its probability reaches it.  O(n log n).

    target: int (n,), 0 or 1.  probability: float (n,).  weights: float (n,), >= 0, or None.
    of: of how many rows a capacity in rows is meant; None: of these.
    Candidates lie between neighbouring distinct probabilities, and below the least and above the greatest of them.  Where
    several neighbours are equally good the threshold is the middle of their whole stretch, and of several stretches the
    widest (then the highest) is taken: it is the choice that a small change of the rows disturbs least.
    A choice with a note is not what the rule asked for: without rows (or, unless the rule is cost, capacity or fixed, rows
    of both classes) it is the rule's fallback; where no cut reaches a precision floor it is the cut of the highest precision;
    where more rows share the highest probability than a capacity allows, nobody is called.
    Raises DataError for rows that do not fit together, and ConfigError for a capacity that is no limit.
    """
    target, probability, weights = checked_rows(target, probability, weights)
    if rule.kind == "fixed":
        return Choice(rule.fallback)
    if len(target) == 0:
        return Choice(rule.fallback, f"there were no rows to choose on, so it is {rule.fallback:g}")
    rule = rule.for_rows(len(target) if of is None else of)
    positives = float(weights[target == 1].sum())
    if rule.reads_classes and not 0 < positives < weights.sum():
        return Choice(rule.fallback, f"all {len(target)} rows to choose on are of one class, so it is {rule.fallback:g}")
    cuts = cuts_of(target, probability)
    tp, fp = cuts.masses(weights)
    utility = cut_utility(tp, fp, rule)
    if rule.kind == "precision" and utility.max() == -np.inf:
        reached = np.where(tp + fp > 0, tp / np.where(tp + fp > 0, tp + fp, 1.0), -1.0)
        # of the cuts of the highest precision the one that finds most
        most = np.where(reached >= reached.max() - TOLERANCE, tp, -np.inf)
        threshold = _middle(*_widest(most >= most.max() - TOLERANCE * tp[-1], cuts.edges))
        return Choice(
            threshold,
            f"no cut of the {len(target)} rows has a precision of {rule.number:g} or more; the highest is "
            f"{reached.max():.4g}, at {threshold:.4g}",
            missed=True,
        )
    threshold = _middle(*_widest(_best(utility), cuts.edges))
    if rule.kind == "capacity" and utility.max() <= 0:
        held = int(np.count_nonzero(probability == cuts.edges[1]))
        return Choice(
            threshold,
            f"nobody is called: a share of {rule.number:.4g} of {len(target)} rows may be, and {held} "
            f"{'has' if held == 1 else 'share'} the highest probability",
        )
    return Choice(threshold)


def choose_threshold(
    target: np.ndarray,
    probability: np.ndarray,
    rule: ThresholdRule,
    weights: np.ndarray | None = None,
    *,
    of: int | None = None,
) -> float:
    """The threshold of ``choose``; raises DataError where no cut reaches a precision floor, for a number cannot say so."""
    return threshold_or_error(choose(target, probability, rule, weights, of=of), rule)


def threshold_or_error(choice: Choice, rule: ThresholdRule) -> float:
    """The number alone; raises DataError where it does not keep the rule's floor."""
    if choice.missed:
        raise DataError(f"{choice.note}; lower the floor (threshold rule {rule}).")
    return choice.threshold


def best_stretches(cuts: Cuts, weights: np.ndarray, rule: ThresholdRule) -> np.ndarray:
    """float (R, 2): under each weighting (R, n) the ends (low, high] of the stretch whose middle ``choose`` takes.

    NaN where a class or the floor is out of reach.  rule: neither fixed nor a capacity in rows (``ThresholdRule.for_rows``).
    """
    utility = cut_utility(*cuts.masses(weights), rule)
    reachable = utility.max(axis=-1) > -np.inf  # False for NaN too
    best = _best(utility)
    first, last = best.argmax(axis=-1), best.shape[-1] - 1 - best[:, ::-1].argmax(axis=-1)
    ends = np.stack([cuts.edges[last + 1], cuts.edges[first]], axis=-1)
    for torn in np.flatnonzero(reachable & (best.sum(axis=-1) != last - first + 1)):  # several stretches: seldom
        ends[torn] = _widest(best[torn], cuts.edges)
    ends[~reachable] = np.nan
    return ends


def cut_utility(tp: np.ndarray, fp: np.ndarray, rule: ThresholdRule) -> np.ndarray:
    """What is maximised, for masses (..., cuts) whose last cut calls every row positive; -inf where a floor or limit is broken.

    NaN where the rule reads classes and one has no mass.
    """
    positives, negatives = tp[..., -1:], fp[..., -1:]
    if rule.kind in ("recall", "precision", "capacity"):
        flagged, total = tp + fp, positives + negatives
        if rule.kind == "recall":
            kept, aim = tp >= (rule.number - TOLERANCE) * positives, -flagged
        elif rule.kind == "precision":
            kept, aim = (tp >= (rule.number - TOLERANCE) * flagged) & (flagged > 0), tp
        else:
            kept, aim = flagged <= (rule.number + TOLERANCE) * total, flagged
        with np.errstate(invalid="ignore"):
            found = np.where(kept, aim / total, -np.inf)
        return np.where((positives > 0) & (negatives > 0), found, np.nan) if rule.reads_classes else found
    found = utility(tp, fp, positives, negatives, rule)
    return -found if rule.kind == "cost" else found


def utility(tp: np.ndarray, fp: np.ndarray, positives: np.ndarray, negatives: np.ndarray, rule: ThresholdRule) -> np.ndarray:
    """What the rule is about, of labels with these masses: its score, cost per row, recall, precision, or flagged share.

    All masses broadcast.  NaN where it is undefined: a rule that reads classes with one of them without mass; no row called
    positive for a precision.  A fixed threshold is judged by accuracy.
    """
    fn, tn = positives - tp, negatives - fp
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _UTILITIES[rule.kind](tp, fp, fn, tn, rule)
    one_class = (positives <= 0) | (negatives <= 0) if rule.reads_classes else positives + negatives <= 0
    return np.where(one_class, np.nan, found)


_Utility = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, ThresholdRule], np.ndarray]


def _accuracy(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray, tn: np.ndarray, _rule: ThresholdRule) -> np.ndarray:
    return np.asarray((tp + tn) / (tp + fp + fn + tn))


def _fbeta(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray, _tn: np.ndarray, rule: ThresholdRule) -> np.ndarray:
    square = 1.0 if rule.kind == "f1" else rule.number**2
    return np.asarray((1 + square) * tp / ((1 + square) * tp + square * fn + fp))


def _mcc(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray, tn: np.ndarray, _rule: ThresholdRule) -> np.ndarray:
    spread, total = (tp + fp) * (tn + fn), tp + fp + fn + tn
    safe = np.where(spread > 1e-12 * total**2, spread, np.inf)  # one label for all: no correlation
    return np.asarray((tp * tn - fp * fn) / np.sqrt(safe * (tp + fn) * (fp + tn)))


_UTILITIES: dict[str, _Utility] = {
    "f1": _fbeta,
    "fbeta": _fbeta,
    "accuracy": _accuracy,
    "balanced_accuracy": lambda tp, fp, fn, tn, _: np.asarray((tp / (tp + fn) + tn / (fp + tn)) / 2),
    "mcc": _mcc,
    "cost": lambda tp, fp, fn, tn, rule: np.asarray((rule.cost_fn * fn + rule.cost_fp * fp) / (tp + fp + fn + tn)),
    "recall": lambda tp, _fp, fn, _tn, _: np.asarray(tp / (tp + fn)),
    "precision": lambda tp, fp, _fn, _tn, _: np.asarray(tp / (tp + fp)),
    "capacity": lambda tp, fp, fn, tn, _: np.asarray((tp + fp) / (tp + fp + fn + tn)),
    "fixed": _accuracy,
}


def _best(utility: np.ndarray) -> np.ndarray:
    """bool (..., cuts): which cuts are as good as the best, but for rounding."""
    top = utility.max(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.asarray(utility >= top - 1e-12 * np.maximum(1.0, np.abs(top)))


def _widest(best: np.ndarray, edges: np.ndarray) -> tuple[float, float]:
    """The ends (low, high] of the widest stretch (then the highest) of the cuts marked in ``best`` (cuts,)."""
    marked = np.flatnonzero(best)
    breaks = np.flatnonzero(np.diff(marked) > 1)
    starts, stops = marked[np.append(0, breaks + 1)], marked[np.append(breaks, len(marked) - 1)]
    widest = int(np.argmax(edges[starts] - edges[stops + 1]))
    return float(edges[stops[widest] + 1]), float(edges[starts[widest]])


def _middle(low: float, high: float) -> float:
    """Of the thresholds in (low, high] the one in the middle; of neighbouring floats the higher."""
    middle = (low + high) / 2
    return middle if low < middle else high


def checked_rows(
    target: np.ndarray | Sequence[int], probability: np.ndarray | Sequence[float], weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three as arrays (n,), weights 1 where there are none; raises DataError for rows that cannot be read."""
    target, probability = np.asarray(target), np.asarray(probability, dtype=np.float64)
    if target.ndim != 1 or probability.ndim != 1 or len(target) != len(probability):
        raise DataError(f"{len(target)} rows of truth and {len(probability)} probabilities; they must be one a row.")
    _refuse(~np.isfinite(probability), "probabilities are not numbers")
    _refuse((target != 0) & (target != 1), "labels are neither 0 nor 1")
    if weights is None:
        return target, probability, np.ones(len(target))
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != target.shape:
        raise DataError(f"{len(target)} rows and {len(weights)} weights; they must be one a row.")
    _refuse(~(np.isfinite(weights) & (weights >= 0)), "weights are not numbers >= 0")
    if len(weights) and weights.sum() <= 0:
        raise DataError(f"all {len(weights)} weights are 0; at least one must be above 0.")
    return target, probability, weights


def _refuse(wrong: np.ndarray, what: str) -> None:
    if wrong.any():
        rows = np.flatnonzero(wrong)
        first = ", ".join(str(row) for row in rows[:3])
        raise DataError(f"{len(rows)} of {len(wrong)} {what} (first row{'s' if len(rows) > 1 else ''}: {first}).")
