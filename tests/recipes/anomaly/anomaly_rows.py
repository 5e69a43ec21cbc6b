"""Rows with known outliers, and every detector as its recipe has it."""

import numpy as np

from assay.data.rows import Block, Rows
from assay.data.task import Task
from assay.recipes.anomaly.learner import AnomalyLearner, FittedAnomaly
from assay.recipes.learner import Budget, Context

BINARY = Task("binary", "y", ("usual", "odd"))
NAMES = (
    "isolation-forest",
    "local-outlier-factor",
    "elliptic-envelope",
    "one-class-svm",
    "pca-distance",
    "cluster-distance",
    "autoencoder-distance",
)


def cloud(n: int = 300, seed: int = 0, odd: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Correlated normal rows (n, 4), the last ``odd`` of them scattered far around; and which these are."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 4)) @ np.array([[1.0, 0.8, 0.2, 0], [0, 0.5, 0.3, 0], [0, 0, 1.0, -0.4], [0, 0, 0, 0.3]])
    rows[n - odd :] = rng.uniform(-6, 6, size=(odd, 4))
    return rows, (np.arange(n) >= n - odd).astype(np.int64)


def numbers(width: int) -> tuple[Block, ...]:
    return tuple(Block(f"x{place}", "number", place, place + 1) for place in range(width))


def fit(learner: AnomalyLearner, x: np.ndarray, target: np.ndarray, *, weights: np.ndarray | None = None) -> FittedAnomaly:
    """Every fourth row is set apart for the probabilities."""
    rows = Rows(x, target, 2, weights, numbers(x.shape[1]))
    held = np.arange(len(x)) % 4 == 0
    return learner.fit(
        rows.take(np.flatnonzero(~held)),
        BINARY,
        validation=rows.take(np.flatnonzero(held)),
        seed=3,
        budget=Budget(),
        context=Context(),
    )
