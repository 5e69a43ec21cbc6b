"""What twice the rows would gain: a learning curve carried on by the power law it follows, with an interval.

Learning curves of many learners go as a + b n^-c (Hestness et al. 2017; Viering & Loog 2023).  Here the law is fitted to
the gain of each doubling, b (n^-c − (2n)^-c), in which a is gone, each weighed by its variance; c is searched on a grid from
nearly 0 (each doubling gains the same) to 2.  How surely the gain is known, and whether the law fits at all, is told by curves
drawn about the measured one, the law fitted to each.

A handful of folds know the error of a single doubling badly, and a law fitted by such errors would follow whichever came out
small by chance.  So one number is taken from all of them together: the variance of a part, which goes as one over its rows;
neighbouring doublings share a part, and err in opposite directions by it.

The interval knows how rows, folds and models vary, and not that the law itself may end.
"""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from assay.core.seeds import generator
from assay.core.shown import Shown

EXPONENTS = np.geomspace(0.02, 2.0, 120)
DRAWS = 4000
FEWEST = 3
"""Doublings that the law needs: it has two numbers."""

MISFIT = 0.05
"""The p of a misfit below which nothing is said."""


@dataclass(frozen=True)
class Outlook(Shown):
    """gain: of going from ``rows`` to twice as many, above 0 where the metric gets better; None where it cannot be said.

    exponent: c of the law.  misfit: p of so bad a fit if the law holds.
    """

    rows: float
    gain: float | None
    low: float | None
    high: float | None
    level: float
    exponent: float | None = None
    misfit: float | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(**value)


@dataclass(frozen=True)
class _Law:
    """rows: float (k + 1,), rising.  weights: (k,), of each gain."""

    rows: np.ndarray
    weights: np.ndarray

    def fit(self, curves: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(slope b, weighed squared misfit, place of c in EXPONENTS) of each curve of gains (m, k)."""
        shapes = self.shapes
        lengths = self.weights @ shapes**2
        slopes = (curves * self.weights) @ shapes / lengths  # (m, exponents)
        misfit = (curves**2 @ self.weights)[:, None] - slopes**2 * lengths
        best = np.argmin(misfit, axis=1)
        place = np.arange(len(curves))
        return slopes[place, best], np.maximum(misfit[place, best], 0.0), best

    @property
    def shapes(self) -> np.ndarray:
        """(k, exponents): each gain for b = 1."""
        worse = self.rows[:, None] ** -EXPONENTS
        return np.asarray(worse[:-1] - worse[1:])

    @property
    def ahead(self) -> np.ndarray:
        """(exponents,): the gain of twice the most rows, for b = 1."""
        return np.asarray(self.rows[-1] ** -EXPONENTS - (2 * self.rows[-1]) ** -EXPONENTS)


def look_ahead(rows: np.ndarray, gains: np.ndarray, errors: np.ndarray, *, level: float, seed: int) -> Outlook:
    """rows: float (k + 1,), rising, the last all of them.  gains: (k,), of each part on the one before.

    errors: (k,), the standard errors of the gains.
    Says why where it cannot be said: too few parts, no spread, or a curve that follows no power law.
    """
    now = float(rows[-1])
    if len(gains) < FEWEST:
        return _unsaid(now, level, f"a power law needs {FEWEST + 1} sizes, and {len(gains) + 1} were measured")
    if not np.isfinite(gains).all():
        return _unsaid(now, level, "a part has no value")
    if not np.isfinite(errors).all() or not errors.any():
        return _unsaid(now, level, "the rows show no spread of the differences")
    covariance = gains_covariance(rows, errors)
    law = _Law(rows, 1 / np.diag(covariance))
    slope, misfit, best = law.fit(gains[None, :])
    noise = generator(seed, "outlook").normal(size=(DRAWS, len(gains))) @ np.linalg.cholesky(covariance).T
    expected = slope[0] * law.shapes[:, best[0]]
    p = float((1 + np.count_nonzero(law.fit(expected + noise)[1] >= misfit[0])) / (1 + DRAWS))
    if p < MISFIT:
        return _unsaid(now, level, f"the curve so far follows no power law (p {p:.2g})", p)
    slopes, _, places = law.fit(gains + noise)
    low, high = np.quantile(slopes * law.ahead[places], [(1 - level) / 2, (1 + level) / 2])
    gain = float(slope[0] * law.ahead[best[0]])
    return Outlook(now, gain, min(float(low), gain), max(float(high), gain), level, float(EXPONENTS[best[0]]), p)


def gains_covariance(rows: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """(k, k), of the gains between parts of these rows (k + 1,) whose standard errors (k,) were measured: see the header."""
    of_part = rows[-1] / rows  # the variance of a part, in units of that of all rows
    of_gain = of_part[:-1] + of_part[1:]
    shared = of_part[1:-1]
    return np.asarray(np.mean(errors**2 / of_gain) * (np.diag(of_gain) - np.diag(shared, 1) - np.diag(shared, -1)))


def _unsaid(rows: float, level: float, reason: str, misfit: float | None = None) -> Outlook:
    return Outlook(rows, None, None, None, level, None, misfit, reason)
