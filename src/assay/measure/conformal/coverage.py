"""How often sets and intervals held the truth: on average, by class, and where they were small or large.

A promise that holds on average may be kept by easy rows and broken on hard ones; coverage by size shows that
(Angelopoulos & Bates 2023).  Every share carries an exact interval: Clopper & Pearson (1934); for rows in groups, or
with weights, the same at the effective number of rows (Korn & Graubard 1998).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.errors import DataError
from assay.core.shown import Shown
from assay.measure.conformal.fitted import FittedConformal
from assay.measure.conformal.quantile import check_level, check_weights
from assay.measure.interval import Estimand, Interval
from assay.measure.intervals import no_interval
from assay.measure.parts import Design
from assay.measure.payload import Predictions, Truth
from assay.measure.proportion import proportion_interval

MOST_STRATA = 4


@dataclass(frozen=True, slots=True)
class Stratum:
    """Rows whose sets (intervals) are of one size (width): their coverage.  low, high: the sizes, both ends included."""

    low: float
    high: float
    coverage: Interval


@dataclass(frozen=True, slots=True)
class Coverage(Shown):
    """level: what was asked for.  per_class: one Interval a class, by the true class; () for values.

    mean_size: labels a set, or the mean width in the units of the target; None with ``size_undefined`` where a width is
    infinite.  empty: the share of sets without a label; 0 for values.
    """

    level: float
    overall: Interval
    per_class: tuple[Interval, ...]
    mean_size: float | None
    size_undefined: str | None
    empty: float
    by_size: tuple[Stratum, ...]

    def to_json(self, classes: tuple[str, ...] = ()) -> dict[str, Any]:
        """As a card takes it; classes: the labels in code order."""
        named = {classes[code] if classes else str(code): found.to_json() for code, found in enumerate(self.per_class)}
        return {
            "level": self.level,
            "overall": self.overall.to_json(),
            "per_class": named,
            "mean_size": self.mean_size,
            "size_undefined": self.size_undefined,
            "empty": self.empty,
            "by_size": [{"low": s.low, "high": s.high, "coverage": s.coverage.to_json()} for s in self.by_size],
        }


@dataclass(frozen=True, slots=True)
class Rows:
    """How rows count in a measured coverage.

    weights: float (n,) or None.  groups: (n,), rows that are not independent of each other, or None.
    confidence: of the intervals.
    """

    weights: np.ndarray | None = None
    groups: np.ndarray | None = None
    confidence: float = 0.95
    estimand: Estimand = "this model"


def measure_coverage(
    conformal: FittedConformal,
    truth: Truth,
    predictions: Predictions,
    *,
    level: float,
    design: Design | None = None,
    confidence: float = 0.95,
    u: np.ndarray | None = None,
) -> Coverage:
    """Apply a conformal part to rows that nothing was learned from (the locked ones), and count.

    design: of these rows (``design_of``); its groups or blocks of time are taken as what is independent.  u: for
    randomised scores.  Weights of the truth are honoured.
    """
    if not np.array_equal(truth.units, predictions.units):
        raise DataError(f"truth ({len(truth)} rows) and predictions ({len(predictions)}) are of different rows.")
    said = conformal.apply(predictions, level, u)
    groups = None if design is None or design.clusters is None else design.clusters[design.positions(truth.units)]
    rows = Rows(truth.arrays.get("weight"), groups, confidence)
    if conformal.score.gives_sets:
        return coverage_of_sets(said, truth["target"], level=level, rows=rows)
    return coverage_of_intervals(said, truth["target"], level=level, rows=rows)


def coverage_of_sets(sets: np.ndarray, target: np.ndarray, *, level: float, rows: Rows | None = None) -> Coverage:
    """sets: bool (n, K).  target: int (n,) codes.  Raises DataError for other shapes and codes, and for no rows."""
    rows, level = rows or Rows(), check_level(level)
    sets, target = np.asarray(sets), np.asarray(target)
    if sets.ndim != 2 or sets.dtype != np.bool_ or len(sets) != len(target):
        raise DataError(f"sets must be true or false, (n, K) for n = {len(target)} rows, not {sets.dtype} {sets.shape}.")
    bad = np.flatnonzero((target < 0) | (target >= sets.shape[1]))
    if len(bad):
        raise DataError(
            f"{len(bad)} of {len(target)} rows have a class outside 0 … {sets.shape[1] - 1} (first: {bad[:3].tolist()})."
        )
    weights = _weights(rows, len(target))
    held = sets[np.arange(len(target)), target]
    sizes = sets.sum(axis=1)
    found = [(float(size), float(size), sizes == size) for size in np.unique(sizes)]
    return Coverage(
        level=level,
        overall=share_interval(held, rows),
        per_class=tuple(
            _share_of(held, target == code, rows, "no row of this class was measured") for code in range(sets.shape[1])
        ),
        mean_size=float(np.average(sizes, weights=weights)),
        size_undefined=None,
        empty=float(np.average(sizes == 0, weights=weights)),
        by_size=tuple(Stratum(low, high, _share_of(held, here, rows, "no row counts")) for low, high, here in found),
    )


def coverage_of_intervals(intervals: np.ndarray, target: np.ndarray, *, level: float, rows: Rows | None = None) -> Coverage:
    """intervals: float (n, 2), low and high; a bound may be infinite.  target: float (n,).  Raises as for sets.

    Strata are quarters of the widths; there is one where all widths are equal.
    """
    rows, level = rows or Rows(), check_level(level)
    intervals, target = np.asarray(intervals, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if intervals.shape != (len(target), 2) or np.isnan(intervals).any() or not np.isfinite(target).all():
        raise DataError(f"intervals must be numbers of shape ({len(target)}, 2), one pair a target, and targets finite.")
    weights = _weights(rows, len(target))
    held = (intervals[:, 0] <= target) & (target <= intervals[:, 1])
    width = intervals[:, 1] - intervals[:, 0]
    endless = int(np.isinf(width).sum())
    return Coverage(
        level=level,
        overall=share_interval(held, rows),
        per_class=(),
        mean_size=None if endless else float(np.average(width, weights=weights)),
        size_undefined=f"{endless} of {len(width)} intervals have no bound" if endless else None,
        empty=0.0,
        by_size=() if endless else _by_width(width, held, rows),
    )


def _by_width(width: np.ndarray, held: np.ndarray, rows: Rows) -> tuple[Stratum, ...]:
    # two widths that differ in the last bits only are one: value ± q rounds
    rounded = np.round(width / max(float(width.max()), 1e-300), 9)
    cuts = np.unique(np.quantile(rounded, np.linspace(0, 1, MOST_STRATA + 1)[1:-1], method="lower"))
    stratum = np.searchsorted(cuts, rounded, side="left")
    found = []
    for number in np.unique(stratum):
        here = stratum == number
        found.append(Stratum(float(width[here].min()), float(width[here].max()), _share_of(held, here, rows, "no row counts")))
    return tuple(found)


def _share_of(held: np.ndarray, here: np.ndarray, rows: Rows, reason: str) -> Interval:
    if not here.any() or (rows.weights is not None and not rows.weights[here].any()):
        return no_interval(reason, level=rows.confidence, n=0, estimand=rows.estimand)
    part = Rows(
        None if rows.weights is None else rows.weights[here],
        None if rows.groups is None else rows.groups[here],
        rows.confidence,
        rows.estimand,
    )
    return share_interval(held[here], part)


def share_interval(held: np.ndarray, rows: Rows) -> Interval:
    """The share of true in ``held`` (n,) with its interval; n of the Interval: rows, or groups where there are groups.

    Rows that are independent and weigh alike: Clopper-Pearson.  Else Korn & Graubard: the same bounds at the number of
    independent rows that would give the variance found between the groups, and no more than there are.
    """
    n, weights = len(held), _weights(rows, len(held))
    level, estimand = check_level(rows.confidence), rows.estimand
    share = float(np.average(held, weights=weights))
    if rows.groups is None and (weights == weights[0]).all():
        return proportion_interval(int(held.sum()), n, kind="clopper-pearson", level=level, estimand=estimand)
    groups = np.arange(n) if rows.groups is None else np.unique(rows.groups, return_inverse=True)[1]
    mass = np.bincount(groups, weights=weights)
    counted = int((mass > 0).sum())
    if counted < 2:
        reason = "fewer than two independent groups of rows"
        return Interval(share, None, None, level, "Korn-Graubard", counted, estimand, reason)
    effective = _effective_rows(held, weights, groups, share, rows.confidence)
    low, high = _clopper_pearson(share * effective, effective, rows.confidence)
    return Interval(share, low, high, level, "Korn-Graubard", counted, estimand)


def _effective_rows(held: np.ndarray, weights: np.ndarray, groups: np.ndarray, share: float, confidence: float) -> float:
    """How many independent rows know as much as these do."""
    from scipy.stats import t

    mass = np.bincount(groups, weights=weights)
    counted = int((mass > 0).sum())
    kish = float(mass.sum() ** 2 / (mass**2).sum())
    off = np.bincount(groups, weights=weights * (held - share)) / mass.sum()
    variance = counted / (counted - 1) * float((off**2).sum())
    rows_here = float((weights > 0).sum())
    if variance <= 0:  # every row was held, or none: as many as there are independent groups of equal mass
        return kish
    tail = (1 + confidence) / 2
    shrink = float(t.ppf(tail, max(rows_here - 1, 1)) / t.ppf(tail, counted - 1)) ** 2
    return min(rows_here, share * (1 - share) / variance * shrink)


def _clopper_pearson(held: float, n: float, confidence: float) -> tuple[float, float]:
    """The bounds for a number of rows that is not whole, which the beta distribution knows and a count does not."""
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = 0.0 if held <= 0 else float(betaincinv(held, n - held + 1, tail))
    high = 1.0 if held >= n else float(betaincinv(held + 1, n - held, 1 - tail))
    return low, high


def _weights(rows: Rows, n: int) -> np.ndarray:
    if not n:
        raise DataError("there are no rows to measure a coverage on.")
    if rows.groups is not None and len(rows.groups) != n:
        raise DataError(f"there are {n} rows and {len(rows.groups)} groups; each row needs its group.")
    return np.ones(n) if rows.weights is None else check_weights(rows.weights, n)
