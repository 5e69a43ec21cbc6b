"""Tables of which it is known how they came about, and how far other rows are from theirs."""

import numpy as np
import polars as pl
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict


def moons(n: int, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Two moons (x, y), a colour that depends on x, a whole number that depends on y, gaps that depend on the colour."""
    rng = np.random.default_rng(seed)
    side = rng.integers(0, 2, n)
    angle = rng.random(n) * np.pi
    x = np.where(side == 0, np.cos(angle), 1 - np.cos(angle)) + 0.1 * rng.normal(size=n)
    y = np.where(side == 0, np.sin(angle), 0.5 - np.sin(angle)) + 0.1 * rng.normal(size=n)
    right = rng.choice(["red", "blue"], n, p=[0.9, 0.1])
    colour = np.where(x > 0.5, right, rng.choice(["green", "blue"], n, p=[0.8, 0.2]))
    whole = np.rint(20 + 10 * y + 5 * rng.exponential(size=n)).astype(int)
    gaps = (colour == "green") & (rng.random(n) < 0.4)
    half = [None if gap else float(v) for gap, v in zip(gaps, rng.normal(size=n), strict=True)]
    return pl.DataFrame({"x": x, "y": y, "colour": colour, "whole": whole, "half": half}), side


def apart(one: pl.DataFrame, other: pl.DataFrame) -> float:
    """The AUC, out of fold, of a forest that tells rows of the one from rows of the other; 0.5 when they are alike."""
    rows = np.vstack([_numbers(one), _numbers(other)])
    label = np.repeat([0, 1], [one.height, other.height])
    forest = RandomForestClassifier(100, min_samples_leaf=5, random_state=0)
    return float(roc_auc_score(label, cross_val_predict(forest, rows, label, cv=3, method="predict_proba")[:, 1]))


def independent(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Each column drawn for itself: the marginals are right, and nothing hangs together."""
    columns = [c.sample(frame.height, with_replacement=True, seed=seed + i) for i, c in enumerate(frame.get_columns())]
    return pl.DataFrame(columns)


def _numbers(frame: pl.DataFrame) -> np.ndarray:
    columns = []
    for series in frame.get_columns():
        if series.dtype == pl.String:
            columns += [(series == level).fill_null(False).to_numpy().astype(float) for level in ("red", "blue", "green")]
        else:
            columns.append(series.cast(pl.Float64).fill_null(-9).to_numpy())
    return np.column_stack(columns)
