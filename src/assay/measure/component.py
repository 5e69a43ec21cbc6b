"""How much the fitted models of a cross-validation differ beyond what the measured rows explain.

Each fold of each repeat gives a value.  These values differ because other rows are measured, which is known from the
influences of the rows, and because another model was fitted (other training rows, another seed), which is not.  The
second part is one variance component, estimated by restricted maximum likelihood (Patterson & Thompson 1971).

What it means for the mean: with J values the models contribute σ²/J if they are independent.  They are not: training sets
overlap.  The mean then varies by σ² (1/J + c), c = ρ/(1 − ρ), ρ the correlation of two models' values.
With one repeat ρ = 1/folds, as in Nadeau & Bengio (2003): σ² is then known from a handful of values, and an estimate that
cannot be negative errs upwards, which makes good what this ρ lacks.  With more repeats σ² is known well, and ρ is the
square of the share of training rows that two folds have in common (a model near its best depends on the rows that moved it
through a square).  Both were chosen by simulation (docs/coverage.md): they hold coverage, false claims and power together.
"""

import numpy as np
from scipy.optimize import minimize_scalar

GRID = 41
SPAN = (0.02, 50.0)  # of σ, in units of the typical spread that the rows give one value


def model_variance(values: np.ndarray, row_covariance: np.ndarray) -> float:
    """σ² of values (J,) = mean + model (σ², independent) + rows (covariance (J, J)); >= 0, 0 where rows explain it all."""
    if len(values) < 2:
        return 0.0
    eigenvalues, vectors = np.linalg.eigh(row_covariance)
    scale = float(np.sqrt(max(np.trace(row_covariance), 0.0) / len(values)))
    if scale == 0:
        return float(np.var(values, ddof=1))
    eigenvalues = np.maximum(eigenvalues, 1e-12 * scale**2)
    ones, turned = vectors.sum(axis=0), vectors.T @ values

    def misfit(variance: float) -> float:
        """Minus twice the restricted log-likelihood."""
        each = eigenvalues + variance
        information = float(np.sum(ones**2 / each))
        mean = float(np.sum(ones * turned / each)) / information
        return float(np.sum(np.log(each)) + np.log(information) + np.sum((turned - mean * ones) ** 2 / each))

    # A grid first: with few values the likelihood may have two peaks.
    grid = np.concatenate([[0.0], np.geomspace(*SPAN, GRID)]) * scale
    misfits = [misfit(sigma**2) for sigma in grid]
    best = int(np.argmin(misfits))
    if best == 0:
        return 0.0
    ends = float(grid[best - 1]), float(grid[min(best + 1, GRID)])
    found = minimize_scalar(lambda sigma: misfit(sigma**2), bounds=ends, method="bounded", options={"xatol": 1e-6 * scale})
    return float(found.x**2)


def share_in_mean(repeats: int, folds: int) -> float:
    """1/J + c: what σ² is multiplied with in the variance of the mean (see the header).

    folds: 1 where every repeat is measured on the same held-out rows (repeats then differ by their seed alone, and c is 0).

    >>> share_in_mean(1, 5)
    0.45
    """
    if folds < 2:
        return 1 / repeats
    if repeats == 1:
        correlation = 1 / folds
    else:
        correlation = ((folds - 2) / (folds - 1)) ** 2
    return 1 / (repeats * folds) + correlation / (1 - correlation)
