"""Rows to be calibrated or diagnosed, and saved numbers, looked at once and in one place."""

from collections.abc import Sequence

import numpy as np

from assay.core.errors import BundleError, DataError
from assay.core.state import State

EPS = 1e-12
"""Probabilities are moved this far from 0 and 1 before a logarithm is taken."""

MOST = 1e300
"""No saved number is larger; JSON can hold whole numbers that no float can."""

SLACK = 1e-6
"""How far above 1 single precision may carry a probability."""


def checked(
    target: np.ndarray | Sequence[int], probability: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """target int64 (m,), probability float64 (m,) or (m, K), weights float64 (m,) with mean 1: the rows with weight.

    Raises DataError: lengths that differ, no row, targets that are no class, probabilities outside [0, 1] or not a number,
    weights that are negative, not finite or all zero.
    """
    labels = np.asarray(target)
    said = checked_probability(probability)
    if labels.shape != said.shape[:1]:
        raise DataError(f"{len(labels)} targets and {len(said)} rows of probabilities; there must be one of each a row.")
    n_classes = said.shape[1] if said.ndim == 2 else 2
    refuse(~np.isin(labels, np.arange(n_classes)), f"targets are not a class code from 0 to {n_classes - 1}")
    codes = labels.astype(np.int64)
    if weights is None:
        return codes, said, np.ones(len(codes))
    mass = checked_weights(weights, len(codes))
    kept = mass > 0
    return codes[kept], said[kept], mass[kept] / mass[kept].mean()


def checked_binary(
    target: np.ndarray | Sequence[int], probability: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As ``checked``, of one probability a row."""
    if np.ndim(probability) != 1:
        raise DataError(f"one probability a row is needed, that of class 1, not an array of shape {np.shape(probability)}.")
    return checked(target, probability, weights)


def checked_probability(probability: np.ndarray) -> np.ndarray:
    """float64 (n,) or (n, K >= 2), n >= 1, within [0, 1]; raises DataError."""
    said = np.asarray(probability, dtype=np.float64)
    if said.ndim not in (1, 2) or (said.ndim == 2 and said.shape[1] < 2):
        raise DataError(f"probabilities must be one a row, or one a row and class, not of shape {said.shape}.")
    if len(said) == 0:
        raise DataError("there are no rows; calibration needs some.")
    good = (said >= 0) & (said <= 1 + SLACK)
    refuse(np.asarray(~good if said.ndim == 1 else ~good.all(axis=1)), "probabilities are not numbers from 0 to 1")
    return np.minimum(said, 1.0)


def checked_weights(weights: np.ndarray, n_rows: int) -> np.ndarray:
    """float64 (n_rows,), >= 0, not all 0; raises DataError."""
    mass = np.asarray(weights, dtype=np.float64)
    if mass.shape != (n_rows,):
        raise DataError(f"{n_rows} rows and weights of shape {mass.shape}; there must be one weight a row.")
    refuse(~(np.isfinite(mass) & (mass >= 0)), "weights are negative or not finite")
    if not mass.any():
        raise DataError(f"all {n_rows} weights are zero; at least one row must count.")
    return mass


def refuse(bad: np.ndarray, what: str) -> None:
    """Raise DataError when any row is bad: how many, what of them, and the first ones."""
    if bad.any():
        raise DataError(
            f"{int(bad.sum())} of {len(bad)} {what} (first rows: {np.flatnonzero(bad)[:3].tolist()}); mend or drop them."
        )


def damaged(what: str) -> BundleError:
    return BundleError(f"the calibrator is damaged: {what}; save the model again.")


def numbers(state: State, name: str, least: int = 1) -> np.ndarray:
    """float64 (m >= least,), finite, out of a state: an array or a list; raises BundleError."""
    values = state.get(name)
    if isinstance(values, np.ndarray):
        if values.ndim != 1 or values.dtype.kind not in "fiu" or len(values) < least or not np.isfinite(values).all():
            raise damaged(f"{name!r} is no list of finite numbers")
        return values.astype(np.float64)
    if not isinstance(values, list | tuple) or len(values) < least:
        raise damaged(f"it holds no {name!r}")
    return np.array([_finite(value, name) for value in values], dtype=np.float64)


def number(state: State, name: str) -> float:
    """One finite number out of a state; raises BundleError."""
    return _finite(state.get(name), name)


def rising(state: State, name: str, *, strictly: bool, least: int = 1) -> np.ndarray:
    """``least`` numbers or more in [0, 1] out of a state that rise (strictly, or never fall); raises BundleError."""
    values = numbers(state, name, least)
    steps = np.diff(values)
    if ((values < 0) | (values > 1)).any() or (steps <= 0 if strictly else steps < 0).any():
        raise damaged(f"{name!r} does not rise within 0 and 1")
    return values


def _finite(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST < value < MOST:
        raise damaged(f"{name!r} holds something that is no finite number")
    return float(value)
