"""A kernel density of a table's rows: a row of the class, its numbers shaken by a Gaussian (the smoothed bootstrap).

A donor row is drawn by weight and gives its categories, its gaps, its numbers of few values, and any value that so many rows
share that it is a fact (see ``columns``).  To each of its other numbers is added a normal draw of the column's standard
deviation times one bandwidth for all columns.  Silverman's rule for d numbers and n rows is too wide for numbers that are
not normal, so it is multiplied by the factor whose leave-one-out likelihood is highest; rounded numbers are spread over their
lattice before that, because equal rows would ask for no width at all.  A number beyond the range of the class is folded
back at its end.  Without numbers the rows are copies: there is nothing to smooth.
Sources: Silverman (1986), sections 2.10, 4.3 and 6.4; Menardi & Torelli (2014), ROSE; Habbema et al. (1974) for the likelihood.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import special

from assay.balance.densities.columns import CodedColumn, code_table, reflected
from assay.balance.densities.sampler import is_smooth, on_spike, shares_of
from assay.core.seeds import generator

FACTORS = tuple(np.geomspace(0.1, 1.5, 13).tolist())
MOST_ROWS = 1000
"""Rows whose likelihood is looked at, drawn at random from more."""


@dataclass(frozen=True)
class KernelSampler:
    """columns: as fitted, whose rows are the donors.  smooth: positions of the columns that are shaken.

    scale: float64 (len(smooth),), their standard deviations.  bandwidth: of the kernel, in these.
    shares: float64 (n,), the probability of each donor.
    """

    columns: tuple[CodedColumn, ...]
    smooth: tuple[int, ...]
    scale: np.ndarray
    bandwidth: float
    shares: np.ndarray

    def sample(self, n: int, seed: int) -> pl.DataFrame:
        rng = generator(seed, "kernel-density")
        donors = rng.choice(len(self.shares), size=n, p=self.shares)
        noise = rng.standard_normal((n, len(self.smooth))) * self.scale * self.bandwidth
        made = []
        for position, column in enumerate(self.columns):
            values = column.values[donors]
            if position in self.smooth:
                shaken = values + noise[:, self.smooth.index(position)]
                low, high = np.nanmin(column.values), np.nanmax(column.values)
                values = np.where(on_spike(column)[donors], values, reflected(shaken, low, high))
            made.append(column.decode(values))
        return pl.DataFrame(made)


def fit_kernel(frame: pl.DataFrame, weights: np.ndarray | None, seed: int) -> KernelSampler:
    """frame: rows of one class, at least one.  weights: float64 (n,) of the rows, or None.

    Raises DataError for columns that are no numbers, dates, categories or booleans.
    """
    columns = code_table(frame, "kernel-density")
    shares = shares_of(weights, frame.height)
    smooth = tuple(place for place, column in enumerate(columns) if is_smooth(column))
    scale = np.array([np.nanstd(columns[place].values) for place in smooth])
    rng = generator(seed, "bandwidth")
    points = np.column_stack([np.zeros((frame.height, 0)), *(_spread_out(columns[place], rng) for place in smooth)])
    return KernelSampler(columns, smooth, scale, bandwidth_of(points, shares, rng), shares)


def bandwidth_of(points: np.ndarray, shares: np.ndarray, rng: np.random.Generator) -> float:
    """The bandwidth, in standard deviations, of the best leave-one-out likelihood among FACTORS of Silverman's.

    points: float64 (n, d), standardised.  shares: float64 (n,), of the rows.  0 for fewer than 2 rows or no column.
    """
    n, d = points.shape
    if n < 2 or not d:
        return 0.0
    rule = silverman(n, d)
    asked = rng.choice(n, MOST_ROWS, replace=False) if n > MOST_ROWS else np.arange(n)
    some, logs = points[asked], np.log(np.maximum(shares[asked], 1e-300))
    norms = (some**2).sum(axis=1)
    squares = np.maximum(norms[:, None] + norms - 2 * some @ some.T, 0.0)
    np.fill_diagonal(squares, np.inf)

    def likelihood(factor: float) -> float:
        width = factor * silverman(len(some), d)
        each = special.logsumexp(logs - squares / (2 * width**2), axis=1) - d * np.log(width)
        return float(np.average(each, weights=np.exp(logs)))

    return float(rule * max(FACTORS, key=likelihood))


def silverman(n: int, d: int) -> float:
    """The rule of thumb for the bandwidth in standard deviations (Silverman 1986, equation 4.14).

    >>> round(silverman(100, 1), 3)
    0.422
    """
    return float((4 / ((d + 2) * n)) ** (1 / (d + 4)))


def _spread_out(column: CodedColumn, rng: np.random.Generator) -> np.ndarray:
    """Standardised values (n,), spread over the cells of their lattice; a missing one stands at the mean."""
    values = column.values
    if column.step is not None:
        values = values + column.step * rng.uniform(-0.5, 0.5, len(values))
    return np.asarray(np.nan_to_num((values - np.nanmean(values)) / np.nanstd(column.values)))
