"""The short way of a record to its answer gives what the long way gives, to the last bit, or says that it cannot."""

from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

import assay
from assay.balance.registry import TREATMENTS
from assay.bundle.model import Model
from assay.bundle.quick import QuickModel
from assay.data.dataset import Dataset
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.named import recipe_named

N = 300
LINEAR = ("logistic", "lda", "ridge", "linear")
TREES = ("boosting", "forest", "hist-boosting", "tree")
PREPARED = ("logistic:target", "logistic:robust", "logistic:ordinal", "logistic:woe")
NUMBER, GAPS, WORD, LABEL = "number", "gaps", "word", "label"


@cache
def data(task: str) -> Dataset:
    """Numbers with and without gaps, a category with rare and missing cells, and one whose levels are numbers."""
    draw = np.random.default_rng(3)
    signal = draw.normal(size=N)
    words = draw.choice(["north", "south", "Ost", " west"], N, p=[0.5, 0.3, 0.19, 0.01])
    frame = pl.DataFrame(
        {
            NUMBER: signal,
            GAPS: pl.Series(draw.integers(0, 9, N).astype(float)).set(pl.Series(draw.random(N) < 0.2), None),
            WORD: pl.Series(words).set(pl.Series(draw.random(N) < 0.1), None),
            LABEL: draw.choice(["1", "2", "10"], N),
            "y": {
                "binary": np.where(signal + draw.normal(size=N) > 0, "yes", "no"),
                "multiclass": np.array(["a", "b", "c"])[np.digitize(signal, [-0.5, 0.5])],
                "regression": 3 * signal + draw.normal(size=N),
            }[task],
        }
    )
    return assay.read(frame, target="y", kinds={LABEL: "category"})


@cache
def model(recipe: str, task: str) -> Model:
    none, context = TREATMENTS.get("none")(), Context()
    fitted = fit(recipe_named(recipe), none, data(task), groups=None, seed=0, budget=Budget(), context=context)
    return Model(fitted, 0.3 if task == "binary" else None)


def records(task: str, rows: int = 40) -> list[dict[str, Any]]:
    return data(task).features.head(rows).to_dicts()


def quick(recipe: str, task: str) -> QuickModel:
    found = QuickModel.of(model(recipe, task))
    assert found is not None
    return found


def answers(recipe: str, task: str, rows: list[Any]) -> list[dict[str, Any]] | None:
    one = quick(recipe, task)
    cells = one.read(rows)
    return None if cells is None else one.answers(cells)


CASES = [
    (recipe, task)
    for recipe in (*LINEAR, *TREES, *PREPARED, "gam", "scorecard", "knn", "naive-bayes")
    for task in ("binary", "multiclass", "regression")
    if task in recipe_named(recipe).tasks
]


@pytest.mark.parametrize(("recipe", "task"), CASES)
def test_the_short_way_gives_the_answers_of_the_long_one(recipe: str, task: str) -> None:
    rows = records(task)
    rows[0] = dict.fromkeys(rows[0])  # nothing is known
    rows[1] = {**rows[1], NUMBER: 3, GAPS: -(2**40)}  # whole numbers
    assert answers(recipe, task, rows) == model(recipe, task).predict(rows).to_dicts()


@pytest.mark.parametrize(("recipe", "task"), [case for case in CASES if case[0] in (*LINEAR, *TREES, *PREPARED)])
def test_the_answer_to_a_row_does_not_depend_on_the_rows_beside_it(recipe: str, task: str) -> None:
    rows = records(task)
    together = answers(recipe, task, rows)
    alone = [answer for row in rows for answer in answers(recipe, task, [row]) or []]
    assert alone == together


@pytest.mark.parametrize(
    "change",
    [
        {NUMBER: "3"},
        {NUMBER: True},
        {NUMBER: float("inf")},
        {NUMBER: float("nan")},
        {NUMBER: 10**400},
        {NUMBER: [1]},
        {WORD: "never seen"},
        {WORD: " north"},
        {WORD: ["north"]},
        {WORD: 1},
        {LABEL: 1},
        {LABEL: "1.0"},
        {LABEL: True},
        {"more": 1},
    ],
    ids=str,
)
def test_what_is_not_simple_is_left_to_the_long_way(change: dict[str, Any]) -> None:
    rows = records("binary", 3)
    rows[1] = {**rows[1], **change}
    assert quick("logistic", "binary").read(rows) is None


@pytest.mark.parametrize("record", [None, [], "row", 3, {}, {NUMBER: 1}])
def test_what_is_no_whole_record_is_left_to_the_long_way(record: object) -> None:
    assert quick("logistic", "binary").read([*records("binary", 2), record]) is None


def test_a_model_of_dates_or_texts_has_no_short_way() -> None:
    days = pl.Series("day", ["2024-01-02", "2024-02-03", "2024-03-01", "2024-05-05"] * 5).str.to_date()
    found = assay.read(pl.DataFrame({"day": days, "y": ["a", "b"] * 10}), target="y")
    none = TREATMENTS.get("none")()
    fitted = fit(recipe_named("logistic"), none, found, groups=None, seed=0, budget=Budget(), context=Context())
    assert QuickModel.of(Model(fitted)) is None
