"""Does the model treat groups alike: rates of its decisions and of its errors, and what its probabilities mean in each.

selection rate        share of the rows called positive                        (demographic parity asks for equal ones)
true positive rate    of the positives                                         (equal opportunity)
false positive rate   of the negatives                                         (with the one before: equalised odds)
precision             of the rows called positive, the share that were         (predictive parity)
calibration           mean of truth less probability: 0 where a probability means the same for every group

Shares have Wilson's interval, their differences Newcombe's and the score test (``group_rates``: of rows that come in groups
or weigh, those made of what each group adds), the ratio of selection rates (disparate impact) the interval that joins the
two shares' ends (MOVER-R; Donner & Zou 2012).  All p-values of all pairs of groups are
corrected together by Holm.  Where base rates differ, not all of these can be equal at once (Kleinberg, Mullainathan &
Raghavan 2017; Chouldechova 2017): which one counts is for people to say.  A difference that is not shown is no proof that
there is none: look at its interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import sqrt
from typing import Any

import numpy as np
import polars as pl

from assay.core.errors import ConfigError, DataError
from assay.core.shown import Shown
from assay.data.schema import Column
from assay.data.values import number_text
from assay.explain.bins import parted
from assay.explain.group_rates import BASE_RATE, RATES, Decided, rate, rate_correlation, rate_gap, shift_gap
from assay.explain.held import HeldOut
from assay.explain.means import mean_interval, quantile, two_sided
from assay.measure.compare import holm
from assay.measure.curves import Reliability, reliability
from assay.measure.interval import Interval

MOST_GROUPS = 12
LEAST_ROWS = 20
FOUR_FIFTHS = 0.8
"""The rule of thumb of the US employment guidelines (1978): a ratio of selection rates below it asks for a reason."""

MISSING = "(missing)"


@dataclass(frozen=True, slots=True)
class GroupRates(Shown):
    """rates: by name; undefined where a group has no such row.  shift: mean of truth less probability.

    base_rate: share of positives.  diagram: the reliability of the group's probabilities, or None with too few rows.
    """

    group: str
    rows: int
    base_rate: Interval
    rates: dict[str, Interval]
    shift: Interval
    diagram: Reliability | None

    def to_json(self) -> dict[str, Any]:
        return {
            "group": self.group,
            "rows": self.rows,
            "base_rate": self.base_rate.to_json(),
            "rates": {name: interval.to_json() for name, interval in self.rates.items()},
            "shift": self.shift.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Gap(Shown):
    """what: a rate, or "calibration".  difference: the first group's less the second's.  p: corrected for all gaps."""

    what: str
    first: str
    second: str
    difference: Interval
    p_raw: float | None
    p: float | None
    level: float

    @property
    def shown(self) -> bool:
        return self.p is not None and self.p < 1 - self.level

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "first": self.first,
            "second": self.second,
            "difference": self.difference.to_json(),
            "p_raw": self.p_raw,
            "p": self.p,
            "shown": self.shown,
        }


@dataclass(frozen=True, slots=True)
class Impact(Shown):
    """The ratio of two selection rates, the group selected less over the one selected more."""

    lower: str
    higher: str
    ratio: Interval

    def to_json(self) -> dict[str, Any]:
        return {"lower": self.lower, "higher": self.higher, "ratio": self.ratio.to_json()}


@dataclass(frozen=True)
class Fairness(Shown):
    """column: whose values are the groups.  left_out: rows of groups with fewer than 20 rows, or beyond the 12 largest."""

    column: str
    threshold: float
    positive: str
    groups: tuple[GroupRates, ...]
    gaps: tuple[Gap, ...]
    impacts: tuple[Impact, ...]
    left_out: int
    notes: tuple[str, ...]

    @property
    def worst(self) -> Impact | None:
        """The smallest ratio of selection rates."""
        known = [one for one in self.impacts if one.ratio.value is not None]
        return min(known, key=lambda one: one.ratio.value or 0.0, default=None)

    def to_json(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "threshold": self.threshold,
            "positive": self.positive,
            "groups": [one.to_json() for one in self.groups],
            "gaps": [one.to_json() for one in self.gaps],
            "disparate_impact": [one.to_json() for one in self.impacts],
            "left_out_rows": self.left_out,
            "correction": "Holm",
            "notes": list(self.notes),
        }


def fairness(held: HeldOut, groups: pl.Series) -> Fairness:
    """Of a binary model.  groups: the group of every held-out row, part after part; any type, missing is a group of its own.

    Raises ConfigError for a model of another task; DataError where fewer than two groups have 20 rows.
    """
    task = held.task
    if task.name != "binary":
        raise ConfigError(f"rates by group are of a binary decision, and this model's task is {task.name}.")
    names, code = _codes(groups)
    if len(names) < 2:
        raise DataError(f"column {groups.name!r} makes {len(names)} group of at least {LEAST_ROWS} rows; two are needed.")
    rows = _decided(held, code)
    told = [_group(name, rows, place) for place, name in enumerate(names)]
    pairs = list(combinations(range(len(names)), 2))
    gaps = [gap for pair in pairs for gap in _gaps(told, rows, pair)]
    adjusted = holm([gap.p_raw for gap in gaps])
    impacts = [_impact(told, rows, pair) for pair in pairs]
    return Fairness(
        column=groups.name,
        threshold=held.cut,
        positive=task.classes[1],
        groups=tuple(told),
        gaps=tuple(replace(gap, p=p) for gap, p in zip(gaps, adjusted, strict=True)),
        impacts=tuple(impacts),
        left_out=int((code < 0).sum()),
        notes=_notes(held),
    )


def _decided(held: HeldOut, code: np.ndarray) -> Decided:
    """Every held-out row that weighs anything."""
    parts = held.measured()
    found = zip(*((p.truth["target"], p.predictions["label"], p.predictions["probability"]) for p in parts), strict=True)
    target, label, probability = (np.concatenate(arrays) for arrays in found)
    clusters = weights = None
    if held.design.clusters is not None:
        clusters = np.concatenate([held.design.clusters[held.design.positions(part.units)] for part in parts])
    if any(part.weights is not None for part in held.parts):
        weights = np.concatenate([np.ones(len(part)) if part.weights is None else part.weights for part in held.parts])
    rows = Decided(code, target, label, probability, clusters, weights, held.level)
    return rows if weights is None else rows.take(np.flatnonzero(weights > 0))


def _notes(held: HeldOut) -> tuple[str, ...]:
    found = []
    if held.design.kind != "row":
        what = {"group": "groups", "time": "blocks of time"}[held.design.kind]
        found.append(
            f"Rows of these data depend on each other; the intervals count {held.design.n_independent} {what}, not rows."
        )
    if any(part.weights is not None for part in held.parts):
        found.append("Rates count the rows by their weights.")
    return tuple(found)


def _codes(groups: pl.Series) -> tuple[list[str], np.ndarray]:
    """The groups by name, and each row's place among them, -1 for a small one; many numbers become ranges."""
    texts = _names(groups).fill_null(MISSING)
    counts = pl.DataFrame({"group": texts}).group_by("group").len().sort(["len", "group"], descending=[True, False])
    names = sorted(counts.filter(pl.col("len") >= LEAST_ROWS)["group"].head(MOST_GROUPS).to_list())
    if not names:
        return [], np.full(len(texts), -1)
    return names, texts.replace_strict(names, list(range(len(names))), default=-1, return_dtype=pl.Int64).to_numpy()


def _names(groups: pl.Series) -> pl.Series:
    """What each row's group is called."""
    if not groups.dtype.is_numeric():
        return groups.cast(pl.String)
    if groups.n_unique() <= MOST_GROUPS:
        return number_text(groups.cast(pl.Float64))
    ranges = parted(groups, Column(groups.name, "number"))
    if ranges is None:
        raise TypeError("numbers have ranges.")
    return pl.Series(groups.name, ranges.names).gather(ranges.code)


def _group(name: str, rows: Decided, group: int) -> GroupRates:
    rates = {what: rate(rows, what, group) for what in RATES}
    own = rows.take(np.flatnonzero(rows.code == group))
    n, off = len(own.code), own.target - own.probability
    shift = mean_interval(off, own.clusters, own.weights, level=own.level) if n else _none(rows.level, "no row weighs anything")
    enough = n >= 5 * LEAST_ROWS
    diagram = reliability(own.target, own.probability, own.weights, bins=5, level=own.level) if enough else None
    return GroupRates(name, n, rate(rows, BASE_RATE, group), rates, shift, diagram)


def _none(level: float, reason: str) -> Interval:
    return Interval(None, None, None, level, "none", 0, "this model", reason)


def _gaps(told: Sequence[GroupRates], rows: Decided, pair: tuple[int, int]) -> list[Gap]:
    first, second = told[pair[0]], told[pair[1]]
    made = []
    for what in RATES:
        interval, p = rate_gap(rows, what, *pair)
        made.append(Gap(what, first.group, second.group, interval, p, None, rows.level))
    if rows.plain or not first.rows or not second.rows:
        interval, p = _shift_gap(first.shift, second.shift, rows.level)
    else:
        interval, p = shift_gap(rows, *pair)
    made.append(Gap("calibration", first.group, second.group, interval, p, None, rows.level))
    return made


def _shift_gap(a: Interval, b: Interval, level: float) -> tuple[Interval, float | None]:
    """Welch's interval of the difference of two mean gaps."""
    n = a.n + b.n
    if a.value is None or b.value is None or a.low is None or b.low is None:
        return Interval(None, None, None, level, "Welch", n, "this model", "a group shows no spread"), None
    errors = [(one.value - one.low) / quantile(level, one.n - 1) for one in (a, b)]  # type: ignore[operator]
    error = sqrt(errors[0] ** 2 + errors[1] ** 2)
    value = a.value - b.value
    if error == 0:
        return Interval(None, None, None, level, "Welch", n, "this model", "the groups show no spread"), None
    freedom = error**4 / (errors[0] ** 4 / (a.n - 1) + errors[1] ** 4 / (b.n - 1))
    reach = quantile(level, freedom) * error
    return Interval(value, value - reach, value + reach, level, "Welch", n, "this model"), two_sided(value / error, freedom)


def _impact(told: Sequence[GroupRates], rows: Decided, pair: tuple[int, int]) -> Impact:
    """The lower rate over the higher one."""
    what = "selection rate"
    lower, higher = sorted((told[place] for place in pair), key=lambda one: one.rates[what].value or 0.0)
    correlation = rate_correlation(rows, what, *pair)
    return Impact(lower.group, higher.group, ratio_interval(lower.rates[what], higher.rates[what], rows.level, correlation))


def ratio_interval(a: Interval, b: Interval, level: float, correlation: float = 0.0) -> Interval:
    """a / b of two shares from their intervals (MOVER-R).  correlation: of the two, 0 where they are of different rows.

    >>> from assay.measure.proportion import proportion_interval
    >>> print(ratio_interval(proportion_interval(30, 100), proportion_interval(60, 100), 0.95))
    0.5000 [0.3547, 0.6961]
    """
    n = a.n + b.n
    if a.value is None or b.value is None or not b.value:
        return Interval(None, None, None, level, "MOVER-R", n, "this model", "nobody is selected in the other group")
    value = a.value / b.value
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return Interval(value, None, None, level, "MOVER-R", n, "this model", "the spread of one of the rates is not known")
    product = a.value * b.value
    low_b, high_b = b.high * (2 * b.value - b.high), b.low * (2 * b.value - b.low)
    below = product - correlation * (a.value - a.low) * (b.high - b.value)
    above = product - correlation * (a.high - a.value) * (b.value - b.low)
    low = below - sqrt(max(0.0, below**2 - a.low * low_b * (2 * a.value - a.low)))
    high = above + sqrt(max(0.0, above**2 - a.high * high_b * (2 * a.value - a.high)))
    if low_b <= 0 or high_b <= 0:
        return Interval(value, None, None, level, "MOVER-R", n, "this model", "too few are selected for an interval")
    return Interval(value, max(0.0, low / low_b), high / high_b, level, "MOVER-R", n, "this model")
