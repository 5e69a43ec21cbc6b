"""Hamiltonian Monte Carlo for posteriors of a few hundred parameters at most: the reference that approximations are held to.

An own sampler, not numpyro: that brings jax and its compiler (some 300 MB) and seconds of compiling a model, for nets whose
density and gradient are a few products of small matrices in numpy.  What is left to do is little, and tested against closed
forms: a leapfrog (``leapfrog``), an adaptation (``warm_up``), and the proof that the chains agree (``diagnostics``).  Lengths
of trajectories are drawn around ``path`` posterior standard deviations, which keeps a chain from resonating with the target;
No-U-Turn trees choose them better on targets of strong correlation, at several times the code.
Source: Neal (2011); Hoffman & Gelman (2014); Bou-Rabee & Sanz-Serna (2017) for random lengths.
"""

from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.seeds import generator
from assay.nets.uncertainty.leapfrog import Density, Point, move, point_at
from assay.nets.uncertainty.warm_up import StepSize, first_step, variances_of, windows

MOST_STEPS = 1000
FIRST_MOST_STEPS = 64  # before the variances are known, when a step may be tiny beside a wide coordinate
SCATTER = 1.0
TRIES = 100


@dataclass(frozen=True)
class Draws:
    """What the chains gave after their warm-up.

    values: float64 (chains, draws, d).  log_density: (chains, draws).  acceptance: (chains,), the mean chance of a move, in
    [0, 1].  step: (chains,).  variance: (chains, d), the inverse of the mass.  divergences: int (chains,).
    """

    values: np.ndarray
    log_density: np.ndarray
    acceptance: np.ndarray
    step: np.ndarray
    variance: np.ndarray
    divergences: np.ndarray

    def flat(self) -> np.ndarray:
        """All draws: (chains × draws, d)."""
        return self.values.reshape(-1, self.values.shape[2])

    def members(self, count: int) -> np.ndarray:
        """(count, d): draws at even distances through all chains, to predict with; raises ConfigError for more than there are."""
        flat = self.flat()
        if not 1 <= count <= len(flat):
            raise ConfigError(f"members={count}: there are {len(flat)} draws; take from 1 to all of them.")
        return flat[(np.arange(count) * len(flat)) // count]


def sample(
    density: Density,
    start: np.ndarray,
    *,
    draws: int = 1000,
    warm_up: int = 1000,
    chains: int = 4,
    seed: int,
    path: float = 3.0,
    acceptance: float = 0.8,
) -> Draws:
    """Draws from the distribution with this log density, known up to a constant.

    density(position (d,)) -> (log density, gradient (d,)).  start: (d,), around which the chains begin at random, up to 1 away
    in each coordinate; or (chains, d), where each begins.  path: how far a trajectory goes on average, in standard deviations of
    the target; longer where coordinates are strongly correlated.  acceptance: the share of moves that the step size aims at.
    Equal arguments give equal draws.  Chains are run one after the other.
    Raises ConfigError for settings that cannot be, DataError where no start has a finite density and gradient.
    """
    _check(start, draws, warm_up, chains, path, acceptance)
    found = []
    for chain in range(chains):
        random = generator(seed, "hmc", chain)
        first = _first_point(density, start if start.ndim == 1 else start[chain], random if start.ndim == 1 else None)
        found.append(_chain(density, _warm(density, first, warm_up, path, acceptance, random), draws, path, random))
    return Draws(*(np.stack(parts) for parts in zip(*found, strict=True)))


@dataclass(frozen=True, slots=True)
class _Adapted:
    """Where a chain stands after its warm-up, and how it moves from there."""

    point: Point
    step: float
    variance: np.ndarray
    most_steps: int


def _warm(density: Density, point: Point, moves: int, path: float, acceptance: float, random: np.random.Generator) -> _Adapted:
    variance, most = np.ones(len(point.position)), FIRST_MOST_STEPS
    size = StepSize.starting_at(first_step(density, point, variance, random), acceptance)
    ends = {end: end - begin for begin, end in windows(moves)}
    seen = np.empty((moves, len(variance)))
    for place in range(moves):
        moved = move(density, point, size.current, variance, _steps(path, size.current, most, random), random)
        point, size = moved.point, size.after(moved.acceptance)
        seen[place] = point.position
        if place + 1 in ends:
            variance, most = variances_of(seen[place + 1 - ends[place + 1] : place + 1]), MOST_STEPS
            size = StepSize.starting_at(first_step(density, point, variance, random), acceptance)
    return _Adapted(point, size.final, variance, MOST_STEPS)


def _chain(density: Density, chain: _Adapted, draws: int, path: float, random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """The draws of one chain, as the parts of ``Draws`` in their order."""
    point, chances, divergences = chain.point, 0.0, 0
    values, log_density = np.empty((draws, len(point.position))), np.empty(draws)
    for place in range(draws):
        steps = _steps(path, chain.step, chain.most_steps, random)
        moved = move(density, point, chain.step, chain.variance, steps, random)
        point = moved.point
        values[place], log_density[place] = point.position, point.log_density
        chances, divergences = chances + moved.acceptance, divergences + moved.diverged
    return values, log_density, np.array(chances / draws), np.array(chain.step), chain.variance, np.array(divergences)


def _steps(path: float, step: float, most: int, random: np.random.Generator) -> int:
    """Of a trajectory between half and one and a half times ``path`` long."""
    return int(np.clip(np.ceil(path * random.uniform(0.5, 1.5) / step), 1, most))


def _first_point(density: Density, start: np.ndarray, random: np.random.Generator | None) -> Point:
    """start: (d,), exactly where the chain begins, or, with ``random``, what it begins around."""
    for _ in range(TRIES if random is not None else 1):
        position = start if random is None else start + random.uniform(-SCATTER, SCATTER, len(start))
        with np.errstate(over="ignore", invalid="ignore"):
            point = point_at(density, np.asarray(position, dtype=np.float64))
        if np.isfinite(point.log_density) and np.isfinite(point.gradient).all():
            return point
    tried = "this start" if random is None else f"{TRIES} random starts around it"
    raise DataError(f"the log density has no finite value and gradient at {tried} (first coordinates: {start[:3].tolist()}).")


def _check(start: np.ndarray, draws: int, warm_up: int, chains: int, path: float, acceptance: float) -> None:
    if draws < 4 or warm_up < 0 or chains < 1:
        raise ConfigError(f"draws={draws}, warm_up={warm_up}, chains={chains}: at least 4 draws, 0 moves and 1 chain are needed.")
    if not (0 < path < np.inf and 0 < acceptance < 1):
        raise ConfigError(f"path={path} must be above 0 and acceptance={acceptance} between 0 and 1.")
    if start.ndim not in (1, 2) or start.shape[-1] == 0 or (start.ndim == 2 and len(start) != chains):
        raise DataError(f"start has the form {start.shape}; it is (d,), or ({chains}, d) for {chains} chains.")
