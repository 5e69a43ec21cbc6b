"""Rows whose truth is known, for the tests of the estimators."""

import numpy as np
from scipy import special


def ring(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """X (n, 2) normal, y 1 outside of a circle, blurred: no line parts the classes."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 2))
    return X, (random.random(n) < special.expit(3 * ((X**2).sum(axis=1) - 1.4))).astype(np.int64)


def imbalanced(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X (n, 2), y with some 7 % of class 1, and the true probability of class 1."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 2))
    truth = special.expit(-3.2 + 1.2 * X[:, 0] + 0.4 * X[:, 1] ** 2)
    return X, (random.random(n) < truth).astype(np.int64), truth


def grades(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """X (n, 4), y of five ordered classes: a score of X and logistic noise, cut at four places."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 4))
    score = 1.5 * X[:, 0] - X[:, 1] + 0.5 * X[:, 2] ** 2 + random.logistic(size=n)
    return X, np.digitize(score, [-1.5, -0.3, 0.9, 2.2])


def widening(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X (n, 1), y normal around 2x with the standard deviation 0.5 + |x|; and its mean and standard deviation."""
    random = np.random.default_rng(seed)
    x = random.uniform(-2, 2, n)
    mean, deviation = 2 * x, 0.5 + np.abs(x)
    return x[:, None], mean + deviation * random.normal(size=n), mean, deviation
