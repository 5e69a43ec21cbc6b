"""The report of a large study: 30 candidates, 50 000 rows out of fold and 50 000 locked ones; its seconds and its size.

Rows and predictions are simulated: a tenth positive, a score of each candidate that sees the truth more or less well.  The
table of 20 columns that the page takes a look at is simulated too.  Timed is what ``assay report`` does once the run has been
read: the look at the data and the page, written to disk, in this process (the first time includes imports; the median is
reported).  The intervals of the summary come from the run folder in life and are made up here; everything that the page works
out from predictions itself is worked out.

Checks: at most 15 seconds and 2 000 000 bytes; equal bytes each time; the four cells of the slider at its chosen threshold are
those of scikit-learn's confusion matrix of all rows.
"""

import argparse
import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from harness import main, spread
from sklearn.metrics import confusion_matrix, roc_auc_score

from assay.data import read
from assay.data.dataset import Dataset
from assay.data.task import Task
from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth
from assay.measure.threshold import ThresholdRule
from assay.report import ReportInput, write_files, write_report
from assay.report.look import look_at

CANDIDATES, FOLDS, COLUMNS = 30, 5, 20
MOST_SECONDS, MOST_BYTES = 15.0, 2_000_000
METRICS = ("roc_auc", "average_precision", "log_loss", "brier", "accuracy", "f1")
TASK = Task("binary", "denied", ("no", "yes"))


def candidate(place: int) -> str:
    """Ten recipes, each alone and with two treatments."""
    return f"recipe-{place // 3:02d}" + ("", "+smote", "+class-weights")[place % 3]


def predicted(rows: int, place: int, seed: int) -> tuple[Truth, Predictions]:
    """The same truth for every candidate, and what this one says of it."""
    target = (np.random.default_rng(seed).random(rows) < 0.1).astype(np.int64)
    score = (0.4 + 0.06 * place) * target + np.random.default_rng([seed, place]).normal(size=rows)
    probability = 1 / (1 + np.exp(2.4 - score))
    units = np.arange(rows) + seed * rows
    arrays = {"score": score, "probability": probability, "label": (probability >= 0.2).astype(np.int64)}
    return Truth("binary", units, {"target": target}), Predictions("binary", units, arrays)


def parts(rows: int, place: int) -> list[Part]:
    truth, said = predicted(rows, place, 0)
    found = []
    for fold in range(FOLDS):
        kept = np.arange(fold, rows, FOLDS)
        own = Truth("binary", truth.units[kept], {"target": truth["target"][kept]})
        arrays = {name: array[kept] for name, array in said.arrays.items()}
        found.append(Part(0, fold, own, Predictions("binary", said.units[kept], arrays)))
    return found


def interval(value: float, estimand: str) -> dict[str, Any]:
    ends = {"value": value, "low": value - 0.01, "high": value + 0.01, "level": 0.95, "method": "made up", "n": 1}
    return {**ends, "estimand": estimand, "undefined": None}


def summary(folds: dict[str, list[Part]]) -> dict[str, Any]:
    """The study's rows, a verdict for each against the leader and for each treatment, and the opened lock."""
    found = []
    for name, own in folds.items():
        auc = float(np.mean([roc_auc_score(part.truth["target"], part.predictions["score"]) for part in own]))
        recipe, _, treatment = name.partition("+")
        values = {"value": auc, "low": auc - 0.01, "high": auc + 0.01, "seconds": 12.5, "failure": None}
        metrics = {metric: interval(auc, "this recipe") for metric in METRICS}
        found.append({"name": name, "recipe": recipe, "treatment": treatment or "none", "metrics": metrics, **values})
    found.sort(key=lambda row: -row["value"])
    winner = found[0]["name"]
    auc_of = {row["name"]: row["value"] for row in found}
    pairs = [(name, name.partition("+")[0], "treatments of " + name.partition("+")[0]) for name in folds if "+" in name]
    pairs += [(name, winner, "against the leader") for name in folds if name != winner]
    verdicts = []
    for a, b, family in pairs:
        difference = auc_of[a] - auc_of[b]
        call = "no difference shown" if abs(difference) < 0.01 else "a better" if difference > 0 else "b better"
        ends = {"difference": difference, "low": difference - 0.01, "high": difference + 0.01, "p_raw": 0.01, "p": 0.03}
        verdicts.append({"a": a, "b": b, "metric": "roc_auc", "family": family, "call": call, **ends})
    metrics = {metric: interval(auc_of[winner], "this model") for metric in METRICS}
    return {
        "schema": 1,
        "task": "binary",
        "metric": "roc_auc",
        "rows": found,
        "verdicts": verdicts,
        "winner": winner,
        "warnings": [],
        "run": "runs/large",
        "test": {"name": winner, "threshold": 0.2, "metrics": metrics, "openings": 1},
    }


def table(rows: int, folder: Path) -> Dataset:
    random = np.random.default_rng(1)
    columns = {f"x{place}": random.normal(size=rows) for place in range(COLUMNS - 4)}
    columns |= {f"c{place}": random.integers(0, 5 + 10 * place, rows).astype(str) for place in range(4)}
    frame = pl.DataFrame(columns | {"denied": np.where(random.random(rows) < 0.1, "yes", "no")})
    frame.write_parquet(folder / "rows.parquet")
    return read(folder / "rows.parquet", target="denied")


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    rows, runs = arguments.rows, max(3, arguments.runs)
    folds = {candidate(place): parts(rows, place) for place in range(CANDIDATES)}
    told = summary(folds)
    winner = told["winner"]
    place = [candidate(place) for place in range(CANDIDATES)].index(winner)
    data = table(rows, folder)
    looks, pages, files, texts = [], [], [], set()
    for run in range(runs):
        started = time.perf_counter()
        look = look_at(data)
        looked = time.perf_counter()
        content = ReportInput(
            title="large.parquet",
            task=TASK,
            metric="roc_auc",
            summary=told,
            folds=folds,
            test=predicted(rows, place, 7),
            schema=data.schema,
            threshold_rule=ThresholdRule("cost", cost_fn=8, cost_fp=1),
            look=look,
        )
        write_report(content, folder / "report.html")
        done = time.perf_counter()
        if run == 0:
            write_files(content, folder / "files")
            files.append(time.perf_counter() - done)
        looks.append(looked - started)
        pages.append(done - looked)
        texts.add((folder / "report.html").read_bytes())
    (text,) = texts if len(texts) == 1 else (min(texts),)
    total = spread([a + b for a, b in zip(looks, pages, strict=True)])
    return {
        "candidates": CANDIDATES,
        "rows": {"out of fold": rows, "locked": rows},
        "seconds": {"look at the data": spread(looks), "page": spread(pages), "both": total, "files beside it": files[0]},
        "bytes": len(text),
        "checks": {
            "built in time": total["median"] <= MOST_SECONDS,
            "small enough": len(text) <= MOST_BYTES,
            "equal bytes each time": len(texts) == 1,
            "cells of the slider are those of scikit-learn": _cells_agree(text.decode(), folds[winner]),
        },
    }


def _cells_agree(text: str, own: list[Part]) -> bool:
    """At every tenth threshold of the slider."""
    found = re.search(r'id="slider-data">(.*?)</script>', text, flags=re.S)
    if found is None:
        return False
    slider = json.loads(found[1])
    target = np.concatenate([part.truth["target"] for part in own])
    probability = np.concatenate([part.predictions["probability"] for part in own])
    for place in {*range(0, len(slider["threshold"]), 10), slider["chosen"]}:
        matrix = confusion_matrix(target, probability >= slider["threshold"][place], labels=[0, 1])
        if [slider[cell][place] for cell in ("tn", "fp", "fn", "tp")] != matrix.ravel().tolist():
            return False
    return True


if __name__ == "__main__":
    main(
        "report",
        benchmark,
        needs_data=False,
        options=lambda parser: parser.add_argument("--rows", type=int, default=50_000, help="out of fold, and as many locked"),
    )
