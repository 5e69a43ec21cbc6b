"""The server against its own OpenAPI document: whatever schemathesis makes of it gets 2xx, 4xx or 503, in the form it promises.

ASSAY_FUZZ_SECONDS says for how long; ten minutes in ``make check-slow``.
"""

import io
import os
import random
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import hypothesis
import numpy as np
import orjson
import polars as pl
import pytest
import schemathesis
from hypothesis import Phase
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks
from starlette.testclient import TestClient
from tests.bundle.models import model as model_of_dates
from tests.bundle.models import records as records_with_dates
from tests.bundle.models import table as table_of_dates
from tests.bundle.test_quick import records
from tests.serve.test_surfaces import watched

import assay
from assay.bundle.model import Model
from assay.data.reference import spreads_of
from assay.measure.conformal.fitting import fit_split
from assay.measure.payload import Truth
from assay.serve.app import App
from assay.serve.limits import Limits
from assay.serve.log import Log
from assay.serve.served import Shelf

EVERY = list(hypothesis.HealthCheck)
SECONDS = float(os.environ.get("ASSAY_FUZZ_SECONDS", "600"))


def everything() -> Model:
    """Dates, numbers and categories, with sets at a level and the spread of the training rows."""
    one, rows = model_of_dates(), table_of_dates("binary")
    said = one.fitted.predict(rows.features)
    truth = Truth("binary", said.units, {"target": rows.target})
    spreads = spreads_of(rows.features, one.fitted.schema, np.arange(len(rows)))
    return Model(one.fitted, one.threshold, conformal=fit_split(truth, said), reference=spreads)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    folder = tmp_path_factory.mktemp("served")
    models = {"all": everything(), "quick": watched()}
    paths = {name: folder / f"{name}.assay" for name in models}
    for name, one in models.items():
        one.save(paths[name])
    shelf = Shelf({name: assay.load(path) for name, path in paths.items()}, paths, {"quick": watched("boosting")})
    return App(shelf, Limits(rows=200), Log("none"))


CHECKS = (
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)
"""Those of what is promised of an answer; that whatever fits the schema is accepted is not: a number may be beyond floats."""


@pytest.mark.slow
def test_whatever_is_made_of_its_document_gets_an_answer_that_the_document_promises(app: App) -> None:
    async def without_end(scope: Any, receive: Any, send: Any) -> None:
        """schemathesis begins and ends the life of an application with every request."""
        assert scope["type"] in ("lifespan", "http")
        if scope["type"] == "http":
            await app(scope, receive, send)

    schema = schemathesis.openapi.from_asgi("/openapi.json", without_end)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert {operation.path for operation in operations} >= {"/predict", "/models/quick/predict", "/models/all/reload", "/drift"}
    until, seed = time.monotonic() + SECONDS / 2, 0
    statuses: Counter[tuple[str, int]] = Counter()
    while time.monotonic() < until:
        for operation in operations:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                ask_some(operation, mode, seed, 50 if operation.method == "post" else 3, statuses)
        seed += 1
    for path in ("/models/quick/predict", "/models/all/predict"):
        assert {200, 400, 422} <= {status for asked, status in statuses if asked == path}
    print(f"{statuses.total()} requests: {dict(sorted(statuses.items()))}")


def ask_some(operation: Any, mode: GenerationMode, seed: int, examples: int, statuses: Counter[tuple[str, int]]) -> None:
    """Make requests, and look at their answers."""

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=EVERY, phases=[Phase.generate]
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        response = case.call()
        statuses[operation.path, response.status_code] += 1
        assert response.status_code < 500, response.text
        case.validate_response(response, checks=CHECKS)

    with suppress(hypothesis.errors.Unsatisfiable):  # there is nothing wrong that could be sent to it
        ask()


@pytest.mark.slow
def test_whatever_becomes_of_a_good_body_gets_an_answer_in_one_sentence_or_of_as_many_rows(app: App) -> None:
    client, draw = TestClient(app), random.Random(0)
    bodies = good_bodies()
    until, asked, answered = time.monotonic() + SECONDS / 2, 0, 0
    while time.monotonic() < until:
        path, kind, body = draw.choice(bodies)
        response = client.post(path, content=damaged(body, draw), headers={"content-type": kind})
        asked += 1
        assert response.status_code in (200, 400, 413, 415, 422), response.text
        said = response.json()
        if response.status_code == 200:
            answered += 1
            assert said["n"] == len(said["predictions"]) > 0
            for one in said["predictions"]:
                assert 0 <= one["probability"] <= 1
        else:
            assert list(said) == ["detail"]
            assert said["detail"]
            assert "\n" not in said["detail"]
    assert asked > answered > 0


def good_bodies() -> list[tuple[str, str, bytes]]:
    found = []
    for path, rows in (("/models/quick/predict", records("binary", 4)), ("/models/all/predict", records_with_dates(n_rows=4))):
        for more in ({}, {"reasons": 2}, {"level": 0.9} if "all" in path else {}):
            found.append((path, "application/json", orjson.dumps({"rows": rows, **more})))
        stream = io.BytesIO()
        pl.DataFrame(rows).write_parquet(stream)
        found.append((path, "application/vnd.apache.parquet", stream.getvalue()))
        found.append((path, "text/csv", pl.DataFrame(rows).write_csv().encode()))
    return found


WORDS = (
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b":",
    b"\\",
    b"null",
    b"true",
    b"NaN",
    b"1e999",
    b"-0",
    b'"',
    b"\n",
    b"\0",
    b"\xff",
    b"9" * 400,
)


def damaged(body: bytes, draw: random.Random) -> bytes:
    """With a few bytes changed, cut, doubled or put in."""
    for _ in range(draw.randint(1, 4)):
        at, to = sorted((draw.randrange(len(body) + 1), draw.randrange(len(body) + 1)))
        body = draw.choice(
            (
                body[:at] + bytes([draw.randrange(256)]) + body[at + 1 :],
                body[:at] + draw.choice(WORDS) + body[at:],
                body[:at] + body[at + draw.randint(1, 8) :],
                body[:to] + body[at:],
                body[:at] if draw.random() < 0.1 else body[:at] + draw.choice(WORDS) + body[at + 1 :],
            )
        )
    return body
