"""Which two columns act together: what their joint effect has beyond the sum of their own.

Friedman and Popescu's H² of a pair is the share of the variance of its joint partial dependence that the two single ones
do not add up to: 0 where they only add, 1 where neither does anything alone.  H is large for pairs that hardly matter, so
pairs are ordered by ``strength``: the root mean square of that part, in units of the learner's score (log-odds for a
logistic model or boosting, where adding is natural; a probability bends every sum).

Everything is computed on the same held-out rows, so that a model that only adds has H = 0 exactly.  The interval is a
bootstrap over rows (both as those looked at and as those averaged over); it says how far other rows would move H for these
models.  Since neither H nor strength can be below 0, an interval near 0 is no proof of an interaction: one is called only
where the whole interval of H lies above ``NEGLIGIBLE``.  Source: Friedman & Popescu (2008).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from assay.core.shown import Shown
from assay.explain.grid import CURVED
from assay.explain.held import Held, HeldOut
from assay.measure.interval import Interval
from assay.measure.resample import replicate_weights

REPLICATES = 400
MOST_ROWS = 100
"""Rows of each model: a pair asks for their square of answers."""

NEGLIGIBLE = 0.1
"""H below it: less than 1 % of the joint variance; smooth models are seldom free of that."""

METHOD = "percentile bootstrap over rows"


@dataclass(frozen=True, slots=True)
class Interaction(Shown):
    """h: in [0, 1].  strength: in units of the score.  acts: whether the interval of h lies above ``NEGLIGIBLE``."""

    columns: tuple[str, str]
    h: Interval
    strength: Interval
    acts: bool

    def to_json(self) -> dict[str, Any]:
        return {"columns": list(self.columns), "h": self.h.to_json(), "strength": self.strength.to_json(), "acts": self.acts}


def interactions(held: HeldOut, columns: Sequence[str], *, seed: int, most_rows: int = MOST_ROWS) -> list[Interaction]:
    """Of every pair of these columns that have curves, strongest first."""
    kinds = {column.name: column.kind for column in held.columns}
    names = [name for name in columns if kinds[name] in CURVED]
    drawn = held.at_most(most_rows * len(held.parts), seed)
    weights = _resamples(drawn, seed)
    singles = {name: [_answers(part, (name,)) for part in drawn.parts] for name in names}
    found = []
    for pair in combinations(names, 2):
        joint = [_answers(part, pair) for part in drawn.parts]
        draws = np.array([_statistics(joint, singles[pair[0]], singles[pair[1]], own) for own in weights])
        found.append(_interaction(pair, draws[0], draws[1:], drawn))
    return sorted(found, key=lambda one: -(one.strength.value or 0.0))


def _answers(part: Held, columns: tuple[str, ...]) -> np.ndarray:
    """float64 (n, n, K): the score when row l has the values of row i in these columns, [i, l]."""
    n = len(part)
    receiver, giver = np.tile(np.arange(n), n), np.repeat(np.arange(n), n)
    features = part.features[receiver].with_columns(part.features[list(columns)][giver])
    return score(part, features).reshape(n, n, -1)


def score(part: Held, features: pl.DataFrame) -> np.ndarray:
    """float64 (n, K): the learner's own score, or the value of a regression."""
    predictions = part.fitted.predict(features)
    said = predictions["score"] if part.fitted.task.is_classification else predictions["value"]
    return said[:, None] if said.ndim == 1 else said


def _resamples(held: HeldOut, seed: int) -> list[list[np.ndarray]]:
    """What each row of each part counts: first every row once, then in the resamples."""
    drawn = replicate_weights(held.design, range(REPLICATES), seed=seed)
    places = [held.design.positions(part.units) for part in held.parts]
    return [[np.ones(len(part)) for part in held.parts], *([row[place].astype(np.float64) for place in places] for row in drawn)]


def _statistics(
    joint: Sequence[np.ndarray], first: Sequence[np.ndarray], second: Sequence[np.ndarray], weights: Sequence[np.ndarray]
) -> tuple[float, float]:
    """(H, strength), models averaged by what their rows count."""
    apart, together, mass = 0.0, 0.0, 0.0
    for answers, one, other, weight in zip(joint, first, second, weights, strict=True):
        total = weight.sum()
        if total == 0:
            continue
        both, alone, too = (_centred(values, weight) for values in (answers, one, other))
        apart += float(weight @ ((both - alone - too) ** 2).sum(axis=1))
        together += float(weight @ (both**2).sum(axis=1))
        mass += float(total)
    if together <= 1e-24 * max(mass, 1.0):
        return 0.0, 0.0
    return float(np.sqrt(min(1.0, apart / together))), float(np.sqrt(apart / mass))


def _centred(answers: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """float64 (n, K): the partial dependence at each row, less its mean over the rows."""
    curve = np.einsum("ilk,l->ik", answers, weight) / weight.sum()
    return np.asarray(curve - weight @ curve / weight.sum())


def _interaction(pair: tuple[str, str], value: np.ndarray, draws: np.ndarray, held: HeldOut) -> Interaction:
    made = []
    for place in range(2):
        low, high = np.quantile(draws[:, place], [(1 - held.level) / 2, (1 + held.level) / 2])
        at = float(value[place])
        ends = min(float(low), at), max(float(high), at)
        made.append(Interval(at, *ends, held.level, METHOD, held.design.n_independent, held.estimand))
    return Interaction(pair, made[0], made[1], (made[0].low or 0.0) > NEGLIGIBLE)
