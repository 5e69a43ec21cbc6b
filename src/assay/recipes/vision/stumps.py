"""AdaBoost over stumps on many features at once: each round is one pass over all of them, sorted beforehand.

Source: Viola & Jones (2004), table 1; Freund & Schapire (1997).
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from assay.recipes.vision.cascade import says_yes

LEAST_ERROR = 1e-6
"""Of a stump that fits its rows: its vote stays finite."""

CELLS_AT_ONCE = 4_000_000


class Stump(NamedTuple):
    """feature: its place among the candidates.  It says yes where polarity · value < polarity · threshold."""

    feature: int
    threshold: float
    polarity: int
    error: float

    @property
    def vote(self) -> float:
        error = max(self.error, LEAST_ERROR)
        return float(np.log((1 - error) / error))


@dataclass(frozen=True, eq=False)
class Sorted:
    """values: float64 (m, n).  order: int32 (m, n), rows by value.  cuts: bool (m, n - 1), where a value and the next differ."""

    values: np.ndarray
    order: np.ndarray
    cuts: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Self:
        order = np.argsort(values, axis=1, kind="stable").astype(np.int32)
        ranked = np.take_along_axis(values, order, axis=1)
        return cls(values, order, np.diff(ranked, axis=1) > 0)

    def best(self, positive: np.ndarray, weights: np.ndarray) -> Stump | None:
        """The stump of the least weighted error; None where no cut tells positives from negatives.

        positive: bool (n,).  weights: float64 (n,), adding up to 1.
        """
        signed = np.where(positive, weights, -weights)
        yes, no = float(weights[positive].sum()), float(weights[~positive].sum())
        best: tuple[float, int, int, int] | None = None
        step = max(1, CELLS_AT_ONCE // max(1, self.order.shape[1]))
        for first in range(0, len(self.order), step):
            part = slice(first, first + step)
            below = np.cumsum(signed[self.order[part]], axis=1)[:, :-1]  # positives less negatives at or below each cut
            if not below.size:
                continue
            below *= self.cuts[part]  # what is no cut is as good as none
            for polarity, flat, rest in ((1, int(below.argmax()), yes), (-1, int(below.argmin()), no)):
                feature, cut = divmod(flat, below.shape[1])
                gain = polarity * float(below[feature, cut])
                if gain > 0 and (best is None or rest - gain < best[0]):
                    best = (rest - gain, first + feature, cut, polarity)
        if best is None:
            return None
        error, feature, cut, polarity = best
        low, high = self.values[feature, self.order[feature, cut : cut + 2]]
        return Stump(feature, _between(float(low), float(high)), polarity, max(error, 0.0))


def _between(low: float, high: float) -> float:
    """Above low and at most high, so that low is below it and high is not."""
    middle = low + (high - low) / 2
    return middle if middle > low else high


def reweighed(weights: np.ndarray, right: np.ndarray, error: float) -> np.ndarray:
    """What was right weighs less by error / (1 - error); all add up to 1."""
    error = max(error, LEAST_ERROR)
    changed = weights * np.where(right, error / (1 - error), 1.0)
    return np.asarray(changed / changed.sum())


def answers(stump: Stump, values: np.ndarray) -> np.ndarray:
    """bool (n,).  values: (m, n) of all candidates."""
    return says_yes(values[stump.feature], stump.threshold, stump.polarity)
