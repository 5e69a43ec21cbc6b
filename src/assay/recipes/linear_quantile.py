"""A line through the median (or another quantile) of the target: errors count by their size and not by its square.

The kink of the loss is rounded off over a hundredth of the target's usual distance from its median and the line found by
L-BFGS, each time from a rounder loss's line: the exact linear program takes half a minute for 10 000 rows, and ends within
what that rounding changes.
Source: Koenker & Bassett (1978); Fernandes, Guerre & Horta (2021), "Smoothing quantile regressions".
"""

from dataclasses import dataclass, replace

import numpy as np

from assay.core.errors import ConfigError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.columns import ColumnsStep
from assay.recipes.learner import Budget, Context
from assay.recipes.linear import FittedLinear
from assay.recipes.linear_factors import Centred, centred
from assay.recipes.linear_spread import noise_alone, noise_of
from assay.recipes.linear_squares import line
from assay.recipes.recipe import Recipe
from assay.recipes.space import Real

ROUNDINGS = (0.5, 0.1, 0.03, 0.01)
"""Half-widths of the rounded kink, one after the other, in usual distances of the target from its median."""


@dataclass(frozen=True, kw_only=True)
class Quantile:
    """quantile: the share of targets below the line.

    penalty_strength: half of it is the weight of the squared coefficients against the mean loss, for a target whose usual
        distance from its median is 1.
    """

    quantile: float = 0.5
    penalty_strength: float = 1e-5
    most_iterations: int = 500
    takes_weights: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.quantile < 1:
            raise ConfigError(f"quantile={self.quantile} must lie between 0 and 1; 0.5 is the median.")

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,  # noqa: ARG002
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,  # noqa: ARG002
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedLinear:
        data = _in_usual_errors(centred(rows))
        width = len(data.mean)
        found = self._line(data) if data.has_spread else np.zeros(1 + width)
        error = self._errors(data, found)
        own = float(np.sqrt(np.average(data.target**2, weights=data.weights)))
        noise = noise_of(float(data.weights @ error**2), data.total, 1.0 + width, own) * data.unit
        fitted = line(data, found[1:], noise_alone(noise, width))
        return replace(fitted, intercepts=fitted.intercepts + found[0] * data.unit)

    def _line(self, data: Centred) -> np.ndarray:
        """float64 (1 + width,): the height at the mean row, and the coefficients."""
        from scipy.optimize import fmin_l_bfgs_b

        share = data.weights / data.total
        at = np.zeros(1 + len(data.mean))
        for half in ROUNDINGS:

            def loss(at: np.ndarray, half: float = half) -> tuple[float, np.ndarray]:
                error = self._errors(data, at)
                inside = np.clip(error / (2 * half), -0.5, 0.5)
                slope = share * (inside + self.quantile - 0.5)
                size = np.where(np.abs(error) <= half, error**2 / (4 * half) + half / 4, np.abs(error) / 2)
                value = share @ (size + (self.quantile - 0.5) * error) + self.penalty_strength / 2 * at[1:] @ at[1:]
                down = np.asarray(data.features.T @ slope).ravel() - data.mean * slope.sum()
                return float(value), np.append(-slope.sum(), self.penalty_strength * at[1:] - down)

            at = np.asarray(fmin_l_bfgs_b(loss, at, maxiter=self.most_iterations, pgtol=1e-7, factr=10.0)[0])
        return at

    def _errors(self, data: Centred, at: np.ndarray) -> np.ndarray:
        return np.asarray(data.target - at[0] - (np.asarray(data.features @ at[1:]) - data.mean @ at[1:]))


def _in_usual_errors(data: Centred) -> Centred:
    """The target centred at its median, its unit the median distance from there: one far target must not set the scale."""
    seen = data.target[data.weights > 0]
    middle = float(np.median(seen))
    apart = np.abs(seen - middle)
    unit = float(np.median(apart)) or float(apart.mean()) or 1.0
    return replace(data, target=(data.target - middle) / unit, middle=data.middle + middle * data.unit, unit=data.unit * unit)


QUANTILE_LINEAR = Recipe(
    name="quantile-linear",
    title="A line through the median",
    tasks=frozenset({"regression"}),
    step=ColumnsStep(mode="linear"),
    learner=Quantile(),
    simplicity=9,
    space={"penalty_strength": Real(1e-6, 1.0, log=True)},
)
