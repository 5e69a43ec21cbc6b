"""Metrics that read the probabilities themselves: both are proper scores, least when the probabilities are true."""

import numpy as np

from assay.measure.metrics.mean import MeanMetric
from assay.measure.payload import Predictions, Truth


def probability_of_truth(target: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """float (n,): the probability given to the class that came true; probability is (n,) of class 1, or (n, K)."""
    if probability.ndim == 1:
        return np.asarray(np.where(target == 1, probability, 1 - probability))
    return np.asarray(probability[np.arange(len(target)), target.astype(np.int64)])


def log_loss(truth: Truth, predictions: Predictions) -> np.ndarray:
    """Negative log of the probability of what came true, in nats; clipped at the dtype's eps, as scikit-learn does."""
    given = probability_of_truth(truth["target"], predictions["probability"])
    eps = np.finfo(given.dtype).eps
    return np.asarray(-np.log(np.clip(given, eps, 1 - eps)))


def squared_error(truth: Truth, predictions: Predictions) -> np.ndarray:
    """Squared error of the probabilities.

    Binary: of the positive class, 0 to 1.  Three or more classes: summed over the classes, 0 to 2 (Brier 1950; the
    default of scikit-learn for more than two).
    """
    target, probability = truth["target"].astype(np.int64), predictions["probability"]
    if probability.ndim == 1:
        return np.asarray((probability - target) ** 2)
    hot = np.zeros(probability.shape)
    hot[np.arange(len(target)), target] = 1
    return np.asarray(((probability - hot) ** 2).sum(axis=1))


_TASKS = frozenset({"binary", "multiclass"})
LOG_LOSS = MeanMetric("log_loss", "Log loss", "probability", _TASKS, log_loss)
BRIER = MeanMetric("brier", "Brier score", "probability", _TASKS, squared_error, bounds=(0.0, 2.0))  # binary: 1 at most
