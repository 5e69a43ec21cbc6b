"""CV+: intervals and sets out of the fold models themselves, with a promise that holds for every recipe.

Each calibration row is compared with what the model that had not seen it says of the new row, so no stability is
assumed: at level 1 - alpha the truth is inside with probability of at least about 1 - 2 alpha, whatever the learner,
and close to 1 - alpha in practice.  It costs the keeping and asking of every fold's model.
Sources: Barber, Candès, Ramdas & Tibshirani (2021), theorem 4; Vovk (2015) and Romano, Sesia & Candès (2020) for sets.
"""

import math

import numpy as np

from assay.core.errors import DataError
from assay.measure.conformal.quantile import ROUNDING, check_level
from assay.measure.conformal.scores import check_finite

MOST_CELLS = 4_000_000
"""Numbers that are held at once: 32 MB."""


def cv_plus_guarantee(level: float, n: int, n_folds: int) -> float:
    """The least coverage of CV+ with ``n_folds`` equal folds of ``n`` rows, for exchangeable rows and any learner.

    1 - 2 alpha - min(2 (1 - 1/F) / (n/F + 1), (1 - F/n) / (F + 1)); Barber et al. (2021), theorem 4.

    >>> round(cv_plus_guarantee(0.9, 1000, 10), 4)
    0.7822
    """
    alpha = 1 - check_level(level)
    slack = min(2 * (1 - 1 / n_folds) / (n / n_folds + 1), (1 - n_folds / n) / (n_folds + 1))
    return max(0.0, 1 - 2 * alpha - slack)


def cv_plus_intervals(fold_values: np.ndarray, residuals: np.ndarray, folds: np.ndarray, *, level: float) -> np.ndarray:
    """Float (m, 2): low and high for m new rows.

    fold_values: float (m, F), what the model of each fold says of them.  residuals: float (n,), |target - value| of each
    calibration row under the model that left it out; folds: int (n,), which one that was, 0 … F-1.
    Infinite where n is too small for the level.  Raises DataError for lengths, folds or numbers that do not fit.
    """
    fold_values, residuals, folds = _checked(fold_values, residuals, folds)
    m, n = len(fold_values), len(residuals)
    rank = _rank(level, n)
    if rank > n:
        return np.tile([-math.inf, math.inf], (m, 1))
    bounds = np.empty((m, 2))
    step = max(1, MOST_CELLS // n)
    for start in range(0, m, step):
        centre = fold_values[start : start + step, folds]  # (step, n)
        bounds[start : start + step, 0] = -np.partition(residuals - centre, rank - 1, axis=1)[:, rank - 1]
        bounds[start : start + step, 1] = np.partition(residuals + centre, rank - 1, axis=1)[:, rank - 1]
    return bounds


def cv_plus_sets(
    fold_scores: np.ndarray, scores: np.ndarray, folds: np.ndarray, *, level: float, target: np.ndarray | None = None
) -> np.ndarray:
    """Bool (m, K): the labels of each new row that fewer than ceil((n + 1) · level) calibration rows are less strange than.

    fold_scores: float (m, F, K), the score of every label of each new row under the model of each fold (``lac_scores``
    and its like).  scores: float (n,) of the calibration rows' own labels under the model that left them out; folds as
    above.  target: int (n,) codes: each label is then compared with rows of its class only, a promise within each class.
    """
    if fold_scores.ndim != 3:
        raise DataError(f"the scores of the folds must be of shape (rows, folds, classes), not {fold_scores.shape}.")
    m, n_folds, n_classes = fold_scores.shape
    _, scores, folds = _checked(fold_scores.reshape(m, -1)[:, :n_folds], scores, folds)
    check_finite("scores of the folds", fold_scores)
    if target is not None and len(target) != len(scores):
        raise DataError(f"there are {len(scores)} calibration scores and {len(target)} classes; each needs its own.")
    sets = np.empty((m, n_classes), dtype=bool)
    for label in range(n_classes):
        mine = np.ones(len(scores), dtype=bool) if target is None else target == label
        below = np.zeros(m, dtype=np.int64)
        for fold in range(n_folds):
            kept = np.sort(scores[mine & (folds == fold)])
            below += np.searchsorted(kept, fold_scores[:, fold, label], side="left")
        sets[:, label] = below < _rank(level, int(mine.sum()))
    return sets


def _rank(level: float, n: int) -> int:
    """ceil((n + 1) · level), not missed by a bit."""
    return math.ceil((n + 1) * check_level(level) * (1 - ROUNDING))


def _checked(fold_values: np.ndarray, residuals: np.ndarray, folds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    fold_values, residuals = np.asarray(fold_values, dtype=np.float64), np.asarray(residuals, dtype=np.float64)
    folds = np.asarray(folds)
    if fold_values.ndim != 2 or residuals.ndim != 1 or folds.shape != residuals.shape:
        raise DataError(
            f"CV+ takes predictions (rows, folds), and one residual and fold a calibration row; these have the shapes "
            f"{fold_values.shape}, {residuals.shape} and {folds.shape}."
        )
    bad = np.flatnonzero((folds < 0) | (folds >= fold_values.shape[1]))
    if len(bad):
        raise DataError(f"{len(bad)} calibration rows are of a fold without a model (first rows: {bad[:3].tolist()}).")
    check_finite("predictions of the folds", fold_values)
    check_finite("residuals", residuals)
    return fold_values, residuals, folds
