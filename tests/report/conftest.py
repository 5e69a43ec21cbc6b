"""Studies in miniature: predictions that are simulated, numbers that are measured by the real kernels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.measure.compare import A_BETTER, B_BETTER, NO_DIFFERENCE, holm
from assay.measure.evaluate import Evaluation, evaluate
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import METRICS
from assay.report.content import ReportInput

METRICS_OF = {
    "binary": ("roc_auc", "average_precision", "log_loss", "brier", "accuracy", "f1"),
    "multiclass": ("accuracy", "balanced_accuracy", "log_loss"),
    "regression": ("rmse", "mae", "r2"),
}
HOSTILE = "<img src=x onerror=alert(1)>\"'</title></desc></svg><script>alert(2)</script>{{ 7*7 }} $x^2$ &amp; \x00"


@dataclass(frozen=True)
class Simulated:
    """skill: how much of the truth each row of the leaderboard sees, by the row's name."""

    task: Task
    skill: Mapping[str, float]
    rows: int = 300
    folds: int = 5
    seed: int = 0

    def truth(self, units: np.ndarray) -> Truth:
        signal = self._signal(units)
        if self.task.name == "regression":
            return Truth("value", units, {"target": 100 + 20 * signal})
        if self.task.name == "binary":
            noise = np.random.default_rng([self.seed, 2]).normal(size=10 * self.rows)[units]
            return Truth("binary", units, {"target": (signal + 0.3 * noise > 1.2).astype(np.int64)})
        cuts = np.quantile(self._signal(np.arange(self.rows)), np.linspace(0, 1, len(self.task.classes) + 1)[1:-1])
        return Truth("multiclass", units, {"target": np.searchsorted(cuts, signal).astype(np.int64)})

    def predictions(self, name: str, truth: Truth) -> Predictions:
        skill = self.skill[name]
        place = sorted(self.skill).index(name)
        noise = np.random.default_rng([self.seed, 3, place]).normal(size=10 * self.rows)[truth.units]
        seen = skill * self._signal(truth.units) + np.sqrt(1 - skill**2) * noise
        if self.task.name == "regression":
            return Predictions("value", truth.units, {"value": 100 + 20 * seen * skill})
        if self.task.name == "binary":
            probability = 1 / (1 + np.exp(-(2.2 * seen - 2.6)))
            label = (probability >= 0.3).astype(np.int64)
            return Predictions("binary", truth.units, {"score": seen, "probability": probability, "label": label})
        size = len(self.task.classes)
        centres = np.linspace(-1.6, 1.6, size)
        score = -((seen[:, None] - centres) ** 2) * size / 2
        probability = np.exp(score - score.max(axis=1, keepdims=True))
        probability /= probability.sum(axis=1, keepdims=True)
        arrays = {"score": score, "probability": probability, "label": probability.argmax(axis=1)}
        return Predictions("multiclass", truth.units, arrays)

    def _signal(self, units: np.ndarray) -> np.ndarray:
        return np.random.default_rng([self.seed, 1]).normal(size=10 * self.rows)[units]

    def parts(self, name: str) -> list[Part]:
        found = []
        for fold in range(self.folds):
            truth = self.truth(np.arange(fold, self.rows, self.folds))
            found.append(Part(0, fold, truth, self.predictions(name, truth)))
        return found

    def test(self, name: str) -> tuple[Truth, Predictions]:
        truth = self.truth(np.arange(self.rows, self.rows + self.rows // 3))
        return truth, self.predictions(name, truth)


def _row(name: str, evaluation: Evaluation, metrics: Sequence[str], chosen: str) -> dict[str, Any]:
    found = {metric: evaluation.interval(name, metric).to_json() for metric in metrics}
    recipe, _, treatment = name.partition("+")
    ends = {end: found[chosen][end] for end in ("value", "low", "high")}
    return {
        "name": name,
        "recipe": recipe,
        "treatment": treatment or "none",
        "metrics": found,
        **ends,
        "seconds": 1.25,
        "failure": None,
    }


def _family(family: str, pairs: Sequence[tuple[str, str]], evaluation: Evaluation, metric: str) -> list[dict[str, Any]]:
    differences = [evaluation.difference(a, b, metric) for a, b in pairs]
    found = []
    for (a, b), difference, p in zip(pairs, differences, holm([d.p for d in differences]), strict=True):
        value = difference.interval.value
        better = A_BETTER if value is not None and (value > 0) == METRICS.get(metric).greater_is_better else B_BETTER
        call = better if p is not None and p < 0.05 else NO_DIFFERENCE
        ends = {"difference": value, "low": difference.interval.low, "high": difference.interval.high}
        found.append({"a": a, "b": b, "metric": metric, **ends, "p_raw": difference.p, "p": p, "family": family, "call": call})
    return found


def build(
    simulated: Simulated,
    *,
    metrics: Sequence[str] = (),
    failures: Mapping[str, str] | None = None,
    test: bool = False,
    **rest: Any,
) -> ReportInput:
    """A whole ReportInput; the first metric is the study's, ``failures`` maps names of further rows to reasons."""
    names, metrics = list(simulated.skill), metrics or METRICS_OF[simulated.task.name]
    folds = {name: simulated.parts(name) for name in names}
    rows: list[dict[str, Any]] = []
    verdicts: list[dict[str, Any]] = []
    winner = opened = None
    if names:
        members = [METRICS.get(metric) for metric in metrics]
        evaluation = evaluate(folds, members, design_of(folds[names[0]]), estimand="this recipe", replicates=60)
        rows = [_row(name, evaluation, metrics, metrics[0]) for name in names]
        sign = -1 if members[0].greater_is_better else 1
        rows.sort(key=lambda row: sign * row["value"])
        winner = rows[0]["name"]
        for recipe in dict.fromkeys(row["recipe"] for row in rows):
            pairs = [(name, recipe) for name in names if name.startswith(f"{recipe}+")]
            verdicts += _family(f"treatments of {recipe}", pairs, evaluation, metrics[0]) if recipe in names else []
        verdicts += _family("against the leader", [(name, winner) for name in names if name != winner], evaluation, metrics[0])
        if test:
            part = Part(0, 0, *simulated.test(winner))
            measured = evaluate({winner: [part]}, members, design_of([part]), estimand="this model", replicates=60)
            entries = {metric: measured.interval(winner, metric).to_json() for metric in metrics}
            opened = {
                "name": winner,
                "threshold": 0.3 if simulated.task.name == "binary" else None,
                "metrics": entries,
                "openings": 1,
            }
    for name, reason in (failures or {}).items():
        recipe, _, treatment = name.partition("+")
        nothing = {"metrics": {}, "value": None, "low": None, "high": None, "seconds": None}
        rows.append({"name": name, "recipe": recipe, "treatment": treatment or "none", **nothing, "failure": reason})
    settings: dict[str, Any] = {
        "title": "loans.csv",
        "schema": Schema(
            (Column("income", "number"), Column(simulated.task.target, "category", "target", simulated.task.classes))
        ),
        "provenance": {"command": "assay run loans.csv --target denied", "seed": 0, "openings": int(test)},
        **rest,
    }
    summary = {
        "schema": 1,
        "task": simulated.task.name,
        "metric": metrics[0],
        "rows": rows,
        "verdicts": verdicts,
        "winner": winner,
        "test": opened,
        "warnings": settings.pop("warnings", []),
        "run": "runs/loans",
    }
    locked = simulated.test(winner) if test and winner else None
    return ReportInput(task=simulated.task, metric=metrics[0], summary=summary, folds=folds, test=locked, **settings)


BINARY = Task("binary", "denied", ("no", "yes"))
SKILL = {"boosting": 0.8, "boosting+smote": 0.72, "logistic": 0.79, "logistic+smote": 0.78, "baseline": 0.0}


@pytest.fixture(name="build")
def _build() -> Callable[..., ReportInput]:
    return build


@pytest.fixture(name="simulated")
def _simulated() -> Callable[..., Simulated]:
    return Simulated


@pytest.fixture(scope="session")
def closed() -> ReportInput:
    """A binary study whose lock is shut, with a failed row."""
    return build(Simulated(BINARY, SKILL), failures={"knn": "needs 6 neighbours, the fold has 4 rows of class 'yes'"})


@pytest.fixture(scope="session")
def opened() -> ReportInput:
    """The same study after the lock was opened."""
    return build(Simulated(BINARY, SKILL), test=True)


@pytest.fixture(scope="session")
def hostile_text() -> str:
    return HOSTILE
