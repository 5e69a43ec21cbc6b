"""Cells that lie far from the others, by a rule that the outliers themselves cannot bend.

A cell counts that is far by two rules at once: its modified z-score, 0.6745 · |x − median| / MAD, is above 3.5 (Iglewicz &
Hoaglin 1993; MAD is the median absolute deviation), and it lies beyond Tukey's fences (1977), 1.5 interquartile ranges from
the quartiles. Either alone calls half of a column far whose cells lie in two heaps. Where more than half of the cells are
equal MAD is 0, and the outer fences hold, 3 interquartile ranges; where these are 0 too nothing can be said. A cell out
there is rare, not wrong: in a skewed column many are.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from assay.core.shown import Shown

Z, NORMAL = 3.5, 0.6744897501960817
FENCE, OUTER = 1.5, 3.0
EXAMPLES = 3

Rule = Literal["z and fences", "outer fences", "none"]


@dataclass(frozen=True)
class Outliers(Shown):
    """low, high: what lies outside of them counts (None: no rule fits).  below, above: rows.

    examples: (row, value) of the farthest on either side, rows counted from 1.
    """

    rule: Rule
    low: float | None
    high: float | None
    below: int
    above: int
    examples: tuple[tuple[int, float], ...]

    @property
    def count(self) -> int:
        return self.below + self.above

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "count": self.count, "examples": [{"row": row, "value": value} for row, value in self.examples]}


def outliers(values: np.ndarray, ordered: np.ndarray) -> Outliers:
    """values: float64 (n,), of every row, NaN missing.  ordered: its finite values, ascending; at least one.

    >>> found = outliers(np.array([1.0, 2.0, 3.0, 4.0, 99.0]), np.array([1.0, 2.0, 3.0, 4.0, 99.0]))
    >>> found.rule, found.above, found.examples
    ('z and fences', 1, ((5, 99.0),))
    """
    rule, low, high = _limits(ordered)
    if rule == "none":
        return Outliers("none", None, None, 0, 0, ())
    below, above = int(np.searchsorted(ordered, low, "left")), len(ordered) - int(np.searchsorted(ordered, high, "right"))
    examples: list[tuple[int, float]] = []
    with np.errstate(invalid="ignore"):
        for count, side in ((below, np.isfinite(values) & (values < low)), (above, np.isfinite(values) & (values > high))):
            if count:
                rows = np.flatnonzero(side)
                far = rows[np.argsort(-np.abs(values[rows] - ordered[len(ordered) // 2]), kind="stable")[:EXAMPLES]]
                examples += [(int(row) + 1, float(values[row])) for row in far]
    return Outliers(rule, low, high, below, above, tuple(examples))


def _limits(ordered: np.ndarray) -> tuple[Rule, float, float]:
    with np.errstate(over="ignore", invalid="ignore"):
        median = float(np.median(ordered))
        reach = Z * float(np.median(np.abs(ordered - median))) / NORMAL
        q1, q3 = (float(one) for one in np.quantile(ordered, (0.25, 0.75)))
        spread = q3 - q1
        if reach > 0:
            rule: Rule = "z and fences"
            low, high = min(median - reach, q1 - FENCE * spread), max(median + reach, q3 + FENCE * spread)
        else:
            rule, low, high = "outer fences", q1 - OUTER * spread, q3 + OUTER * spread
    if low < high and np.isfinite(low) and np.isfinite(high):
        return rule, low, high
    return "none", 0.0, 0.0
