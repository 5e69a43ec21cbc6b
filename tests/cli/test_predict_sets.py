"""``assay predict --level`` and the level of a request: the sets and intervals of Python, in every format."""

import csv
import io
import json

import polars as pl
import pytest
from starlette.testclient import TestClient
from tests.bundle.models import records
from tests.bundle.test_conformal_part import sure
from tests.cli.commands import Command

from assay.bundle.model import Model
from assay.serve import make_app

TASKS = ["binary", "multiclass", "regression"]


@pytest.mark.parametrize("task", TASKS)
def test_the_command_and_a_request_give_the_sets_that_python_gives(assay: Command, tmp_path, task: str) -> None:
    one, rows = sure(task), records(task, n_rows=20)
    one.save("m.assay")
    expected = one.predict(rows, 0.9)
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for suffix in ("jsonl", "parquet"):
        assert assay("predict", "m.assay", "rows.jsonl", "--level", "0.9", "-o", f"out.{suffix}").code == 0
    assert [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()] == expected.to_dicts()
    assert pl.read_parquet("out.parquet").equals(expected)
    asked = TestClient(make_app({"m": one})).post("/predict", json={"rows": rows, "level": 0.9})
    assert asked.json()["predictions"] == expected.to_dicts()


def test_a_set_in_a_csv_is_a_json_array_whatever_the_labels_hold(assay: Command, tmp_path) -> None:
    one, rows = sure("multiclass"), records("multiclass", n_rows=20)
    one.save("m.assay")
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = assay("predict", "m.assay", "rows.jsonl", "--level", "0.95")
    found = list(csv.DictReader(io.StringIO(done.out)))
    expected = one.predict(rows, 0.95)
    assert [json.loads(row["set"]) for row in found] == expected["set"].to_list()
    assert [int(row["set_size"]) for row in found] == expected["set_size"].to_list()
    assert any(len(labels) > 1 and "c|d" in labels for labels in expected["set"].to_list())


def test_what_too_few_rows_mean_is_said_on_stderr_and_null_in_the_answer(assay: Command, tmp_path) -> None:
    one, rows = sure("regression"), records("regression", n_rows=3)
    one.save("m.assay")
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = assay("predict", "m.assay", "rows.jsonl", "--level", "0.999")
    assert "takes at least 999 calibration rows, and there are 120" in done.err
    assert {row["low"] for row in csv.DictReader(io.StringIO(done.out))} == {""}
    assert assay("predict", "m.assay", "rows.jsonl", "--level", "0.9").err == ""
    asked = TestClient(make_app({"m": one})).post("/predict", json={"rows": rows, "level": 0.999})
    assert {row["low"] for row in asked.json()["predictions"]} == {None}


@pytest.mark.parametrize("level", ["0", "1", "90", "nan", "-0.1", "inf"])
def test_an_impossible_level_is_one_sentence(assay: Command, tmp_path, level: str) -> None:
    sure("binary").save("m.assay")
    (tmp_path / "rows.jsonl").write_text(json.dumps(records(n_rows=1)[0]))
    assert "between 0 and 1" in assay("predict", "m.assay", "rows.jsonl", f"--level={level}").complaint


def test_a_model_without_a_conformal_part_refuses_a_level(assay: Command, tmp_path) -> None:
    plain = Model(sure("binary").fitted)
    plain.save("m.assay")
    (tmp_path / "rows.jsonl").write_text(json.dumps(records(n_rows=1)[0]))
    words = "saved without what sets take"
    assert words in assay("predict", "m.assay", "rows.jsonl", "--level", "0.9").complaint
    asked = TestClient(make_app({"m": plain})).post("/predict", json={"rows": records(n_rows=1), "level": 0.9})
    assert asked.status_code == 422
    assert words in asked.json()["detail"]


@pytest.mark.parametrize("level", ["0.9", 90, True, [], {}, 0, 1, -1, 1e300])
def test_a_request_with_a_level_that_is_none_is_refused(level: object) -> None:
    asked = TestClient(make_app({"m": sure("binary")})).post("/predict", json={"rows": records(n_rows=1), "level": level})
    assert asked.status_code == 422
    assert "between 0 and 1" in asked.json()["detail"]


def test_the_servers_own_description_tells_of_the_level_where_there_is_one() -> None:
    client = TestClient(
        make_app({"sure": sure("multiclass"), "value": sure("regression"), "plain": Model(sure("binary").fitted)})
    )
    schema = client.get("/openapi.json").json()["paths"]

    def of(name: str, key: str) -> dict[str, object]:
        post = schema[f"/models/{name}/predict"]["post"]
        body = post["requestBody"] if key == "request" else post["responses"]["200"]
        return body["content"]["application/json"]["schema"]["properties"]

    assert ["level" in of(name, "request") for name in ("sure", "value", "plain")] == [True, True, False]
    cells = [of(name, "answer")["predictions"]["items"]["properties"] for name in ("sure", "value", "plain")]
    assert ["set" in found for found in cells] == [True, False, False]
    assert ["low" in found for found in cells] == [False, True, False]
    assert client.get("/docs").text.count('<code>"level": 0.9</code>') == 2
