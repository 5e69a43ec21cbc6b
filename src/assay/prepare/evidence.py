"""A column of categories as the weight of evidence of its level, as scorecards use it.

    weight of evidence = log odds of the positive class in the level - log odds in all rows

The rate of a level is drawn in to that of all rows by m rows' worth of the latter, so that a level without positives has a
finite weight, and a level that no training row had weighs exactly 0.
Sources: Good (1950); Siddiqi (2006), Credit Risk Scorecards, on grouping and on the value of information.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.answers import Answers, two_classes
from assay.prepare.categories import MOST_LEVELS, codes_of, counted_levels
from assay.prepare.encoder import Part

STRENGTH = 1.0
"""m: rows' worth of the rate of all rows that every level and every bin is given."""

MOST_ROWS = 2**53


def weights_of_evidence(rows: np.ndarray, positives: np.ndarray, strength: float = STRENGTH) -> np.ndarray:
    """float64 (k,) from counts (k,) of rows and of positive rows; 0 where there are no rows.

    >>> weights_of_evidence(np.array([50, 50, 0]), np.array([40, 10, 0])).round(2)
    array([ 1.35, -1.35,  0.  ])
    """
    every, hits = float(rows.sum()), float(positives.sum())
    overall = (hits + 0.5) / (every + 1)  # rows of one class only have odds too
    rates = (positives + strength * overall) / (rows + strength)
    return np.asarray(np.where(rows > 0, _log_odds(rates) - _log_odds(np.asarray(overall)), 0.0))


def information_value(rows: np.ndarray, positives: np.ndarray) -> float:
    """Sum over bins of (share of positives - share of negatives) · weight of evidence; 0: the column says nothing.

    Source: Kullback (1959); Siddiqi (2006).
    """
    negatives = rows - positives
    if not positives.sum() or not negatives.sum():
        return 0.0
    shares = positives / positives.sum() - negatives / negatives.sum()
    return float((shares * weights_of_evidence(rows, positives)).sum())


def _log_odds(rate: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(rate) - np.log1p(-rate))


def counts_from(state: State, n: int) -> tuple[np.ndarray, np.ndarray]:
    """rows and positives, int64 (n,), of a saved state; raises BundleError where more are positive than there are."""
    rows = checks.integers(state, "rows", (n,), low=0, high=MOST_ROWS)
    positives = checks.integers(state, "positives", (n,), low=0, high=MOST_ROWS)
    if (positives > rows).any():
        raise BundleError("the saved model has a bin with more positive rows than rows.")
    return rows.astype(np.int64), positives.astype(np.int64)


@dataclass(frozen=True, eq=False)
class EvidenceCode:
    """rows, positives: int64 (L + 2,): of the levels, of all rare levels together, of missing values.

    A level not seen in training counts as rare.
    """

    KIND: ClassVar[str] = "evidence-code"

    levels: tuple[str, ...]
    rows: np.ndarray
    positives: np.ndarray

    @classmethod
    def fit(cls, series: pl.Series, answers: Answers, *, rare_below: int) -> Self:
        """rare_below: levels seen fewer times are rare.  Raises ConfigError unless the task is binary."""
        positive = two_classes(answers, "the weight of evidence of levels")
        names, counts = counted_levels(series)
        levels = tuple(sorted(n for n, count in zip(names[:MOST_LEVELS], counts, strict=False) if count >= rare_below))
        codes = codes_of(series, levels, unknown=len(levels), missing=len(levels) + 1)
        rows = np.bincount(codes, minlength=len(levels) + 2)
        return cls(levels, rows, np.bincount(codes[positive], minlength=len(levels) + 2))

    def on_scale_of(self, other: Self) -> Self:  # noqa: ARG002
        return self

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("number", 1),)

    @property
    def weights(self) -> np.ndarray:
        """float64 (L + 2,)."""
        return weights_of_evidence(self.rows, self.positives)

    def places(self, series: pl.Series) -> np.ndarray:
        """int64 (n,): the position of each value in ``weights``."""
        return codes_of(series, self.levels, unknown=len(self.levels), missing=len(self.levels) + 1)

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 1)."""
        return np.asarray(self.weights[self.places(series)][:, None])

    def state(self) -> State:
        return {"kind": self.KIND, "levels": list(self.levels), "rows": self.rows, "positives": self.positives}

    @classmethod
    def from_state(cls, state: State) -> Self:
        levels = checks.distinct_texts(state, "levels", most=MOST_LEVELS)
        return cls(levels, *counts_from(state, len(levels) + 2))
