"""Metrics that read the probabilities themselves: both are proper scores, least when the probabilities are true."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.measure.metric import Statistics
from assay.measure.metrics.arithmetic import mean_statistics, problem_with_rows, weighted_mean
from assay.measure.payload import Predictions, Truth


def probability_of_truth(target: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """float (n,): the probability given to the class that came true; probability is (n,) of class 1, or (n, K)."""
    if probability.ndim == 1:
        return np.asarray(np.where(target == 1, probability, 1 - probability))
    return np.asarray(probability[np.arange(len(target)), target.astype(np.int64)])


@dataclass(frozen=True)
class LogLoss:
    """Mean negative log of the probability of what came true, in nats; clipped at the dtype's eps, as scikit-learn does."""

    name: str = "log_loss"
    title: str = "Log loss"
    needs: str = "probability"
    greater_is_better: bool = False
    tasks: frozenset[str] = frozenset({"binary", "multiclass"})
    across_folds: Literal["average", "pool"] = "pool"

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return problem_with_rows(truth, predictions, self.needs)

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        given = probability_of_truth(truth["target"], predictions["probability"])
        eps = np.finfo(given.dtype).eps
        return mean_statistics(-np.log(np.clip(given, eps, 1 - eps)))

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        return weighted_mean(weights, statistics["per_unit"])


@dataclass(frozen=True)
class Brier:
    """Mean squared error of the probabilities.

    Binary: of the positive class, 0 to 1.  Three or more classes: summed over the classes, 0 to 2 (Brier 1950; the
    default of scikit-learn for more than two).
    """

    name: str = "brier"
    title: str = "Brier score"
    needs: str = "probability"
    greater_is_better: bool = False
    tasks: frozenset[str] = frozenset({"binary", "multiclass"})
    across_folds: Literal["average", "pool"] = "pool"

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return problem_with_rows(truth, predictions, self.needs)

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        target, probability = truth["target"].astype(np.int64), predictions["probability"]
        if probability.ndim == 1:
            return mean_statistics((probability - target) ** 2)
        hot = np.zeros(probability.shape)
        hot[np.arange(len(target)), target] = 1
        return mean_statistics(((probability - hot) ** 2).sum(axis=1))

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        return weighted_mean(weights, statistics["per_unit"])


LOG_LOSS = LogLoss()
BRIER = Brier()
