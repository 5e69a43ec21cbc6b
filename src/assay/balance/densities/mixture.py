"""A Gaussian mixture of a table's numbers, with the rest of each row from a row of the class that lies near.

The number of components, and whether they have correlations, is the choice with the lowest BIC.  Numbers are standardised
first.  A missing number stands, while the mixture is fitted, at a value drawn from its column, which keeps the column's spread
(and weakens its correlations by the share that is missing).  A drawn point takes a donor: one of the DONORS rows of the class
nearest to it, at random by weight.  The donor gives the categories, the gaps, the numbers of few values, and any value
that so many rows share that it is a fact (see ``columns``).  A number beyond the range of the class is folded back at its end.
The mixture takes no row weights, so with weights it is fitted to rows drawn by them.
Source: McLachlan & Peel (2000), Finite mixture models; Schwarz (1978) for BIC.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.balance.densities.columns import CodedColumn, code_table, reflected
from assay.balance.densities.sampler import is_smooth, on_spike, shares_of
from assay.balance.neighbours import nearest
from assay.core.seeds import generator, seed32

MOST_COMPONENTS = 8
ROWS_A_COMPONENT = 10
DONORS = 5
LEAST_VARIANCE = 1e-4
"""Added to each variance (of standardised numbers), so that no component collapses onto a row."""


@dataclass(frozen=True)
class MixtureSampler:
    """columns: as fitted, whose rows are the donors.  smooth: positions of the columns that the mixture describes.

    points: float64 (n, d), the rows in standardised numbers.  centre, scale: float64 (d,), what undoes it.
    proportions: float64 (k,).  means: float64 (k, d).  roots: float64 (k, d, d), lower triangular roots of the covariances.
    shares: float64 (n,), the weights of the rows.
    """

    columns: tuple[CodedColumn, ...]
    smooth: tuple[int, ...]
    points: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    proportions: np.ndarray
    means: np.ndarray
    roots: np.ndarray
    shares: np.ndarray

    def sample(self, n: int, seed: int) -> pl.DataFrame:
        rng = generator(seed, "gaussian-mixture")
        component = rng.choice(len(self.proportions), size=n, p=self.proportions)
        drawn = self.means[component] + np.einsum("nij,nj->ni", self.roots[component], rng.standard_normal((n, len(self.smooth))))
        donors = self._donors(drawn, rng)
        numbers = drawn * self.scale + self.centre
        made = []
        for position, column in enumerate(self.columns):
            values = column.values[donors]
            if position in self.smooth:
                low, high = np.nanmin(column.values), np.nanmax(column.values)
                free = reflected(numbers[:, self.smooth.index(position)], low, high)
                values = np.where(np.isnan(values) | on_spike(column)[donors], values, free)
            made.append(column.decode(values))
        return pl.DataFrame(made)

    def _donors(self, drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """int64 (m,): a row of the class for each point (m, d)."""
        if not self.smooth:
            return rng.choice(len(self.shares), size=len(drawn), p=self.shares)
        near = nearest(self.points, min(DONORS, len(self.points)), queries=drawn, exact=True).rows
        reached = np.cumsum(np.maximum(self.shares[near], 1e-300), axis=1)
        place = (rng.random((len(drawn), 1)) * reached[:, -1:] >= reached).sum(axis=1)
        return np.asarray(near[np.arange(len(drawn)), np.minimum(place, near.shape[1] - 1)])


def fit_mixture(frame: pl.DataFrame, weights: np.ndarray | None, seed: int) -> MixtureSampler:
    """frame: rows of one class, at least one.  weights: float64 (n,) of the rows, or None.

    Raises DataError for columns that are no numbers, dates, categories or booleans.
    """
    columns = code_table(frame, "gaussian-mixture")
    shares = shares_of(weights, frame.height)
    smooth = tuple(place for place, column in enumerate(columns) if is_smooth(column))
    centre = np.array([np.nanmean(columns[place].values) for place in smooth])
    scale = np.array([np.nanstd(columns[place].values) for place in smooth])
    rng = generator(seed, "rows")
    full = [_filled(columns[place].values, shares, rng) for place in smooth]
    points = (np.column_stack([np.zeros((frame.height, 0)), *full]) - centre) / scale
    if not smooth:
        return MixtureSampler(columns, smooth, points, centre, scale, np.ones(1), np.zeros((1, 0)), np.zeros((1, 0, 0)), shares)
    seen = points if np.ptp(shares) == 0 else points[rng.choice(len(points), len(points), p=shares)]
    model = best_mixture(seen, seed32(seed, "mixture"))
    roots = np.linalg.cholesky(model.covariances_ if model.covariance_type == "full" else _diagonals(model.covariances_))
    proportions = model.weights_ / model.weights_.sum()
    return MixtureSampler(columns, smooth, points, centre, scale, proportions, model.means_, roots, shares)


def best_mixture(points: np.ndarray, seed: int) -> Any:
    """The sklearn GaussianMixture of the lowest BIC among 1 to MOST_COMPONENTS components, with and without correlations.

    points: float64 (n, d), standardised, n >= 2.  There is one component for every ROWS_A_COMPONENT rows at most.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    most = max(1, min(MOST_COMPONENTS, len(np.unique(points, axis=0)) // ROWS_A_COMPONENT))
    kinds = ("diag", "full") if len(points) > points.shape[1] + 1 and points.shape[1] > 1 else ("diag",)
    fitted = []
    with warnings.catch_warnings():
        # A mixture that has not settled stands in the comparison by its BIC like any other.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for kind in kinds:
            for count in range(1, most + 1):
                model = GaussianMixture(count, covariance_type=kind, reg_covar=LEAST_VARIANCE, random_state=seed)
                fitted.append(model.fit(points))
    return min(fitted, key=lambda model: model.bic(points))


def _filled(values: np.ndarray, shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A copy with values drawn from the column in the place of missing ones."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    filled = values.copy()
    filled[missing] = rng.choice(values[~missing], size=int(missing.sum()), p=shares_of(shares[~missing], int((~missing).sum())))
    return filled


def _diagonals(variances: np.ndarray) -> np.ndarray:
    """float64 (k, d, d) of the variances (k, d)."""
    return np.asarray(variances[:, :, None] * np.eye(variances.shape[1]))
