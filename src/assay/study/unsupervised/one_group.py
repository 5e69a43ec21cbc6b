"""What rows would look like if they were one group: the null against which separation is tested.

Stability is not enough.  Two halves of one long cloud are found again and again, so a clustering has to be told apart from what
the same method finds in rows that have no clusters.  Two such worlds are drawn, and the clusters must stand out from both:

latent   one normal cloud with the rows' correlations; each column is a power of one of its directions (Yeo-Johnson), so that
         it may be skewed but has one hump; a column of few distinct values keeps them and their shares
box      rows spread evenly over the box of their principal components (the reference of the gap statistic)

Sources: Liu, Hayes, Nobel & Marron (2008), SigClust; Tibshirani, Walther & Hastie (2001), the gap; Yeo & Johnson (2000).
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

FEW_VALUES = 10
"""Distinct values up to which a column is one of levels."""

CUT = 1e-9


@dataclass(frozen=True, eq=False)
class Latent:
    """root: (d, d), of the correlation.  columns: for each, a map from standard normal values to its own."""

    root: np.ndarray
    columns: tuple[Callable[[np.ndarray], np.ndarray], ...]

    def draw(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        hidden = rng.normal(size=(rows, len(self.columns))) @ self.root.T
        return np.column_stack([back(hidden[:, place]) for place, back in enumerate(self.columns)])


@dataclass(frozen=True, eq=False)
class Box:
    """mean: (d,).  vectors: (d, d).  low, high: (d,), of the rows along them."""

    mean: np.ndarray
    vectors: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def draw(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        return np.asarray(self.mean + rng.uniform(self.low, self.high, size=(rows, len(self.mean))) @ self.vectors.T)


def latent_of(points: np.ndarray) -> Latent:
    """points: float64 (n, d)."""
    scores, maps = zip(*(_column(points[:, place]) for place in range(points.shape[1])), strict=True)
    hidden = np.column_stack(scores)
    varied = hidden.std(axis=0) > 0
    correlation = np.eye(hidden.shape[1])
    if varied.sum() > 1:
        correlation[np.ix_(varied, varied)] = np.corrcoef(hidden[:, varied].T)
    values, vectors = np.linalg.eigh(correlation)
    return Latent(vectors * np.sqrt(np.maximum(values, 0.0)), tuple(maps))


def box_of(points: np.ndarray) -> Box:
    mean = points.mean(axis=0)
    _, vectors = np.linalg.eigh(np.atleast_2d(np.cov(points.T)))
    along = (points - mean) @ vectors
    return Box(mean, vectors, along.min(axis=0), along.max(axis=0))


def _column(values: np.ndarray) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """The column's standard scores, and the way back."""
    from scipy.special import ndtr, ndtri

    distinct, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(distinct) <= FEW_VALUES:
        edges = np.cumsum(counts) / len(values)
        middles = ndtri(np.clip(edges - counts / len(values) / 2, CUT, 1 - CUT))

        def level(hidden: np.ndarray) -> np.ndarray:
            return np.asarray(distinct[np.minimum(np.searchsorted(edges, ndtr(hidden)), len(distinct) - 1)])

        return middles[place] if len(distinct) > 1 else np.zeros(len(values)), level
    return _bent(values)


def _bent(values: np.ndarray) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    from sklearn.preprocessing import PowerTransformer

    power = PowerTransformer()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        scores = power.fit_transform(values[:, None])[:, 0]
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(scores).all() or scores.std() < CUT:
        mean, scale = float(values.mean()), float(values.std()) or 1.0
        return (values - mean) / scale, lambda hidden: np.clip(mean + scale * hidden, low, high)

    def back(hidden: np.ndarray) -> np.ndarray:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = power.inverse_transform(hidden[:, None])[:, 0]
        beyond = np.where(hidden > 0, high, low)  # a power has no value back from too far out
        return np.asarray(np.clip(np.where(np.isnan(found), beyond, found), low, high))

    return scores, back
