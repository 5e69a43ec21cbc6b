"""Each cluster against the rows outside of it, column by column: means and shares of levels, with simultaneous intervals.

The intervals are of the clusters as they are drawn: what new rows that fall into the same places would show.  All of one table
hold together at their level (Bonferroni over everything that was compared).  They are no test of whether there are clusters:
these were made from the same columns, so that their differences are real by construction.
Sources: Welch (1947) for means; Newcombe (1998) for shares.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.special import stdtrit

from assay.core.shown import Shown
from assay.data.look.values import unit_of, values_of
from assay.data.schema import Column
from assay.measure.two_proportions import two_proportions

MOST_LEVELS, MOST_COLUMNS = 8, 200
LEVEL = 0.95
MICROSECONDS_A_DAY = 86_400e6


@dataclass(frozen=True)
class Profile(Shown):
    """One column, or one level of it, in one cluster.

    inside, rest: means in the column's unit (dates: days since 1970; texts: characters), or shares of the level.
    effect: the difference in standard deviations of all rows.  low, high: of the difference; None with fewer than 2 rows
    on a side.
    """

    cluster: int
    column: str
    level: str | None
    inside: float
    rest: float
    effect: float
    low: float | None
    high: float | None

    @property
    def difference(self) -> float:
        return self.inside - self.rest

    @property
    def is_apart(self) -> bool:
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def to_json(self) -> dict[str, Any]:
        return {
            "cluster": self.cluster + 1,
            "column": self.column,
            "level": self.level,
            "inside": self.inside,
            "rest": self.rest,
            "difference": {"value": self.difference, "low": self.low, "high": self.high},
            "effect": self.effect,
        }


def profiles(frame: pl.DataFrame, columns: Sequence[Column], labels: np.ndarray) -> list[list[Profile]]:
    """For each cluster everything that was compared, the largest effect first.

    frame: the rows that were clustered (n,).  labels: int64 (n,), below 0 for rows in no cluster, which count to the rest.
    """
    n_clusters = int(labels.max(initial=-1)) + 1
    seen = [one for column in columns[:MOST_COLUMNS] for one in _readings(frame[column.name], column)]
    if not seen or not n_clusters:
        return [[] for _ in range(n_clusters)]
    level = 1 - (1 - LEVEL) / (len(seen) * n_clusters)
    found = []
    for cluster in range(n_clusters):
        inside = labels == cluster
        own = [_compared(cluster, name, part, values, inside, level) for name, part, values in seen]
        found.append(sorted((one for one in own if one is not None), key=lambda one: -abs(one.effect)))
    return found


def _readings(series: pl.Series, column: Column) -> Iterator[tuple[str, str | None, np.ndarray]]:
    """(column, level, values): float64 (n,) numbers with NaN missing, or bool (n,) whether a row is of the level."""
    unit = unit_of(column.kind)
    if unit is not None:
        values = values_of(series, unit)
        values = np.where(np.isfinite(values), values, np.nan)
        yield column.name, None, values / MICROSECONDS_A_DAY if unit == "date" else values
    elif column.kind == "category":
        counts = series.drop_nulls().value_counts(sort=True).sort(["count", series.name], descending=[True, False])
        for level in counts[series.name].to_list()[:MOST_LEVELS]:
            yield column.name, str(level), (series == level).fill_null(False).to_numpy()


def _compared(
    cluster: int, column: str, part: str | None, values: np.ndarray, inside: np.ndarray, level: float
) -> Profile | None:
    """None where a side has no value, or all values are one."""
    if values.dtype == np.bool_:
        a, b = values[inside], values[~inside]
        spread = float(values.std())
        if not len(a) or not len(b) or spread == 0:
            return None
        pair = two_proportions(int(a.sum()), len(a), int(b.sum()), len(b), level=level)
        return Profile(cluster, column, part, float(a.mean()), float(b.mean()), pair.difference / spread, pair.low, pair.high)
    known = ~np.isnan(values)
    a, b = values[inside & known], values[~inside & known]
    spread = float(values[known].std()) if known.any() else 0.0
    if not len(a) or not len(b) or not np.isfinite(spread) or spread == 0:
        return None
    low, high = welch(a, b, level)
    difference = float(a.mean()) - float(b.mean())
    return Profile(cluster, column, None, float(a.mean()), float(b.mean()), difference / spread, low, high)


def welch(a: np.ndarray, b: np.ndarray, level: float) -> tuple[float | None, float | None]:
    """The interval of the difference of two means of unequal spread; None with fewer than 2 rows, or no spread at all."""
    if len(a) < 2 or len(b) < 2:
        return None, None
    first, second = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    if first + second == 0:
        return None, None
    freedom = (first + second) ** 2 / (first**2 / (len(a) - 1) + second**2 / (len(b) - 1))
    half = float(stdtrit(freedom, (1 + level) / 2) * np.sqrt(first + second))
    middle = float(a.mean() - b.mean())
    return middle - half, middle + half
