"""Factors of "took it or not", every pair counted: taken ones with more confidence the more often, the others with little.

For preference p = 1 where a pair was seen (r times), else 0, and confidence c = 1 + alpha·r, the loss over all pairs is
    Σ c (p − x·y)² + Σ ridge_u |x|² + Σ ridge_i |y|²
The pairs that were not seen cost nothing extra: their sum is one product YᵀY for all users.  The ridge of a user or item grows
with the confidence there is in its pairs, which makes one number fit tables of any size.
Sources: Hu, Koren & Volinsky (2008); the scaled ridge: Rendle, Krichene, Zhang & Koren (2022), "Revisiting the performance of
iALS", with exponent 1.
"""

from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError
from assay.recipes.recommend.als import check_factors, first_factors
from assay.recipes.recommend.choosing import Chosen
from assay.recipes.recommend.factors import FittedFactors
from assay.recipes.recommend.interactions import Interactions
from assay.recipes.recommend.normal_equations import solve_rows


@dataclass(frozen=True)
class ImplicitAls:
    """rank: of the factors.  alpha: confidence added by each time a pair was seen.  ridge: per unit of confidence."""

    rank: int = 32
    alpha: float = 10.0
    ridge: float = 0.03
    turns: int = 15
    title: str = "factors of what was taken, by weighted alternating least squares; how it was rated is not read"
    needs_ratings: bool = False

    def __post_init__(self) -> None:
        check_factors(self.rank, self.ridge, self.turns)
        if not self.alpha > 0:
            raise ConfigError(f"alpha={self.alpha}: the confidence that a pair adds is above 0.")

    def ridges(self, seen: Interactions) -> tuple[np.ndarray, np.ndarray]:
        """Of the users, float64 (n_users,), and of the items, (n_items,)."""
        users = np.bincount(seen.owner, weights=seen.counts.data, minlength=seen.n_users)
        items = np.bincount(seen.items, weights=seen.counts.data, minlength=seen.n_items)
        return self.ridge * (seen.n_items + self.alpha * users), self.ridge * (seen.n_users + self.alpha * items)

    def fit(self, seen: Interactions, seed: int) -> FittedFactors:
        of_users, of_items = self.ridges(seen)
        weights = self.alpha * seen.counts.data
        order, turned = seen.by_item()
        items = first_factors(seen.n_items, self.rank, seed)
        users = np.zeros((seen.n_users, self.rank))
        for _ in range(self.turns):
            users = solve_rows(seen.counts.indptr, seen.items, weights, 1 + weights, items, of_users, items.T @ items)
            turned_weights = weights[order]
            items = solve_rows(
                turned.indptr, turned.indices, turned_weights, 1 + turned_weights, users, of_items, users.T @ users
            )
        return FittedFactors(users, items)


IMPLICIT_ALS = Chosen(ImplicitAls(), "ridge", (0.3, 0.1, 0.03, 0.01))
