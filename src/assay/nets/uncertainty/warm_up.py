"""What a Markov chain learns before its draws count: a step size by dual averaging, and the target's variances.

Windows as in Stan: a first one in which the chain finds the target, windows of doubling length after each of which the
variances are those of its positions, and a last one for the step size alone.
Source: Hoffman & Gelman (2014), algorithms 4 and 5; Carpenter et al. (2017).
"""

from dataclasses import dataclass

import numpy as np

from assay.nets.uncertainty.leapfrog import Density, Point, energy, leapfrog

FIRST, LAST, WIDTH = 75, 50, 25
"""Moves before the first window of variances, after the last, and in the first; shares of a warm-up too short for them."""
SHRINK, AROUND, TIMESCALE, DECAY = 0.05, 10.0, 10, 0.75
"""Hoffman & Gelman's gamma, the factor in mu, t0 and kappa."""


def windows(warm_up: int) -> tuple[tuple[int, int], ...]:
    """The windows (after this move, up to that one) whose positions set the variances anew; none below 20 moves.

    >>> windows(1000)
    ((75, 100), (100, 150), (150, 250), (250, 450), (450, 950))
    """
    first, last, width = FIRST, LAST, WIDTH
    if warm_up < 20:
        return ()
    if warm_up < FIRST + LAST + WIDTH:
        first, last = int(0.15 * warm_up), int(0.1 * warm_up)
        width = warm_up - first - last
    found, at, end = [], first, warm_up - last
    while at < end:
        upto = at + width if at + 3 * width <= end else end  # the next one, twice as long, must fit too
        found.append((at, upto))
        at, width = upto, 2 * width
    return tuple(found)


def variances_of(positions: np.ndarray) -> np.ndarray:
    """(d,) of the positions (n, d) of a window, drawn a little towards 1e-3 as in Stan."""
    n = len(positions)
    return np.asarray((n * positions.var(axis=0, ddof=1) + 5e-3) / (n + 5))


@dataclass(frozen=True, slots=True)
class StepSize:
    """Dual averaging of log step: ``current`` explores, ``final`` is the average that draws are made with."""

    target: float
    centre: float
    count: int = 0
    shortfall: float = 0.0
    log_step: float = 0.0
    log_average: float = 0.0

    @classmethod
    def starting_at(cls, step: float, target: float) -> "StepSize":
        """target: the acceptance to reach, in (0, 1)."""
        return cls(target, float(np.log(AROUND * step)), log_step=float(np.log(step)))

    @property
    def current(self) -> float:
        return float(np.exp(self.log_step))

    @property
    def final(self) -> float:
        return float(np.exp(self.log_average if self.count else self.log_step))

    def after(self, acceptance: float) -> "StepSize":
        """A move was accepted with this chance."""
        count = self.count + 1
        share = 1 / (count + TIMESCALE)
        shortfall = (1 - share) * self.shortfall + share * (self.target - acceptance)
        log_step = self.centre - np.sqrt(count) / SHRINK * shortfall
        weight = count**-DECAY
        average = weight * log_step + (1 - weight) * self.log_average
        return StepSize(self.target, self.centre, count, float(shortfall), float(log_step), float(average))


def first_step(density: Density, point: Point, variance: np.ndarray, random: np.random.Generator) -> float:
    """A step that one leapfrog step accepts with a chance near one half, found by doubling or halving."""
    step, direction = 1.0, 0
    momentum = random.standard_normal(len(variance)) / np.sqrt(variance)
    start = energy(point, momentum, variance)
    for _ in range(100):  # 2**-100: whatever the target, a step this small stands still
        with np.errstate(over="ignore", invalid="ignore"):
            end, final = leapfrog(density, point, momentum, step, variance, 1)
            gain = start - energy(end, final, variance)
        towards = 1 if np.isfinite(gain) and gain > np.log(0.5) else -1
        if direction == 0:
            direction = towards
        if towards != direction:
            break
        step *= 2.0**direction
    return step
