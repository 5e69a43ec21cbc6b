"""Cheap stand-ins for recipes: each gives a score that rises with the chance of class 1."""

import warnings
from collections.abc import Callable

import numpy as np

Learner = Callable[[np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]
"""(X train, y train, X test, seed) -> score of the test rows on the scale of log-odds."""


def _log_odds(probability: np.ndarray) -> np.ndarray:
    clipped = np.clip(probability, 1e-3, 1 - 1e-3)
    return np.asarray(np.log(clipped / (1 - clipped)))


def logistic(X: np.ndarray, y: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    return np.asarray(LogisticRegression(random_state=seed).fit(X, y).decision_function(test))


def random_split_tree(X: np.ndarray, y: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    """A shallow tree that splits anywhere: of all these the one whose seed matters most."""
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(splitter="random", max_depth=4, min_samples_leaf=5, random_state=seed).fit(X, y)
    return _log_odds(tree.predict_proba(test)[:, 1])


def forest(X: np.ndarray, y: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.ensemble import RandomForestClassifier

    found = RandomForestClassifier(10, min_samples_leaf=5, random_state=seed).fit(X, y)
    return _log_odds(found.predict_proba(test)[:, 1])


def boosting(X: np.ndarray, y: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    import lightgbm

    settings = {
        "objective": "binary",
        "num_leaves": 7,
        "learning_rate": 0.2,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "feature_fraction": 0.7,
        "min_data_in_leaf": 10,
        "seed": seed,
        "num_threads": 1,
        "deterministic": True,
        "verbose": -1,
    }
    booster = lightgbm.train(settings, lightgbm.Dataset(X, y), 20)
    return np.asarray(booster.predict(test, raw_score=True, num_threads=1))


def mlp(X: np.ndarray, y: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # few rounds are meant: its seed then matters
        net = MLPClassifier((8,), max_iter=15, learning_rate_init=0.01, random_state=seed).fit(X, y)
    return _log_odds(net.predict_proba(test)[:, 1])


LEARNERS: dict[str, Learner] = {
    "logistic": logistic,
    "random-split tree": random_split_tree,
    "forest": forest,
    "boosting": boosting,
    "mlp": mlp,
}
