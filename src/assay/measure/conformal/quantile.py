"""The exact quantile of conformal prediction: a new row's score is one more draw among those that were kept.

Of n exchangeable scores and a new one, the new one is at most the ceil((n + 1) · level)-th smallest of the n with
probability >= level.  Where that number is above n nothing bounds it, and the quantile is infinite: the honest
answer of few rows is "anything".  With weights each score stands for its weight and the new row for ``tail``.
Sources: Vovk, Gammerman & Shafer (2005); Tibshirani, Barber, Candès & Ramdas (2019) for weights; Lee, Barber &
Willett (2023), after Dunn, Wasserman & Ramdas (2022), for groups, whose rows share the weight 1.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.core.errors import BundleError, ConfigError, DataError
from assay.core.state import State

ROUNDING = 1e-10
"""Sums of weights are equal up to this share of them: (n + 1) · 0.9 must not be missed by a bit."""


def check_level(level: object) -> float:
    """The level of a set or an interval as a float; raises ConfigError unless it is a number between 0 and 1."""
    number = isinstance(level, int | float | np.floating) and not isinstance(level, bool)
    if not number or not 0 < float(level) < 1:  # type: ignore[arg-type]
        raise ConfigError(f"level={str(level)[:40]}: the level of a set or an interval lies between 0 and 1, such as 0.9.")
    return float(level)  # type: ignore[arg-type]


def rows_needed(level: float) -> int:
    """How many calibration rows (or groups) a finite quantile takes: ceil(1 / alpha) - 1.

    >>> rows_needed(0.9), rows_needed(0.95)
    (9, 19)
    """
    return math.ceil(1 / (1 - check_level(level)) * (1 - ROUNDING)) - 1


@dataclass(frozen=True, eq=False, slots=True)
class CalibrationScores:
    """Scores of rows the model had not seen, sorted, so that any level can be asked for later.

    scores: float64 (m,), rising.  weights: float64 (m,), > 0, or None where all are 1.
    tail: > 0, the weight of the row to come.  n: how many independent rows or groups they come from.
    """

    scores: np.ndarray
    weights: np.ndarray | None
    tail: float
    n: int

    def quantile(self, level: float) -> float:
        """The smallest score whose weight, with all below it, reaches ``level`` of the whole; infinite when none does."""
        level = check_level(level)
        reached = np.arange(1, len(self.scores) + 1) if self.weights is None else np.cumsum(self.weights)
        total = float(reached[-1]) if len(reached) else 0.0
        place = int(np.searchsorted(reached, level * (total + self.tail) * (1 - ROUNDING)))
        return float(self.scores[place]) if place < len(self.scores) else math.inf

    def state(self) -> State:
        return {"scores": self.scores, "weights": self.weights, "tail": float(self.tail), "n": int(self.n)}

    @classmethod
    def from_state(cls, state: object) -> Self:
        """Raises BundleError for a state that no calibration could have written."""
        if not isinstance(state, dict) or state.keys() != {"scores", "weights", "tail", "n"}:
            raise BundleError("the conformal part is damaged: a list of scores is not as Assay writes it; save the model again.")
        scores, weights, tail, n = state["scores"], state["weights"], state["tail"], state["n"]
        fits = (
            _numbers(scores)
            and bool((np.diff(scores) >= 0).all())
            and (weights is None or (_numbers(weights) and len(weights) == len(scores) and bool((weights > 0).all())))
            and type(tail) is float
            and math.isfinite(tail)
            and tail > 0
            and type(n) is int
            and 0 <= n <= len(scores)
            and (n > 0) == (len(scores) > 0)
        )
        if not fits:
            raise BundleError(
                "the conformal part is damaged: its scores must be sorted finite numbers with weights > 0; save the model again."
            )
        return cls(scores, weights, tail, n)


def _numbers(values: object) -> bool:
    return isinstance(values, np.ndarray) and values.dtype == np.float64 and values.ndim == 1 and bool(np.isfinite(values).all())


def calibration_scores(
    scores: np.ndarray, *, weights: np.ndarray | None = None, clusters: np.ndarray | None = None
) -> CalibrationScores:
    """Sort scores for their quantiles.

    scores: float (m,).  weights: float (m,), >= 0, how many rows of the population each stands for; a new row is taken
    to weigh no more than the heaviest, which widens the quantile.  clusters: int (m,); the scores of one cluster (a
    group of rows, or one row that was scored in several repeats) share the weight 1.
    Raises DataError for NaN, other lengths, negative weights or none above 0.
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim != 1 or not np.isfinite(scores).all():
        bad = np.flatnonzero(~np.isfinite(scores.reshape(-1)))
        raise DataError(f"{len(bad)} of {scores.size} conformal scores are not finite (first rows: {bad[:3].tolist()}).")
    groups = np.arange(len(scores)) if clusters is None else np.asarray(clusters)
    if len(groups) != len(scores):
        raise DataError(f"there are {len(scores)} scores and {len(groups)} groups; each score needs its group.")
    heavy = np.ones(len(scores)) if weights is None else check_weights(weights, len(scores))
    scores, groups, heavy = (values[heavy > 0] for values in (scores, groups, heavy))
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    share, tail = heavy / sizes[inverse], float(heavy.max(initial=0.0)) or 1.0
    order = np.argsort(scores, kind="stable")
    plain = tail == 1.0 and bool((share == 1.0).all())
    return CalibrationScores(scores[order], None if plain else share[order], tail, len(sizes))


def check_weights(weights: np.ndarray, n: int) -> np.ndarray:
    """Float64 (n,); raises DataError for another length, for NaN or negative weights, and when all are 0."""
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (n,):
        raise DataError(f"there are {n} rows and weights of shape {weights.shape}; each row needs its weight.")
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        raise DataError(f"{len(bad)} of {n} weights are not numbers >= 0 (first rows: {bad[:3].tolist()}).")
    if n and not weights.any():
        raise DataError(f"all {n} weights are 0; at least one row must count.")
    return weights
