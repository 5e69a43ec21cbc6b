"""Metrics of classes in an order: how many levels apart truth and answer are, and not only whether they differ.

The order is that of the class codes, so that these are for ordinal tasks; of classes without an order they say nothing.
The quadratic kappa, which also reads the order, stands with the other kappas (``agreement``).
Sources: the ranked probability score: Epstein (1969); Murphy (1971); it is strictly proper: Gneiting & Raftery (2007).
"""

import numpy as np

from assay.measure.metrics.mean import MeanMetric
from assay.measure.payload import Predictions, Truth

_TASKS = frozenset({"multiclass", "ordinal"})


def _ranked_probability(truth: Truth, predictions: Predictions) -> np.ndarray:
    """Σ over the K − 1 cuts between levels of (P(at most k) − [truth at most k])², divided by K − 1: from 0 to 1."""
    probability = np.asarray(predictions["probability"], dtype=np.float64)
    cuts = np.arange(probability.shape[1] - 1)
    below = np.cumsum(probability, axis=1)[:, :-1]
    so = truth["target"][:, None] <= cuts
    return np.asarray(np.clip(((below - so) ** 2).mean(axis=1), 0.0, 1.0))


def _levels_apart(truth: Truth, predictions: Predictions) -> np.ndarray:
    return np.asarray(np.abs(predictions["label"].astype(np.float64) - truth["target"]))


RPS = MeanMetric("rps", "Ranked probability score", "probability", _TASKS, _ranked_probability, bounds=(0.0, 1.0), shown=False)
MEAN_LEVEL_ERROR = MeanMetric("mean_level_error", "Mean absolute error in levels", "label", _TASKS, _levels_apart, shown=False)
