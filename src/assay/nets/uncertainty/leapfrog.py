"""The steps of Hamiltonian Monte Carlo: the leapfrog integrator and one accepted or refused move along a trajectory.

The energy is -log density(q) + ½ Σ variance p²: ``variance`` estimates the target's, by coordinate, and is the inverse of the
diagonal mass matrix.  The integrator is reversible, keeps volumes, and errs in the energy by O(step²); the move is then exact.
Source: Duane et al. (1987); Neal (2011).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Density = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""(position (d,)) -> (log density up to a constant, its gradient (d,)); -inf or NaN where there is none."""

DIVERGED = 1000.0
"""An energy error above this is no error of rounding the path but a path that has left the target."""


@dataclass(frozen=True, slots=True)
class Point:
    """A position (d,) with what the density says of it."""

    position: np.ndarray
    log_density: float
    gradient: np.ndarray


@dataclass(frozen=True, slots=True)
class Move:
    """Where a move ended.  acceptance: the chance it had, in [0, 1].  diverged: the path left the target."""

    point: Point
    acceptance: float
    diverged: bool


def point_at(density: Density, position: np.ndarray) -> Point:
    log_density, gradient = density(position)
    return Point(position, float(log_density), np.asarray(gradient, dtype=np.float64))


def leapfrog(
    density: Density, point: Point, momentum: np.ndarray, step: float, variance: np.ndarray, steps: int
) -> tuple[Point, np.ndarray]:
    """The point and the momentum (d,) after ``steps`` leapfrog steps, or at the first one that has no finite density."""
    momentum = momentum + 0.5 * step * point.gradient
    for place in range(steps):
        point = point_at(density, point.position + step * variance * momentum)
        if not np.isfinite(point.log_density) or not np.isfinite(point.gradient).all():
            break
        momentum = momentum + (step if place + 1 < steps else 0.5 * step) * point.gradient
    return point, momentum


def energy(point: Point, momentum: np.ndarray, variance: np.ndarray) -> float:
    return float(-point.log_density + 0.5 * np.sum(variance * momentum**2))


def move(density: Density, point: Point, step: float, variance: np.ndarray, steps: int, random: np.random.Generator) -> Move:
    """A fresh momentum, a trajectory of so many steps, and a Metropolis test of where it ends."""
    momentum = random.standard_normal(len(variance)) / np.sqrt(variance)
    chance = random.random()
    with np.errstate(over="ignore", invalid="ignore"):  # a path that leaves the target may overflow; it is refused below
        end, final = leapfrog(density, point, momentum, step, variance, steps)
        error = energy(end, final, variance) - energy(point, momentum, variance)
    if not np.isfinite(error) or not np.isfinite(end.gradient).all():
        return Move(point, 0.0, True)
    acceptance = float(np.exp(min(0.0, -error)))
    return Move(end if chance < acceptance else point, acceptance, error > DIVERGED)
