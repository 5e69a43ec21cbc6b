"""Covariances of weighted rows about their class means, as directions and variances.

A cloud is never held as a matrix of width²: it is the directions that rows vary in, and one variance for all others, which
is exact wherever rows or columns are few enough to be decomposed.  Where they are not, the widest directions are found at
random and the rest share what is left (a probabilistic principal component analysis).
Source: Tipping & Bishop (1999); Halko, Martinsson & Tropp (2011).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assay.core.seeds import seed32
from assay.data.rows import Rows
from assay.recipes.linear_factors import SAME, slices_of, triangle_of
from assay.recipes.outputs import dense

MOST_DECOMPOSED = 2000
"""The most rows or columns, whichever are fewer, whose directions are all found."""

RANDOM_DIRECTIONS = 200


@dataclass(frozen=True)
class Scatter:
    """root: float64 (r, width), so that root' root is the covariance up to what is spread evenly.

    trace: the sum of the variances of all columns.
    """

    root: np.ndarray
    trace: float

    def times(self, share: float) -> "Scatter":
        return Scatter(self.root * np.sqrt(share), self.trace * share)


@dataclass(frozen=True)
class Cloud:
    """variances: float64 (r,), falling, above 0.  directions: float64 (width, r).  rest: the variance across them, above 0."""

    variances: np.ndarray
    directions: np.ndarray
    rest: float

    @property
    def log_volume(self) -> float:
        """The logarithm of the covariance's determinant."""
        across = len(self.directions) - len(self.variances)
        return float(np.log(self.variances).sum() + across * np.log(self.rest))

    def solved(self, rows: np.ndarray) -> np.ndarray:
        """float64 (n, width): the covariance's inverse times each row."""
        along = rows @ self.directions
        return np.asarray((along / self.variances) @ self.directions.T + (rows - along @ self.directions.T) / self.rest)

    def narrowed(self, most: int) -> "Cloud":
        """With at most so many directions; those left out share their mean variance with the rest."""
        width, r = self.directions.shape
        if r <= most:
            return self
        rest = float(self.variances[most:].sum() + (width - r) * self.rest) / (width - most)
        return replace(self, variances=self.variances[:most], directions=self.directions[:, :most], rest=rest)


def means_of(rows: Rows, classes: np.ndarray) -> np.ndarray:
    """float64 (K, width); 0 for a class without weight.  classes: float64 (n, K), each row's weight in its class's column."""
    mass = classes.sum(axis=0)
    sums = np.asarray((rows.features.T @ classes).T)  # type: ignore[union-attr]
    return np.asarray(sums / np.where(mass > 0, mass, 1.0)[:, None])


def scatter_of(rows: Rows, classes: np.ndarray, means: np.ndarray, seed: int) -> Scatter:
    """The covariance of rows about the means of their classes."""
    width = means.shape[1]
    weights = classes.sum(axis=1) / classes.sum()
    if min(len(rows), width) > MOST_DECOMPOSED:
        from sklearn.utils.extmath import randomized_svd

        whole = np.vstack(list(_apart(rows, weights, means)))
        _, values, right = randomized_svd(whole, RANDOM_DIRECTIONS, random_state=seed32(seed, "directions"))
        return Scatter(values[:, None] * right, float((whole**2).sum()))
    root = triangle_of(_apart(rows, weights, means), width)
    return Scatter(root, float((root**2).sum()))


def _apart(rows: Rows, weights: np.ndarray, means: np.ndarray) -> Iterator[np.ndarray]:
    for part in slices_of(len(rows), means.shape[1]):
        features = dense(rows.features[part])  # type: ignore[arg-type]
        yield (features - means[rows.target[part]]) * np.sqrt(weights[part, None])


def cloud_of(parts: Sequence[Scatter], shrinkage: float) -> Cloud:
    """The sum of the parts, drawn by ``shrinkage`` (0 to 1) to the same variance in every direction.

    Rows that do not vary at all have the variance 1.
    """
    trace = sum(part.trace for part in parts)
    width = parts[0].root.shape[1]
    if trace == 0.0 or not width:
        return Cloud(np.zeros(0), np.zeros((width, 0)), 1.0)
    _, values, right = np.linalg.svd(np.vstack([part.root for part in parts]), full_matrices=False)
    kept = values > SAME * values[0]
    variances, directions = values[kept] ** 2, right[kept].T
    across = width - len(variances)
    mean = trace / width
    rest = mean  # of no direction at all, where rounding must not weigh
    if across:  # without shrinkage a direction that no row varies in would have no density
        rest = max((1 - shrinkage) * (trace - float(variances.sum())) / across + shrinkage * mean, SAME * mean)
    return Cloud((1 - shrinkage) * variances + shrinkage * mean, directions, rest)
