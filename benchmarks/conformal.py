"""Sets and intervals at 90 %: how often they hold the truth, for real recipes, also within each class.

Simulated data sets: the recipe is fitted on each fold and on all rows as a study does it, the sets of the finished
model are measured on many new rows, and the coverage is averaged over the data sets.  Packaged data sets
(scikit-learn's breast cancer, digits, diabetes): the same on repeated random halves.  MAPIE, where it is installed, is
asked for the same sets and intervals from the same fitted models.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from harness import main
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

import assay
from assay.balance.registry import TREATMENTS
from assay.data.dataset import Dataset
from assay.measure.conformal.coverage import Coverage, measure_coverage
from assay.measure.conformal.cross import cv_plus_intervals
from assay.measure.conformal.fitted import FittedConformal
from assay.measure.conformal.fitting import fit_cross, fit_split
from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES
from assay.splits.making import make_plan
from assay.study.work import truth_of

LEVELS = (0.8, 0.9, 0.95)
DATA_SETS = 60
ROWS, NEW_ROWS = 1000, 4000
PAIRS = {"binary": ("logistic", "boosting"), "multiclass": ("logistic", "forest"), "regression": ("knn", "boosting")}


def simulated(task: str, n: int, seed: int) -> Dataset:
    """Four numbers and a category; 20 % positives, four classes from 12 to 45 %, or a value whose noise depends on the row."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 4))
    town = random.choice(["north", "south", "west"], n)
    signal = x @ [1.0, -0.8, 0.5, 0.0] + 0.6 * (town == "north") + 0.5 * x[:, 0] * x[:, 1]
    if task == "binary":
        target = pl.Series(np.where(random.random(n) < 1 / (1 + np.exp(2.0 - 1.2 * signal)), "yes", "no"))
    elif task == "multiclass":
        slopes = np.array([[1.2, 0, -0.5, 0.3], [0, 1.0, 0.4, -0.8], [-1.0, 0.5, 0.9, 0], [0.2, -1.2, 0, 0.7]])
        logits = 1.3 * x @ slopes - 0.4 * np.arange(4)
        target = pl.Series(np.array(["a", "b", "c", "d"])[(logits + random.gumbel(size=logits.shape)).argmax(axis=1)])
    else:
        target = pl.Series(10 + signal + np.exp(0.5 * x[:, 0]) * random.normal(size=n))
    columns = {f"x{i}": x[:, i] for i in range(4)} | {"town": town}
    return assay.read(pl.DataFrame(columns).with_columns(target.alias("y")), target="y", task=task)


def fit_on(data: Dataset, recipe: str, rows: np.ndarray, seed: int) -> Fitted:
    context = Context()
    with threadpool_limits(limits=context.threads):
        return fit(
            RECIPES.get(recipe),
            TREATMENTS.get("none")(),
            data.take(rows),
            groups=None,
            seed=seed,
            budget=Budget(),
            context=context,
        )


def finished(data: Dataset, recipe: str, rows: np.ndarray, seed: int) -> tuple[Fitted, FittedConformal]:
    """The model of these rows, and its conformal part from their out-of-fold predictions."""
    inside = data.take(rows)
    parts = []
    for fold in make_plan(inside, folds=5, seed=seed, test_share=0).folds:
        fitted = fit_on(inside, recipe, fold.train, seed)
        predictions = fitted.predict(inside.frame[fold.test], units=fold.test)
        parts.append(Part(fold.repeat, fold.fold, truth_of(inside, fold.test), predictions))
    return fit_on(data, recipe, rows, seed), fit_cross(parts)


def coverages(data: Dataset, recipe: str, rows: np.ndarray, new: np.ndarray, seed: int) -> list[Coverage]:
    """Measured on rows that nothing was learned from, at each level."""
    fitted, conformal = finished(data, recipe, rows, seed)
    predictions = fitted.predict(data.frame[new], units=new)
    return [measure_coverage(conformal, truth_of(data, new), predictions, level=level) for level in LEVELS]


def over_data_sets(found: list[list[Coverage]], classes: tuple[str, ...]) -> dict[str, Any]:
    """Mean coverage over data sets with its 95 % interval (normal, from the spread between them), by level and class."""
    said: dict[str, Any] = {}
    for place, level in enumerate(LEVELS):
        at = [one[place] for one in found]
        entry: dict[str, Any] = {"overall": mean([one.overall.value for one in at])}
        for code, name in enumerate(classes):
            entry[name] = mean([one.per_class[code].value for one in at])
        entry["mean_size"] = float(np.mean([one.mean_size for one in at]))
        said[str(level)] = entry
    return said


def mean(values: list[float | None]) -> dict[str, float]:
    known = np.array([value for value in values if value is not None])
    half = 1.96 * known.std(ddof=1) / np.sqrt(len(known))
    return {"value": float(known.mean()), "low": float(known.mean() - half), "high": float(known.mean() + half)}


def simulations(n_sets: int) -> dict[str, Any]:
    said = {}
    for task, recipes in PAIRS.items():
        for recipe in recipes:
            found, classes = [], ()
            for seed in range(n_sets):
                data = simulated(task, ROWS + NEW_ROWS, seed)
                classes = data.question.classes
                found.append(coverages(data, recipe, np.arange(ROWS), np.arange(ROWS, ROWS + NEW_ROWS), seed))
            said[f"{task}, {recipe}"] = over_data_sets(found, classes)
    return said


def packaged(n_splits: int) -> dict[str, Any]:
    said = {}
    loaders: dict[str, tuple[Callable[..., Any], str, str]] = {
        "breast cancer": (load_breast_cancer, "binary", "logistic"),
        "digits": (load_digits, "multiclass", "logistic"),
        "diabetes": (load_diabetes, "regression", "boosting"),
    }
    for name, (load, task, recipe) in loaders.items():
        x, y = load(return_X_y=True)
        columns = pl.DataFrame(x, schema=[f"x{i}" for i in range(x.shape[1])])
        target = pl.Series("y", y) if task == "regression" else pl.Series("y", y).cast(pl.Int64).cast(pl.String)
        data = assay.read(columns.with_columns(target), target="y", task=task)
        found = []
        for seed in range(n_splits):
            order = np.random.default_rng(seed).permutation(len(data))
            rows, new = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
            found.append(coverages(data, recipe, rows, new, seed))
        one = found[0][LEVELS.index(0.9)]
        said[f"{name}, {recipe}"] = {
            "over splits": over_data_sets(found, data.question.classes),
            "one split": {"overall": str(one.overall), **{str(code): str(c) for code, c in enumerate(one.per_class)}},
        }
    return said


def peer() -> dict[str, Any]:
    """MAPIE on the same fitted models: the same sets and intervals, and the seconds of both."""
    try:
        import mapie
        from mapie.classification import SplitConformalClassifier
        from mapie.regression import CrossConformalRegressor
    except ImportError:
        return {"absent": "MAPIE is not installed; pip install mapie in an environment of its own, and run again."}
    random = np.random.default_rng(0)
    x = random.normal(size=(23_000, 5))
    codes = (x[:, :4] + random.gumbel(size=(23_000, 4))).argmax(axis=1)
    learner = LogisticRegression().fit(x[:1000], codes[:1000])
    started = time.perf_counter()
    theirs = SplitConformalClassifier(learner, confidence_level=0.9, conformity_score="lac", prefit=True)
    sets = theirs.conformalize(x[1000:3000], codes[1000:3000]).predict_set(x[3000:])[1][:, :, 0]
    middle = time.perf_counter()
    known, new = (
        Predictions("multiclass", np.arange(len(r)), {"probability": learner.predict_proba(r)}) for r in (x[1000:3000], x[3000:])
    )
    ours = fit_split(Truth("multiclass", np.arange(2000), {"target": codes[1000:3000]}), known, per_class=False).apply(new, 0.9)
    ended = time.perf_counter()
    y = x @ [1.0, 2.0, -1.0, 0.0, 0.5] + random.normal(size=23_000)
    cross = CrossConformalRegressor(LinearRegression(), confidence_level=0.9, method="plus", cv=KFold(5))
    intervals = cross.fit_conformalize(x[:1000], y[:1000]).predict_interval(x[1000:3000])[1][:, :, 0]
    residuals, folds, of_new = np.empty(1000), np.empty(1000, dtype=int), np.empty((2000, 5))
    for number, (train, test) in enumerate(KFold(5).split(x[:1000])):
        model = LinearRegression().fit(x[train], y[train])
        residuals[test], folds[test] = np.abs(y[test] - model.predict(x[test])), number
        of_new[:, number] = model.predict(x[1000:3000])
    own = cv_plus_intervals(of_new, residuals, folds, level=0.9)
    return {
        "mapie": mapie.__version__,
        "labels that differ in 20000 LAC sets": int((sets != ours).sum()),
        "largest difference of 2000 CV+ intervals": float(np.abs(intervals - own).max()),
        "seconds for the sets": {"mapie": middle - started, "assay": ended - middle},
    }


def benchmark(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    started = time.perf_counter()
    simulation, beside = simulations(DATA_SETS * arguments.runs), peer()
    shares = {
        f"{name}, {what}": entry["value"]
        for name, by_level in simulation.items()
        for what, entry in by_level["0.9"].items()
        if what != "mean_size"
    }
    checks = {f"{name}: 0.88 to 0.92": 0.88 <= share <= 0.92 for name, share in shares.items()}
    if "absent" not in beside:
        checks["the sets are MAPIE's"] = beside["labels that differ in 20000 LAC sets"] == 0
        checks["the CV+ intervals are MAPIE's"] = beside["largest difference of 2000 CV+ intervals"] < 1e-9
    return {
        "data sets": DATA_SETS * arguments.runs,
        "rows": {"learned from": ROWS, "measured on": NEW_ROWS},
        "simulated": simulation,
        "packaged": packaged(10 * arguments.runs),
        "peer": beside,
        "seconds": time.perf_counter() - started,
        "checks": checks,
    }


if __name__ == "__main__":
    main("conformal", benchmark, needs_data=False)
