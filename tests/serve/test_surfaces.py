"""What the server offers besides answers: other forms of rows, keys, hosts, counts, drift, reload and shadow."""

import asyncio
import io
import json
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from starlette.testclient import TestClient
from tests.bundle.test_quick import GAPS, LABEL, NUMBER, WORD, data, model, records

import assay
from assay.bundle.model import Model
from assay.core.errors import ConfigError
from assay.data.reference import spreads_of
from assay.serve.app import App, make_app
from assay.serve.http import Asked, Refusal
from assay.serve.limits import Limits, hosts_of, key_digest, read_keys
from assay.serve.log import Log
from assay.serve.served import Shelf

KEY = "a key of sixteen letters"
PARQUET = "application/vnd.apache.parquet"


def watched(recipe: str = "logistic", task: str = "binary") -> Model:
    """A model that knows how its training rows were spread."""
    one, rows = model(recipe, task), data(task)
    reference = spreads_of(rows.frame, one.fitted.schema, np.arange(len(rows)))
    return Model(one.fitted, one.threshold, reference=reference)


def client_of(models: dict[str, Model], **limits: Any) -> TestClient:
    return TestClient(make_app(models, Limits(**limits)))


@pytest.fixture(scope="module")
def client() -> TestClient:
    return client_of({"m": watched()}, rows=100)


def frame(rows: int = 20) -> pl.DataFrame:
    return pl.DataFrame(records("binary", rows))


def parquet(table: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    table.write_parquet(stream)
    return stream.getvalue()


# ---- forms of rows


@pytest.mark.parametrize("kind", ["text/csv", "text/csv; charset=utf-8", PARQUET])
def test_rows_may_come_as_csv_or_parquet(client: TestClient, kind: str) -> None:
    content = parquet(frame()) if kind == PARQUET else frame().write_csv().encode()
    answer = client.post("/predict", content=content, headers={"content-type": kind})
    assert answer.json()["predictions"] == model("logistic", "binary").predict(frame()).to_dicts()


@pytest.mark.parametrize(
    ("kind", "content", "status", "words"),
    [
        ("text/csv", b"", 400, "no CSV"),
        ("text/csv", b"\xff\xfe\x00bad,\xff\n\xff,1\n", 400, "no CSV"),
        (PARQUET, b"PAR1 but no more", 400, "no Parquet"),
        ("text/csv", b"number,gaps,word\n1,2,north\n", 422, "'label' is missing"),
        ("text/csv", b"number,gaps,word,label\nabc,2,north,1\n", 422, "number"),
        ("text/csv", b"number,gaps,word,label,more\n1,2,north,1,1\n", 422, "'more' is not one of the model's"),
        ("text/csv", b"number,gaps,word,label\n" + b"1,2,north,1\n" * 101, 422, "101 rows; send at most 100"),
        (PARQUET, parquet(frame(40).sample(2000, with_replacement=True, seed=0)), 422, "2000 rows; send at most 100"),
    ],
    ids=["empty csv", "not utf-8", "no parquet", "missing", "no number", "extra", "long csv", "long parquet"],
)
def test_a_file_that_does_not_fit_is_refused_in_one_sentence(
    client: TestClient, kind: str, content: bytes, status: int, words: str
) -> None:
    answer = client.post("/predict", content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]


# ---- who may ask


def test_with_keys_only_health_is_open(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"# ours\n{KEY}\n\nanother key of some letters\n")
    closed = client_of({"m": watched()}, keys=read_keys(tmp_path / "keys"))
    asked = {"rows": records("binary", 1)}
    for wrong in ({}, {"authorization": f"Basic {KEY}"}, {"authorization": "Bearer wrong"}, {"authorization": KEY}):
        answer = closed.post("/predict", json=asked, headers=wrong)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    assert closed.get("/metrics").status_code == closed.get("/docs").status_code == 401
    assert closed.get("/health").status_code == 200
    for key in (KEY, "another key of some letters"):
        assert closed.post("/predict", json=asked, headers={"authorization": f"Bearer {key}"}).status_code == 200


@pytest.mark.parametrize(("content", "words"), [("", "no key"), ("# none\n", "no key"), ("short\n", "key 1 is shorter")])
def test_a_file_of_keys_that_opens_nothing_is_refused(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "keys").write_text(content)
    with pytest.raises(ConfigError, match=words):
        read_keys(tmp_path / "keys")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_keys(tmp_path / "gone")


@pytest.mark.parametrize(
    ("listens", "asked", "is_ours"),
    [
        ("127.0.0.1", "localhost:8000", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "[::1]:8000", True),
        ("127.0.0.1", "LOCALHOST", True),
        ("127.0.0.1", "evil.example", False),
        ("127.0.0.1", "evil.example:8000", False),
        ("127.0.0.1", "localhost.evil.example", False),
        ("127.0.0.1", "", False),
        ("10.0.0.3", "10.0.0.3:80", True),
        ("10.0.0.3", "localhost", False),
        ("0.0.0.0", "any.example", True),
    ],
)
def test_a_server_is_asked_under_its_own_names(listens: str, asked: str, is_ours: bool) -> None:
    assert Limits(hosts=hosts_of(listens)).is_host(asked) is is_ours


def test_a_name_may_be_added() -> None:
    assert Limits(hosts=hosts_of("127.0.0.1", ["Scores.Example"])).is_host("scores.example:443")
    assert not Limits(hosts=hosts_of("0.0.0.0", ["scores.example"])).is_host("other.example")
    answer = client_of({"m": watched()}, hosts=("scores.example",)).get("/health")
    assert answer.status_code == 421


def test_a_page_from_elsewhere_cannot_ask(client: TestClient) -> None:
    asked = {"rows": records("binary", 1)}
    assert client.post("/predict", json=asked, headers={"origin": "http://evil.example"}).status_code == 403
    assert client.post("/models/m/reload", headers={"origin": "null"}).status_code == 403
    assert client.post("/predict", json=asked, headers={"origin": "http://testserver"}).status_code == 200


def test_a_wrong_key_is_told_from_a_right_one_by_its_digest_alone() -> None:
    limits = Limits(keys=(key_digest(KEY),))
    assert limits.is_open_to(f"bearer {KEY}")
    assert Limits().is_open_to("")


# ---- what it says of itself


def test_every_answer_has_the_id_it_was_asked_with_or_one_of_its_own(client: TestClient) -> None:
    assert client.get("/health", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    own = {client.get(path).headers["x-request-id"] for path in ("/health", "/nowhere", "/health")}
    assert len(own) == 3
    for bad in ("x" * 129, "caf\xe9"):
        assert client.get("/health", headers={"x-request-id": bad.encode("latin-1")}).headers["x-request-id"] != bad


def test_the_counts_are_those_of_what_was_asked() -> None:
    fresh = client_of({"m": watched()})
    fresh.post("/predict", json={"rows": records("binary", 3)})
    fresh.post("/models/m/predict", json={"rows": [{**row, WORD: "new"} for row in records("binary", 2)]})
    fresh.post("/predict", json={"rows": []})
    fresh.get("/nowhere")
    answer = fresh.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    told = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert told['assay_requests_total{model="m",status="200"}'] == "2"
    assert told['assay_requests_total{model="m",status="422"}'] == "1"
    assert told['assay_requests_total{model="",status="404"}'] == "1"
    assert told['assay_rows_total{model="m"}'] == "5"
    assert told[f'assay_unseen_levels_total{{model="m",column="{WORD}"}}'] == "2"
    assert told["assay_requests_under_way"] == "1"  # this one
    assert told['assay_request_seconds_count{model="m"}'] == told['assay_request_seconds_bucket{model="m",le="+Inf"}'] == "3"


def test_a_fault_of_the_servers_is_told_without_its_insides_and_logged_with_them() -> None:
    stream = io.StringIO()
    app = App(Shelf({"m": watched()}), Limits(), Log(stream=stream))

    def broken() -> Any:
        raise RuntimeError("secret path /etc/x")

    app._gets["/health"] = broken
    answer = TestClient(app).get("/health", headers={"x-request-id": "r1"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "r1" in answer.json()["detail"]
    logged = json.loads(stream.getvalue())
    assert logged["request"] == "r1"
    assert "secret path /etc/x" in logged["why"]


@pytest.mark.parametrize(("what", "lines"), [("none", 0), ("errors", 0), ("requests", 2)])
def test_what_is_logged_is_chosen(what: Any, lines: int) -> None:
    stream = io.StringIO()
    asked = TestClient(App(Shelf({"m": watched()}), Limits(), Log(what, stream)))
    asked.get("/health")
    asked.get("/nowhere%0A")
    found = stream.getvalue().splitlines()
    assert len(found) == lines
    assert [json.loads(line)["status"] for line in found] == [200, 404][:lines]


# ---- too much


def test_more_at_once_than_it_takes_are_told_to_come_back() -> None:
    app = make_app({"m": watched("knn")}, Limits(waiting=4))
    body = json.dumps({"rows": [{**records("binary", 1)[0], WORD: "new"}]}).encode()  # through frames, so in a thread

    async def run() -> list[tuple[int, dict[bytes, bytes], bytes]]:
        *found, health = await asyncio.gather(*(ask(app, "/predict", body) for _ in range(40)), ask(app, "/health", b"", "GET"))
        assert health[0] == 200  # busy is not ill
        return found

    found = asyncio.run(run())
    statuses = [status for status, _, _ in found]
    assert set(statuses) == {200, 503}
    assert statuses.count(200) == 4
    expected = model("knn", "binary").predict([{**records("binary", 1)[0], WORD: "new"}]).to_dicts()
    for status, headers, content in found:
        if status == 503:
            assert headers[b"retry-after"] == b"1"
        else:
            assert json.loads(content)["predictions"] == expected
    assert app.counts.under_way == 0


def test_an_answer_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app({"m": watched("knn")}, Limits(seconds=0.05))
    batcher = app.shelf.named("m").batcher
    monkeypatch.setattr(batcher, "_at_length", lambda *_: time.sleep(0.3))
    monkeypatch.setattr(batcher, "quick", None)
    status, _, content = asyncio.run(ask(app, "/predict", json.dumps({"rows": records("binary", 1)}).encode()))
    assert status == 504
    assert "0.05 seconds" in json.loads(content)["detail"]


def test_health_tells_of_a_model_that_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app({"m": watched("knn"), "other": watched()}, Limits(seconds=0.05))
    batcher, freed = app.shelf.named("m").batcher, threading.Event()
    monkeypatch.setattr(batcher, "quick", None)
    monkeypatch.setattr(Model, "predict_features", lambda *_: freed.wait(20))
    body = json.dumps({"rows": records("binary", 1)}).encode()
    assert TestClient(app).get("/health").status_code == 200
    assert asyncio.run(ask(app, "/predict", body))[0] == 504
    time.sleep(0.1)
    health = TestClient(app).get("/health")
    assert health.status_code == 503
    assert health.json()["stuck"] == ["m"]
    freed.set()
    batcher.close()
    assert TestClient(app).get("/health").json()["status"] == "ok"


def test_a_body_that_does_not_arrive_is_given_up() -> None:
    async def receive() -> dict[str, Any]:
        if receive_times.append(1) or len(receive_times) == 1:
            return {"type": "http.request", "body": b"{", "more_body": True}
        await asyncio.sleep(10)
        return {}

    receive_times: list[int] = []
    with pytest.raises(Refusal) as caught:
        asyncio.run(Asked("POST", "/predict", {}, receive).body(1000, 0.05))
    assert caught.value.status == 408


def test_a_body_that_ends_in_the_middle_is_no_request() -> None:
    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    with pytest.raises(Refusal) as caught:
        asyncio.run(Asked("POST", "/predict", {}, receive).body(1000, 1.0))
    assert caught.value.status == 400


async def ask(app: App, path: str, body: bytes, method: str = "POST") -> tuple[int, dict[bytes, bytes], bytes]:
    """(status, headers, body) of a request, without a client of its own."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"host", b"testserver")]
    await app({"type": "http", "method": method, "path": path, "headers": headers}, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


# ---- drift


def drift_of(client: TestClient) -> dict[str, dict[str, Any]]:
    return {one["column"]: one for one in client.get("/drift").json()["models"]["m"]}


def test_rows_like_the_training_rows_are_no_drift_and_others_are() -> None:
    asked = client_of({"m": watched()})
    assert drift_of(asked) == {}
    for _ in range(5):
        asked.post("/predict", json={"rows": records("binary", 300)})
    same = drift_of(asked)
    assert {name for name, one in same.items() if one["shifted"]} == set()
    assert same[NUMBER]["rows"] == 1500
    moved = client_of({"m": watched()})
    rows = [{**row, NUMBER: 5.0} for row in records("binary", 300)]
    moved.post("/predict", json={"rows": [{**row, WORD: "new"} for row in rows[:150]]})
    moved.post("/predict", json={"rows": rows[150:]})
    found = drift_of(moved)
    assert {name for name, one in found.items() if one["shifted"]} == {NUMBER, WORD}
    assert found[WORD]["moved"] == "any other"
    assert found[WORD]["share_now"] == pytest.approx(0.5)
    assert found[NUMBER]["moved"].startswith("above")
    assert not found[GAPS]["shifted"]
    assert not found[LABEL]["shifted"]


def test_rows_that_are_refused_are_no_part_of_the_drift() -> None:
    asked = client_of({"m": watched()})
    asked.post("/predict", json={"rows": [{**records("binary", 1)[0], NUMBER: "x"}]})
    assert drift_of(asked) == {}


def test_a_model_without_a_reference_has_no_drift(client: TestClient) -> None:
    asked = client_of({"m": model("logistic", "binary")})
    asked.post("/predict", json={"rows": records("binary", 3)})
    assert drift_of(asked) == {}


def test_the_reference_is_saved_with_the_model(tmp_path: Path) -> None:
    one = watched()
    one.save(tmp_path / "m.assay")
    back = assay.load(tmp_path / "m.assay")
    assert [spread.to_json() for spread in back.reference] == [spread.to_json() for spread in one.reference]


# ---- another model in the place of one


def test_a_model_is_loaded_again_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "m.assay"
    watched("logistic").save(path)
    asked = TestClient(App(Shelf({"m": assay.load(path)}, {"m": path}), Limits(), Log()))
    rows = records("binary", 5)
    before = asked.post("/predict", json={"rows": rows}).json()["predictions"]
    watched("boosting").save(path)
    assert asked.post("/models/m/reload").json()["model"] == "m"
    after = asked.post("/predict", json={"rows": rows}).json()["predictions"]
    assert before == model("logistic", "binary").predict(rows).to_dicts()
    assert after == model("boosting", "binary").predict(rows).to_dicts()


def test_what_cannot_take_its_place_leaves_the_old_one_answering(tmp_path: Path) -> None:
    path = tmp_path / "m.assay"
    watched("logistic").save(path)
    asked = TestClient(App(Shelf({"m": assay.load(path), "made": watched()}, {"m": path}), Limits(), Log()))
    watched("logistic", "multiclass").save(path)
    answer = asked.post("/models/m/reload")
    assert answer.status_code == 409
    assert "serve it under another name" in answer.json()["detail"]
    path.write_bytes(b"broken")
    assert asked.post("/models/m/reload").status_code == 422
    assert asked.post("/models/made/reload").status_code == 409
    rows = records("binary", 2)
    expected = model("logistic", "binary").predict(rows).to_dicts()
    assert asked.post("/models/m/predict", json={"rows": rows}).json()["predictions"] == expected


def test_no_request_is_lost_or_mixed_up_while_models_take_each_others_place(tmp_path: Path) -> None:
    paths = {"logistic": tmp_path / "a.assay", "boosting": tmp_path / "b.assay"}
    for recipe, path in paths.items():
        watched(recipe).save(path)
    live = tmp_path / "m.assay"
    watched("logistic").save(live)
    app = App(Shelf({"m": assay.load(live)}, {"m": live}), Limits(), Log())
    rows = records("binary", 4)
    answers = [model(recipe, "binary").predict(rows).to_dicts() for recipe in paths]
    body = json.dumps({"rows": rows}).encode()

    async def run() -> list[Any]:
        found: list[Any] = []

        async def keep_asking() -> None:
            while not over.is_set():
                found.append(await ask(app, "/predict", body))
                await asyncio.sleep(0)

        over = asyncio.Event()
        askers = [asyncio.ensure_future(keep_asking()) for _ in range(8)]
        for turn in range(6):
            live.write_bytes(paths["boosting" if turn % 2 == 0 else "logistic"].read_bytes())
            status, _, _ = await ask(app, "/models/m/reload", b"")
            assert status == 200
        over.set()
        await asyncio.gather(*askers)
        return found

    found = asyncio.run(run())
    assert {status for status, _, _ in found} == {200}
    said = [json.loads(content)["predictions"] for _, _, content in found]
    assert all(one in answers for one in said)
    assert {json.dumps(one) for one in said} == {json.dumps(one) for one in answers}


# ---- a shadow


def test_a_shadow_answers_beside_the_live_model_and_is_compared_with_it() -> None:
    app = App(Shelf({"m": watched("logistic")}, shadows={"m": watched("boosting")}), Limits(), Log())
    asked, rows = TestClient(app), records("binary", 200)
    for start in range(0, 200, 50):
        part = rows[start : start + 50]
        answer = asked.post("/predict", json={"rows": part}).json()["predictions"]
        assert answer == model("logistic", "binary").predict(part).to_dicts()
    shadow = app.shelf.named("m").shadow
    assert shadow is not None
    shadow.close()
    told = asked.get("/shadow").json()["models"]["m"]
    live, beside = (model(recipe, "binary").predict(rows) for recipe in ("logistic", "boosting"))
    apart = (beside["probability"] - live["probability"]).to_numpy()
    assert told["rows"] == 200
    assert told["difference"]["value"] == pytest.approx(apart.mean())
    half = 1.959963984540054 * apart.std() / np.sqrt(199)
    assert told["difference"]["high"] - told["difference"]["value"] == pytest.approx(half)
    assert told["other_label"]["value"] == pytest.approx(float((live["prediction"] != beside["prediction"]).mean()))
    assert told["other_label"]["low"] <= told["other_label"]["value"] <= told["other_label"]["high"]


def test_a_shadow_that_is_behind_leaves_out_and_says_how_many() -> None:
    app = App(Shelf({"m": watched()}, shadows={"m": watched("boosting")}), Limits(), Log())
    shadow = app.shelf.named("m").shadow
    assert shadow is not None
    shadow.close()  # it works no more, so what is heard waits
    for _ in range(70):
        shadow.hear(records("binary", 1), [{}])
    assert shadow.told()["left_out"] == 6


def test_a_shadow_that_fails_goes_on_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    app = App(Shelf({"m": watched()}, shadows={"m": watched("boosting")}), Limits(), Log())
    shadow = app.shelf.named("m").shadow
    assert shadow is not None

    def broken(*_: object) -> Any:
        raise RuntimeError("no more")

    monkeypatch.setattr(Model, "predict", broken)
    asked = TestClient(app)
    for _ in range(3):
        assert asked.post("/predict", json={"rows": records("binary", 2)}).status_code == 200
    shadow.close()
    told = asked.get("/shadow").json()["models"]["m"]
    assert (told["rows"], told["failed"], told["problem"]) == (0, 6, "RuntimeError: no more")


@pytest.mark.parametrize("beside", [("m", "multiclass"), ("other", "binary")])
def test_a_shadow_that_fits_no_model_is_refused(beside: tuple[str, str]) -> None:
    with pytest.raises(ConfigError, match="shadow"):
        Shelf({"m": watched()}, shadows={beside[0]: watched("logistic", beside[1])})
