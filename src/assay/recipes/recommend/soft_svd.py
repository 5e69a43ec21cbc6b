"""Ratings as biases plus a singular value decomposition that is fitted to the ratings there are, and regularised.

A plain truncated SVD would need every pair: missing ones put at 0 pull all it finds to 0.  This one is completed: the missing
residuals are filled with its own reconstruction, decomposed again, its singular values lowered by a threshold (those below it
vanish), and so on until nothing changes.  The fixed point minimises ½ Σ (residual − product)² over the known pairs plus
threshold × (sum of the singular values), which is convex.

The threshold is what chance alone makes: the largest singular value of the residuals under random signs, times ``strictness``.
Where the residuals are noise nothing survives it, and what is left are the biases.
Sources: Mazumder, Hastie & Tibshirani (2010), soft-impute; Hastie, Mazumder, Lee & Zadeh (2015), by ridge regressions in
turns, as here; biases: Koren, Bell & Volinsky (2009); random signs: Hong, Sheng & Dobriban (2020).
"""

from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError
from assay.core.seeds import derive, generator
from assay.recipes.recommend.als import check_factors
from assay.recipes.recommend.biases import biases_of
from assay.recipes.recommend.choosing import Chosen
from assay.recipes.recommend.factors import FittedFactors, products
from assay.recipes.recommend.interactions import Interactions
from assay.recipes.recommend.pure_svd import truncated_svd


@dataclass(frozen=True)
class SoftSvd:
    """rank: the most singular values.  strictness: 0 or more, of the threshold.

    turns: the most.  change: of the reconstruction between turns, relative, below which it stands still.
    """

    rank: int = 32
    strictness: float = 0.5
    turns: int = 60
    change: float = 1e-3
    title: str = "biases and a completed, regularised SVD of the ratings (soft-impute)"
    needs_ratings: bool = True

    def __post_init__(self) -> None:
        check_factors(self.rank, 1.0, self.turns)
        if not self.strictness >= 0 or not self.change >= 0:
            raise ConfigError(f"strictness={self.strictness}, change={self.change}: both are 0 or more.")

    def fit(self, seen: Interactions, seed: int) -> FittedFactors:
        biases = biases_of(seen)
        left = np.asarray(seen.rating) - biases.of(seen.owner, seen.items)
        u, s, v = complete(seen, left, self.threshold(seen, left, seed), self, seed)
        kept = s > 0
        return FittedFactors(u[:, kept] * s[kept], v[:, kept], biases)

    def threshold(self, seen: Interactions, left: np.ndarray, seed: int) -> float:
        """left: float64 (pairs,), the residuals."""
        if self.strictness == 0:
            return 0.0
        signs = generator(seed, "signs").choice([-1.0, 1.0], size=len(left))
        return self.strictness * float(truncated_svd(seen.with_values(left * signs), 1, derive(seed, "threshold"))[1][0])


def complete(
    seen: Interactions, left: np.ndarray, threshold: float, settings: SoftSvd, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u (n_users, rank), s (rank,) falling and >= 0, v (n_items, rank) of the completed residuals, s after the threshold."""
    u, s, v = truncated_svd(seen.with_values(left), settings.rank, seed)
    s = np.maximum(s - threshold, 0.0)
    u, s, v = u[:, s > 0], s[s > 0], v[:, s > 0]
    if not len(s):
        return u, s, v
    for _ in range(settings.turns):
        before = u, s, v
        unexplained = seen.with_values(left - products(u * s, v, seen.owner, seen.items))
        v, s, u = _regressed(unexplained.T @ u, v, s, u, threshold)
        unexplained = seen.with_values(left - products(u * s, v, seen.owner, seen.items))
        u, s, v = _regressed(unexplained @ v, u, s, v, threshold)
        if _moved(before, (u, s, v)) <= settings.change**2:
            break
    filled = seen.with_values(left - products(u * s, v, seen.owner, seen.items)) @ v + u * s
    u, s, turn = np.linalg.svd(filled, full_matrices=False)
    return u, np.maximum(s - threshold, 0.0), v @ turn.T


def _regressed(
    beyond: np.ndarray, own: np.ndarray, s: np.ndarray, other: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One side by ridge regression on the other, and both turned to singular vectors again.

    beyond: (n, k), the unexplained residuals times ``other``.  own (n, k), s (k,), other (m, k): the decomposition so far.
    Returns (own, s, other) anew.
    """
    # With A = other·√s held, Bᵀ = (s + threshold)⁻¹ √s otherᵀ X*, and it is B·√s that is decomposed again.
    weight = np.divide(s, s + threshold, out=np.zeros_like(s), where=s > 0)
    target = (beyond + own * s) * weight
    left, values, turn = np.linalg.svd(target, full_matrices=False)
    return left, values, other @ turn.T


def _moved(before: tuple[np.ndarray, ...], after: tuple[np.ndarray, ...]) -> float:
    """The squared change of u s vᵀ, relative to what it was."""
    (u, s, v), (u2, s2, v2) = before, after
    cross = float(np.sum((s[:, None] * (u.T @ u2) * s2) * (v.T @ v2)))
    size = float(np.sum(s**2))
    return max(size + float(np.sum(s2**2)) - 2 * cross, 0.0) / max(size, 1e-300)


SVD = Chosen(SoftSvd(), "strictness", (1.0, 0.75, 0.5), by="rmse")
