"""A Gaussian copula: the fitted densities of the columns, joined by the correlations of their ranks.

Each value becomes the normal score of its rank; values that many rows share stand at the middle of their ranks.  The
correlations of the scores are those of the copula once the ties' loss is put back: the score f(z) of a tied column follows
its latent z only with correlation λ, and to first order the correlation of two scores is λ λ' times that of the latents.  They
are shrunk towards none as Ledoit and Wolf say, and made positive definite.  A row is drawn as correlated normal values, whose
probabilities are looked up in the margins' quantiles (see ``margins``).

Missing values: the margins are fitted to the values that are present and the correlations to the rows that have both.  That
a value is missing is a Bernoulli column of its own in the copula, so gaps come together, and with the values, as they did.
Categories: the levels of a category have no order, and a copula needs one; they are put in the order of their rows' mean first
principal component of the numbers' scores (without numbers in that of their names).  What does not follow such an order is lost.
Sources: Sklar (1959); Genest, Ghoudi & Rivest (1995) for the ranks; Ledoit & Wolf (2004); Patki, Wedge & Veeramachaneni (2016).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import special

from assay.balance.densities.columns import CodedColumn, code_table, reordered
from assay.balance.densities.margins import Margin, fit_margin
from assay.balance.densities.sampler import shares_of
from assay.core.seeds import generator

STRONGEST = 0.999
"""Beyond it a correlation is set to it: latents that are one column would leave no positive definite matrix."""

LEAST_EIGENVALUE = 1e-4


@dataclass(frozen=True)
class CopulaSampler:
    """columns, margins: in the order of the frame; the margin of a column without any value is None.

    gaps: positions of the columns with a missing-value column in the copula; those come after all columns.
    missing: float64 (len(gaps),), the share of rows in which each of them is missing.
    correlation: float64 (len(columns) + len(gaps),) squared, of the latents.
    """

    columns: tuple[CodedColumn, ...]
    margins: tuple[Margin | None, ...]
    gaps: tuple[int, ...]
    missing: np.ndarray
    correlation: np.ndarray

    def sample(self, n: int, seed: int) -> pl.DataFrame:
        rng = generator(seed, "copula")
        latents = rng.standard_normal((n, len(self.correlation))) @ np.linalg.cholesky(self.correlation).T
        places = special.ndtr(latents)
        is_gap = places[:, len(self.columns) :] > 1 - self.missing
        made = []
        for position, (column, margin) in enumerate(zip(self.columns, self.margins, strict=True)):
            values = np.full(n, np.nan) if margin is None else margin.quantile(places[:, position])
            if position in self.gaps:
                values = np.where(is_gap[:, self.gaps.index(position)], np.nan, values)
            made.append(column.decode(values))
        return pl.DataFrame(made)


def fit_copula(frame: pl.DataFrame, weights: np.ndarray | None, seed: int) -> CopulaSampler:
    """frame: rows of one class, at least one.  A column of one value keeps it; one without any stays without.

    weights: float64 (n,) of the rows, or None.  Raises DataError for columns that are no numbers, dates, categories or booleans.
    """
    shares = shares_of(weights, frame.height)
    columns = _with_order(code_table(frame, "copula"), shares)
    gaps = tuple(place for place, column in enumerate(columns) if 0 < column.present.sum() < frame.height)
    indicators = [np.where(columns[place].present, 0.0, 1.0) for place in gaps]
    scored = [normal_scores(values, shares) for values in [*(column.values for column in columns), *indicators]]
    scores, followed = np.column_stack([score for score, _ in scored]), np.array([follows for _, follows in scored])
    return CopulaSampler(
        columns=columns,
        margins=tuple(None if column.kind == "empty" else fit_margin(column, weights, seed) for column in columns),
        gaps=gaps,
        missing=np.array([shares @ indicator for indicator in indicators]),
        correlation=_latent_correlation(scores, followed, shares),
    )


def normal_scores(values: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, float]:
    """float64 (n,) scores of mean ranks, NaN where missing, and the correlation λ of a score with its latent normal.

    values: float64 (n,), NaN missing.  shares: float64 (n,), of the rows.  λ is 1 without ties and 0 for a constant.
    """
    present = ~np.isnan(values)
    scores = np.full(len(values), np.nan)
    levels, place = np.unique(values[present], return_inverse=True)
    if len(levels) < 2:
        scores[present] = 0.0
        return scores, 0.0
    rows = np.maximum(np.bincount(place, weights=shares[present]), 1e-12)
    rows = rows / rows.sum()
    reached = np.cumsum(rows)
    middle = special.ndtri(reached - rows / 2)
    ends = np.append(-np.inf, special.ndtri(np.minimum(reached[:-1], 1 - 1e-15)))
    heights = np.append(np.exp(-(ends**2) / 2) / np.sqrt(2 * np.pi), 0.0)
    spread = np.sqrt(max(rows @ middle**2 - (rows @ middle) ** 2, 1e-12))
    scores[present] = middle[place]
    return scores, float(min(middle @ (heights[:-1] - heights[1:]) / spread, 1.0))


def positive_definite(correlation: np.ndarray) -> np.ndarray:
    """The same matrix with its eigenvalues raised to LEAST_EIGENVALUE, and ones on its diagonal again."""
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    if values[0] >= LEAST_EIGENVALUE:
        return correlation
    raised = (vectors * np.maximum(values, LEAST_EIGENVALUE)) @ vectors.T
    size = np.sqrt(np.diag(raised))
    return np.asarray(raised / np.outer(size, size))


def _latent_correlation(scores: np.ndarray, followed: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """float64 (d, d). scores: (n, d), NaN missing.  followed: (d,), the λ of each column."""
    from sklearn.covariance import ledoit_wolf_shrinkage

    pairs = _pairwise_correlation(scores, shares)
    loss = np.outer(followed, followed)
    latent = np.clip(np.divide(pairs, loss, out=np.zeros_like(pairs), where=loss > 0), -STRONGEST, STRONGEST)
    moving = followed > 0  # columns of two values and more
    shrinkage = 0.0
    if moving.sum() > 1:
        shrinkage = float(ledoit_wolf_shrinkage(np.nan_to_num(scores[:, moving] / np.nanstd(scores[:, moving], axis=0))))
    latent = (1 - shrinkage) * latent
    np.fill_diagonal(latent, 1.0)
    return positive_definite(latent)


def _pairwise_correlation(scores: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Weighted correlations over the rows that have both values; 0 where there is nothing to see."""
    there = (~np.isnan(scores)).astype(np.float64)
    filled = np.nan_to_num(scores)
    weighted, counted = filled * shares[:, None], there * shares[:, None]
    rows = np.maximum(there.T @ counted, 1e-300)
    mean = (weighted.T @ there) / rows  # of column i over the rows that have j too
    variance = np.maximum((weighted * filled).T @ there / rows - mean**2, 0.0)
    covariance = weighted.T @ filled / rows - mean * mean.T
    size = np.sqrt(variance * variance.T)
    return np.asarray(np.divide(covariance, size, out=np.zeros_like(size), where=size > 1e-9))


def _with_order(columns: tuple[CodedColumn, ...], shares: np.ndarray) -> tuple[CodedColumn, ...]:
    """Categories with their levels in the order of the rows' first principal component of the numbers' scores."""
    numbers = [normal_scores(column.values, shares)[0] for column in columns if column.is_number]
    if not numbers or len(shares) < 2:
        return columns
    matrix = np.nan_to_num(np.column_stack(numbers)) * np.sqrt(shares)[:, None]
    _, vectors = np.linalg.eigh(matrix.T @ matrix)
    component = np.nan_to_num(np.column_stack(numbers)) @ vectors[:, -1]
    return tuple(_ordered_by(column, component, shares) if column.kind == "category" else column for column in columns)


def _ordered_by(column: CodedColumn, component: np.ndarray, shares: np.ndarray) -> CodedColumn:
    assert column.levels is not None
    there = column.present
    codes = column.values[there].astype(np.int64)
    rows = np.maximum(np.bincount(codes, weights=shares[there], minlength=len(column.levels)), 1e-300)
    means = np.bincount(codes, weights=(shares * component)[there], minlength=len(column.levels)) / rows
    return reordered(column, np.argsort(means, kind="stable"))
