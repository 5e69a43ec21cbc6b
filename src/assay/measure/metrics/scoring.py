"""Binary metrics as people who score customers use them: Kolmogorov-Smirnov, Gini, gain and lift at a capacity.

All read the raw score and nothing but its order.  Rows with one score stand together: a capacity that cuts through them
takes of each as much as of the others, which is what drawing among them by lot would catch on average.

Sources: Hand & Henley (1997) for KS and Gini; gains charts: Berry & Linoff (1997); the variance of a gain at a capacity,
in which the place of the cut is estimated too: Jiang & Zhao (2015), from whose form ``Capacity.influence`` follows.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.core.errors import ConfigError
from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import places, problem_with_rows, vectors
from assay.measure.metrics.ranking import auc_influence, lost_classes, ranked, weighted_auc
from assay.measure.payload import Predictions, Truth

_BINARY = frozenset({"binary"})

LEAST_CUTS = 6
"""Cuts that a parabola is fitted to, at least: with fewer there is no luckiest among many."""


@dataclass(frozen=True)
class ScoringMetric:
    """What these metrics share; each has a value for one weight vector, (n,) float64 in the order of ``by_score``."""

    name: str
    title: str
    bounds: tuple[float, float] = (0.0, 1.0)
    exact_ends: bool = True
    prevalence_free: bool = False
    shown: bool = True
    needs: str = "score"
    greater_is_better: bool = True
    tasks: frozenset[str] = _BINARY
    across_folds: Literal["average", "pool"] = "average"
    by_class: bool = True
    by_row: bool = False
    reads_counts: bool = True
    resampling_fails: bool = False

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return problem_with_rows(truth, predictions, self.needs) or lost_classes(truth["target"], 2)

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        return Statistics(len(truth), by_score(truth["target"] == 1, predictions["score"]))

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        order = statistics["order"]
        found = [self.of_sorted(statistics, row[order].astype(np.float64)) for row in vectors(weights)]
        return np.array(found, dtype=np.float64).reshape(np.shape(weights)[:-1])

    def of_sorted(self, statistics: Statistics, weights: np.ndarray) -> float:
        raise NotImplementedError


def by_score(positive: np.ndarray, score: np.ndarray) -> dict[str, np.ndarray]:
    """positive: bool (n,), score: float (n,).

    order: uint32 (n,), highest score first; positive: bool (n,) in that order; ends: int (g,), the last place of each group
    of one score; group: int (n,), the group of each place.
    """
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    group = np.searchsorted(ends, np.arange(len(order)))
    return {"order": places(order), "positive": positive[order], "ends": ends, "group": group}


def _reached(statistics: Statistics, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(g + 1,) each: the weight of positives, and of negatives, down to the end of each group; 0 before the first."""
    found, alarms = np.zeros(len(statistics["ends"]) + 1), np.zeros(len(statistics["ends"]) + 1)
    found[1:] = np.cumsum(np.where(statistics["positive"], weights, 0.0))[statistics["ends"]]
    alarms[1:] = np.cumsum(np.where(statistics["positive"], 0.0, weights))[statistics["ends"]]
    return found, alarms


def _unsorted(statistics: Statistics, moved: np.ndarray) -> np.ndarray:
    """From the order of the scores back to that of the units."""
    found = np.empty(len(moved))
    found[statistics["order"]] = moved
    return found


@dataclass(frozen=True)
class KolmogorovSmirnov(ScoringMetric):
    """The greatest lead, over all cuts, of the share of positives caught over the share of negatives.

    One-sided, so that a model which ranks backwards has none: the statistic of ``ks_2samp(positives, negatives, "less")``
    of scipy, and the two-sided one wherever the positives do score higher.
    """

    def of_sorted(self, statistics: Statistics, weights: np.ndarray) -> float:
        found, alarms = _reached(statistics, weights)
        if not (found[-1] > 0 and alarms[-1] > 0):
            return float("nan")
        return float(np.max(found / found[-1] - alarms / alarms[-1]))

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        """That of the two shares at the cut where the lead is greatest: moving the cut itself changes nothing there."""
        own, positive = weights[statistics["order"]], statistics["positive"]
        found, alarms = _reached(statistics, own)
        if not (found[-1] > 0 and alarms[-1] > 0):
            return np.full(statistics.n, np.nan)
        caught, lost = found / found[-1], alarms / alarms[-1]
        best = int(np.argmax(caught - lost))
        above = statistics["group"] < best
        moved = np.where(positive, (above - caught[best]) / found[-1], -(above - lost[best]) / alarms[-1])
        return _unsorted(statistics, moved)

    def bias(self, statistics: Statistics, weights: np.ndarray) -> float:
        """How far the greatest of many noisy leads is expected to lie above the lead at the best cut, 0 to 1.5 standard errors.

        Around the best cut the lead is near to a parabola, and the parabola fitted to the leads of many cuts is not drawn to
        the luckiest of them: its top stands in for the true one.  The bias falls as slowly as n ** (−2/3) (Groeneboom 1989).
        An interval centred on the value less this covers; around the value itself it covers 89 to 94 % (n = 500).
        """
        own, positive = weights[statistics["order"]], statistics["positive"]
        found, alarms = _reached(statistics, own)
        if not (found[-1] > 0 and alarms[-1] > 0):
            return float("nan")
        caught, lost = found / found[-1], alarms / alarms[-1]
        lead, best = caught - lost, int(np.argmax(caught - lost))
        each = [np.sum(side**2) / np.sum(side) ** 2 for side in (own[positive], own[~positive])]  # 1 / rows of a class
        error = np.sqrt(caught[best] * (1 - caught[best]) * each[0] + lost[best] * (1 - lost[best]) * each[1])
        depth = (caught + lost) / 2
        reach = 0.6 * sum(each) ** 0.2
        near, step = np.abs(depth - depth[best]) <= reach, np.diff(depth, prepend=0.0)
        near &= step > 0
        if np.count_nonzero(near) < LEAST_CUTS:
            return 0.0
        bend, slope, level = np.polyfit(depth[near] - depth[best], lead[near], 2, w=np.sqrt(step[near]))
        turn = -slope / (2 * bend) if bend < 0 else np.inf
        tops = [turn] if abs(turn) <= reach else [-reach, 0.0, reach]
        top = max(float(np.polyval([bend, slope, level], at)) for at in tops)
        return float(np.clip(lead[best] - top, 0.0, 1.5 * error))


@dataclass(frozen=True)
class Gini(ScoringMetric):
    """2 AUC − 1: 0 is chance, 1 is perfect (also Somers' D, the accuracy ratio)."""

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        return Statistics(len(truth), ranked(truth["target"] == 1, predictions["score"]))

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        return np.asarray(2 * weighted_auc(statistics.arrays, weights) - 1)

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        return 2 * auc_influence(statistics.arrays, weights)


@dataclass(frozen=True)
class Capacity(ScoringMetric):
    """What acting on the best-scored ``share`` of the rows (of their weight) catches.

    unit: what the value is a multiple of: 1 for the gain, the share of the positives that is caught; ``share`` for the
    lift, how many times more that is than acting on as many rows at random.
    """

    share: float = 0.1
    unit: float = 1.0

    def of_sorted(self, statistics: Statistics, weights: np.ndarray) -> float:
        found, alarms = _reached(statistics, weights)
        if not found[-1] > 0:
            return float("nan")
        reached = found + alarms
        return float(np.interp(self.share * reached[-1], reached, found) / found[-1] / self.unit)

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        """Of a row above the cut: its class, less the rate of positives at the cut, for it pushes others below.

        That rate is the slope of the gains curve.  Among scores without ties the slope at one place is that of a single
        row, 0 or 1, and its mean over some neighbours stands in: the influence then is the derivative by weights that move
        more than one row across the cut.  At a gain of 0 or 1 nothing moves.
        """
        own, positive = weights[statistics["order"]], statistics["positive"]
        found, alarms = _reached(statistics, own)
        if not found[-1] > 0:
            return np.full(statistics.n, np.nan)
        reached = found + alarms
        total, cut = float(reached[-1]), self.share * float(reached[-1])
        gain = float(np.interp(cut, reached, found) / found[-1])
        rate = self._rate_at_cut(reached, found, own) if 0 < gain < 1 else 0.0
        taken = np.clip((cut - reached[:-1]) / np.maximum(np.diff(reached), 1e-300 * total), 0.0, 1.0)[statistics["group"]]
        moved = taken * (positive - rate) + self.share * rate - gain * positive
        return _unsorted(statistics, moved / found[-1] / self.unit)

    def _rate_at_cut(self, reached: np.ndarray, found: np.ndarray, weights: np.ndarray) -> float:
        """The share of positives around the cut: among the rows that tie there, or as many neighbours as n ** 0.8 / 2."""
        total, cut = float(reached[-1]), self.share * float(reached[-1])
        effective = total**2 / float(np.sum(weights**2))  # rows, of equal weight (Kish 1965)
        half = total * min(effective**-0.2 / 4, self.share, 1 - self.share)
        group = min(int(np.searchsorted(reached, cut, side="left")), len(reached) - 1)
        low, high = float(reached[group - 1]), float(reached[group])
        if high - low < 2 * half:
            low, high = cut - half, cut + half
        return float((np.interp(high, reached, found) - np.interp(low, reached, found)) / (high - low))


def gain(share: float, name: str = "") -> Capacity:
    """The share of the positives among the best-scored ``share`` of the rows.  Raises ConfigError unless 0 < share < 1."""
    text = _per_cent("gain", share)
    return Capacity(name or f"gain@{text}", f"Gain at {text}", share=share)


def lift(share: float, name: str = "") -> Capacity:
    """The gain over ``share``, what as many rows at random would catch; at most 1 / share.  Errors as ``gain``."""
    text = _per_cent("lift", share)
    bounds = (0.0, 1 / share)
    return Capacity(name or f"lift@{text}", f"Lift at {text}", bounds, share=share, unit=share)


def _per_cent(name: str, share: float) -> str:
    if not 0 < share < 1:
        raise ConfigError(f"{name}@{100 * share:g}%: a capacity is a share of the rows between 0 and 100 %, such as {name}@5%.")
    return f"{100 * share:.12g}%"


KS = KolmogorovSmirnov("ks", "Kolmogorov-Smirnov", prevalence_free=True, resampling_fails=True)
GINI = Gini("gini", "Gini", bounds=(-1.0, 1.0), prevalence_free=True)
GAIN_AT_10PCT = gain(0.1, "gain_at_10pct")
LIFT_AT_10PCT = lift(0.1, "lift_at_10pct")
