"""Drawing the next token: temperature, top-k and nucleus (top-p), over a vector of log-probabilities.

For every kind of language model.  Each function takes and returns natural log-probabilities (n,) that sum to 1, -inf for what
is left out.  Source: Fan, Lewis & Dauphin (2018) for top-k; Holtzman et al. (2020) for the nucleus.
"""

from dataclasses import dataclass

import numpy as np

from assay.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """temperature: above 0; below 1 what is likely becomes likelier, 1 changes nothing; 0 takes the likeliest always.

    top_k: only so many of the likeliest are drawn from; None: all.  top_p: only the likeliest that together have at least this
    probability; None: all.  Applied in this order.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < np.inf:
            raise ConfigError(f"temperature={self.temperature} must be a number from 0 up.")
        if self.top_k is not None and self.top_k < 1:
            raise ConfigError(f"top_k={self.top_k} must be at least 1.")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ConfigError(f"top_p={self.top_p} must be above 0 and at most 1.")

    def apply(self, log_probabilities: np.ndarray) -> np.ndarray:
        """What is drawn from."""
        found = with_temperature(log_probabilities, self.temperature)
        if self.top_k is not None:
            found = top_k(found, self.top_k)
        return found if self.top_p is None else nucleus(found, self.top_p)

    def draw(self, log_probabilities: np.ndarray, random: np.random.Generator) -> int:
        """A place in the vector."""
        shares = np.exp(self.apply(log_probabilities))
        edges = np.cumsum(shares)
        return int(min(np.searchsorted(edges, random.random() * edges[-1], side="right"), np.flatnonzero(shares)[-1]))


def normalised(log_values: np.ndarray) -> np.ndarray:
    """Shifted so that they sum to 1.  Raises ConfigError where nothing is possible."""
    highest = float(np.max(log_values, initial=-np.inf))
    if not np.isfinite(highest):
        raise ConfigError("there is no token that could come next.")
    return np.asarray(log_values - highest - np.log(np.exp(log_values - highest).sum()))


def with_temperature(log_probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """p^(1/temperature), scaled to sum to 1; with 0 the first of the likeliest has it all."""
    if temperature == 0:
        return np.where(np.arange(len(log_probabilities)) == np.argmax(log_probabilities), 0.0, -np.inf)
    highest = float(np.max(log_probabilities, initial=-np.inf))  # so that nothing overflows at a temperature near 0
    return normalised(log_probabilities if not np.isfinite(highest) else (log_probabilities - highest) / temperature)


def top_k(log_probabilities: np.ndarray, k: int) -> np.ndarray:
    """The k likeliest alone, of equal ones those that come first."""
    kept = np.argsort(-log_probabilities, kind="stable")[:k]
    return _only(log_probabilities, kept)


def nucleus(log_probabilities: np.ndarray, p: float) -> np.ndarray:
    """The fewest of the likeliest that together have at least the probability p."""
    order = np.argsort(-log_probabilities, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(np.exp(log_probabilities[order]))[:-1]])
    return _only(log_probabilities, order[before < p])


def _only(log_probabilities: np.ndarray, kept: np.ndarray) -> np.ndarray:
    found = np.full(len(log_probabilities), -np.inf)
    found[kept] = log_probabilities[kept]
    return normalised(found)
