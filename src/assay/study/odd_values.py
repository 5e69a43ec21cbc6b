"""Rows whose number is probably wrong in the data: those much farther from what the models say than rows like them are.

Residuals are out of fold, and each is divided by the usual residual at its predicted value, so that large values are not
suspected for being large.  A row is named where the normal law would give no such row in a table of this length; its
conformal p, the share of rows at least as odd, needs no law and says the same of the row's place.
A law with heavier tails gives such rows without any mistake: what is named is odd, and for a person to look at.
Source: Vovk, Gammerman & Shafer (2005) for p; Papadopoulos, Gammerman & Vovk (2008) for residuals divided by their usual size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from assay.core.errors import ConfigError
from assay.core.shown import Shown
from assay.measure.interval import Interval
from assay.measure.parts import Part
from assay.measure.proportion import proportion_interval

ROWS_A_BIN, MOST_BINS = 50, 20
TO_DEVIATIONS = 1.4826
"""The standard deviation of a normal law over its median absolute deviation."""
EXPECTED = 0.05
"""Rows beyond the cut in a whole table whose scaled residuals are normal."""
LEAST_SCALE = 0.1
"""Of the usual residual of all rows: where predictions happen to be exact, a small miss is no oddity."""


@dataclass(frozen=True)
class OddValues(Shown):
    """candidate: whose predictions.  units: int64 (n,), rising.  given, predicted: float64 (n,).

    score: float64 (n,), how many usual residuals a row lies off.  p: float64 (n,), the share of rows at least as odd.
    cut: the score from which rows are named.  named: positions of these, the oddest first.  share: of them, with Wilson's
    interval: how many of new rows like these would be named.
    """

    candidate: str
    units: np.ndarray
    given: np.ndarray
    predicted: np.ndarray
    score: np.ndarray
    p: np.ndarray
    cut: float
    rows: np.ndarray
    doubtful: int
    share: Interval

    @property
    def named(self) -> np.ndarray:
        return self.rows[: self.doubtful]

    def to_json(self) -> dict[str, Any]:
        return {
            "candidate": self.candidate,
            "rows": len(self.units),
            "cut": self.cut,
            "beyond": self.share.to_json(),
            "doubtful": [
                {
                    "row": int(self.units[at]),
                    "given": float(self.given[at]),
                    "predicted": float(self.predicted[at]),
                    "score": float(self.score[at]),
                    "p": float(self.p[at]),
                }
                for at in self.named.tolist()
            ],
        }


def odd_values(parts: Sequence[Part], *, candidate: str, level: float = 0.95) -> OddValues:
    """The rows whose number is far from what models say that had not seen them.

    Raises ConfigError for predictions that are no numbers.
    """
    if not parts or any("value" not in part.predictions.arrays for part in parts):
        raise ConfigError("odd values are looked for among predicted numbers, and these predictions have none.")
    units, place = np.unique(np.concatenate([part.truth.units for part in parts]), return_inverse=True)
    said = np.concatenate([part.predictions["value"] for part in parts])
    predicted = np.bincount(place, said, len(units)) / np.bincount(place, minlength=len(units))
    given = np.zeros(len(units))
    given[place] = np.concatenate([part.truth["target"] for part in parts])
    score = scaled_residuals(given, predicted)
    n = len(units)
    at_least = n - np.searchsorted(np.sort(score), score, side="left")
    cut = float(-ndtri(EXPECTED / (2 * n)))
    rows = np.lexsort((units, -score))
    doubtful = int((score > cut).sum())
    share = proportion_interval(doubtful, n, level=level, estimand="this recipe")
    return OddValues(candidate, units, given, predicted, score, at_least / n, cut, rows, doubtful, share)


def scaled_residuals(given: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """float64 (n,), >= 0: the distance from the usual residual at this predicted value, in units of its usual deviation."""
    residual = given - predicted
    order = np.argsort(predicted, kind="stable")
    n_bins = int(np.clip(len(order) // ROWS_A_BIN, 1, MOST_BINS))
    centres, middles, scales = [], [], []
    for part in np.array_split(order, n_bins):
        middle = float(np.median(residual[part]))
        centres.append(float(np.median(predicted[part])))
        middles.append(middle)
        scales.append(TO_DEVIATIONS * float(np.median(np.abs(residual[part] - middle))))
    overall = TO_DEVIATIONS * float(np.median(np.abs(residual - np.median(residual)))) or float(residual.std())
    if overall == 0:
        return np.zeros(len(given))
    scale = np.interp(predicted, centres, np.maximum(scales, LEAST_SCALE * overall))
    return np.asarray(np.abs(residual - np.interp(predicted, centres, middles)) / scale)
