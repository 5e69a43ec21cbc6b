"""What the server answers: the numbers of the model, and one sentence for what does not fit."""

import asyncio
import base64
import io
import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest
from PIL import Image
from starlette.testclient import TestClient
from tests.bundle.models import HOSTILE, model, records, table

import assay
from assay.balance.registry import TREATMENTS
from assay.bundle.model import Model
from assay.core.errors import ConfigError, DataError
from assay.data.conforming import conform
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES
from assay.serve.app import App, make_app
from assay.serve.http import Asked, Refusal
from assay.serve.limits import Limits

PAIRS = [("logistic", "binary"), ("boosting", "binary"), ("logistic", "multiclass"), ("knn", "regression")]


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(make_app({"loans": model()}, Limits(body_bytes=50_000, rows=50)))


def _detail(response) -> str:
    """The sentence of a refusal, which must be the only thing in the body and one line."""
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert list(body) == ["detail"]
    assert isinstance(body["detail"], str)
    assert body["detail"]
    assert "\n" not in body["detail"]
    return body["detail"]


@pytest.mark.parametrize(("recipe", "task"), PAIRS)
def test_an_answer_has_the_numbers_of_the_model_to_the_last_bit(recipe, task):
    one = model(recipe, task)
    rows = records(task, n_rows=20)
    answer = TestClient(make_app({"m": one})).post("/predict", json={"rows": rows}).json()
    assert answer == {"predictions": one.predict(rows).to_dicts(), "model": "m", "n": 20}


def test_a_single_row_gets_what_it_gets_in_the_file_it_came_from(client):
    expected = model().predict(table("binary"))
    for number, row in enumerate(records(n_rows=5)):
        answer = client.post("/predict", json={"rows": [row]}).json()["predictions"][0]
        assert answer["prediction"] == expected["prediction"][number]
        assert math.isclose(answer["probability"], expected["probability"][number], abs_tol=1e-9)


def test_each_of_several_models_has_its_own_address_and_the_first_the_short_one():
    both = TestClient(make_app({"a": model(), "b": model("logistic", "multiclass")}))
    rows = {"rows": records()}
    assert both.post("/predict", json=rows).json() == both.post("/models/a/predict", json=rows).json()
    assert "probability_$array" in both.post("/models/b/predict", json=rows).json()["predictions"][0]
    refused = both.post("/models/loan/predict", json=rows)
    assert refused.status_code == 404
    assert "no model 'loan'" in _detail(refused)
    assert both.get("/health").json()["models"] == ["a", "b"]


def test_health_says_versions_and_names(client):
    found = client.get("/health").json()
    assert found["status"] == "ok"
    assert found["versions"]["assay"] == assay.__version__
    assert found["versions"]["numpy"] == np.__version__
    assert found["models"] == ["loans"]


def _row(**change: object) -> dict[str, object]:
    return {**records(n_rows=1)[0], **change}


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [_row(**{"a b": "12"})],
        [_row(), _row(**{"a b": True})],
        [_row(**{"a b": [1]})],
        [_row(**{"a b": {"x": 1}})],
        [_row(**{HOSTILE: ["north"]})],
        [_row(day=5)],
        [_row(day="yesterday")],
        [_row(extra=1)],
        [_row(**{"a bb": 1})],
        [{key: value for key, value in _row().items() if key != HOSTILE}],
        [_row(), {}],
        ["row"],
        [None],
        [[1, 2]],
        [_row(**{"a b": 10**400})],
    ],
    ids=[
        "no rows",
        "text for a number",
        "boolean for a number",
        "list for a number",
        "object for a number",
        "list for a category",
        "number for a date",
        "no date",
        "extra",
        "extra near a name",
        "missing",
        "empty row",
        "text for a row",
        "null for a row",
        "list for a row",
        "huge",
    ],
)
def test_rows_that_do_not_fit_get_the_sentence_that_python_gives(client, rows):
    response = client.post("/predict", content=json.dumps({"rows": rows}), headers={"content-type": "application/json"})
    assert 400 <= response.status_code < 500
    sentence = _detail(response)
    if response.status_code == 422:
        with pytest.raises(DataError) as caught:
            conform(rows, model().fitted.schema, extra="refuse")
        assert sentence == str(caught.value)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_have_is_refused(client, word):
    body = json.dumps({"rows": [_row(**{"a b": 1.5})]}).replace("1.5", word)
    response = client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert "null" in _detail(response)


def test_a_number_beyond_floats_is_refused(client):
    body = json.dumps({"rows": [_row(**{"a b": 1.5})]}).replace("1.5", "1e999")
    response = client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    _detail(response)


@pytest.mark.parametrize("body", [b"", b"{", b"rows", b"\xff\xfe", b'{"rows":[' + b"[" * 5000, b'{"rows":["\\ud800"]}'])
def test_a_body_that_is_no_json_is_refused(client, body):
    response = client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    _detail(response)


@pytest.mark.parametrize("body", [b"[]", b'"rows"', b"{}", b'{"rows":{}}', b'{"rows":null}', b'{"rows":[],"x":1}'])
def test_a_body_of_another_form_is_refused(client, body):
    response = client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert '{"rows": [' in _detail(response)


def test_a_null_is_a_missing_value(client):
    row = dict.fromkeys(records()[0])
    assert client.post("/predict", json={"rows": [row]}).json()["predictions"] == model().predict([row]).to_dicts()


def test_too_many_rows_are_refused_with_the_limit(client):
    response = client.post("/predict", json={"rows": records(n_rows=51)})
    assert response.status_code == 422
    assert _detail(response) == "the request has 51 rows; send at most 50 at a time."
    assert client.post("/predict", json={"rows": records(n_rows=50)}).json()["n"] == 50


def test_a_body_over_the_limit_is_refused_by_its_declared_length(client):
    response = client.post("/predict", json={"rows": [_row(**{HOSTILE: "x" * 60_000})]})
    assert response.status_code == 413
    assert "50000 bytes" in _detail(response)


def test_a_body_that_does_not_declare_its_length_is_given_up_while_it_streams():
    received = 0

    async def receive() -> dict[str, object]:
        nonlocal received
        received += 10_000
        return {"type": "http.request", "body": b" " * 10_000, "more_body": True}

    asked = Asked("POST", "/predict", {b"content-type": b"application/json"}, receive)
    with pytest.raises(Refusal) as caught:
        asyncio.run(asked.body(50_000, 30.0))
    assert caught.value.status == 413
    assert received == 60_000


def test_a_declared_length_over_the_limit_is_refused_before_anything_is_read():
    async def receive() -> dict[str, object]:
        raise AssertionError("the body was read")

    asked = Asked("POST", "/predict", {b"content-type": b"application/json", b"content-length": b"9" * 50}, receive)
    with pytest.raises(Refusal) as caught:
        asyncio.run(asked.body(50_000, 30.0))
    assert caught.value.status == 413


def test_another_content_type_is_refused_and_a_charset_is_not(client):
    body = json.dumps({"rows": records()})
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        response = client.post("/predict", content=body, headers={"content-type": kind})
        assert response.status_code == 415
        assert "application/json" in _detail(response)
    assert client.post("/predict", content=body, headers={"content-type": "Application/JSON; charset=utf-8"}).status_code == 200


def test_other_addresses_and_methods_are_refused_as_json(client):
    for response in (client.get("/predict"), client.get("/etc/passwd"), client.post("/health")):
        assert 400 <= response.status_code < 500
        _detail(response)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action") or name.startswith("on")]


@pytest.mark.parametrize(("recipe", "task"), PAIRS)
def test_the_docs_show_names_as_text_and_need_no_network(recipe, task):
    response = TestClient(make_app({"m": model(recipe, task)})).get("/docs")
    found = _Tags()
    found.feed(response.text)
    assert not found.tags & {"script", "img", "iframe", "b", "link", "south"}
    assert set(found.links) == {"/openapi.json", "/health"}
    assert "http" not in re.sub(r"http-equiv", "", response.text)
    assert "&lt;img src=x onerror=alert(1)&gt;" in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_the_openapi_document_describes_rows_by_the_names_of_the_columns(client):
    document = client.get("/openapi.json").json()
    body = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    row = body["properties"]["rows"]["items"]
    assert row["required"] == ["a b", HOSTILE, "day", "$array"]
    assert row["additionalProperties"] is False
    assert row["properties"]["a b"]["type"] == ["number", "null"]
    models = {"/predict", "/models/loans/predict", "/models/loans/reload"}
    assert set(document["paths"]) == models | {"/health", "/metrics", "/drift", "/shadow", "/docs", "/openapi.json"}
    assert client.post("/predict", json=body["example"]).status_code == 200


@pytest.mark.parametrize("name", ["", "a/b", "{x}", "../x", "a b", "-x", "x" * 65])
def test_a_name_that_fits_no_address_is_refused(name):
    with pytest.raises(ConfigError):
        make_app({name: model()})


def test_a_server_needs_a_model():
    with pytest.raises(ConfigError, match="at least one"):
        make_app({})


# ---- pictures


def _png(value: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.full((8, 8), value, np.uint8)).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture(scope="module")
def pictures() -> App:
    shades = [20, 30, 40, 200, 210, 220] * 5
    frame = pl.DataFrame({"photo": [_png(shade) for shade in shades], "target": ["dark" if s < 99 else "light" for s in shades]})
    columns = (Column("photo", "image"), Column("target", "category", role="target", levels=("dark", "light")))
    data = Dataset(frame, Schema(columns), Task("binary", "target", ("dark", "light")))
    none = TREATMENTS.get("none")()
    fitted = fit(RECIPES.get("logistic"), none, data, groups=None, seed=0, budget=Budget(), context=Context())
    return make_app({"photos": Model(fitted)})


def _url(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def test_pictures_travel_as_data_urls(pictures):
    rows = [{"photo": _url(_png(25))}, {"photo": _url(_png(215))}]
    answer = TestClient(pictures).post("/predict", json={"rows": rows}).json()
    assert [one["prediction"] for one in answer["predictions"]] == ["dark", "light"]


@pytest.mark.parametrize(
    "cell", ["/etc/passwd", "a.png", "file:///etc/passwd", "data:image/png;base64,!!", "data:text/html,x", _url(b"no picture"), 7]
)
def test_a_path_or_what_is_no_picture_is_refused(pictures, cell):
    response = TestClient(pictures).post("/predict", json={"rows": [{"photo": cell}]})
    assert response.status_code == 422
    _detail(response)
