"""No calibration: probabilities stay as the learner gives them, also after a treatment that bent them."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.core.state import State
from assay.measure.calibration.calibrator import Calibrator
from assay.measure.calibration.checks import checked


@dataclass(frozen=True)
class Unchanged:
    def apply(self, probability: np.ndarray) -> np.ndarray:
        return probability

    def state(self) -> State:
        return {"kind": "none"}

    @classmethod
    def from_state(cls, state: State) -> Self:  # noqa: ARG003 - there is nothing in it to read
        return cls()


def fit_unchanged(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> Unchanged:
    """Looks at the rows as the others do, and learns nothing from them."""
    checked(target, probability, weights)
    return Unchanged()


NONE = Calibrator("none", fit_unchanged, ("binary", "multiclass"), True, "probabilities as the learner gives them")
