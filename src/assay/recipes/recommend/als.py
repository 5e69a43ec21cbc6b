"""Ratings as biases plus products of vectors, found by alternating least squares on the ratings there are.

What is left of the ratings after the biases is brought to unit spread, so that the ridge means the same on every scale, and
factored; the ridge of a user or item grows with its ratings (weighted-λ regularisation), which keeps long and short rows alike.
Source: Zhou, Wilkinson, Schreiber & Pan (2008), ALS-WR; with biases: Koren, Bell & Volinsky (2009).
"""

from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError
from assay.core.seeds import generator
from assay.recipes.recommend.biases import biases_of
from assay.recipes.recommend.choosing import Chosen
from assay.recipes.recommend.factors import FittedFactors
from assay.recipes.recommend.interactions import Interactions
from assay.recipes.recommend.normal_equations import solve_rows


@dataclass(frozen=True)
class Als:
    """rank: of the factors.  ridge: above 0, per rating, in units of the squared spread.  turns: of both sides."""

    rank: int = 32
    ridge: float = 0.2
    turns: int = 15
    title: str = "biases and factors of the ratings, by alternating least squares (ALS-WR)"
    needs_ratings: bool = True

    def __post_init__(self) -> None:
        check_factors(self.rank, self.ridge, self.turns)

    def fit(self, seen: Interactions, seed: int) -> FittedFactors:
        biases = biases_of(seen)
        left = np.asarray(seen.rating) - biases.of(seen.owner, seen.items)
        spread = float(np.sqrt(np.mean(left**2)))
        if spread <= 1e-12 * max(1.0, abs(biases.mean)):  # the biases say it all: nothing is left to factor
            return FittedFactors(np.zeros((seen.n_users, self.rank)), np.zeros((seen.n_items, self.rank)), biases)
        left = left / spread
        order, turned = seen.by_item()
        ridges = [self.ridge * np.maximum(counts, 1) for counts in (seen.taken, seen.takers)]
        items = first_factors(seen.n_items, self.rank, seed)
        users = np.zeros((seen.n_users, self.rank))
        for _ in range(self.turns):
            users = solve_rows(seen.counts.indptr, seen.items, None, left, items, ridges[0])
            items = solve_rows(turned.indptr, turned.indices, None, left[order], users, ridges[1])
        return FittedFactors(users * np.sqrt(spread), items * np.sqrt(spread), biases)


def first_factors(n: int, rank: int, seed: int) -> np.ndarray:
    """float64 (n, rank): small, so that the first turn begins near 0."""
    return generator(seed, "factors").normal(scale=0.1 / np.sqrt(rank), size=(n, rank))


def check_factors(rank: int, ridge: float, turns: int) -> None:
    """Raises ConfigError."""
    if not 1 <= rank <= 4096 or not ridge > 0 or turns < 1:
        raise ConfigError(f"rank={rank}, ridge={ridge}, turns={turns}: a rank from 1 to 4096, a ridge above 0, a turn at least.")


ALS = Chosen(Als(), "ridge", (0.8, 0.4, 0.2, 0.1), by="rmse")
