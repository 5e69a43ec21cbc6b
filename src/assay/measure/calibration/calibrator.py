"""What a calibrator is, before and after its fit."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from assay.core.state import State


class FittedCalibrator(Protocol):
    """A member of FITTED_CALIBRATORS: maps probabilities (n,) of class 1, or (n, K), to probabilities of the same shape."""

    def apply(self, probability: np.ndarray) -> np.ndarray: ...
    def state(self) -> State:
        """``{"kind": its name in FITTED_CALIBRATORS, …}``."""
        ...

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Raises BundleError for a state that no fit could have written."""
        ...


class CalibratorFit(Protocol):
    """Fits a calibrator on rows that the learner did not see.

    target: int (n,), 0 or 1, or codes below K; probability: float (n,) of class 1, or (n, K); weights: float (n,), >= 0, or
    None.  Weights count relative to their mean, so that n rows of any weights stand for n rows.
    Raises DataError for rows that do not fit each other or hold something that is no probability, class or weight.
    """

    def __call__(self, target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> FittedCalibrator: ...


@dataclass(frozen=True, slots=True)
class Calibrator:
    """A member of CALIBRATORS.

    tasks: names of the tasks it serves.
    monotone: whether it keeps the order of the rows by probability of class 1 (it may make ties), in binary tasks.
    """

    name: str
    fit: CalibratorFit
    tasks: tuple[str, ...]
    monotone: bool
    summary: str
