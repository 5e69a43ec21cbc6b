"""Which columns tell two sides apart by themselves: an AUC each, with its interval, and p corrected for their number.

A column is judged in two ways and the clearer one is shown, its p doubled for the choice.  By order: the values of a number
or date as they are (for a text its length), which finds a shift, with nothing fitted.  By level: the share of side B among the
rows of the same level or bin in the blocks before, missing cells being a level of their own, which finds other levels,
other spreads and other gaps in the data.  (Why the blocks before: see ``drift``.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.core.shown import Shown
from assay.data.checks.alone import code_numbers
from assay.data.schema import Column
from assay.measure.compare import holm
from assay.measure.evaluate import evaluate
from assay.measure.interval import Interval
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import METRICS
from assay.splits.cuts import Pair
from assay.study.drift_sides import Sides

_PRIOR_ROWS = 5.0  # rows of the overall share mixed into the share of a level
_COIN = "coin"


@dataclass(frozen=True)
class ColumnDrift(Shown):
    """What one column alone says of the side.

    auc: of telling B from A; 0.5 is chance; below it (by order only) the values are lower in B.
    by: "order" or "level".  p_raw, p: two-sided of no difference, before and after Holm over the columns.
    drifted: p is at most half of α = 1 - level.  evidence: what the sides hold (medians, missing cells, the level that moved).
    """

    name: str
    kind: str
    by: str
    auc: Interval
    p_raw: float | None
    p: float | None
    drifted: bool
    evidence: Mapping[str, Any]

    @property
    def strength(self) -> float:
        """How far the AUC lies from chance, 0 to 0.5."""
        return 0.0 if self.auc.value is None else abs(self.auc.value - 0.5)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "by": self.by,
            "auc": self.auc.to_json(),
            "p_raw": self.p_raw,
            "p": self.p,
            "drifted": self.drifted,
            "evidence": dict(self.evidence),
        }


def single_columns(sides: Sides, groups: np.ndarray | None, steps: Sequence[Pair], *, level: float) -> tuple[ColumnDrift, ...]:
    """Every feature by itself, those that differ first, then the strongest.

    groups: int64 (n,) of rows that are not independent, or None.  steps: see ``forward_steps``.
    """
    found = [_judged(column, sides, groups, steps, level) for column in sides.data.schema.features]
    adjusted = holm([p for _, _, _, p in found])
    columns = [
        ColumnDrift(
            name=column.name,
            kind=column.kind,
            by=by,
            auc=auc,
            p_raw=p_raw,
            p=p,
            drifted=p is not None and p <= (1 - level) / 2,
            evidence=evidence_of(sides.data.frame[column.name], column, sides.codes),
        )
        for (column, by, auc, p_raw), p in zip(found, adjusted, strict=True)
    ]
    return tuple(sorted(columns, key=lambda column: (not column.drifted, -column.strength)))


def _judged(
    column: Column, sides: Sides, groups: np.ndarray | None, steps: Sequence[Pair], level: float
) -> tuple[Column, str, Interval, float | None]:
    """(column, by what, its AUC, p with the choice of the way corrected)."""
    series, codes = sides.data.frame[column.name], sides.codes
    ways: list[tuple[str, Interval, float | None]] = []
    order = _order(series, column)
    if order is not None:
        every = np.arange(len(codes))
        ways.append(("order", *_measured([(every, order)], codes, groups, level, above_only=False)))
    shares = _shares(_levels(series, column, order), codes, steps)
    ways.append(("level", *_measured(shares, codes, groups, level, above_only=True)))
    by, auc, p = min(ways, key=lambda way: (2.0 if way[2] is None else way[2], way[0] != "order"))
    return column, by, auc, None if p is None else min(1.0, p * len(ways))


def _measured(
    scores: Sequence[Pair], codes: np.ndarray, groups: np.ndarray | None, level: float, *, above_only: bool
) -> tuple[Interval, float | None]:
    """The AUC of scores (rows, score) a block, and p against a coin; one-sided where only an AUC above 0.5 says anything."""
    metric = METRICS.get("roc_auc")

    def parts(flat: bool) -> list[Part]:
        made = []
        for number, (rows, score) in enumerate(scores):
            values = np.zeros(len(rows)) if flat else score
            predictions = Predictions("binary", rows, {"score": values, "probability": np.full(len(rows), 0.5)})
            made.append(Part(0, number, Truth("binary", rows, {"target": codes[rows]}), predictions))
        return made

    own, coin = parts(flat=False), parts(flat=True)
    design = design_of(own, kind="row" if groups is None else "group", groups=groups)
    found = evaluate({"column": own, _COIN: coin}, [metric], design, level=level, estimand="this model")
    auc, p = found.interval("column", metric.name), found.difference("column", _COIN, metric.name).p
    if above_only and p is not None and auc.value is not None:
        p = p / 2 if auc.value > 0.5 else 1 - p / 2
    return auc, p


def _order(series: pl.Series, column: Column) -> np.ndarray | None:
    """float64 (n,): what can be ordered, missing cells in the middle, where they say nothing; None where nothing can."""
    if column.kind == "text":
        values = series.str.len_chars().cast(pl.Float64)
    elif column.kind in ("number", "date"):
        values = series.to_physical().cast(pl.Float64)
    else:
        return None
    finite = values.drop_nulls().to_numpy()
    middle = float(np.median(finite)) if len(finite) else 0.0
    return np.asarray(values.fill_null(middle).to_numpy(), dtype=np.float64)


def _levels(series: pl.Series, column: Column, order: np.ndarray | None) -> np.ndarray:
    """int64 (n,): 0 for a missing cell, else the level or the bin."""
    missing = series.is_null().to_numpy()
    if order is not None:
        # Infinite cells are the outermost values, which bins of equal share need not know by size.
        bounded = np.clip(order, -1e300, 1e300)
        return code_numbers(np.where(missing, np.nan, bounded)).codes
    if column.kind == "category":
        return series.rank("dense").cast(pl.Int64).fill_null(0).to_numpy()
    return (~missing).astype(np.int64)


def _shares(levels: np.ndarray, codes: np.ndarray, steps: Sequence[Pair]) -> list[Pair]:
    """(rows, score) a block: the share of side B among the training rows of the same level, drawn to the overall share."""
    scores = []
    size = int(levels.max()) + 1
    for train, test in steps:
        overall = codes[train].mean()
        counts = np.bincount(levels[train], minlength=size)
        of_b = np.bincount(levels[train], weights=codes[train], minlength=size)
        scores.append((test, ((of_b + _PRIOR_ROWS * overall) / (counts + _PRIOR_ROWS))[levels[test]]))
    return scores


def evidence_of(series: pl.Series, column: Column, codes: np.ndarray) -> dict[str, Any]:
    """What a person would look at: the share of missing cells, and medians or the level whose share moved most, as (A, B)."""
    sides = [series.filter(pl.Series(codes == side)) for side in (0, 1)]
    found: dict[str, Any] = {}
    missing = [float(side.is_null().mean() or 0.0) for side in sides]  # type: ignore[arg-type]
    if any(missing):
        found["missing"] = missing
    if column.kind in ("number", "text"):
        values = [side.str.len_chars() if column.kind == "text" else side for side in sides]
        medians = [side.cast(pl.Float64).median() for side in values]
        if all(isinstance(one, float) and np.isfinite(one) for one in medians):
            found["median length" if column.kind == "text" else "median"] = medians
    elif column.kind == "date":
        found["median"] = [None if side.null_count() == len(side) else str(side.median())[:19] for side in sides]
    elif column.kind == "category":
        found |= _moved(sides)
    return found


def _moved(sides: Sequence[pl.Series]) -> dict[str, Any]:
    """The level whose share among the present cells differs most."""
    present = [side.drop_nulls() for side in sides]
    if not all(len(side) for side in present):
        return {}
    shares = [dict(zip(*np.unique(side.to_numpy(), return_counts=True), strict=True)) for side in present]
    levels = sorted({*shares[0], *shares[1]})
    pairs = {level: [float(shares[k].get(level, 0) / len(present[k])) for k in (0, 1)] for level in levels}
    level = max(levels, key=lambda one: abs(pairs[one][1] - pairs[one][0]))
    return {"level": str(level), "share": pairs[level]}
