"""What a metric is, so that one resampling engine serves every task.

A metric first turns truth and predictions into statistics per unit, once; then its value
is a function of those statistics and a weight for each unit.  A bootstrap replicate is
just another weight vector, so AUC, mAP, BLEU and perplexity are resampled by the same code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from assay.measure.payload import Predictions, Truth


@dataclass(frozen=True)
class Statistics:
    """n units with whatever arrays the metric needs to compute its value from weights.

    strata: int (n,) or None; units are resampled within their stratum (two unpaired samples are two strata).
    """

    n: int
    arrays: Mapping[str, np.ndarray]
    strata: np.ndarray | None = None

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]


class Metric(Protocol):
    """A member of METRICS.

    needs: the array of the predictions it reads ("score", "probability", "label", "value", …).
    across_folds: "average" computes the value in each fold and takes the mean (ranks are comparable only within one
        model); "pool" sums the statistics of all folds of a repeat first (counts and sums: Forman & Scholz 2010).
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def needs(self) -> str: ...
    @property
    def greater_is_better(self) -> bool: ...
    @property
    def tasks(self) -> frozenset[str]: ...
    @property
    def across_folds(self) -> Literal["average", "pool"]: ...

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        """Why the metric has no value on this input ("only one class"), or None when it has."""
        ...

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        """Statistics in the order of the units; ``weight`` of the truth is NOT applied here (see value)."""
        ...

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        """weights: float (..., n), >= 0. Returns float (...): one value a weight vector, NaN where it is undefined."""
        ...
