"""The typed reader of JSON rows: what it takes is what the untyped way takes, and what it leaves is left to that."""

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.bundle.test_quick import LABEL, NUMBER, WORD, model, records
from tests.serve.test_order import made
from tests.serve.test_surfaces import client_of

from assay.bundle.quick import QuickModel
from assay.serve.batching import by_name
from assay.serve.typed import TypedReader


def reader() -> TypedReader:
    found = TypedReader.of(QuickModel.of(model("logistic", "binary")))
    assert found is not None
    return found


def body(rows: list[Any], **more: Any) -> bytes:
    return json.dumps({"rows": rows, **more}).encode()


def test_rows_are_read_as_they_are_whatever_the_order_of_their_names() -> None:
    rows = records("binary", 30)
    turned = [dict(reversed(row.items())) for row in rows]
    schema = model("logistic", "binary").fitted.schema
    for sent in (rows, turned):
        found = reader().read(body(sent))
        assert found is not None
        assert by_name(found, schema) == rows


@pytest.mark.parametrize(
    "change",
    [{NUMBER: "3"}, {NUMBER: True}, {NUMBER: [1]}, {WORD: 1}, {WORD: ["north"]}, {LABEL: 1}, {LABEL: True}, {"more": 1}],
    ids=str,
)
def test_a_cell_of_another_type_and_a_column_too_many_are_left_to_the_untyped_way(change: dict[str, Any]) -> None:
    rows = records("binary", 3)
    rows[1] = {**rows[1], **change}
    assert reader().read(body(rows)) is None


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"[]",
        b"{}",
        b'{"rows": 1}',
        b'{"rows": [1]}',
        b'{"rows": [{}]}',
        b'{"rows": [], "level": 0.9}',
        b'{"rows": []} {}',
        b"[" * 10**5,
        b'{"rows": [{"number": NaN}]}',
        b'{"rows": [{"number": 1e999}]}',
        b'{"rows": [{"word": "\xff"}]}',
        b'{"rows": [{"word": "\\ud800"}]}',
    ],
    ids=lambda sent: sent[:30].decode("latin-1"),
)
def test_what_is_no_such_body_is_left_to_the_untyped_way(sent: bytes) -> None:
    assert reader().read(sent) is None


def test_a_name_that_is_said_twice_is_refused_and_a_colon_in_a_text_is_not() -> None:
    client = client_of({"m": model("logistic", "binary")})
    head = {"content-type": "application/json"}
    row = records("binary", 1)[0]
    twice = body([row]).replace(b'"number":', b'"number": 1, "number":')
    assert reader().read(twice) is not None
    answer = client.post("/predict", content=twice, headers=head)
    assert answer.status_code == 400
    assert "'number' twice" in answer.json()["detail"]
    colon = {**row, WORD: "a:b"}
    answer = client.post("/predict", content=body([colon]), headers=head)
    assert answer.json()["predictions"] == model("logistic", "binary").predict([colon]).to_dicts()


def test_names_that_no_typed_parser_can_look_for_are_read_untyped() -> None:
    draw = np.random.default_rng(0)
    names = ['a "quoted" name', "a\nline", "back\\slash"]
    frame = pl.DataFrame({name: draw.normal(size=60) for name in names} | {"y": np.where(draw.random(60) < 0.5, "p", "q")})
    one = made(frame)
    assert TypedReader.of(QuickModel.of(one)) is None
    rows = frame.drop("y").head(5).to_dicts()
    answer = client_of({"m": one}).post("/predict", content=body(rows), headers={"content-type": "application/json"})
    assert answer.json()["predictions"] == one.predict(rows).to_dicts()


def test_names_with_a_meaning_in_python_are_columns_like_others() -> None:
    draw = np.random.default_rng(1)
    names = ["class", "__init__", "имя", "rows"]
    frame = pl.DataFrame({name: draw.normal(size=60) for name in names} | {"y": np.where(draw.random(60) < 0.5, "p", "q")})
    one = made(frame)
    rows = frame.drop("y").head(5).to_dicts()
    typed = TypedReader.of(QuickModel.of(one))
    assert typed is not None
    assert typed.read(body(rows)) is not None
    answer = client_of({"m": one}).post("/predict", content=body(rows), headers={"content-type": "application/json"})
    assert answer.json()["predictions"] == one.predict(rows).to_dicts()
