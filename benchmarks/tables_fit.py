"""One peer on one table, as its own users would run it; called by tables.py with the Python that has the peer.

Reads train.csv and test.csv in the working folder and writes predicted.json: the probability of the positive class for every
test row, the seconds of the fit, the version.  Categories are told to the tools that ask; nothing else is tuned by hand.
"""

import argparse
import importlib.metadata
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

THREADS = 2
Predict = Callable[[pd.DataFrame], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=sorted(PEERS))
    parser.add_argument("--target", required=True)
    parser.add_argument("--positive", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
    y = (train.pop(arguments.target).astype(str) == arguments.positive).astype(int)
    fit, package = PEERS[arguments.peer]
    started = time.perf_counter()
    predict = fit(train, y, arguments.seconds, arguments.seed)
    seconds = time.perf_counter() - started
    probability = np.asarray(predict(test.drop(columns=arguments.target)), dtype=float)
    said = {"probability": probability.tolist(), "fit seconds": seconds, "version": importlib.metadata.version(package)}
    Path("predicted.json").write_text(json.dumps(said))


def autogluon(preset: str) -> Callable[..., Predict]:
    def fit(train: pd.DataFrame, y: pd.Series, seconds: float, _seed: int) -> Predict:
        from autogluon.tabular import TabularPredictor

        predictor = TabularPredictor(label="__target__", eval_metric="roc_auc", path="autogluon", verbosity=0)
        predictor.fit(train.assign(__target__=y), presets=preset, time_limit=seconds, num_cpus=THREADS)
        return lambda rows: predictor.predict_proba(rows)[1].to_numpy()

    return fit


def flaml(train: pd.DataFrame, y: pd.Series, seconds: float, seed: int) -> Predict:
    from flaml import AutoML

    model = AutoML()
    model.fit(train, y, task="classification", metric="roc_auc", time_budget=seconds, n_jobs=THREADS, seed=seed, verbose=0)
    return lambda rows: model.predict_proba(rows)[:, 1]


def lightgbm(train: pd.DataFrame, y: pd.Series, _seconds: float, seed: int) -> Predict:
    from lightgbm import LGBMClassifier

    words = {name: pd.CategoricalDtype(sorted(train[name].dropna().unique())) for name in _words(train)}
    # LightGBM refuses some characters in names, so columns are numbered.
    names = {name: f"x{place}" for place, name in enumerate(train.columns)}
    model = LGBMClassifier(n_jobs=THREADS, random_state=seed, verbosity=-1).fit(train.astype(words).rename(columns=names), y)
    return lambda rows: model.predict_proba(rows.astype(words).rename(columns=names))[:, 1]


def catboost(train: pd.DataFrame, y: pd.Series, _seconds: float, seed: int) -> Predict:
    from catboost import CatBoostClassifier

    words = _words(train)

    def filled(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(**{name: rows[name].fillna("missing").astype(str) for name in words})

    model = CatBoostClassifier(
        thread_count=THREADS, cat_features=words, random_seed=seed, verbose=False, allow_writing_files=False
    ).fit(filled(train), y)
    return lambda rows: model.predict_proba(filled(rows))[:, 1]


def scikit_learn(learner: str) -> Callable[..., Predict]:
    def fit(train: pd.DataFrame, y: pd.Series, _seconds: float, seed: int) -> Predict:
        from sklearn.compose import ColumnTransformer
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        words = _words(train)
        numbers = [name for name in train.columns if name not in words]
        filled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
        columns = ColumnTransformer([("words", OneHotEncoder(handle_unknown="ignore"), words), ("numbers", filled, numbers)])
        learners: dict[str, Any] = {
            "forest": RandomForestClassifier(n_jobs=THREADS, random_state=seed),
            "logistic": LogisticRegression(max_iter=1000),
        }
        model = make_pipeline(columns, learners[learner]).fit(train, y)
        return lambda rows: model.predict_proba(rows)[:, 1]

    return fit


def _words(table: pd.DataFrame) -> list[str]:
    return [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]


PEERS: dict[str, tuple[Callable[..., Predict], str]] = {
    "autogluon-medium": (autogluon("medium_quality"), "autogluon.tabular"),
    "autogluon-good": (autogluon("good_quality"), "autogluon.tabular"),
    "flaml": (flaml, "flaml"),
    "lightgbm": (lightgbm, "lightgbm"),
    "catboost": (catboost, "catboost"),
    "forest": (scikit_learn("forest"), "scikit-learn"),
    "logistic": (scikit_learn("logistic"), "scikit-learn"),
}


if __name__ == "__main__":
    main()
