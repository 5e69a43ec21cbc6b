"""The one-pixel attack: differential evolution over a place and a colour, without gradients.

Source: Su, Vargas & Sakurai (2019): 400 candidates, at most 100 generations, mutation x1 + 0.5 · (x2 - x3) without crossover,
places drawn evenly and colours from N(128, 127); it stops as soon as the model answers as wanted.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logsumexp

from assay.core.errors import ConfigError
from assay.core.seeds import generator
from assay.nets.attacks.bounds import WHITE
from assay.nets.attacks.victim import Victim


@dataclass(frozen=True, kw_only=True)
class OnePixel:
    """population, generations: of the evolution.  pixels: how many may change (the paper has 1, 3 and 5)."""

    population: int = 400
    generations: int = 100
    pixels: int = 1

    def __post_init__(self) -> None:
        if self.population < 5 or self.generations < 1 or self.pixels < 1:
            raise ConfigError(
                f"population={self.population} must be at least 5, generations={self.generations} and pixels={self.pixels} 1."
            )


@dataclass(frozen=True)
class Found:
    """picture: uint8 (channels, h, w).  turned: whether the model answers as wanted.  tried: pictures asked about."""

    picture: np.ndarray
    turned: bool
    tried: int


def one_pixel(
    victim: Victim, picture: np.ndarray, code: int, how: OnePixel | None = None, *, targeted: bool = False, seed: int
) -> Found:
    """Change one pixel of a uint8 picture (channels, h, w) so that it is not called ``code`` (targeted: so that it is).

    Where no pixel is found, the picture is the candidate that came nearest.
    """
    from scipy import optimize

    evolve: Any = optimize.differential_evolution  # its stubs know no vectorized functions

    how = how or OnePixel()
    search = _Search(victim, picture, code, targeted, how.pixels)
    if search.is_reached(victim.answers(victim.scaled(picture[None])))[0]:
        return Found(picture.copy(), turned=True, tried=1)
    found = evolve(
        search,
        search.bounds,
        strategy="rand1bin",
        mutation=0.5,
        recombination=1.0,
        maxiter=how.generations,
        init=search.first(how.population, generator(seed, "one-pixel")),
        seed=generator(seed, "one-pixel evolution"),
        tol=0,
        polish=False,
        updating="deferred",
        vectorized=True,
        callback=lambda _x, convergence: search.best is not None,  # noqa: ARG005 - scipy names it
    )
    best = search.best if search.best is not None else search.pictures(found.x[None])[0]
    return Found(best, search.best is not None, search.tried)


class _Search:
    """What the evolution minimises: the probability of the class to be left, or that of all classes but the one to reach.

    As its logit, which orders candidates alike, also those whose probability is 1 in floating point.
    """

    def __init__(self, victim: Victim, picture: np.ndarray, code: int, targeted: bool, pixels: int) -> None:
        self.victim, self.picture, self.code, self.targeted, self.pixels = victim, picture, code, targeted, pixels
        self.best: np.ndarray | None = None
        self.tried = 0

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """Of row, column and a value a channel, for each pixel; the whole part of a number is what counts."""
        channels, height, width = self.picture.shape
        return [(0.0, height - 1e-6), (0.0, width - 1e-6), *[(0.0, WHITE)] * channels] * self.pixels

    def first(self, population: int, draws: np.random.Generator) -> np.ndarray:
        channels, height, width = self.picture.shape
        places = draws.uniform(0, 1, (population, self.pixels, 2)) * (height - 1e-6, width - 1e-6)
        colours = draws.normal(128, 127, (population, self.pixels, channels)).clip(0, WHITE)
        return np.concatenate([places, colours], axis=2).reshape(population, -1)

    def pictures(self, candidates: np.ndarray) -> np.ndarray:
        """candidates (m, pixels · (2 + channels)) -> uint8 (m, channels, h, w)."""
        channels = len(self.picture)
        parts = candidates.reshape(len(candidates), self.pixels, 2 + channels)
        places, colours = parts[:, :, :2].astype(np.int64), np.rint(parts[:, :, 2:]).astype(np.uint8)
        changed = np.repeat(self.picture[None], len(candidates), axis=0)
        rows = np.arange(len(candidates))
        for pixel in range(self.pixels):
            changed[rows, :, places[:, pixel, 0], places[:, pixel, 1]] = colours[:, pixel]
        return changed

    def is_reached(self, answers: np.ndarray) -> np.ndarray:
        reached: np.ndarray = (answers == self.code) == self.targeted
        return reached

    def __call__(self, columns: np.ndarray) -> np.ndarray:
        """(parameters, m) -> what is minimised (m,); remembers the first picture that is answered as wanted."""
        changed = self.pictures(columns.T)
        raw = self.victim.raw(self.victim.scaled(changed))
        self.tried += len(changed)
        own = _logit(raw, self.code)
        cost = -own if self.targeted else own
        reached = np.flatnonzero(self.is_reached(self.victim.decide(raw)))
        if self.best is None and len(reached):
            self.best = changed[reached[np.argmin(cost[reached])]]
        return cost


def _logit(outputs: np.ndarray, code: int) -> np.ndarray:
    """log p / (1 - p) of a class (n,), from logits (n, K), or (n, 1) for two classes."""
    if outputs.shape[1] == 1:
        return outputs[:, 0] if code else -outputs[:, 0]
    return outputs[:, code] - logsumexp(np.delete(outputs, code, axis=1), axis=1)
