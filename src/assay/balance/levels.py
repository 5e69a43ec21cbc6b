"""Per level of every category the positive rate, and the levels that differ from the rest of the rows.

Something to look at before classes are balanced: where a few levels hold the positives, columns that say only "is this
level" are a legitimate encoding, and no synthetic row is needed to see them.

Each level is compared with all other rows of the table (``measure.two_proportions``), and the p-values are corrected by
Holm (1979) over all levels of all columns and, with more than two classes, over all classes.  A level is looked at after
the fact like any other: that it differs says nothing about why.

Where the table names a group or a weight for its rows, rates are weighted, and intervals and tests count groups and not
rows (``measure.clustered_proportions``): forty visits of one patient are no forty witnesses.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl

from assay.core.errors import ConfigError
from assay.core.shown import Shown
from assay.data.dataset import Dataset
from assay.measure.clustered_proportions import clustered_shares
from assay.measure.compare import holm
from assay.measure.interval import Interval
from assay.measure.proportion import wilson_ends
from assay.measure.two_proportions import TwoProportions, two_proportions

HIGHER, LOWER, NOT_SHOWN, ALONE = "higher", "lower", "no difference shown", "no other rows"
CALLS = (HIGHER, LOWER, NOT_SHOWN, ALONE)


@dataclass(frozen=True)
class LevelRate(Shown):
    """One level of one category.

    level: its name, or None for missing cells.  positive: the class whose rate it is.  rows, positives: of this level, counted.
    rate: weighted where rows carry weights; Wilson's interval, over groups where rows have some (its n; without ends in a
        level of one group).  rest: the rate among all other rows, None where there are none (a constant column).
    difference: rate − rest with its interval (Newcombe's), and the test.  p: after Holm; None where there are no other rows.
    call: one of CALLS.
    """

    column: str
    level: str | None
    positive: str
    rows: int
    positives: int
    rate: Interval
    rest: float | None
    difference: TwoProportions | None
    p: float | None
    call: str

    @property
    def differs(self) -> bool:
        return self.call in (HIGHER, LOWER)

    def to_json(self) -> dict[str, Any]:
        found = self.difference
        return {
            "column": self.column,
            "level": self.level,
            "class": self.positive,
            "rows": self.rows,
            "positives": self.positives,
            "rate": {name: getattr(self.rate, name) for name in ("value", "low", "high", "level", "method", "n", "undefined")},
            "rest": self.rest,
            "difference": None if found is None else {"value": found.difference, "low": found.low, "high": found.high},
            "test": None if found is None else found.test,
            "p_raw": None if found is None else found.p,
            "p": self.p,
            "call": self.call,
        }


def levels_of(data: Dataset, *, level: float = 0.95) -> list[LevelRate]:
    """Every level of every feature column of kind category, in the order of the columns, the commonest level first.

    Binary: the rate of the positive class.  More classes: of each class against the others, class by class.  Rows count by
    their weight, and rows of one group together, where the data has such columns (``how_counted`` says it in words); without
    them every row counts once and for itself.
    Raises ConfigError for a target that is a number.

    >>> import polars as pl, assay
    >>> jobs = ["student"] * 40 + ["clerk"] * 160
    >>> denied = [1] * 20 + [0] * 20 + [1] * 16 + [0] * 144
    >>> found = levels_of(assay.read(pl.DataFrame({"job": jobs, "denied": denied}), target="denied"))
    >>> [(one.level, one.positives, one.rows, one.call) for one in found]
    [('clerk', 16, 160, 'lower'), ('student', 20, 40, 'higher')]
    """
    task = data.question
    if not task.is_classification:
        raise ConfigError(f"rates of levels are of classes, and the target {task.target!r} is a number.")
    if not 0.5 < level < 1:
        raise ConfigError(f"level={level}: it must lie between 0.5 and 1, such as 0.95.")
    codes = [1] if task.name == "binary" else list(range(len(task.classes)))
    columns = [column.name for column in data.schema.features if column.kind == "category"]
    target, tests, rows = data.target, _Tests(level), _Counting(data.weights, data.groups, level)
    found = []
    for code in codes:
        positive, label = target == code, task.classes[code]
        for name in columns:
            counted = list(_counted(data.frame[name], positive))
            if rows.are_alike_and_alone:
                found += [_rate(name, *one, label, positive, tests) for one in counted]
            else:
                found += rows.rates(name, data.frame[name], counted, label, positive)
    adjusted = holm([None if one.difference is None else one.difference.p for one in found])
    return [_judged(one, p, level) for one, p in zip(found, adjusted, strict=True)]


def strongest(found: Sequence[LevelRate]) -> list[LevelRate]:
    """The levels that differ, the surest first; of equally sure ones the larger difference."""
    differing = [one for one in found if one.differs]
    return sorted(differing, key=lambda one: (one.p, -abs(one.difference.difference if one.difference else 0.0)))


def how_counted(data: Dataset) -> str:
    """In a sentence, how rows were counted where they carry weights or come in groups; "" where each counts once."""
    groups, weights = data.schema.only("group"), data.schema.only("weight")
    said = []
    if weights is not None:
        said.append(f"Rates are weighted by {weights.name!r}")
    if groups is not None:
        start = "intervals" if said else "Intervals"
        said.append(f"{start} and p-values count groups of {groups.name!r}, not rows: rows of one group resemble each other")
    elif weights is not None:
        said.append("intervals and p-values allow for the weights")
    return " and ".join(said) + "." if said else ""


@dataclass(frozen=True, eq=False)
class _Counting:
    """How rows of the table count: weights float64 (n,), groups int64 (n,), each None where there are none."""

    weights: np.ndarray | None
    groups: np.ndarray | None
    level: float

    @property
    def are_alike_and_alone(self) -> bool:
        return self.weights is None and self.groups is None

    def rates(
        self, column: str, series: pl.Series, counted: Sequence[tuple[str | None, int, int]], label: str, positive: np.ndarray
    ) -> list[LevelRate]:
        """The levels of one column, in the order of ``counted``."""
        places = {name: place for place, (name, _, _) in enumerate(counted)}
        known = [name for name in places if name is not None]
        codes = np.full(len(series), places.get(None, 0), dtype=np.int64)
        if known:
            found = series.replace_strict(
                known, [places[name] for name in known], default=places.get(None), return_dtype=pl.Int64
            )
            codes = found.to_numpy()
        shares = clustered_shares(codes, positive, weights=self.weights, groups=self.groups, confidence=self.level)
        return [
            LevelRate(column, name, label, rows, hits, share.share, share.rest, share.difference, None, ALONE)
            for (name, rows, hits), share in zip(counted, shares, strict=True)
        ]


class _Tests:
    """Tests by their four counts: a column of many rare levels asks the same few again and again."""

    def __init__(self, level: float):
        self.level = level
        self.z = NormalDist().inv_cdf((1 + level) / 2)
        self.known: dict[tuple[int, int, int, int], TwoProportions] = {}

    def __call__(self, hits: int, of: int, other_hits: int, other_of: int) -> TwoProportions:
        key = (hits, of, other_hits, other_of)
        if key not in self.known:
            self.known[key] = two_proportions(*key, level=self.level)
        return self.known[key]

    def interval(self, hits: int, of: int) -> Interval:
        """Wilson's, in closed form: a table has tens of thousands of levels."""
        low, high = wilson_ends(hits / of, of, self.z)
        return Interval(hits / of, low, high, self.level, "Wilson", of, "this model")


def _counted(series: pl.Series, positive: np.ndarray) -> Iterator[tuple[str | None, int, int]]:
    """(level, rows, positives), the commonest first, equally common ones by name."""
    table = (
        pl.DataFrame({"level": series, "hit": positive})
        .group_by("level")
        .agg(pl.len().alias("rows"), pl.col("hit").sum().alias("hits"))
        .sort(["rows", "level"], descending=[True, False], nulls_last=True)
    )
    return table.iter_rows()


def _rate(
    column: str, level: str | None, rows: int, hits: int, positive: str, is_positive: np.ndarray, tests: _Tests
) -> LevelRate:
    others, other_hits = len(is_positive) - rows, int(is_positive.sum()) - hits
    difference = tests(hits, rows, other_hits, others) if others else None
    return LevelRate(
        column=column,
        level=level,
        positive=positive,
        rows=rows,
        positives=hits,
        rate=tests.interval(hits, rows),
        rest=other_hits / others if others else None,
        difference=difference,
        p=None,
        call=ALONE,
    )


def _judged(one: LevelRate, p: float | None, level: float) -> LevelRate:
    if one.difference is None or p is None:
        return one
    if p > 1 - level + 1e-12 or one.difference.difference == 0:
        return replace(one, p=p, call=NOT_SHOWN)
    return replace(one, p=p, call=HIGHER if one.difference.difference > 0 else LOWER)
