"""Deviances: what a prediction of a mean costs where the target's spread grows with it (counts, rates, amounts).

Both compare a row with the prediction that would have been best for it: 0 is perfect.  They are proper for the mean, as the
squared error is, and weigh an error by the spread that such a mean has.  A prediction of 0 or less is no mean of such a
target, and the metric is then undefined: a line or a tree of squared errors may well give one.
Source: McCullagh & Nelder (1989), section 2.3; Gneiting (2011).
"""

from functools import partial

import numpy as np
from scipy.special import xlogy

from assay.measure.metrics.mean import MeanMetric
from assay.measure.payload import Predictions, Truth

_TASKS = frozenset({"regression", "counts"})


def _poisson(truth: Truth, predictions: Predictions) -> np.ndarray:
    target, mean = _parts(truth, predictions)
    return np.asarray(2 * np.maximum(xlogy(target, target / mean) - target + mean, 0.0))  # rounding must not sink below 0


def _gamma(truth: Truth, predictions: Predictions) -> np.ndarray:
    target, mean = _parts(truth, predictions)
    return np.asarray(2 * np.maximum(np.log(mean / target) + target / mean - 1, 0.0))


def _parts(truth: Truth, predictions: Predictions) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(truth["target"], dtype=np.float64), np.asarray(predictions["value"], dtype=np.float64)


def _unfit(truth: Truth, predictions: Predictions, *, zero_is_fit: bool) -> str | None:
    """Why these rows have no deviance: a target below 0 (or 0), or a prediction that is not above 0."""
    target, mean = _parts(truth, predictions)
    checks = (
        ("target", "below 0" if zero_is_fit else "not above 0", target < 0 if zero_is_fit else target <= 0),
        ("prediction", "not above 0", mean <= 0),
    )
    for what, how, bad in checks:
        rows = np.flatnonzero(bad)
        if len(rows):
            return f"the {what} is {how} in {len(rows)} of {len(truth)} rows (first: {int(truth.units[rows[0]])})"
    return None


POISSON_DEVIANCE = MeanMetric(
    "poisson_deviance",
    "Mean Poisson deviance",
    "value",
    _TASKS,
    _poisson,
    unfit=partial(_unfit, zero_is_fit=True),
    shown=False,
)
GAMMA_DEVIANCE = MeanMetric(
    "gamma_deviance",
    "Mean gamma deviance",
    "value",
    frozenset({"regression"}),
    _gamma,
    unfit=partial(_unfit, zero_is_fit=False),
    shown=False,
)
