"""A column of numbers as the weight of evidence of its bin; the rate rises from bin to bin, or falls.

The bins are the best there are, not the first that a search meets: of all ways to join neighbouring fine bins so that rates
are monotone and each bin holds at least 5 % of the known rows, the one of the largest log likelihood less half the log of
the rows for each bin (Schwarz 1978), found by dynamic programming (Fisher 1958 for the recurrence).  A column that says
nothing has one bin and weighs 0.  The fine bins are the distinct values, or 40 by rank.  Missing values are a bin.
Source: Siddiqi (2006), Credit Risk Scorecards, on monotone bins.
"""

from dataclasses import dataclass
from math import ceil, log
from typing import ClassVar, Self

import numpy as np
import polars as pl

from assay.core.errors import BundleError
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.answers import Answers, two_classes
from assay.prepare.encoder import Part
from assay.prepare.evidence import counts_from, weights_of_evidence
from assay.prepare.numbers import LARGEST, values_of

MOST_FINE = 40
LEAST_SHARE = 0.05
MOST_BINS = 1000


def fine_edges(values: np.ndarray, most: int = MOST_FINE) -> np.ndarray:
    """float64 (k,), rising: the upper ends of all fine bins but the last, each a value that was seen."""
    found = np.unique(values)
    if len(found) <= most:
        return np.asarray(found[:-1])
    edges = np.unique(np.quantile(values, np.arange(1, most) / most, method="inverted_cdf"))
    return np.asarray(edges[edges < found[-1]])


def joined(rows: np.ndarray, hits: np.ndarray, *, least: int, price: float) -> list[int]:
    """The first fine bin of every bin of the best monotone partition, in order; the first is 0.

    rows, hits: int (m,) of the fine bins.  least: rows a bin.  price: of each bin, in log likelihood.
    """
    rising, falling = (_joined_rising(rows, side, least, price) for side in (hits, rows - hits))
    return rising[1] if rising[0] >= falling[0] else falling[1]


def _joined_rising(rows: np.ndarray, hits: np.ndarray, least: int, price: float) -> tuple[float, list[int]]:
    """(score, first fine bins).  best[j, i]: of the fine bins to i, with j … i as the last bin."""
    m = len(rows)
    n_to, h_to = (np.concatenate([[0], np.cumsum(counts)]).astype(np.float64) for counts in (rows, hits))
    n = n_to[None, 1:] - n_to[:-1, None]  # (m, m): rows of j … i
    h = h_to[None, 1:] - h_to[:-1, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = h / n
        gain = np.where(h > 0, h * np.log(rate), 0.0) + np.where(h < n, (n - h) * np.log1p(-rate), 0.0) - price
    gain[(n < least) | (np.arange(m)[:, None] > np.arange(m))] = -np.inf
    gain[0, -1] = max(gain[0, -1], _alone(float(n_to[-1]), float(h_to[-1])) - price)  # one bin of all rows may always be
    best, before = np.full((m, m), -np.inf), np.zeros((m, m), dtype=np.int64)
    best[0] = gain[0]
    for j in range(1, m):
        reached = np.where(rate[:j, j - 1, None] < rate[j, None, j:], best[:j, j - 1, None], -np.inf)  # (j, m - j)
        before[j, j:] = reached.argmax(axis=0)
        best[j, j:] = gain[j, j:] + reached.max(axis=0)
    first, last = int(best[:, -1].argmax()), m - 1
    score, starts = float(best[first, last]), [first]
    while first > 0:
        first, last = int(before[first, last]), first - 1
        starts.append(first)
    return score, starts[::-1]


def _alone(n: float, h: float) -> float:
    return sum(part * log(part / n) for part in (h, n - h) if part > 0)


@dataclass(frozen=True, eq=False)
class BinnedNumber:
    """edges: float64 (b - 1,), rising; bin k holds what is above edge k - 1 and at most edge k.

    rows, positives: int64 (b + 1,): of the bins in order, then of missing values.
    """

    KIND: ClassVar[str] = "binned-number"

    edges: np.ndarray
    rows: np.ndarray
    positives: np.ndarray

    @classmethod
    def fit(cls, series: pl.Series, answers: Answers) -> Self:
        """Raises ConfigError unless the task is binary."""
        positive = two_classes(answers, "the weight of evidence of bins")
        values = _drawn_in(series)
        known = ~np.isnan(values)
        edges = np.zeros(0)
        if known.any():
            edges = fine_edges(values[known])
            fine, size = np.searchsorted(edges, values[known], side="left"), int(known.sum())
            rows = np.bincount(fine, minlength=len(edges) + 1)
            hits = np.bincount(fine[positive[known]], minlength=len(edges) + 1)
            starts = joined(rows, hits, least=ceil(LEAST_SHARE * size), price=log(size) / 2)
            edges = edges[np.array(starts[1:], dtype=np.int64) - 1]
        places = np.where(known, np.searchsorted(edges, values, side="left"), len(edges) + 1)
        counts = (np.bincount(which, minlength=len(edges) + 2) for which in (places, places[positive]))
        return cls(edges, *counts)

    def on_scale_of(self, other: Self) -> Self:  # noqa: ARG002
        return self

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("number", 1),)

    @property
    def weights(self) -> np.ndarray:
        """float64 (b + 1,)."""
        return weights_of_evidence(self.rows, self.positives)

    def places(self, series: pl.Series) -> np.ndarray:
        """int64 (n,): the position of each value in ``weights``."""
        values = _drawn_in(series)
        return np.where(np.isnan(values), len(self.edges) + 1, np.searchsorted(self.edges, values, side="left"))

    def transform(self, series: pl.Series) -> np.ndarray:
        """float64 (n, 1)."""
        return np.asarray(self.weights[self.places(series)][:, None])

    def state(self) -> State:
        return {"kind": self.KIND, "edges": self.edges, "rows": self.rows, "positives": self.positives}

    @classmethod
    def from_state(cls, state: State) -> Self:
        edges = checks.floats(state, "edges", (None,))
        if len(edges) >= MOST_BINS or (np.diff(edges) <= 0).any():
            raise BundleError(f"the saved model's bins must have fewer than {MOST_BINS} edges, each above the one before.")
        return cls(edges, *counts_from(state, len(edges) + 2))


def _drawn_in(series: pl.Series) -> np.ndarray:
    return np.asarray(np.clip(values_of(series), -LARGEST, LARGEST))
