"""Small fitted models for the tests of the bundle and of the server, with names that bite."""

from functools import cache

import numpy as np
import polars as pl

from assay.balance.registry import TREATMENTS
from assay.bundle.model import Model
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES

HOSTILE = "<img src=x onerror=alert(1)>"
CLASSES = {"binary": ("no", "<b>yes</b>"), "multiclass": ("a b", "$array", "c|d"), "regression": ()}
CARD = {
    "name": "loans *and* <b>more</b>",
    "created": "2024-05-01T12:00:00Z",
    "prior": {"no": 0.88, "<b>yes</b>": 0.12},
    "metrics": {"roc_auc": {"value": 0.91, "low": 0.87, "high": 0.94, "level": 0.95, "method": "delong", "n": 90}},
    "verdicts": [
        {"a": "logistic", "b": "baseline", "metric": "roc_auc", "difference": 0.4, "low": 0.3, "high": 0.5, "call": "a better"}
    ],
    "fingerprints": {"data": "f" * 64},
}


def table(task_name: str, n_rows: int = 120) -> Dataset:
    """A number, a category, a date and a number whose name is a reference of the bundle; some cells are missing."""
    draw = np.random.default_rng(7)
    signal = draw.normal(size=n_rows)
    numbers = pl.Series(signal).set(pl.Series(draw.random(n_rows) < 0.1), None)
    days = pl.Series(np.datetime64("2024-01-01", "us") + draw.integers(0, 900, n_rows) * np.timedelta64(86_400_000_000, "us"))
    frame = pl.DataFrame(
        {
            "a b": numbers,
            HOSTILE: draw.choice(["north", "<south>", "$array"], n_rows),
            "day": days,
            "$array": draw.integers(0, 9, n_rows).astype(float),
        }
    )
    classes = CLASSES[task_name]
    noisy = signal + 0.5 * draw.normal(size=n_rows)
    if classes:
        cuts = np.quantile(noisy, np.linspace(0, 1, len(classes) + 1)[1:-1])
        target = pl.Series([classes[code] for code in np.searchsorted(cuts, noisy)])
    else:
        target = pl.Series(100.0 + 10 * noisy)
    columns = (
        Column("a b", "number"),
        Column(HOSTILE, "category", levels=("$array", "<south>", "north")),
        Column("day", "date"),
        Column("$array", "number", whole=True),
        Column("target", "category" if classes else "number", role="target", levels=classes),
    )
    return Dataset(frame.with_columns(target.alias("target")), Schema(columns), Task(task_name, "target", classes))


@cache
def model(recipe: str = "logistic", task_name: str = "binary") -> Model:
    fitted = fit(
        RECIPES.get(recipe),
        TREATMENTS.get("none")(),
        table(task_name),
        groups=None,
        seed=0,
        budget=Budget(),
        context=Context(),
    )
    return Model(fitted, 0.3 if task_name == "binary" else None, CARD)


def records(task_name: str = "binary", n_rows: int = 5) -> list[dict[str, object]]:
    """Rows as JSON has them."""
    frame = table(task_name).features.head(n_rows).with_columns(pl.col("day").dt.strftime("%Y-%m-%d"))
    return frame.to_dicts()
