"""Rows whose columns come in any order, of any kinds and any length get what the model says of them."""

import json
import random
from typing import Any

import numpy as np
import polars as pl
import pytest
from starlette.testclient import TestClient
from tests.bundle.test_quick import model, records
from tests.serve.test_surfaces import client_of

import assay
from assay.balance.registry import TREATMENTS
from assay.bundle.model import Model
from assay.bundle.quick import QuickModel
from assay.data.reference import spreads_of
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.named import recipe_named

LONG = "a name of more than sixty-four bytes, which readers of JSON do not keep: " + "x" * 40


def made(frame: pl.DataFrame, kinds: dict[str, Any] | None = None) -> Model:
    data = assay.read(frame, target="y", kinds=kinds or {})
    none, context = TREATMENTS.get("none")(), Context()
    fitted = fit(recipe_named("logistic"), none, data, groups=None, seed=0, budget=Budget(), context=context)
    return Model(fitted, reference=spreads_of(data.features, fitted.schema, np.arange(len(data))))


def ask(client: TestClient, rows: list[dict[str, Any]]) -> Any:
    return client.post("/predict", content=json.dumps({"rows": rows}), headers={"content-type": "application/json"}).json()


@pytest.mark.parametrize("how", ["as they are", "all reversed", "each its own"])
@pytest.mark.parametrize("many", [1, 3, 300])
def test_the_order_of_columns_says_nothing(how: str, many: int) -> None:
    one, draw = model("logistic", "binary"), random.Random(1)
    rows = (records("binary", 40) * 8)[:many]
    names = list(rows[0])
    orders = {"as they are": lambda: names, "all reversed": lambda: names[::-1], "each its own": lambda: draw.sample(names, 4)}
    sent = [{name: row[name] for name in orders[how]()} for row in rows]
    quick = QuickModel.of(one)
    assert quick is not None
    assert quick.read(sent) is not None
    assert ask(client_of({"m": one}), sent)["predictions"] == one.predict(rows).to_dicts()


@pytest.mark.parametrize("kind", ["numbers", "words", "one number", "one word", "long names"])
def test_tables_of_any_width_and_kind_are_read(kind: str) -> None:
    draw = np.random.default_rng(2)
    numbers, words = draw.normal(size=80).round(3), draw.choice(["a", "b"], 80)
    columns: dict[str, dict[str, Any]] = {
        "numbers": {"n": numbers, "m": numbers[::-1].copy()},
        "words": {"v": words, "w": words[::-1].copy()},
        "one number": {"n": numbers},
        "one word": {"w": words},
        "long names": {LONG: numbers, LONG + "y": words},
    }
    frame = pl.DataFrame({**columns[kind], "y": np.where(draw.random(80) < 0.5, "p", "q")})
    one = made(frame)
    rows = [*frame.drop("y").head(20).to_dicts(), dict.fromkeys(columns[kind])]
    assert QuickModel.of(one) is not None
    assert ask(client_of({"m": one}), rows)["predictions"] == one.predict(rows).to_dicts()


def test_texts_are_read_as_texts_and_as_nothing_else() -> None:
    draw = np.random.default_rng(3)
    words = ["late again and sorry", "paid in full today", "no money this month", "all is well and paid"]
    codes = draw.integers(0, 4, 120)
    notes = [f"{words[code]} {number}" for number, code in enumerate(codes)]
    frame = pl.DataFrame({"note": notes, "n": draw.normal(size=120), "y": np.where(codes % 2 == 0, "p", "q")})
    one = made(frame, {"note": "text"})
    client, rows = client_of({"m": one}), [{"note": "paid: today", "n": 1.5}, {"note": "", "n": None}, {"note": None, "n": 0}]
    assert ask(client, rows)["predictions"] == one.predict(rows).to_dicts()
    for bad in (5, True, ["paid"], {"text": "paid"}):
        assert "column 'note': expected text" in ask(client, [{"note": bad, "n": 1}])["detail"]
    refused = client.post("/predict", json={"rows": rows, "reasons": 2})
    assert refused.status_code == 422
    assert "column 'note' is text" in refused.json()["detail"]


def test_the_first_cell_that_is_wrong_is_named_among_many() -> None:
    rows = [dict(row) for row in records("binary", 40) * 20]
    rows[611]["number"], rows[702]["gaps"] = True, "x"
    assert ask(client_of({"m": model("logistic", "binary")}), rows)["detail"] == (
        "row 612, column 'number': expected a number, found a boolean (True)."
    )
