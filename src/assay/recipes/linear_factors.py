"""Weighted rows brought down to a few numbers from which every squared-error line can be read.

Centred rows are A = U diag(values) V'.  The rows pass through block by block (each block is laid under the triangle of the
ones before it and made a triangle again), so that neither a copy of all rows nor A'A, which squares the condition number,
is ever held.  Source: Golub & Van Loan (2013), sections 5.3 and 6.1; Demmel et al. (2012), "Communication-optimal QR".
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from assay.data.rows import Rows
from assay.prepare.step import Matrix
from assay.recipes.outputs import dense

CELLS_AT_ONCE = 4_000_000
"""Numbers of rows held at once (32 MB)."""

SAME = 1e-8
"""Directions in which rows vary by less than this share of the largest cannot be told from rounding."""


@dataclass(frozen=True)
class Centred:
    """The rows' weights, and their mean as origin.

    weights: float64 (n,).  total: their sum.  mean: float64 (width,).
    target: float64 (n,), centred at ``middle`` and divided by ``unit``, its standard deviation (1 for a constant one).
    """

    rows: Rows
    weights: np.ndarray
    total: float
    mean: np.ndarray
    target: np.ndarray
    middle: float
    unit: float

    @property
    def features(self) -> Matrix:
        return self.rows.features  # type: ignore[return-value]

    @property
    def has_spread(self) -> bool:
        return bool(self.target.any())


def centred(rows: Rows) -> Centred:
    """Rows of a regression task, with weights of 1 where they have none."""
    weights = np.ones(len(rows)) if rows.weights is None else np.asarray(rows.weights, dtype=np.float64)
    total = float(weights.sum())
    target = np.asarray(rows.target, dtype=np.float64)
    largest = float(np.abs(target).max(initial=0.0)) or 1.0  # squares of 1e200 are none
    middle = float(weights @ (target / largest)) / total * largest
    shifted = (target - middle) / largest
    unit = float(np.sqrt(weights @ shifted**2 / total))
    if unit <= 1e-12 * (abs(middle) / largest):  # a spread at the level of rounding is none
        shifted, unit = np.zeros(len(target)), 1.0 / largest
    mean = np.asarray(rows.features.T @ weights).ravel() / total  # type: ignore[union-attr]
    return Centred(rows, weights, total, mean, shifted / unit, middle, unit * largest)


@dataclass(frozen=True)
class Factors:
    """values: float64 (r,), falling.  directions: float64 (width, r).  toward: float64 (r,), U' of the weighted target.

    left: the weighted sum of squares of the target that no column explains.
    """

    values: np.ndarray
    directions: np.ndarray
    toward: np.ndarray
    left: float


def factors_of(data: Centred) -> Factors:
    """Costs n · width · min(n, width); directions that rounding made are left out."""
    width = len(data.mean)
    triangle = triangle_of(_blocks(data), width + 1)
    target, below = triangle[:width, width], triangle[width:, width]
    left, values, right = np.linalg.svd(triangle[:width, :width], full_matrices=False)
    kept = values > SAME * values.max(initial=0.0)
    toward = left.T @ target
    outside = float(below @ below) + float(target @ target) - float(toward[kept] @ toward[kept])
    return Factors(values[kept], right[kept].T, toward[kept], max(outside, 0.0))


def triangle_of(blocks: Iterator[np.ndarray], width: int) -> np.ndarray:
    """float64 (min(n, width), width): R of the blocks laid under each other, so that R'R is the sum of their products."""
    triangle = np.zeros((0, width))
    for block in blocks:
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, block]), mode="r"))
    return triangle


def slices_of(n: int, width: int) -> Iterator[slice]:
    """Rows 0 … n - 1 in parts that are neither too many to hold nor so few that triangles would be most of the work."""
    step = max(1, CELLS_AT_ONCE // (width + 1), 2 * width)
    return (slice(start, start + step) for start in range(0, n, step))


def _blocks(data: Centred) -> Iterator[np.ndarray]:
    """float64 (m, width + 1): centred rows and target, each times the root of its weight."""
    roots = np.sqrt(data.weights)
    for part in slices_of(len(roots), len(data.mean)):
        features = dense(data.features[part]) - data.mean
        yield np.column_stack([features, data.target[part]]) * roots[part, None]
