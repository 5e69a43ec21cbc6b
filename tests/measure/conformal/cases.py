"""Rows with a known truth, and predictions of them as recipes and studies keep them."""

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression

from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth

LEVELS = (0.8, 0.9, 0.95)


def classes(n: int, n_classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three numbers a row, and a class that depends on them; the last class is the rarest."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(n, 3))
    slopes = np.random.default_rng(99).normal(size=(3, n_classes))
    logits = 1.2 * features @ slopes - 0.7 * np.arange(n_classes)
    return features, np.asarray((logits + random.gumbel(size=logits.shape)).argmax(axis=1))


def values(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A number that scatters the more, the larger the first feature is."""
    random = np.random.default_rng(seed)
    features = random.uniform(-1, 1, size=(n, 3))
    scale = 0.3 + 1.5 * (features[:, 0] + 1)
    return features, features @ [1.0, -2.0, 0.5] + scale * random.standard_t(5, size=n)


def said(probability: np.ndarray, units: np.ndarray | None = None) -> Predictions:
    """Predictions of (n, K) probabilities, binary ones as one column."""
    rows = np.arange(len(probability)) if units is None else units
    form = "binary" if probability.shape[1] == 2 else "multiclass"
    kept = probability[:, 1] if form == "binary" else probability
    return Predictions(form, rows, {"score": kept, "probability": kept})


def true(target: np.ndarray, units: np.ndarray | None = None, weight: np.ndarray | None = None) -> Truth:
    rows = np.arange(len(target)) if units is None else units
    form = "value" if np.issubdtype(target.dtype, np.floating) else "multiclass"
    return Truth(form, rows, {"target": target} if weight is None else {"target": target, "weight": weight})


def numbers(value: np.ndarray, units: np.ndarray | None = None, **more: np.ndarray) -> Predictions:
    return Predictions("value", np.arange(len(value)) if units is None else units, {"value": value, **more})


def parts_of(
    features: np.ndarray, target: np.ndarray, *, folds: int, repeats: int = 1, groups: np.ndarray | None = None
) -> list[Part]:
    """Out-of-fold predictions of a linear model, as a study keeps them."""
    parts = []
    for repeat in range(repeats):
        random = np.random.default_rng(repeat)
        codes = np.arange(len(target)) if groups is None else groups
        fold_of = (random.permutation(int(codes.max()) + 1) % folds)[codes]
        for fold in range(folds):
            train, test = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
            if np.issubdtype(target.dtype, np.integer):
                found = said(LinearDiscriminantAnalysis().fit(features[train], target[train]).predict_proba(features[test]), test)
            else:
                found = numbers(LinearRegression().fit(features[train], target[train]).predict(features[test]), test)
            parts.append(Part(repeat, fold, true(target[test], test), found))
    return parts
