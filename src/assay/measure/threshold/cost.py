"""What every other cut would have cost: data for pictures, each curve with its pointwise band.

The curves describe rows, and their lowest point was found on them: to quote what the chosen threshold costs take
``uncertainty.operating_utility``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.measure.threshold.bands import Rows, reach, rows_of
from assay.measure.threshold.cuts import checked_rows, cuts_of
from assay.measure.threshold.rule import check_costs

POINTS = 201
"""Thresholds of a curve unless others are asked for; a picture shows no more."""


@dataclass(frozen=True)
class CostCurve:
    """Expected cost per row against the threshold, each (m,), thresholds rising.

    low, high: pointwise band of ``level``, NaN where one independent row is all there is.  nobody, everybody: the cost of
    calling no row, and every row, positive.
    """

    threshold: np.ndarray
    cost: np.ndarray
    low: np.ndarray
    high: np.ndarray
    level: float
    nobody: float
    everybody: float


@dataclass(frozen=True)
class CostEnvelope:
    """Normalised expected cost against the probability-cost of the positive class, each (m,).

    probability_cost: PC(+) = p(+) C(-|+) / (p(+) C(-|+) + p(-) C(+|-)), of the place where the model will be used.
    cost: of the best cut at each; 1 is the worst possible.  threshold: that cut.  trivial: calling nobody or everybody.
    at_threshold: of the one threshold asked about, a straight line; None where none was.
    """

    probability_cost: np.ndarray
    cost: np.ndarray
    threshold: np.ndarray
    trivial: np.ndarray
    at_threshold: np.ndarray | None


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit against the threshold probability, each (m,): true positives per row that a cut is worth.

    benefit, low, high: calling positive from the threshold on, with its pointwise band.  everybody: calling every row;
    calling nobody has 0.
    """

    threshold: np.ndarray
    benefit: np.ndarray
    low: np.ndarray
    high: np.ndarray
    everybody: np.ndarray
    level: float


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
    Raises DataError if the lengths differ or there are no rows, ConfigError for a negative cost.  Source: Elkan (2001).

    >>> expected_cost([1, 0], [0.2, 0.9], threshold=0.5, cost_fn=10)
    5.5
    """
    check_costs(cost_fn, cost_fp)
    target, probability, _ = some_rows(y_true, p_positive, None)
    acts = probability >= threshold
    return float(np.mean(np.where(target == 1, cost_fn * ~acts, cost_fp * acts)))


def cost_curve(
    target: np.ndarray,
    probability: np.ndarray,
    *,
    cost_fn: float,
    cost_fp: float,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
    thresholds: np.ndarray | None = None,
    level: float = 0.95,
) -> CostCurve:
    """Expected cost per row of every threshold, with a pointwise band: Student's t around a mean of rows or clusters.

    target: int (n,), 0 or 1.  probability, weights: float (n,).  clusters: labels (n,) of rows that belong together.
    thresholds: None takes up to POINTS cuts at even ranks of the probabilities.  Where no row cost anything the upper bound
    is that of a mistake which all rows escaped (Clopper & Pearson 1934).
    Raises DataError for rows that do not fit together, ConfigError for a negative cost.
    """
    check_costs(cost_fn, cost_fp)
    target, probability, own = some_rows(target, probability, weights)
    rows = rows_of(own, clusters, level)
    cuts = _even_cuts(probability) if thresholds is None else np.sort(given_cuts(thresholds))
    means, low, high = cost_bands(rows, target, probability, cuts, (cost_fn, cost_fp), level)
    positive_share = float(own @ (target == 1)) / float(own.sum())
    nobody, everybody = cost_fn * positive_share, cost_fp * (1 - positive_share)
    return CostCurve(cuts, means, low, high, level, nobody, everybody)


def decision_curve(
    target: np.ndarray,
    probability: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
    thresholds: np.ndarray | None = None,
    level: float = 0.95,
) -> DecisionCurve:
    """Net benefit TP/n - FP/n * t / (1 - t) of acting at each threshold probability t.  Source: Vickers & Elkin (2006).

    t is also the exchange rate, one missed positive for (1 - t) / t false alarms, so probabilities are taken at their word.
    target: int (n,), 0 or 1.  probability: float (n,), in [0, 1].  thresholds: in [0, 1); None takes 0.01 … 0.99.
    """
    target, probability, own = some_rows(target, probability, weights)
    outside = np.flatnonzero((probability < 0) | (probability > 1))
    if len(outside):
        raise DataError(f"{len(outside)} of {len(probability)} probabilities lie outside 0 … 1 (first row: {outside[0]}).")
    rows = rows_of(own, clusters, level)
    cuts = np.arange(1, 100) / 100 if thresholds is None else np.sort(given_cuts(thresholds))
    if not ((cuts >= 0) & (cuts < 1)).all():
        raise ConfigError(f"a threshold probability lies in [0, 1), not {cuts[(cuts < 0) | (cuts >= 1)][0]:g}.")
    odds = cuts / (1 - cuts)
    zero = np.zeros(len(cuts))
    benefit, errors = _curve(rows, target, probability, cuts, np.array([zero + 1, -odds, zero, zero]))
    spread = reach(level, rows.n_independent) * errors
    share = float(own @ (target == 1)) / float(own.sum())
    return DecisionCurve(cuts, benefit, benefit - spread, benefit + spread, share - (1 - share) * odds, level)


def cost_envelope(
    target: np.ndarray,
    probability: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    points: int = POINTS,
    threshold: float | None = None,
) -> CostEnvelope:
    """The lower envelope of the lines FNR * x + FPR * (1 - x) of all cuts over x = probability-cost in [0, 1].

    target: int (n,), 0 or 1, both classes.  probability, weights: float (n,).  O(n log n).
    Only the cuts on the convex hull of the ROC curve are ever best.  Source: Drummond & Holte (2006).
    Raises DataError where one class is all there is.
    """
    if points < 2:
        raise ConfigError(f"points={points}: a curve needs at least 2.")
    target, probability, own = some_rows(target, probability, weights)
    positives, negatives = float(own[target == 1].sum()), float(own[target == 0].sum())
    if positives <= 0 or negatives <= 0:
        raise DataError(f"all {len(target)} rows are of one class, so there is no cost of the other.")
    cuts = cuts_of(target, probability)
    tp, fp = cuts.masses(own)
    fnr, fpr = 1 - tp / tp[-1], fp / fp[-1]
    hull = _lower_hull(fpr, fnr)
    x = np.linspace(0, 1, points)
    lines = np.outer(x, fnr[hull]) + np.outer(1 - x, fpr[hull])
    best = lines.argmin(axis=1)
    middle = (cuts.edges[:-1] + cuts.edges[1:]) / 2
    line = None
    if threshold is not None:
        called = probability >= given_cuts([threshold])[0]
        missed = float(own @ (~called & (target == 1))) / positives
        line = x * missed + (1 - x) * float(own @ (called & (target == 0))) / negatives
    at = np.where(middle > cuts.edges[1:], middle, cuts.edges[:-1])
    return CostEnvelope(x, lines.min(axis=1), at[hull[best]], np.minimum(x, 1 - x), line)


def some_rows(
    target: np.ndarray | Sequence[int], probability: np.ndarray | Sequence[float], weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``checked_rows`` of at least one row."""
    rows = checked_rows(target, probability, weights)
    if not len(rows[0]):
        raise DataError("there are no rows, so there is nothing that a cut could cost.")
    return rows


def given_cuts(thresholds: Sequence[float] | np.ndarray) -> np.ndarray:
    """Thresholds of the caller, float (m,), in the order given; raises ConfigError for what is no number."""
    cuts = np.asarray(thresholds, dtype=np.float64)
    if cuts.ndim != 1 or not np.isfinite(cuts).all():
        raise ConfigError("thresholds must be a list of numbers.")
    return cuts


def _even_cuts(probability: np.ndarray) -> np.ndarray:
    """Up to POINTS thresholds, rising: below, between and above the probabilities, at even ranks."""
    levels = np.unique(probability)
    between = (levels[:-1] + levels[1:]) / 2
    between = np.where(between > levels[:-1], between, levels[1:])  # neighbouring floats
    above = 1.0 if levels[-1] < 1 else np.nextafter(levels[-1], np.inf)
    every = np.concatenate([[min(0.0, levels[0])], between, [above]])
    if len(every) <= POINTS:
        return every
    rank = np.searchsorted(np.sort(probability), every)
    even = np.searchsorted(rank, np.linspace(0, len(probability), POINTS))
    return np.asarray(every[np.unique(np.minimum(even, len(every) - 1))])


def cost_bands(
    rows: Rows,
    target: np.ndarray,
    probability: np.ndarray,
    cuts: np.ndarray,
    costs: tuple[float, float],
    level: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cost per row of each cut with its band, each (m,); costs: (of a missed positive, of a false alarm)."""
    zero, n, worst = np.zeros(len(cuts)), rows.n_independent, max(costs)
    means, errors = _curve(rows, target, probability, cuts, np.array([zero, zero + costs[1], zero + costs[0], zero]))
    spread = reach(level, n) * errors
    free = worst * (1 - ((1 - level) / 2) ** (1 / n))
    return means, np.maximum(means - spread, 0.0), np.where(means > 0, np.minimum(means + spread, worst), free)


def _curve(
    rows: Rows, target: np.ndarray, probability: np.ndarray, cuts: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean per row and its standard error, each (m,).

    values: (4, m), at each cut that of a true positive, a false positive, a missed positive and a true negative.
    """
    positive = target == 1
    if rows.clusters is not None:
        found = []
        for cut, value in zip(cuts, values.T, strict=True):
            called = probability >= cut
            found.append(rows.mean(value[np.where(positive, np.where(called, 0, 2), np.where(called, 1, 3))]))
        return np.array([mean for mean, _ in found]), np.array([error for _, error in found])
    order = np.argsort(probability, kind="stable")
    uncalled = np.searchsorted(probability[order], cuts, side="left")  # rows below each cut

    def cells(mass: np.ndarray) -> np.ndarray:
        below = [np.concatenate([[0.0], np.cumsum((mass * side)[order])]) for side in (positive, ~positive)]
        missed, passed = (sums[uncalled] for sums in below)
        return np.array([below[0][-1] - missed, below[1][-1] - passed, missed, passed])  # (4, m)

    total, n = float(rows.weights.sum()), rows.n_independent
    mean = np.sum(cells(rows.weights) * values, axis=0) / total
    if n < 2:
        return mean, np.full(len(cuts), np.nan)
    square = np.sum(np.maximum(cells(rows.weights**2), 0.0) * (values - mean) ** 2, axis=0)
    return mean, np.sqrt(n / (n - 1) * square) / total


def _lower_hull(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Positions of the lower left convex hull of points with x rising and y falling (Andrew 1979)."""
    hull: list[int] = []
    for point in range(len(x)):
        while len(hull) > 1:
            first, last = hull[-2], hull[-1]
            turn = (x[last] - x[first]) * (y[point] - y[first]) - (y[last] - y[first]) * (x[point] - x[first])
            if turn > 0:
                break
            hull.pop()
        hull.append(point)
    return np.array(hull)
