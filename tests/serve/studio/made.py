"""Run folders as a run writes them, without running one."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from assay.measure.payload import Predictions
from assay.serve.studio.app import make_studio
from assay.serve.studio.place import Place
from assay.study.cells import Candidate, Cell, Failure, Outcome
from assay.study.folder import Identity, RunFolder

AT = "http://localhost:8080"


def make_run(
    runs: Path,
    name: str,
    *,
    candidates: Sequence[str] = ("logistic", "boosting"),
    data: str = "/tables/loans.csv",
    task: str = "binary",
    metric: str = "roc_auc",
    target: str = "denied",
    values: Sequence[float] | None = (0.9, 0.8),
    opened: bool = False,
    changed: int | None = None,
) -> Path:
    """values: of the leaderboard, one a candidate; None: there is none.  changed: seconds since 1970."""
    folder = RunFolder(runs / name)
    folder.path.mkdir(parents=True)
    settings = {"metric": metric, "folds": 2, "repeats": 1, "seed": 0, "read.target": target, "read.source": data}
    folder.join(Identity("f" * 64, "p" * 64, metric, task, data), [Candidate.parse(one) for one in candidates], settings)
    if values is not None:
        write_board(folder.path, list(zip(candidates, values, strict=True)), metric)
    if opened:
        metrics = {metric: {"value": 0.7, "low": 0.6, "high": 0.8, "undefined": None}}
        test = {"name": candidates[0], "metrics": metrics, "openings": 1, "seen_before": 0, "threshold": None}
        (folder.path / "test.json").write_text(json.dumps(test))
    if changed is not None:
        for file in folder.path.iterdir():
            os.utime(file, (changed, changed), follow_symlinks=False)
    return folder.path


def write_board(folder: Path, found: Sequence[tuple[str, float | None]], metric: str = "roc_auc") -> None:
    """leaderboard.json; a value of None is a candidate that failed."""
    rows = []
    for name, value in found:
        one = Candidate.parse(name)
        ends = {"low": None, "high": None} if value is None else {"low": value - 0.05, "high": value + 0.05}
        interval = {"value": value, **ends, "level": 0.95, "method": "made up", "estimand": "this recipe", "n": 9}
        rows.append(
            {
                "name": name,
                "recipe": one.recipe,
                "treatment": one.treatment,
                "value": value,
                **ends,
                "failure": "it broke" if value is None else None,
                "metrics": {} if value is None else {metric: {**interval, "undefined": None}},
            }
        )
    measured = [name for name, value in found if value is not None]
    board = {"schema": 1, "task": "binary", "metric": metric, "rows": rows, "verdicts": [], "warnings": []}
    (folder / "leaderboard.json").write_text(json.dumps({**board, "winner": measured[0] if measured else None}))


def fit(folder: Path, name: str, fold: int, failure: str | None = None) -> None:
    """Put one fit into the journal."""
    cell = Cell(Candidate.parse(name), 0, fold)
    predictions = None if failure else Predictions("label", np.arange(2), {"label": np.zeros(2, dtype=int)})
    told = Failure(failure, "Traceback: <b>deep</b>") if failure else None
    (folder / "predictions").mkdir(exist_ok=True)
    RunFolder(folder).keep(Outcome(cell, 1, predictions, told, 1.5, 10.0))


def browser(runs: Path, **more: Any) -> httpx.AsyncClient:
    """What asks a studio over ``runs``."""
    app = make_studio(Place(runs), **more)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=AT)
