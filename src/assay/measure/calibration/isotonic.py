"""Isotonic calibration: the rising step function nearest to the targets, straight lines between its blocks.

As published a block without positives says 0 and one without negatives says 1, which n rows cannot show and which costs an
unbounded log loss for one surprise.  So the values are kept within 1 / (n + 2) and (n + 1) / (n + 2), n being the number
of rows it was fitted on: Laplace's rule, and exactly the least and greatest that Venn-Abers can say of as many rows.
Source: Zadrozny & Elkan (2002), also for one class against the rest; Ayer et al. (1955).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import isotonic_regression

from assay.core.errors import BundleError
from assay.core.state import State
from assay.measure.calibration.calibrator import Calibrator
from assay.measure.calibration.checks import checked, damaged, number, rising


def level_sums(target: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct probabilities, rising, and at each the weight of all rows and of the positives."""
    levels, inverse = np.unique(probability, return_inverse=True)
    mass = np.bincount(inverse, weights=weights, minlength=len(levels))
    return levels, mass, np.bincount(inverse, weights=weights * (target == 1), minlength=len(levels))


def pooled(mass: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """float (m,): shares of positives that never fall and lie nearest to positive / mass, by squares weighted with mass."""
    return np.asarray(isotonic_regression(positive / mass, weights=mass).x)


@dataclass(frozen=True, eq=False)
class Isotonic:
    """value (m,), never falling, at probabilities at (m,), rising; in between straight lines, outside the end values.

    floor: values are kept within floor and 1 - floor.
    """

    at: np.ndarray
    value: np.ndarray
    floor: float

    def apply(self, probability: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip(np.interp(probability, self.at, self.value), self.floor, 1 - self.floor))

    def state(self) -> State:
        return {"kind": "isotonic", "at": self.at, "value": self.value, "floor": self.floor}

    @classmethod
    def from_state(cls, state: State) -> Self:
        at, value = rising(state, "at", strictly=True), rising(state, "value", strictly=False)
        floor = number(state, "floor")
        if len(at) != len(value) or not 0 < floor < 0.5:
            raise damaged("its steps do not fit together")
        return cls(at, value, floor)


@dataclass(frozen=True, eq=False)
class IsotonicRest:
    """One isotonic map a class, of that class against the rest; the rows are scaled to sum to 1."""

    classes: tuple[Isotonic, ...]

    def apply(self, probability: np.ndarray) -> np.ndarray:
        if probability.ndim != 2 or probability.shape[1] != len(self.classes):
            raise ValueError(f"probabilities of shape {probability.shape}; the calibrator is of {len(self.classes)} classes.")
        each = np.stack([part.apply(probability[:, code]) for code, part in enumerate(self.classes)], axis=1)
        return np.asarray(each / each.sum(axis=1, keepdims=True))

    def state(self) -> State:
        return {"kind": "isotonic-rest", "classes": [part.state() for part in self.classes]}

    @classmethod
    def from_state(cls, state: State) -> Self:
        parts = state.get("classes")
        if not isinstance(parts, list) or len(parts) < 2 or not all(isinstance(part, dict) for part in parts):
            raise BundleError("the calibrator is damaged: it holds no map for each class; save the model again.")
        return cls(tuple(Isotonic.from_state(part) for part in parts))


def fit_isotonic(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> Isotonic | IsotonicRest:
    """target: int (n,) codes; probability: float (n,) or (n, K); weights: float (n,) or None.  Raises DataError for bad rows.

    Rows of equal probability count as one of their mean.  O(n log n) a class.
    """
    target, probability, weights = checked(target, probability, weights)
    if probability.ndim == 1:
        return _fit_binary(target, probability, weights)
    codes = range(probability.shape[1])
    return IsotonicRest(tuple(_fit_binary((target == code).astype(np.int64), probability[:, code], weights) for code in codes))


def _fit_binary(target: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> Isotonic:
    levels, mass, positive = level_sums(target, probability, weights)
    value = np.clip(pooled(mass, positive), 0.0, 1.0)
    # of a block only its ends are kept: what lies between them follows
    kept = np.ones(len(levels), dtype=bool)
    kept[1:-1] = (value[1:-1] != value[:-2]) | (value[1:-1] != value[2:])
    return Isotonic(levels[kept], value[kept], 1 / (len(target) + 2))


ISOTONIC = Calibrator(
    "isotonic", fit_isotonic, ("binary", "multiclass"), True, "any rising map; wants a thousand rows or more, makes ties"
)
