"""The bins of a histogram, by rules that can be stated in one line.

Bins are as wide as Freedman & Diaconis (1981) say (twice the interquartile range over the cube root of the rows), but 5 to
30 of them; whole numbers that span at most 30 values get a bin each, and else every bin holds as many of them. One far value
would make every other cell a single bar, so what lies more than half the span of the middle 98 % beyond it is counted and
not drawn.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from assay.core.shown import Shown

FEWEST_BINS, MOST_BINS = 5, 30
MIDDLE = (0.01, 0.99)
BEYOND = 0.5  # of the middle's span, on either side of it

Rule = Literal["value", "freedman-diaconis", "fewest"]


@dataclass(frozen=True)
class Histogram(Shown):
    """edges: (bins + 1,), ascending.  counts: (bins,) rows; the last bin holds its upper edge.

    below, above: rows outside of the edges.  rule: "value" a bin for each whole number, "freedman-diaconis", or "fewest" where
    the middle half of the cells is equal and that rule gives no width.  whole: edges lie half-way between whole numbers.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    below: int
    above: int
    rule: Rule
    whole: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def histogram(ordered: np.ndarray, *, whole: bool = False) -> Histogram | None:
    """ordered: float64 (n,), finite, ascending.  None without rows, with one value only, and where the span overflows.

    >>> histogram(np.array([1.0, 1.0, 2.0, 4.0]), whole=True).counts
    (2, 1, 0, 1)
    """
    if len(ordered) == 0 or ordered[0] == ordered[-1] or ordered[-1] / 2 - ordered[0] / 2 > np.finfo(np.float64).max / 4:
        return None
    low, high = _drawn(ordered)
    if whole and high - low < MOST_BINS:
        edges = np.arange(low - 0.5, high + 1)
        rule: Rule = "value"
    else:
        width = _width(ordered)
        bins = FEWEST_BINS if width <= 0 else int(np.clip(np.ceil((high - low) / width), FEWEST_BINS, MOST_BINS))
        rule = "fewest" if width <= 0 else "freedman-diaconis"
        edges = _whole_edges(low, high, bins) if whole else np.linspace(low, high, bins + 1)
        if not (np.diff(edges) > 0).all():
            return None  # neighbouring floats: no bin has a width
    places = np.searchsorted(ordered, edges, side="left")
    places[-1] = np.searchsorted(ordered, edges[-1], side="right")
    counts = np.diff(places)
    return Histogram(
        edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
        below=int(places[0]),
        above=len(ordered) - int(places[-1]),
        rule=rule,
        whole=whole,
    )


def _drawn(ordered: np.ndarray) -> tuple[float, float]:
    """The range that is drawn: two values of the column."""
    left, right = np.quantile(ordered, MIDDLE)
    reach = BEYOND * (right - left)
    if reach == 0:
        return float(ordered[0]), float(ordered[-1])
    inside = ordered[(ordered >= left - reach) & (ordered <= right + reach)]
    return float(inside[0]), float(inside[-1])


def _whole_edges(low: float, high: float, bins: int) -> np.ndarray:
    """Each bin holds as many whole numbers as any other: with widths of 2.6 every third bar would stand out for nothing."""
    step = np.ceil((high - low + 1) / bins)
    return np.asarray(low - 0.5 + step * np.arange(np.ceil((high - low + 1) / step) + 1))


def _width(ordered: np.ndarray) -> float:
    q1, q3 = np.quantile(ordered, (0.25, 0.75))
    return float(2 * (q3 - q1) / len(ordered) ** (1 / 3))
