"""Counts of terms as weights: how often here, against how many texts hold it at all."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from scipy import sparse

Logarithm = Literal["smooth", "natural", "10"]
Frequency = Literal["log", "count", "once"]
LOGARITHMS: tuple[str, ...] = get_args(Logarithm)
FREQUENCIES: tuple[str, ...] = get_args(Frequency)


def inverse_frequency(holding: np.ndarray, texts: int, logarithm: Logarithm) -> np.ndarray:
    """float64 (n_terms,): the idf.

    holding: (n_terms,), how many of the ``texts`` hold each term, at least 1 and at most all of them.
    "smooth": ln((1 + N)/(1 + n)) + 1, as scikit-learn, above 0 for every term; "natural": ln(N/n); "10": log₁₀(N/n).

    >>> inverse_frequency(np.array([4, 3, 2, 1]), 4, "10").round(2).tolist()
    [0.0, 0.12, 0.3, 0.6]
    """
    holding = np.asarray(holding, dtype=np.float64)
    if logarithm == "smooth":
        return np.log((1 + texts) / (1 + holding)) + 1
    return (np.log10 if logarithm == "10" else np.log)(texts / holding)


_OF_COUNTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "log": lambda counts: 1 + np.log(counts),
    "count": lambda counts: counts,
    "once": np.ones_like,
}


def weighted(counts: sparse.csr_matrix, idf: np.ndarray, frequency: Frequency) -> sparse.csr_matrix:
    """float64 (n, n_terms): of each text f(count)·idf, at length 1 (a text without a term of any weight stays at 0).

    counts: positive where something is stored.
    """
    weights = _OF_COUNTS[frequency](counts.data) * idf[counts.indices]
    owner = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    length = np.sqrt(np.bincount(owner, weights**2, minlength=counts.shape[0]))
    length[length == 0] = 1.0
    return sparse.csr_matrix((weights / length[owner], counts.indices, counts.indptr), shape=counts.shape)
