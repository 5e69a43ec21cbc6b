"""Intervals over cuts that go forward in time: what moves steadily from cut to cut is a trend, and no doubt about the mean.

The fitted models of a cross-validation are taken for draws of one kind, and what they differ by widens the interval
(``component``).  Models at later cuts learn from more rows and meet users who have more already, so their values drift one way;
taken for spread the drift would hide every difference.  Here the straight line through the values by cut is taken out first, with
the degree of freedom that it costs; what is left is spread as before.  The mean itself is not changed.
"""

from dataclasses import replace

import numpy as np
from scipy.sparse import csc_array

from assay.measure.evaluate import Evaluation
from assay.measure.interval import Interval
from assay.measure.intervals import Difference
from assay.measure.linear import Linear, linearise
from assay.measure.wald import wald_difference, wald_interval

FEWEST_CUTS = 4
"""With fewer, hardly anything is left beside a line."""


def without_trend(found: Linear) -> Linear:
    """The same value, with fold values from which the line over their order is taken out; unchanged for few folds."""
    n = len(found.fold_values)
    if n < FEWEST_CUTS:
        return found
    place = np.arange(n) - (n - 1) / 2
    line = np.outer(place, place) / float(place @ place)
    mean = np.full((n, n), 1 / n)
    # (n - 1) / (n - 2): the residuals of a line spread less than those of a mean
    kept = mean + np.sqrt((n - 1) / (n - 2)) * (np.eye(n) - mean - line)
    return replace(found, fold_values=kept @ found.fold_values, fold_influence=csc_array(found.fold_influence @ kept.T))


class ForwardEvaluation(Evaluation):
    """An evaluation in closed form of cuts forward in time; every metric knows its influences."""

    def interval(self, candidate: str, metric: str) -> Interval:
        key = (candidate, metric)
        if key in self.undefined:
            return super().interval(candidate, metric)
        estimator = self.estimators[key]
        return wald_interval(without_trend(linearise(estimator)), self._claim(estimator.metric))

    def difference(self, a: str, b: str, metric: str) -> Difference:
        left, right = (a, metric), (b, metric)
        if left in self.undefined or right in self.undefined:
            return super().difference(a, b, metric)
        one, other = self.estimators[left], self.estimators[right]
        return wald_difference(without_trend(linearise(one)), without_trend(linearise(other)), self._claim(one.metric))


def forward(found: Evaluation) -> ForwardEvaluation:
    """The same measurements, read as cuts forward in time."""
    return ForwardEvaluation(**{name: getattr(found, name) for name in Evaluation.__dataclass_fields__})
