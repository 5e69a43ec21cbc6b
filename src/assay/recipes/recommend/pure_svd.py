"""The truncated singular value decomposition of "took it or not", missing pairs being 0: its reconstruction ranks the items.

Source: Cremonesi, Koren & Turrin (2010), PureSVD, here on 0 and 1; Eckart & Young (1936).
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from assay.core.seeds import generator
from assay.recipes.recommend.als import check_factors
from assay.recipes.recommend.choosing import Chosen
from assay.recipes.recommend.factors import FittedFactors
from assay.recipes.recommend.interactions import Interactions


def truncated_svd(matrix: csr_array, rank: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u (n, rank), s (rank,) falling, v (m, rank) of the largest singular values; the largest entry of each u is positive.

    The rank is cut to what the matrix can have.
    """
    least = min(matrix.shape)
    if rank >= least or least <= 64:
        u, s, vt = np.linalg.svd(matrix.toarray(), full_matrices=False)
        u, s, vt = u[:, :rank], s[:rank], vt[:rank]
    else:
        from scipy.sparse.linalg import svds

        first = generator(seed, "svd").normal(size=least)
        u, s, vt = svds(matrix, k=rank, v0=first)
        order = np.argsort(-s, kind="stable")
        u, s, vt = u[:, order], s[order], vt[order]
    signs = np.sign(u[np.abs(u).argmax(axis=0), np.arange(len(s))])
    signs[signs == 0] = 1.0
    return u * signs, s, vt.T * signs


@dataclass(frozen=True)
class PureSvd:
    """rank: singular values kept."""

    rank: int = 32
    title: str = "truncated SVD of what was taken (PureSVD); how it was rated is not read"
    needs_ratings: bool = False

    def __post_init__(self) -> None:
        check_factors(self.rank, 1.0, 1)

    def fit(self, seen: Interactions, seed: int) -> FittedFactors:
        u, s, v = truncated_svd(seen.with_values(np.ones(len(seen.items))), self.rank, seed)
        return FittedFactors(u * s, v)


PURE_SVD = Chosen(PureSvd(), "rank", (0.125, 0.25, 0.5, 1.0))
