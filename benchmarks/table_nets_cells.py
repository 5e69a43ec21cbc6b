"""The cells of table_nets.py: one table, one candidate, one fold; fitted once and kept in a file.

A kept cell is used again only for the same rows, folds, seed, threads and settings of the candidate, whole.  A change of
the code alone does not refit anything; the cell remembers the code it was fitted by, so that the results can say so.
"""

import dataclasses
import hashlib
import importlib.metadata
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

import assay
from assay.balance.registry import TREATMENTS
from assay.core.errors import AssayError
from assay.core.files import sha256_bytes, write_atomic
from assay.core.seeds import derive
from assay.data.dataset import Dataset
from assay.measure.payload import Predictions
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES
from assay.splits.plan import Fold

THREADS = 2
LIMIT_SECONDS = 60.0
TRAINING_SECONDS = 50.0
"""What a recipe's learner is given of the limit; the rest is for the columns and for the epoch it is in."""


@dataclass(frozen=True)
class Table:
    """drop: leaks, copies of the target, what is no feature.  Why stands beside each."""

    target: str
    positive: str
    drop: tuple[str, ...] = ()

    def read(self, name: str, folder: Path) -> Dataset:
        file = next(iter(sorted(folder.glob(f"tables/{name}.csv*"))), None)
        if file is None:
            sys.exit(f"{folder} has no tables/{name}.csv or tables/{name}.csv.gz.")
        return assay.read(file, target=self.target, positive=self.positive, drop=self.drop)


TABLES = {
    "adult": Table("income", ">50K", ("split",)),  # the official cut; fnlwgt stays a feature, as in every published table
    "bank_additional": Table("y", "yes", ("duration",)),  # known only after the call
    "telco_churn": Table("churn", "Yes"),
    "german_credit": Table("class", "bad"),
    "spambase": Table("type", "1"),
    "mammography": Table("class", "1"),
    # injSeverity 4 is "killed"; caseid names the crash.  The survey weight runs from 0 to 58 000: weighted metrics would
    # rest on a few rows, so it is neither a weight nor a feature here.
    "nass_crash": Table("dead", "dead", ("injSeverity", "caseid", "weight")),
    # three copies of the target, and who bought the loan, which is set after the decision
    "loanapp": Table("denied", "1", ("reject", "approve", "action", "typur")),
}


@dataclass(frozen=True)
class Cell:
    """seconds: wall clock of the fit, without predicting.  cpu_seconds: of all threads.  failure: why it has no predictions."""

    predictions: Predictions | None
    seconds: float
    cpu_seconds: float
    code: str
    failure: str | None = None


@dataclass(frozen=True)
class Candidate:
    """fit: (training rows, seed) -> (rows of a frame -> score and probability of class 1, each float64 (n,)).

    settings: what a kept cell must agree with.  code: a digest of the code that fits.
    """

    name: str
    fit: Callable[[Dataset, int], Callable[[pl.DataFrame], tuple[np.ndarray, np.ndarray]]]
    settings: str
    code: str


def peers() -> dict[str, Candidate]:
    """LightGBM and CatBoost with their defaults, told which columns are categories; no early stopping."""
    found = {}
    for name, fitting in (("lightgbm", _lightgbm), ("catboost", _catboost)):
        version = importlib.metadata.version(name)
        found[name] = Candidate(name, fitting, "defaults", version)
    return found


def recipe(name: str) -> Candidate:
    """A recipe of Assay, untreated, walked as a study walks it.  Raises UnknownNameError."""
    chosen = RECIPES.get(name)

    def fitting(train: Dataset, seed: int) -> Callable[[pl.DataFrame], tuple[np.ndarray, np.ndarray]]:
        fitted = fit(
            chosen,
            TREATMENTS.get("none")(),
            train,
            groups=None,
            seed=seed,
            budget=Budget(TRAINING_SECONDS),
            context=Context(threads=THREADS),
        )

        def predict(frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
            predictions = fitted.predict(frame)
            return predictions["score"], predictions["probability"]

        return predict

    described = json.dumps([_described(chosen.step), _described(chosen.learner)], sort_keys=True)
    return Candidate(name, fitting, described, code_digest())


def cell_of(
    folder: Path, table: str, candidate: Candidate, data: Dataset, fold: Fold, *, seed: int, refit: bool = False
) -> tuple[Cell, bool]:
    """The cell, and whether it was fitted now.  folder: where cells are kept."""
    place = folder / table / f"{candidate.name}-{fold.repeat}-{fold.fold}"
    key = {
        "rows": data.fingerprint,
        "fold": hashlib.sha256(fold.train.tobytes() + fold.test.tobytes()).hexdigest(),
        "seed": seed,
        "threads": THREADS,
        "settings": candidate.settings,
    }
    kept = None if refit else _kept(place, key)
    if kept is not None:
        return kept, False
    cell = _fitted(candidate, data, fold, derive(seed, table, candidate.name, fold.repeat, fold.fold))
    place.parent.mkdir(parents=True, exist_ok=True)
    payload = b"" if cell.predictions is None else cell.predictions.to_bytes()
    record = {"key": key, "payload": sha256_bytes(payload), **asdict(dataclasses.replace(cell, predictions=None))}
    write_atomic(place.with_suffix(".npz"), payload)
    write_atomic(place.with_suffix(".json"), json.dumps(record).encode())
    return cell, True


def code_digest() -> str:
    """Of the sources that decide what a recipe predicts."""
    home = Path(assay.__file__).parent
    files = sorted(file for part in ("nets", "prepare", "recipes", "splits", "data") for file in (home / part).rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _kept(place: Path, key: dict[str, Any]) -> Cell | None:
    files = place.with_suffix(".json"), place.with_suffix(".npz")
    if not all(file.is_file() for file in files):
        return None
    record, payload = json.loads(files[0].read_text()), files[1].read_bytes()
    if record.pop("key") != key or record.pop("payload") != sha256_bytes(payload) or record["failure"] is not None:
        return None
    return Cell(**record | {"predictions": Predictions.from_bytes(payload)})


def _fitted(candidate: Candidate, data: Dataset, fold: Fold, seed: int) -> Cell:
    train, test = data.take(fold.train), data.frame[fold.test]
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        with threadpool_limits(limits=THREADS):
            predict = candidate.fit(train, seed)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            score, probability = predict(test)
    except AssayError as error:
        return Cell(None, time.perf_counter() - wall, time.process_time() - cpu, candidate.code, str(error))
    arrays = {"score": score, "probability": probability}
    return Cell(Predictions("binary", fold.test, arrays), wall, cpu, candidate.code)


def _lightgbm(train: Dataset, seed: int) -> Callable[[pl.DataFrame], tuple[np.ndarray, np.ndarray]]:  # noqa: ARG001  it draws nothing
    from lightgbm import LGBMClassifier

    def prepared(frame: pl.DataFrame) -> Any:
        import pandas as pd

        columns: dict[str, Any] = {}
        for place, column in enumerate(train.schema.features):
            # LightGBM refuses some characters in names, so columns are numbered.
            values = frame[column.name]
            is_category = column.kind == "category"
            columns[f"x{place}"] = pd.Categorical(values.to_list(), list(column.levels)) if is_category else _floats(values)
        return pd.DataFrame(columns)

    model = LGBMClassifier(n_jobs=THREADS, verbosity=-1).fit(prepared(train.features), train.target)

    def predict(frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        table = prepared(frame)
        return model.predict(table, raw_score=True), model.predict_proba(table)[:, 1]

    return predict


def _catboost(train: Dataset, seed: int) -> Callable[[pl.DataFrame], tuple[np.ndarray, np.ndarray]]:  # noqa: ARG001  its default is seed 0
    from catboost import CatBoostClassifier

    def prepared(frame: pl.DataFrame) -> Any:
        import pandas as pd

        columns: dict[str, Any] = {}
        for column in train.schema.features:
            values = frame[column.name]
            is_category = column.kind == "category"
            columns[column.name] = values.fill_null("missing").to_list() if is_category else _floats(values)
        return pd.DataFrame(columns)

    categories = [column.name for column in train.schema.features if column.kind == "category"]
    model = CatBoostClassifier(thread_count=THREADS, cat_features=categories, verbose=False, allow_writing_files=False)
    model.fit(prepared(train.features), train.target)

    def predict(frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        table = prepared(frame)
        return model.predict(table, prediction_type="RawFormulaVal"), model.predict_proba(table)[:, 1]

    return predict


def _floats(values: pl.Series) -> np.ndarray:
    return values.cast(pl.Float64).to_numpy().astype(np.float64)


def _described(value: Any) -> Any:
    """Settings as JSON that is the same in every process: sets sorted, every dataclass with its name."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _described(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"class": type(value).__name__, **fields}
    if isinstance(value, dict):
        return {str(name): _described(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_described(part) for part in value]
    if isinstance(value, set | frozenset):
        return sorted(str(part) for part in value)
    return value if isinstance(value, str | int | float | bool | None) else repr(value)
