"""The target along a column: the share of a class, or the mean of a number, in every part of it, with an interval.

Shares have Wilson's interval, means Student's t. Where rows carry weights or come in groups, values are weighted and the
groups are counted, not the rows (measure/clustered_proportions; for means the same by linearization, Binder 1983).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl

from assay.core.shown import Shown
from assay.data.dataset import Dataset
from assay.data.look.parts import Part, parted
from assay.data.schema import Column
from assay.measure.clustered_proportions import clustered_shares
from assay.measure.interval import Interval
from assay.measure.proportion import wilson_ends
from assay.report.look_strength import Response, Strength, strength

SHOWN_LEVELS, TESTED_LEVELS, FEWEST_ROWS = 8, 50, 5
MOST_CLASSES_SHOWN, MOST_CLASSES = 3, 30


@dataclass(frozen=True)
class Place(Shown):
    """One part of a column.  values: of each class that is shown, or the mean alone."""

    part: Part
    rows: int
    values: tuple[Interval, ...]

    def to_json(self) -> dict[str, Any]:
        return {"part": self.part.to_json(), "rows": self.rows, "values": [value.to_json() for value in self.values]}


@dataclass(frozen=True)
class Along(Shown):
    """classes: whose shares are shown, () for a mean.  overall: of all rows, for each of them."""

    column: str
    classes: tuple[str, ...]
    overall: tuple[float, ...]
    places: tuple[Place, ...]

    def to_json(self) -> dict[str, Any]:
        places = [place.to_json() for place in self.places]
        return {"classes": list(self.classes), "overall": list(self.overall), "parts": places}


@dataclass(frozen=True, eq=False)
class Target:
    """The target of a dataset, ready to be gone along.

    values: float64 (n,), or int64 class codes.  shown: class codes whose shares are shown: the positive one of two, else the
    three commonest.  classes_left: that the tests take together, being beyond the thirty commonest.
    """

    name: str
    classes: tuple[str, ...]
    values: np.ndarray
    weights: np.ndarray | None
    groups: np.ndarray | None
    shown: tuple[int, ...]
    classes_left: int
    response: Response

    @property
    def is_number(self) -> bool:
        return not self.classes


def target_of(data: Dataset) -> Target:
    """Raises DataError without a target. Rows of weight 0 must have been left out."""
    task, values = data.question, data.target
    weights = data.weights
    share = None if weights is None else weights / weights.mean()
    if not task.is_classification:
        spread = float(np.abs(values - values.mean()).max()) or 1.0
        y = ((values - values.mean()) / spread)[:, None]
        response = Response(y, True, share, data.groups)
        return Target(task.target, (), values, weights, data.groups, (), 0, response)
    counts = np.bincount(values, minlength=len(task.classes))
    order = np.argsort(-counts, kind="stable")
    shown = (1,) if task.name == "binary" else tuple(order[:MOST_CLASSES_SHOWN].tolist())
    kept = order[:MOST_CLASSES] if len(order) > MOST_CLASSES + 1 else order
    y = (values[:, None] == kept[None, :]).astype(np.float64)
    if len(kept) < len(order):
        y = np.column_stack([y, 1 - y.sum(axis=1)])
    response = Response(y, False, share, data.groups)
    return Target(
        name=task.target,
        classes=task.classes,
        values=values,
        weights=weights,
        groups=data.groups,
        shown=shown,
        classes_left=len(order) - len(kept),
        response=response,
    )


def strength_of(series: pl.Series, column: Column, target: Target) -> Strength | None:
    """How strongly the column goes with the target, p not yet corrected; None for pictures and ids."""
    found = parted(series, column.kind, most_levels=TESTED_LEVELS, fewest_rows=FEWEST_ROWS)
    return None if found is None else strength(column.name, found.codes, target.response)


def along(series: pl.Series, column: Column, target: Target) -> Along | None:
    """The target's rate or mean in quantile bins or the commonest levels; None for pictures and ids."""
    found = parted(series, column.kind, most_levels=SHOWN_LEVELS)
    if found is None:
        return None
    rows = np.bincount(found.codes, minlength=len(found.parts))
    if target.is_number:
        by_value = [means(found.codes, target.values, weights=target.weights, groups=target.groups)]
        overall = [float(np.average(target.values, weights=target.weights))]
    else:
        hits = [target.values == code for code in target.shown]
        by_value = [_shares(found.codes, hit, target) for hit in hits]
        overall = [float(np.average(hit, weights=target.weights)) for hit in hits]
    places = tuple(
        Place(part, int(rows[place]), tuple(values[place] for values in by_value)) for place, part in enumerate(found.parts)
    )
    return Along(column.name, tuple(target.classes[code] for code in target.shown), tuple(overall), places)


def _shares(codes: np.ndarray, hit: np.ndarray, target: Target) -> list[Interval]:
    if target.weights is not None or target.groups is not None:
        return [one.share for one in clustered_shares(codes, hit, weights=target.weights, groups=target.groups)]
    rows, hits = np.bincount(codes), np.bincount(codes, weights=hit)
    return [wilson(int(some), int(of)) for some, of in zip(hits.tolist(), rows.tolist(), strict=True)]


def wilson(hits: int, of: int, level: float = 0.95) -> Interval:
    """What ``proportion_interval`` gives, in closed form: a page has thousands of them, and that takes a millisecond each."""
    share = hits / of
    low, high = wilson_ends(share, of, NormalDist().inv_cdf((1 + level) / 2))
    return Interval(share, low, high, level, "Wilson", of, "this model")


def means(
    codes: np.ndarray, values: np.ndarray, *, weights: np.ndarray | None, groups: np.ndarray | None, level: float = 0.95
) -> list[Interval]:
    """The mean of each code with Student's t interval.  codes: int64 (n,), 0 … k − 1, each there.  values: float64 (n,).

    weights: float64 (n,), above 0.  groups: int64 (n,).  A code with one row, or one group, has no interval.
    """
    from scipy.special import stdtrit

    weight = np.ones(len(codes)) if weights is None else weights
    owner = np.arange(len(codes)) if groups is None else np.unique(groups, return_inverse=True)[1]
    size = np.bincount(codes, weights=weight)
    centre = float(np.median(values))
    found = np.bincount(codes, weights=weight * (values - centre)) / size
    n_groups = int(owner.max()) + 1
    cells, which = np.unique(codes * n_groups + owner, return_inverse=True)
    moved = np.bincount(which, weights=weight * (values - centre - found[codes]))
    counts = np.bincount(cells // n_groups, minlength=len(size))
    squares = np.bincount(cells // n_groups, weights=moved**2, minlength=len(size))
    method = "t" if groups is None and weights is None else "t, linearized"
    intervals = []
    for n, mean, of, square in zip(counts.tolist(), (found + centre).tolist(), size.tolist(), squares.tolist(), strict=True):
        if n < 2:
            reason = "one row: the spread is unknown" if groups is None else "one group: the spread is unknown"
            intervals.append(Interval(mean, None, None, level, "none", n, "this model", reason))
            continue
        half = float(stdtrit(n - 1, (1 + level) / 2)) * float(np.sqrt(square * n / (n - 1))) / of
        intervals.append(Interval(mean, mean - half, mean + half, level, method, n, "this model"))
    return intervals


def ranked(found: Sequence[Strength]) -> list[Strength]:
    """The strongest first; those without a value last."""
    return sorted(found, key=lambda one: -1.0 if one.interval.value is None else one.interval.value, reverse=True)
