"""Metrics of a predicted number that says how sure it is: a normal distribution with mean ``value`` and deviation ``spread``.

CRPS and log score are proper: best on average when the distribution is the true one, so that a spread too wide costs as one too
narrow does.  The coverage is not: it says whether the spread keeps its promise, a share to hold against its level, and wide
enough intervals cover everything.
Source: Gneiting & Raftery (2007); Gneiting, Raftery, Westveld & Goldman (2005) for the closed form of the CRPS.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import special

from assay.core.errors import ConfigError
from assay.measure.metrics.arithmetic import problem_with_rows
from assay.measure.metrics.mean import MeanMetric, ShareMetric
from assay.measure.payload import Predictions, Truth

_TASKS = frozenset({"regression"})


@dataclass(frozen=True)
class SpreadMetric(MeanMetric):
    """A score by row.  point: whether a spread of 0, which is a point, has one too."""

    shown: bool = False
    point: bool = True

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return _problem(truth, predictions, point=self.point)


@dataclass(frozen=True)
class SpreadShare(ShareMetric):
    """A share of rows that are as their spread says."""

    shown: bool = False

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return _problem(truth, predictions, point=True)


def _problem(truth: Truth, predictions: Predictions, *, point: bool) -> str | None:
    if len(truth) and "spread" not in predictions.arrays:
        return "the predictions hold no spread: this recipe gives numbers, and not how sure it is of them"
    problem = problem_with_rows(truth, predictions, "spread") or problem_with_rows(truth, predictions, "value")
    if problem is not None:
        return problem
    spread = predictions["spread"]
    low = np.flatnonzero(spread < 0 if point else spread <= 0)
    if not len(low):
        return None
    said = "below 0" if point else "not above 0"
    return f"the spread is {said} in {len(low)} of {len(truth)} rows (first: {int(truth.units[low[0]])})"


def _parts(truth: Truth, predictions: Predictions) -> tuple[np.ndarray, np.ndarray]:
    """(error, spread), float64 (n,)."""
    error = np.asarray(truth["target"] - predictions["value"], dtype=np.float64)
    return error, np.asarray(predictions["spread"], dtype=np.float64)


def _crps(truth: Truth, predictions: Predictions) -> np.ndarray:
    """Squared distance between the predicted distribution function and the step at the target, integrated; target's units.

    σ (z (2Φ(z) - 1) + 2φ(z) - 1/√π), z = error / σ; the absolute error where σ is 0.
    """
    error, spread = _parts(truth, predictions)
    wide = np.where(spread > 0, spread, 1.0)
    with np.errstate(over="ignore"):  # an error of very many spreads has density 0, as it should
        z = np.abs(error) / wide
        density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    inside = special.erf(z / np.sqrt(2))
    score = np.abs(error) * inside + wide * (2 * density - 1 / np.sqrt(np.pi))
    return np.asarray(np.where(spread > 0, np.maximum(score, 0.0), np.abs(error)))


def _log_score(truth: Truth, predictions: Predictions) -> np.ndarray:
    """Negative log density of the target, in nats; its zero depends on the target's unit."""
    error, spread = _parts(truth, predictions)
    return np.asarray(0.5 * np.log(2 * np.pi) + np.log(spread) + 0.5 * (error / spread) ** 2)


def _covered(truth: Truth, predictions: Predictions, *, reach: float) -> np.ndarray:
    error, spread = _parts(truth, predictions)
    return np.asarray(np.abs(error) <= reach * spread)


def interval_coverage(setting: str) -> SpreadShare:
    """The share of rows inside the central interval of this level of their own normal distribution.

    setting: the level as text, such as "0.9".  Raises ConfigError unless it lies between 0 and 1.
    """
    try:
        level = float(setting)
    except ValueError:
        level = np.nan
    if not 0 < level < 1:
        raise ConfigError(f"interval_coverage@{setting}: a level lies between 0 and 1, such as interval_coverage@0.9.")
    covered = partial(_covered, reach=float(special.ndtri((1 + level) / 2)))
    title = f"Share of rows within their {100 * level:.12g}% interval"
    return SpreadShare(f"interval_coverage@{level:.12g}", title, "spread", _TASKS, covered)


_ANY = (-np.inf, np.inf)
CRPS = SpreadMetric("crps", "CRPS", "spread", _TASKS, _crps)
GAUSSIAN_LOG_SCORE = SpreadMetric(
    "gaussian_log_score", "Gaussian log score", "spread", _TASKS, _log_score, bounds=_ANY, point=False
)
