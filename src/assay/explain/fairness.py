"""Does the model treat groups alike: rates of its decisions and of its errors, and what its probabilities mean in each.

selection rate        share of the rows called positive                        (demographic parity asks for equal ones)
true positive rate    of the positives                                         (equal opportunity)
false positive rate   of the negatives                                         (with the one before: equalised odds)
precision             of the rows called positive, the share that were         (predictive parity)
calibration           mean of truth less probability: 0 where a probability means the same for every group

Shares have Wilson's interval, their differences Newcombe's and the score test, the ratio of selection rates (disparate
impact) the interval that joins the two shares' ends (MOVER-R; Donner & Zou 2012).  All p-values of all pairs of groups are
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
from assay.data.schema import Column
from assay.data.values import number_text
from assay.explain.bins import parted
from assay.explain.held import HeldOut
from assay.explain.means import mean_interval, quantile, two_sided
from assay.measure.compare import holm
from assay.measure.curves import Reliability, reliability
from assay.measure.interval import Interval
from assay.measure.proportion import proportion_interval
from assay.measure.two_proportions import two_proportions

MOST_GROUPS = 12
LEAST_ROWS = 20
FOUR_FIFTHS = 0.8
"""The rule of thumb of the US employment guidelines (1978): a ratio of selection rates below it asks for a reason."""

RATES = ("selection rate", "true positive rate", "false positive rate", "precision")
MISSING = "(missing)"


@dataclass(frozen=True, slots=True)
class GroupRates:
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
class Gap:
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
class Impact:
    """The ratio of two selection rates, the group selected less over the one selected more."""

    lower: str
    higher: str
    ratio: Interval

    def to_json(self) -> dict[str, Any]:
        return {"lower": self.lower, "higher": self.higher, "ratio": self.ratio.to_json()}


@dataclass(frozen=True)
class Fairness:
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
    parts = held.measured()
    target, label, probability = (
        np.concatenate(arrays)
        for arrays in zip(
            *((p.truth["target"], p.predictions["label"], p.predictions["probability"]) for p in parts), strict=True
        )
    )
    clusters = np.concatenate([held.design.cluster_codes[held.design.positions(part.units)] for part in parts])
    told, counts = [], []
    for place, name in enumerate(names):
        own = code == place
        counts.append(_counts(target[own], label[own]))
        told.append(_group(name, target[own], counts[-1], probability[own], clusters[own], held))
    gaps = [gap for pair in combinations(range(len(names)), 2) for gap in _gaps(told, counts, pair, held)]
    adjusted = holm([gap.p_raw for gap in gaps])
    impacts = [_impact(told[a], told[b], held) for a, b in combinations(range(len(names)), 2)]
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


def _notes(held: HeldOut) -> tuple[str, ...]:
    found = []
    if held.design.kind != "row":
        found.append(
            "Rows of these data depend on each other, and the intervals of rates take them as independent: they are too narrow."
        )
    if any(part.weights is not None for part in held.parts):
        found.append("Rates count every row once; the weights of the rows are left aside.")
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


def _counts(target: np.ndarray, label: np.ndarray) -> dict[str, tuple[int, int]]:
    """Of each rate, (rows that count, of how many)."""
    called, positive = label == 1, target == 1
    both = int((called & positive).sum())
    return {
        "selection rate": (int(called.sum()), len(target)),
        "true positive rate": (both, int(positive.sum())),
        "false positive rate": (int(called.sum()) - both, int((~positive).sum())),
        "precision": (both, int(called.sum())),
    }


def _group(
    name: str,
    target: np.ndarray,
    counts: dict[str, tuple[int, int]],
    probability: np.ndarray,
    clusters: np.ndarray,
    held: HeldOut,
) -> GroupRates:
    rates = {what: _rate(hits, of, held) for what, (hits, of) in counts.items()}
    shift = mean_interval(target - probability, clusters, level=held.level)
    diagram = reliability(target, probability, bins=5, level=held.level) if len(target) >= 5 * LEAST_ROWS else None
    return GroupRates(name, len(target), _rate(int(target.sum()), len(target), held), rates, shift, diagram)


def _rate(hits: int, of: int, held: HeldOut) -> Interval:
    if of == 0:
        return Interval(None, None, None, held.level, "Wilson", 0, "this model", "the group has no such row")
    return proportion_interval(hits, of, level=held.level)


def _gaps(
    told: Sequence[GroupRates], counts: Sequence[dict[str, tuple[int, int]]], pair: tuple[int, int], held: HeldOut
) -> list[Gap]:
    first, second = told[pair[0]], told[pair[1]]
    made = []
    for what in RATES:
        (hits, of), (other_hits, other_of) = counts[pair[0]][what], counts[pair[1]][what]
        n = of + other_of
        if of == 0 or other_of == 0:
            no = Interval(None, None, None, held.level, "none", n, "this model", "one of the groups has no such row")
            made.append(Gap(what, first.group, second.group, no, None, None, held.level))
            continue
        found = two_proportions(hits, of, other_hits, other_of, level=held.level)
        interval = Interval(found.difference, found.low, found.high, held.level, f"Newcombe; {found.test} test", n, "this model")
        made.append(Gap(what, first.group, second.group, interval, found.p, None, held.level))
    interval, p = _shift_gap(first.shift, second.shift, held)
    made.append(Gap("calibration", first.group, second.group, interval, p, None, held.level))
    return made


def _shift_gap(a: Interval, b: Interval, held: HeldOut) -> tuple[Interval, float | None]:
    """Welch's interval of the difference of two mean gaps."""
    n = a.n + b.n
    if a.value is None or b.value is None or a.low is None or b.low is None:
        return Interval(None, None, None, held.level, "Welch", n, "this model", "a group shows no spread"), None
    errors = [(one.value - one.low) / quantile(held.level, one.n - 1) for one in (a, b)]  # type: ignore[operator]
    error = sqrt(errors[0] ** 2 + errors[1] ** 2)
    value = a.value - b.value
    if error == 0:
        return Interval(None, None, None, held.level, "Welch", n, "this model", "the groups show no spread"), None
    freedom = error**4 / (errors[0] ** 4 / (a.n - 1) + errors[1] ** 4 / (b.n - 1))
    reach = quantile(held.level, freedom) * error
    return Interval(value, value - reach, value + reach, held.level, "Welch", n, "this model"), two_sided(value / error, freedom)


def _impact(a: GroupRates, b: GroupRates, held: HeldOut) -> Impact:
    """The lower rate over the higher one."""
    lower, higher = sorted((a, b), key=lambda one: one.rates["selection rate"].value or 0.0)
    return Impact(
        lower.group, higher.group, ratio_interval(lower.rates["selection rate"], higher.rates["selection rate"], held.level)
    )


def ratio_interval(a: Interval, b: Interval, level: float) -> Interval:
    """a / b of two independent shares from their intervals (MOVER-R).

    >>> from assay.measure.proportion import proportion_interval
    >>> print(ratio_interval(proportion_interval(30, 100), proportion_interval(60, 100), 0.95))
    0.5000 [0.3538, 0.6827]
    """
    n = a.n + b.n
    if a.value is None or b.value is None or not b.value or a.low is None or a.high is None or b.low is None or b.high is None:
        return Interval(None, None, None, level, "MOVER-R", n, "this model", "nobody is selected in the other group")
    product = a.value * b.value
    low_b, high_b = b.high * (2 * b.value - b.high), b.low * (2 * b.value - b.low)
    low = product - sqrt(max(0.0, product**2 - a.low * low_b * (2 * a.value - a.low)))
    high = product + sqrt(max(0.0, product**2 - a.high * high_b * (2 * a.value - a.high)))
    if low_b <= 0 or high_b <= 0:
        return Interval(a.value / b.value, None, None, level, "MOVER-R", n, "this model", "too few are selected for an interval")
    return Interval(a.value / b.value, max(0.0, low / low_b), high / high_b, level, "MOVER-R", n, "this model")
