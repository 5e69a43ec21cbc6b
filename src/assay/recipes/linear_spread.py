"""How far a new target may lie from a linear prediction: the noise of the target, and the doubt of the coefficients.

For least squares this is the textbook prediction variance, noise² · (1 + 1/n + (x - mean)' (X'X)⁻¹ (x - mean)); with a
squared penalty it is that of the same line read as a posterior.  Learners without a closed form know the noise alone.
Source: Seber & Lee (2003), section 5.3; Bishop (2006), section 3.3.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from assay.core.state import State
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.outputs import weighted


@dataclass(frozen=True)
class LinearSpread:
    """noise: standard deviation of the target about the line, in the target's unit.

    base: the variance of the line at the mean row, in units of noise².
    directions: float64 (width, r).  shift: float64 (r,), the mean row turned onto them.  The squared length of what a row
    differs by from the mean row, turned onto the directions, is added to ``base``.
    """

    noise: float
    base: float
    directions: np.ndarray
    shift: np.ndarray

    def at(self, matrix: Matrix) -> np.ndarray:
        """float64 (n,)."""
        turned = weighted(matrix, self.directions.T) - self.shift
        return np.asarray(self.noise * np.sqrt(1.0 + self.base + (turned**2).sum(axis=1)))

    def state(self) -> State:
        return {"noise": self.noise, "base": self.base, "directions": self.directions, "shift": self.shift}

    @classmethod
    def from_state(cls, state: State, width: int) -> Self:
        noise, base = (checks.real(state, name, low=0.0) for name in ("noise", "base"))
        directions = checks.floats(state, "directions", (width, None))
        return cls(noise, base, directions, checks.floats(state, "shift", (directions.shape[1],)))


def noise_alone(noise: float, width: int) -> LinearSpread:
    """The same everywhere."""
    return LinearSpread(noise, 0.0, np.zeros((width, 0)), np.zeros(0))


def noise_of(squares: float, total: float, spent: float, of_target: float) -> float:
    """The standard deviation of the target about a line that spent so many degrees of freedom.

    squares: the weighted sum of squared residuals.  total: the sum of the weights, which count rows.
    of_target: the target's own standard deviation, which is all that is known where the line has used the rows up.
    """
    left = total - spent
    return float(np.sqrt(squares / left)) if left >= 1.0 else of_target
