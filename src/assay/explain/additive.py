"""SHAP values in closed form, for learners whose score is a sum over columns: lines, scorecards, shapes of a column or a pair.

All of them are interventional: unknown columns are drawn from the reference rows, apart from the known ones.  A term of one
column then gives that column its value less its mean.  A term g of two gives them two halves of g less its mean, and moves
half of the difference from one to the other by which of them, alone, says more of it:

    value of i = ½ (g(xi, xj) − E g) + ½ (E g(xi, ·) − E g(·, xj))

Sources: Shapley (1953); Štrumbelj & Kononenko (2014).
"""

import numpy as np

from assay.prepare.step import Matrix
from assay.recipes.gam_shapes import FittedGam, Shape
from assay.recipes.outputs import dense


def linear_shap(
    coefficients: np.ndarray, intercepts: np.ndarray, matrix: Matrix, reference: Matrix, players: np.ndarray, n_players: int
) -> tuple[np.ndarray, np.ndarray]:
    """(base (K,), values (n, n_players, K)).

    coefficients: (K, width).  matrix, reference: (·, width).  players: int64 (width,), the player each column belongs to.
    """
    mean = np.asarray(reference.mean(axis=0)).ravel()
    values = np.zeros((matrix.shape[0], n_players, len(coefficients)))
    for player in range(n_players):
        own = np.flatnonzero(players == player)
        if len(own):
            values[:, player] = (dense(matrix[:, own]) - mean[own]) @ coefficients[:, own].T
    return coefficients @ mean + intercepts, values


def gam_shap(
    model: FittedGam, rows: np.ndarray, reference: np.ndarray, players: np.ndarray, n_players: int
) -> tuple[np.ndarray, np.ndarray]:
    """(base (K,), values (n, n_players, K)).  rows, reference: float64 (·, width), NaN where missing."""
    base, values = model.base.copy(), np.zeros((len(rows), n_players, len(model.base)))
    for shape in model.shapes:
        seen, steps = shape.steps(reference), shape.steps(rows)
        mean = shape.values[seen].mean(axis=0)
        base += mean
        gain = shape.values[steps] - mean
        first, last = int(players[shape.columns[0]]), int(players[shape.columns[-1]])
        if first == last:
            values[:, first] += gain
            continue
        lean = _lean(shape, seen, steps)
        values[:, first] += (gain + lean) / 2
        values[:, last] += (gain - lean) / 2
    return base, values


def _lean(shape: Shape, seen: tuple[np.ndarray, ...], steps: tuple[np.ndarray, ...]) -> np.ndarray:
    """float64 (n, K): what the first column of a pair says alone, less what the second one says."""
    shares = [
        np.bincount(own, minlength=size) / len(own) for own, size in zip(seen, shape.values.shape, strict=False)
    ]  # the last axis of the values is of scores
    of_first = np.tensordot(shape.values, shares[1], axes=(1, 0))
    of_second = np.tensordot(shape.values, shares[0], axes=(0, 0))
    return np.asarray(of_first[steps[0]] - of_second[steps[1]])
