"""A column of categories as the mean target of the level, drawn in to the mean of all rows where rows are few.

    encoding = (sum of the level + m · mean of all) / (rows of the level + m)

m is given, or estimated on the training rows as what empirical Bayes calls for: the variance within levels over the variance
between them, by the moments of a one-way layout with random levels (Searle, Casella & McCulloch 1992).  Where levels do not
differ by more than chance, m is as large as the table and every level is next to the mean.  A missing value is a level;
a level not seen in training gets the mean of all rows.

What it says of a training row contains that row's own target: ``ColumnsStep.fit_training`` encodes those from other rows.
Source: Micci-Barreca (2001).
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.state import State
from assay.prepare import checks
from assay.prepare.answers import MOST_CLASSES, Answers
from assay.prepare.categories import MOST_LEVELS, codes_of, counted_levels
from assay.prepare.encoder import Part

LEAST_SPREAD = 0.01
"""Encodings that vary less than this share of the target's standard deviation are not stretched to vary by 1."""


def best_strength(rows: np.ndarray, sums: np.ndarray, squares: float) -> float:
    """m by empirical Bayes.  rows, sums: float64 (L,) of each level; squares: the sum of squared targets of all rows.

    Between 0 (levels are all that matters) and the number of rows (they do not matter at all).

    >>> round(best_strength(np.array([50.0, 50.0]), np.array([10.0, 40.0]), 50.0), 2)  # rates 0.2 and 0.8: levels matter
    0.92
    """
    rows, sums = rows[rows > 0], sums[rows > 0]
    n, levels = float(rows.sum()), len(rows)
    if levels < 2 or n <= levels:
        return n
    between = float((sums**2 / rows).sum() - sums.sum() ** 2 / n) / (levels - 1)
    within = max(0.0, squares - float((sums**2 / rows).sum())) / (n - levels)
    size = (n - float((rows**2).sum()) / n) / (levels - 1)
    variance = (between - within) / size
    return min(n, within / variance) if variance > 0 else n


@dataclass(frozen=True, eq=False)
class TargetCode:
    """means: float64 (L, c), one row a level.  missing, mean: (c,), of missing values and of all rows.

    center, scale: (c,): what is handed out is (mean of the level - center) / scale.
    """

    KIND: ClassVar[str] = "target-code"

    levels: tuple[str, ...]
    means: np.ndarray
    missing: np.ndarray
    mean: np.ndarray
    center: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(cls, series: pl.Series, answers: Answers, *, smoothing: float | None, scaled: bool) -> Self:
        """smoothing: m; None: by empirical Bayes.  scaled: to mean 0 and deviation 1, for models that add up."""
        levels = tuple(counted_levels(series)[0][:MOST_LEVELS])
        codes = codes_of(series, levels, unknown=len(levels) + 1, missing=len(levels))
        rows = np.bincount(codes, minlength=len(levels) + 2)[: len(levels) + 1].astype(np.float64)
        values, mean = answers.values, answers.values.mean(axis=0)
        means = np.empty((len(levels) + 1, values.shape[1]))
        for column, of_all in enumerate(mean):
            around = values[:, column] - of_all  # far from 0, squares of values would round away what differs
            sums = np.bincount(codes, around, minlength=len(levels) + 2)[: len(levels) + 1]
            m = best_strength(rows, sums, float((around**2).sum())) if smoothing is None else smoothing
            shares = np.divide(sums, rows + m, out=np.zeros_like(sums), where=rows + m > 0)
            means[:, column] = of_all + shares
        center, scale = np.zeros(len(mean)), np.ones(len(mean))
        if scaled:
            spread = np.sqrt(rows @ (means - mean) ** 2 / max(1.0, rows.sum()))
            least = LEAST_SPREAD * values.std(axis=0)
            center, scale = mean, np.maximum(spread, least)
            scale = np.where(scale > 1e-12 * np.maximum(1.0, np.abs(mean)), scale, 1.0)
        return cls(levels, means[:-1], means[-1], mean, center, scale)

    def on_scale_of(self, other: Self) -> Self:
        return replace(self, center=other.center, scale=other.scale)

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("number", len(self.mean)),)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, c)."""
        table = np.vstack([self.means, self.missing, self.mean])
        codes = codes_of(series, self.levels, unknown=len(table) - 1, missing=len(table) - 2)
        return np.asarray((table[codes] - self.center) / self.scale)

    def state(self) -> State:
        arrays = {name: getattr(self, name) for name in ("means", "missing", "mean", "center", "scale")}
        return {"kind": self.KIND, "levels": list(self.levels), **arrays}

    @classmethod
    def from_state(cls, state: State) -> Self:
        levels = checks.distinct_texts(state, "levels", most=MOST_LEVELS)
        means = checks.floats(state, "means", (len(levels), None))
        width = checks.whole({"classes": means.shape[1]}, "classes", low=1, high=MOST_CLASSES)
        missing, mean, center, scale = (checks.floats(state, name, (width,)) for name in ("missing", "mean", "center", "scale"))
        checks.real({"scale": float(scale.min())}, "scale", low=5e-324)
        return cls(levels, means, missing, mean, center, scale)
