"""Rates of decisions by group of people, and their differences: of rows by themselves, of rows that come in clusters or weigh.

Rows by themselves: Wilson's interval, Newcombe's of a difference, the score test.  Where rows of one cluster (a person's
loans, a week) resemble each other, or weights say how many rows one stands for, everything is made of what each cluster adds
(``measure.clustered_proportions``); a cluster with rows in both groups is then counted on both sides.
"""

from dataclasses import dataclass, replace

import numpy as np

from assay.explain.means import METHOD, quantile, two_sided
from assay.measure.clustered_proportions import clustered_shares
from assay.measure.interval import Interval
from assay.measure.proportion import proportion_interval
from assay.measure.two_proportions import two_proportions

RATES = ("selection rate", "true positive rate", "false positive rate", "precision")
BASE_RATE = "base rate"


@dataclass(frozen=True)
class Decided:
    """Rows and what was decided of them.

    code: int64 (n,), the group of each row, -1: none that counts.  target, label: int64 (n,), 0 or 1.
    probability: float64 (n,).  clusters: int64 (n,) or None; weights: float64 (n,), above 0, or None.
    level: of every interval.
    """

    code: np.ndarray
    target: np.ndarray
    label: np.ndarray
    probability: np.ndarray
    clusters: np.ndarray | None
    weights: np.ndarray | None
    level: float

    @property
    def plain(self) -> bool:
        """Whether each row stands for itself, and for one."""
        return self.clusters is None and self.weights is None

    @property
    def weight(self) -> np.ndarray:
        return np.ones(len(self.code)) if self.weights is None else self.weights

    def take(self, rows: np.ndarray) -> "Decided":
        def pick(values: np.ndarray | None) -> np.ndarray | None:
            return None if values is None else values[rows]

        arrays = {name: getattr(self, name)[rows] for name in ("code", "target", "label", "probability")}
        return replace(self, **arrays, clusters=pick(self.clusters), weights=pick(self.weights))


def asked_by(rows: Decided, what: str) -> tuple[np.ndarray, np.ndarray]:
    """bool (n,) each: which rows a rate is over, and which of all rows are hits."""
    every, called, positive = np.ones(len(rows.code), dtype=bool), rows.label == 1, rows.target == 1
    return {
        "selection rate": (every, called),
        "true positive rate": (positive, called),
        "false positive rate": (~positive, called),
        "precision": (called, positive),
        BASE_RATE: (every, positive),
    }[what]


def rate(rows: Decided, what: str, group: int) -> Interval:
    """The rate of one group; undefined, with the reason, where it has no such row."""
    over, hit = asked_by(rows, what)
    own = over & (rows.code == group)
    if not own.any():
        return Interval(None, None, None, rows.level, "Wilson", 0, "this model", "the group has no such row")
    if rows.plain:
        return proportion_interval(int(hit[own].sum()), int(own.sum()), level=rows.level)
    part = rows.take(np.flatnonzero(own))
    none = np.zeros(len(part.code), dtype=np.int64)
    return clustered_shares(none, hit[own], weights=part.weights, groups=part.clusters, confidence=rows.level)[0].share


def rate_gap(rows: Decided, what: str, first: int, second: int) -> tuple[Interval, float | None]:
    """The first group's rate less the second's, and p of equal ones."""
    over, hit = asked_by(rows, what)
    a, b = over & (rows.code == first), over & (rows.code == second)
    n = int(a.sum()) + int(b.sum())
    if not a.any() or not b.any():
        return Interval(None, None, None, rows.level, "none", n, "this model", "one of the groups has no such row"), None
    if rows.plain:
        found = two_proportions(int(hit[a].sum()), int(a.sum()), int(hit[b].sum()), int(b.sum()), level=rows.level)
        method = f"Newcombe; {found.test} test"
    else:
        both = np.flatnonzero(a | b)
        part = rows.take(both)
        level = (part.code == second).astype(np.int64)
        told = clustered_shares(level, hit[both], weights=part.weights, groups=part.clusters, confidence=rows.level)
        if told[0].difference is None:
            raise TypeError("two levels have a difference.")
        found, method = told[0].difference, f"joined ends; {told[0].difference.test} test"
        if told[0].share.low is None or told[1].share.low is None:
            reason = "all rows of one of the groups are of one cluster: the spread is unknown"
            return Interval(found.difference, None, None, rows.level, method, n, "this model", reason), None
    return Interval(found.difference, found.low, found.high, rows.level, method, n, "this model"), found.p


def rate_correlation(rows: Decided, what: str, first: int, second: int) -> float:
    """Of two groups' rates, through the clusters that have rows of both; 0 where none has."""
    if rows.clusters is None:
        return 0.0
    over, hit = asked_by(rows, what)
    moved = [_moved(rows, over & (rows.code == group), hit.astype(np.float64)) for group in (first, second)]
    spread = float(np.sqrt((moved[0] ** 2).sum() * (moved[1] ** 2).sum()))
    return float(np.clip((moved[0] @ moved[1]) / spread, -1.0, 1.0)) if spread > 0 else 0.0


def shift_gap(rows: Decided, first: int, second: int) -> tuple[Interval, float | None]:
    """Truth less probability, the first group's mean less the second's: clusters that have rows of both count on both sides.

    Only for rows that are not ``plain``; those have Welch's interval.
    """
    off = rows.target - rows.probability
    masks = [rows.code == group for group in (first, second)]
    means = [float(np.average(off[own], weights=rows.weight[own])) for own in masks]
    moved = _moved(rows, masks[0], off) - _moved(rows, masks[1], off)
    touched = np.bincount(_clusters(rows), weights=masks[0] | masks[1], minlength=len(moved)) > 0
    n, value = int(touched.sum()), means[0] - means[1]
    error = float(np.sqrt((moved**2).sum() * n / max(n - 1, 1)))
    groups = min(len(np.unique(_clusters(rows)[own])) for own in masks)
    if groups < 2 or error == 0:
        reason = "all rows of one of the groups are of one cluster: the spread is unknown" if groups < 2 else "no spread is seen"
        return Interval(value, None, None, rows.level, METHOD, n, "this model", reason), None
    freedom = groups - 1
    reach = quantile(rows.level, freedom) * error
    return Interval(value, value - reach, value + reach, rows.level, METHOD, n, "this model"), two_sided(value / error, freedom)


def _clusters(rows: Decided) -> np.ndarray:
    return np.arange(len(rows.code)) if rows.clusters is None else rows.clusters


def _moved(rows: Decided, own: np.ndarray, values: np.ndarray) -> np.ndarray:
    """float64 (clusters,): what each cluster adds to the weighted mean of the rows of ``own``, less its share of the mean."""
    weight = np.where(own, rows.weight, 0.0)
    mean = float(weight @ values / weight.sum()) if weight.any() else 0.0
    codes = _clusters(rows)
    moved = np.bincount(codes, weights=weight * (values - mean), minlength=int(codes.max()) + 1)
    return np.asarray(moved / max(weight.sum(), np.finfo(np.float64).tiny))
