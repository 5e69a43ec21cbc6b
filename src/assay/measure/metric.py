"""What a metric is, so that one resampling engine serves every task.

A metric first turns truth and predictions into statistics per unit, once; then its value
is a function of those statistics and a weight for each unit.  A bootstrap replicate is
just another weight vector, so AUC, mAP, BLEU and perplexity are resampled by the same code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

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
    bounds: the least and the greatest value there can be, ±inf where there is none.
    by_class: a rare class has the weight of a common one, so that the rarest class decides how much evidence there is.
    exact_ends: at 0 or 1, where no unit is wrong (or right), an exact binomial bound holds.
    by_row: the value is the weighted mean of one number a row.
    prevalence_free: the value does not change with the shares of the classes, so that drawing rows within their class is
        legitimate.  (Macro forms: with the class shares of the truth; one-against-rest ranks keep the mix of their rest.)

    Some things are optional.  ``reads_counts`` = True: ``value`` takes uint8 counts as they are, many vectors at once;
    any other metric is handed one float64 vector after another.  ``influence``, ``bias``, ``proportion``: see
    ``HasInfluence``, ``HasBias``, ``HasProportion``.  ``resampling_fails`` = True: in a resample the bias is there twice, and
    no bootstrap is made.
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
    @property
    def bounds(self) -> tuple[float, float]: ...
    @property
    def by_class(self) -> bool: ...
    @property
    def exact_ends(self) -> bool: ...
    @property
    def by_row(self) -> bool: ...
    @property
    def prevalence_free(self) -> bool: ...

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        """Why the metric has no value on this input ("only one class"), or None when it has."""
        ...

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        """Statistics in the order of the units; ``weight`` of the truth is NOT applied here (see value)."""
        ...

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        """weights: (..., n), >= 0. Returns float64 (...): one value a weight vector, NaN where it is undefined."""
        ...


@runtime_checkable
class HasInfluence(Protocol):
    """A metric that knows its influence function; ``influence.influence_of`` differentiates any other numerically."""

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        """float64 (n,): the derivative of the value by each unit's weight, at weights (n,); NaN where the value is.

        value(weights + d) ≈ value(weights) + influence @ d.  Where only the proportions of the weights count,
        influence @ weights is 0.  Source: Hampel (1974); Efron (1982), chapter 6.
        """
        ...


@runtime_checkable
class HasBias(Protocol):
    """A metric that is too great on average (a maximum, for one), and knows by how much."""

    def bias(self, statistics: Statistics, weights: np.ndarray) -> float:
        """In the metric's own units; an interval is centred on the value less this."""
        ...


@runtime_checkable
class HasProportion(Protocol):
    """A metric that may be a plain share of rows, for which there are intervals of its own (``proportion``)."""

    def proportion(self, statistics: Statistics) -> tuple[int, int] | None:
        """(rows that count, of how many), every row counting once; None where the value is no such share."""
        ...


def values_under(metric: Metric, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
    """The metric under weights (..., n), given to it in the form it reads (see ``Metric``); float64 (...)."""
    if getattr(metric, "reads_counts", False):
        return metric.value(statistics, weights)
    flat = np.asarray(weights).reshape(-1, weights.shape[-1])
    # one at a time: a product of matrices would give other bits for another number of vectors
    values = [float(metric.value(statistics, vector.astype(np.float64))) for vector in flat]
    return np.array(values, dtype=np.float64).reshape(weights.shape[:-1])
