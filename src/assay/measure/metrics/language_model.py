"""How well a model foretells tokens: perplexity and bits a token.

Both are of the mean negative log-probability over all predicted tokens (the end of a text is one, its beginning is not), so a
long text counts more than a short one.  Only models that predict the same tokens of the same vocabulary can be compared;
the study sees to it (``prepare.corpus``).
Source: Jelinek, Mercer, Bahl & Baker (1977).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.payload import Predictions, Truth
from assay.measure.tokens import text_log_probabilities


@dataclass(frozen=True)
class PerToken:
    """of_mean: what the mean negative log-probability is turned into; slope: its derivative, from the mean."""

    name: str
    title: str
    of_mean: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[float], float]
    bounds: tuple[float, float]
    needs: str = "log_probability"
    tasks: frozenset[str] = frozenset({"language-model"})
    greater_is_better: bool = False
    across_folds: Literal["average", "pool"] = "pool"
    by_class: bool = False
    exact_ends: bool = False
    by_row: bool = False
    prevalence_free: bool = False
    shown: bool = True

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:  # noqa: ARG002 - the tokens are given
        if self.needs not in predictions.arrays:
            return "the predictions hold no log-probabilities"
        return None if len(predictions[self.needs]) else "there is no token"

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:  # noqa: ARG002
        found = text_log_probabilities(predictions)
        return Statistics(len(found.tokens), {"loss": -found.log_probability, "tokens": found.tokens.astype(np.float64)})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.of_mean((weights @ statistics["loss"]) / (weights @ statistics["tokens"])))

    def influence(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        tokens = float(np.sum(weights * statistics["tokens"]))
        if tokens == 0:
            return np.full(statistics.n, np.nan)
        mean = float(np.sum(weights * statistics["loss"])) / tokens
        return np.asarray(self.slope(mean) * (statistics["loss"] - mean * statistics["tokens"]) / tokens)


def _perplexity(mean: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(mean))


def _bits(mean: np.ndarray) -> np.ndarray:
    return np.asarray(mean / log(2))


def _slope_of_bits(_mean: float) -> float:
    return 1 / log(2)


PERPLEXITY = PerToken("perplexity", "Perplexity", _perplexity, exp, (1.0, np.inf))
BITS_PER_TOKEN = PerToken("bits_per_token", "Bits a token", _bits, _slope_of_bits, (0.0, np.inf))
