"""Inductive Venn-Abers predictors: two isotonic fits, one for each answer that the new row might have.

For a new row p0 and p1 are what isotonic regression says of it when it joins the calibration rows as a negative and as a
positive.  Where the rows are exchangeable one of the two is perfectly calibrated, on however few rows; the merged
probability is p1 / (1 - p0 + p1), which log loss asks for.
The fits are not redone for each row: the added point is carried from left to right under the greatest convex minorant of
the cumulated sums, which gives p1 between all levels in one pass, and the mirror image gives p0.
The added row weighs as much as the calibration rows do on average.
Source: Vovk & Petej (2014); the pass: Vovk, Petej & Fedorova (2015), algorithms 1-4.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.core.state import State
from assay.measure.calibration.calibrator import Calibrator
from assay.measure.calibration.checks import EPS, checked_binary, damaged, rising
from assay.measure.calibration.isotonic import level_sums

Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class VennAbers:
    """Two step functions of the probability, both never falling.

    low: (a + 1,), p0 below low_from[0], from low_from[0] on, …; low_from (a,) rises.
    high: (b + 1,), p1 up to and with high_to[0], up to high_to[1], …, above the last; high_to (b,) rises.
    """

    low_from: np.ndarray
    low: np.ndarray
    high_to: np.ndarray
    high: np.ndarray

    def interval(self, probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """p0 and p1, each (n,); p0 <= p1, and the merged probability lies between them.  O(log n) a row."""
        p0 = self.low[np.searchsorted(self.low_from, probability, side="right")]
        return p0, self.high[np.searchsorted(self.high_to, probability, side="left")]

    def apply(self, probability: np.ndarray) -> np.ndarray:
        p0, p1 = self.interval(probability)
        return np.asarray(p1 / (1 - p0 + p1))

    def state(self) -> State:
        return {
            "kind": "venn-abers",
            "low_from": self.low_from,
            "low": self.low,
            "high_to": self.high_to,
            "high": self.high,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        low_from, high_to = (rising(state, name, strictly=True, least=0) for name in ("low_from", "high_to"))
        low, high = rising(state, "low", strictly=True), rising(state, "high", strictly=True)
        if len(low) != len(low_from) + 1 or len(high) != len(high_to) + 1:
            raise damaged("its steps do not fit together")
        if low[0] != 0 or low[-1] == 1 or high[0] == 0 or high[-1] != 1:
            raise damaged("its ends are not those of a Venn-Abers predictor")
        found = cls(low_from, low, high_to, high)
        p0, p1 = found.interval(np.concatenate([low_from, high_to]))
        if (p0 > p1).any():
            raise damaged("its intervals are inside out")
        return found


def fit_venn_abers(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> VennAbers:
    """target: int (n,), 0 or 1; probability: float (n,); weights: float (n,) or None.  O(n log n).

    Raises DataError for bad rows.
    """
    target, probability, weights = checked_binary(target, probability, weights)
    levels, mass, positive = level_sums(target, probability, weights)
    high = np.append(_with_a_positive(mass, positive), 1.0)
    low = np.append(0.0, 1 - _with_a_positive(mass[::-1], (mass - positive)[::-1])[::-1])
    # rounding must neither turn a step nor an interval around, nor pass an end
    high, low = np.maximum.accumulate(np.minimum(high, 1.0)), np.maximum.accumulate(np.maximum(low, 0.0))
    rises_after = np.flatnonzero(np.diff(high) > 0)
    rises_at = np.flatnonzero(np.diff(low) > 0)
    return VennAbers(
        levels[rises_at],
        np.append(low[0], low[rises_at + 1]),
        levels[rises_after],
        np.append(high[rises_after], high[-1]),
    )


def _with_a_positive(mass: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """float (m,): the isotonic value of a positive row of weight 1 that joins each level in turn.

    The stack holds the corners of the greatest convex minorant from the added row's own stretch on, the leftmost on top.
    """
    cumulated = [(0.0, 0.0), *zip(np.cumsum(mass).tolist(), np.cumsum(positive).tolist(), strict=True)]
    stack: list[Point] = []
    for point in (*reversed(cumulated[1:]), (-1.0, -1.0)):
        _push(stack, point)
    found = np.empty(len(mass))
    for number, (x, y) in enumerate(cumulated[1:]):
        (left_x, left_y), (right_x, right_y) = stack[-1], stack[-2]
        found[number] = (right_y - left_y) / (right_x - left_x)
        if found[number] >= 1 - EPS:  # only positives from here on; rounding must not set the points on this line at odds
            found[number:] = 1.0
            break
        moved = (x - 1.0, y - 1.0)  # this level now lies left of the added row
        if number + 1 < len(mass) and _turn(stack[-2], moved, stack[-1]) < 0:
            stack.pop()
            _push(stack, moved)
    return found


def _push(stack: list[Point], point: Point) -> None:
    """Put a new leftmost point on a convex chain; corners that it makes superfluous go."""
    while len(stack) > 1 and _turn(stack[-2], stack[-1], point) >= 0:
        stack.pop()
    stack.append(point)


def _turn(right: Point, middle: Point, left: Point) -> float:
    """Below 0 where ``middle`` lies under the line from ``left`` to ``right``, 0 on it."""
    return (middle[1] - left[1]) * (right[0] - left[0]) - (right[1] - left[1]) * (middle[0] - left[0])


VENN_ABERS = Calibrator(
    "venn-abers", fit_venn_abers, ("binary",), True, "isotonic twice, with an interval (p0, p1) and a guarantee; never 0 or 1"
)
