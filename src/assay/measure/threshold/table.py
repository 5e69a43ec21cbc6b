"""What chosen thresholds would do, one row each: for the person who has to pick one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from assay.core.shown import Shown
from assay.measure.interval import Estimand, Interval
from assay.measure.intervals import no_interval
from assay.measure.threshold.bands import Rows, rows_of
from assay.measure.threshold.cost import cost_bands, given_cuts, some_rows
from assay.measure.threshold.rule import check_costs


@dataclass(frozen=True, slots=True)
class OperatingPoint(Shown):
    """flagged: the share called positive.  precision, recall: undefined where no row is called, or none is positive.

    cost: per row, in the caller's currency; None where no costs were given.
    """

    threshold: float
    flagged: Interval
    precision: Interval
    recall: Interval
    cost: Interval | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def operating_table(
    target: np.ndarray,
    probability: np.ndarray,
    thresholds: Sequence[float] | np.ndarray,
    *,
    costs: tuple[float, float] | None = None,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
    level: float = 0.95,
    estimand: Estimand = "this model",
) -> list[OperatingPoint]:
    """One point a threshold, in the order given; a row is called positive when its probability reaches the threshold.

    target: int (n,), 0 or 1.  probability, weights: float (n,).  clusters: labels (n,) of rows that belong together.
    costs: (of a missed positive, of a false alarm).
    Shares have Wilson intervals (1927), with the effective number of rows under weights or clusters; the cost that of a
    mean.  They hold for thresholds that these rows did not choose.  Source of precision's and recall's: the rows called,
    and the positive rows, are binomial given their number.
    """
    target, probability, own = some_rows(target, probability, weights)
    rows = rows_of(own, clusters, level)
    cuts = given_cuts(thresholds)
    positive, everyone = target == 1, np.ones(len(target), dtype=bool)
    priced: list[Interval] | None = None
    if costs is not None:
        check_costs(*costs)
        bands = zip(*cost_bands(rows, target, probability, cuts, costs, level), strict=True)
        n = rows.n_independent
        priced = [Interval(float(a), float(b), float(c), level, "t of a mean", n, estimand) for a, b, c in bands]
    points = []
    for index, cut in enumerate(cuts):
        called = probability >= cut
        points.append(
            OperatingPoint(
                float(cut),
                _share(rows, everyone, called, level, estimand, "there are no rows"),
                _share(rows, called, positive, level, estimand, "no row is called positive"),
                _share(rows, positive, called, level, estimand, "no row is positive"),
                None if priced is None else priced[index],
            )
        )
    return points


def _share(rows: Rows, of: np.ndarray, hits: np.ndarray, level: float, estimand: Estimand, empty: str) -> Interval:
    found = rows.share(of, hits, level)
    if found is None:
        return no_interval(empty, level=level, n=0, estimand=estimand)
    share, low, high, n = found
    return Interval(share, low, high, level, "Wilson", n, estimand)
