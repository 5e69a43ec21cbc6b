"""The interval of nested cross-validation: how far a cross-validated error lies from the model's true one, measured.

The rows of a cross-validation are not independent: training sets overlap, and rows of one fold share a model.  Their
standard deviation over √n is too small.  Nested cross-validation looks at what it wants to know: the rows outside a fold
are cross-validated by themselves, and the fold, which none of those models has seen, says how far that was off.  The
squared distance, less the noise of the fold's own rows, is the mean squared error of a cross-validation.

The value is corrected for the rows that the inner models lack: a learner whose error falls as a + b / n loses as much
again, times (K − 2) / K, between (K − 1) / K and all of the rows, as between (K − 2) / K and (K − 1) / K of them.  (The
authors' R package raises that factor to 1.5.)  The mean squared error is of (K − 1) / K of the rows, and is scaled to all
of them; its root is kept between the naive standard error and √K times it, where folds that tell nothing new and folds
that tell the same would put it.
Source: Bates, Hastie & Tibshirani (2024), Journal of the American Statistical Association 119, algorithm 1, section 4.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from assay.core.errors import ConfigError, DataError
from assay.core.shown import Shown
from assay.measure.influence import influence_of
from assay.measure.interval import Interval
from assay.measure.intervals import interval_at_end
from assay.measure.metric import Metric
from assay.measure.payload import Predictions, Truth

METHOD, NAIVE = "nested cross-validation", "naive cross-validation"

FEWEST_FOLDS = 3
"""The inner models leave out two folds, and something must be left to train on."""


@dataclass(frozen=True, slots=True)
class Errors:
    """The losses of some rows, summed up, so that many repeats need no memory.

    independent: how many rows, or groups of rows.  weight: the sum of theirs.
    squares: the sum over rows (groups) of (loss − mean)², a group's being its weighted sum over the mean weight of a group.
    """

    independent: int
    weight: float
    mean: float
    squares: float

    @property
    def variance_of_mean(self) -> float:
        return self.squares / (self.independent * (self.independent - 1))


@dataclass(frozen=True, slots=True)
class OuterFold:
    """One outer fold of one repeat.

    outer: the losses of its rows, by the model of all other rows.  inner: the losses of those other rows, cross-validated
    without this fold: each by the model that lacks its own fold and this one.
    """

    repeat: int
    inner: Errors
    outer: Errors


@dataclass(frozen=True, slots=True)
class NestedError(Shown):
    """interval: of the error of the model that is made of all rows.  naive: what plain cross-validation says of it.

    bias: taken off the mean of the inner losses.  mse: as algorithm 1 gives it, for (K − 1) / K of the rows; noise can make
    it negative.  mse_error: its standard error over the repeats, which more of them make smaller (None: one repeat).
    inflation: the standard error over the naive one, between 1 and √K.  held_at: "lower" or "upper" where such a bound holds.
    """

    interval: Interval
    naive: Interval
    bias: float
    mse: float
    mse_error: float | None
    inflation: float
    held_at: str | None
    repeats: int
    folds: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def losses_of(metric: Metric, truth: Truth, predictions: Predictions) -> np.ndarray:
    """float (n,): the number a row that the value of the metric is the (weighted) mean of.

    Raises ConfigError for a metric that is no such mean, DataError where it is undefined on these rows.
    """
    if not metric.by_row:
        raise ConfigError(f"metric {metric.name!r} is not the mean of one number a row, so a row has no loss by it.")
    reason = metric.undefined(truth, predictions)
    if reason is not None:
        raise DataError(f"{metric.name} is undefined: {reason}.")
    statistics = metric.unit_statistics(truth, predictions)
    ones = np.ones(statistics.n)
    # The influence of a row on a mean of n is (its number − mean) / n.
    return float(metric.value(statistics, ones)) + statistics.n * influence_of(metric, statistics, ones)


def errors_of(loss: np.ndarray, *, weights: np.ndarray | None = None, groups: np.ndarray | None = None) -> Errors:
    """loss: float (n,), one number a row, in the metric's units.  weights: float (n,), > 0.  groups: (n,), or rows stand alone.

    Raises DataError for lengths that differ, losses that are not finite, weights that are not above 0, and fewer than two
    rows (groups): one alone shows no spread.

    >>> errors_of(np.array([0.0, 1.0, 1.0, 0.0])).variance_of_mean  # s² / n
    0.08333333333333333
    """
    loss = np.asarray(loss, dtype=np.float64)
    for name, array in (("weights", weights), ("groups", groups)):
        if array is not None and len(array) != len(loss):
            raise DataError(f"{len(loss)} losses and {len(array)} {name}; there must be one of each a row.")
    weight = np.ones(len(loss)) if weights is None else np.asarray(weights, dtype=np.float64)
    for what, bad in (("losses are not finite", ~np.isfinite(loss)), ("weights are not above 0", ~(weight > 0))):
        if bad.any():
            raise DataError(f"{int(bad.sum())} {what} (first rows: {np.flatnonzero(bad)[:3].tolist()}).")
    codes = np.arange(len(loss)) if groups is None else np.unique(groups, return_inverse=True)[1]
    independent = int(codes.max(initial=-1)) + 1
    if independent < 2:
        what = ("row" if groups is None else "group") + ("" if independent else "s")
        raise DataError(f"a fold of {independent} {what} has no spread; at least 2 are needed, so make fewer folds.")
    total = float(weight.sum())
    mean = float(weight @ loss) / total
    moved = np.bincount(codes, weights=weight * (loss - mean)) * (independent / total)
    return Errors(independent, total, mean, float(moved @ moved))


def nested_interval(
    folds: Sequence[OuterFold],
    *,
    level: float = 0.95,
    bounds: tuple[float, float] = (-np.inf, np.inf),
    exact_ends: bool = False,
) -> NestedError:
    """Algorithm 1 of Bates, Hastie & Tibshirani (2024), bias and bounds as in their section 4 (see the header).

    folds: every outer fold of every repeat, in any order; each repeat deals all rows to the same number of folds, 3 or more.
    bounds: of the metric; no end of the interval lies outside.  exact_ends: where no row shows any spread, at 0 or 1, an
    exact binomial bound stands in, as for accuracy.
    The interval is meant to cover the error of the very model that is fitted on all these rows; its n counts rows (groups).
    Raises ConfigError for another level than one between 0.5 and 1, fewer than 3 folds, or repeats of unequal folds.
    """
    if not 0.5 < level < 1:
        raise ConfigError(f"level={level} is no level of an interval; it lies between 0.5 and 1.")
    repeats, n_folds = _shape(folds)
    n = sum(fold.outer.independent for fold in folds) // repeats
    inner, outer = [fold.inner for fold in folds], [fold.outer for fold in folds]
    inner_error, outer_error = _mean(inner), _mean(outer)
    bias = (1 + (n_folds - 2) / n_folds) * (inner_error - outer_error)
    terms = np.array([(fold.inner.mean - fold.outer.mean) ** 2 - fold.outer.variance_of_mean for fold in folds])
    mse = float(terms.mean())
    naive = float(np.sqrt(_variance(inner, inner_error) / n))
    asked = float(np.sqrt(max(mse, 0.0) * (n_folds - 1) / n_folds))
    error = float(np.clip(asked, naive, np.sqrt(n_folds) * naive))

    def interval(value: float, error: float, method: str) -> Interval:
        value = float(np.clip(value, *bounds))
        if error < 1e-12 * max(1.0, abs(value)) and exact_ends and value in (0.0, 1.0):
            return interval_at_end(value, n, level=level, n=n, estimand="this recipe")
        reach = float(norm.isf((1 - level) / 2)) * error
        low, high = np.clip([value - reach, value + reach], *bounds)
        return Interval(value, float(low), float(high), level, method, n, "this recipe")

    return NestedError(
        interval=interval(inner_error - bias, error, METHOD),
        naive=interval(outer_error, float(np.sqrt(_variance(outer, outer_error) / n)), NAIVE),
        bias=bias,
        mse=mse,
        mse_error=_error_over_repeats(folds, terms),
        inflation=error / naive if naive > 0 else 1.0,
        held_at=None if asked == error else "lower" if asked < error else "upper",
        repeats=repeats,
        folds=n_folds,
    )


def _shape(folds: Sequence[OuterFold]) -> tuple[int, int]:
    """(repeats, folds of each)."""
    counts = np.unique([fold.repeat for fold in folds], return_counts=True)[1]
    if not len(counts) or counts.min() < FEWEST_FOLDS:
        fewest = int(counts.min()) if len(counts) else 0
        raise ConfigError(f"folds={fewest}: nested cross-validation leaves out two at a time, and needs at least {FEWEST_FOLDS}.")
    if counts.min() != counts.max():
        raise ConfigError(f"repeats of {counts.min()} and of {counts.max()} folds; each must have the same number.")
    return len(counts), int(counts[0])


def _mean(errors: Sequence[Errors]) -> float:
    """Of all their rows together."""
    return sum(one.weight * one.mean for one in errors) / sum(one.weight for one in errors)


def _variance(errors: Sequence[Errors], mean: float) -> float:
    """The variance of one row (group) about the mean of all of them."""
    squares = sum(one.squares + one.independent * (one.mean - mean) ** 2 for one in errors)
    return squares / (sum(one.independent for one in errors) - 1)


def _error_over_repeats(folds: Sequence[OuterFold], terms: np.ndarray) -> float | None:
    codes = np.unique([fold.repeat for fold in folds], return_inverse=True)[1]
    by_repeat = np.bincount(codes, weights=terms) / np.bincount(codes)
    return float(by_repeat.std(ddof=1) / np.sqrt(len(by_repeat))) if len(by_repeat) > 1 else None
