"""A model's thread that dies or hangs: who waits is answered, /health tells the truth, and the server goes on."""

import asyncio
import json
import threading
import weakref
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.bundle.test_quick import WORD, model, records
from tests.serve.test_surfaces import ask, watched

import assay
from assay.serve import worker as workers
from assay.serve.app import App, make_app
from assay.serve.limits import Limits
from assay.serve.log import Log
from assay.serve.served import Shelf
from assay.serve.worker import Worker, WorkerDied

ROWS = [{**row, WORD: "never seen"} for row in records("binary", 2)]  # so they go through the thread


def body(rows: list[dict[str, Any]] = ROWS) -> bytes:
    return json.dumps({"rows": rows}).encode()


async def look(app: App, path: str) -> tuple[int, Any]:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "http", "method": "GET", "path": path, "headers": [(b"host", b"testserver")]}, receive, send)
    return sent[0]["status"], orjson.loads(sent[1]["body"]) if path != "/metrics" else sent[1]["body"].decode()


def die_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next piece of work ends its thread."""
    true_outcome = workers._outcome

    def once(do: Any) -> Any:
        monkeypatch.setattr(workers, "_outcome", true_outcome)
        raise SystemExit("killed")

    monkeypatch.setattr(workers, "_outcome", once)


def test_when_the_thread_dies_everyone_who_waits_is_told_and_the_next_one_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app({"m": watched("knn")})
    expected = model("knn", "binary").predict(ROWS).to_dicts()

    async def run() -> None:
        assert (await ask(app, "/predict", body()))[0] == 200
        die_once(monkeypatch)
        lost = await asyncio.gather(*(ask(app, "/predict", body()) for _ in range(5)))
        assert [status for status, _, _ in lost].count(503) >= 1
        for status, headers, content in lost:
            found = assay_json(content)
            assert (status, headers.get(b"retry-after")) == (503, b"1") or found["predictions"] == expected
        await until_dead(app)
        assert await look(app, "/health") == (503, {**(await told(app)), "status": "dead", "dead": ["m"]})
        status, health = await look(app, "/health")
        assert (status, health["status"]) == (200, "ok")
        status, _, content = await ask(app, "/predict", body())
        assert (status, assay_json(content)["predictions"]) == (200, expected)
        assert 'assay_worker_deaths_total{model="m"} 1' in (await look(app, "/metrics"))[1]

    asyncio.run(run())


async def until_dead(app: App) -> None:
    worker = app.shelf.named("m").batcher.worker
    while not worker.is_dead:
        await asyncio.sleep(0.01)


async def told(app: App) -> dict[str, Any]:
    return {"versions": app._versions, "models": ["m"]}


def assay_json(content: bytes) -> Any:
    return orjson.loads(content)


@pytest.mark.parametrize("end", [SystemExit, KeyboardInterrupt, BaseException])
def test_a_model_that_ends_the_program_has_failed_and_no_more(monkeypatch: pytest.MonkeyPatch, end: type[BaseException]) -> None:
    app = make_app({"m": watched("knn"), "other": watched()})
    batcher = app.shelf.named("m").batcher

    def ends(*_: Any) -> Any:
        raise end("enough")

    async def run() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(batcher, "_at_length", ends)
            status, _, content = await ask(app, "/predict", body())
            assert status == 500
            assert "enough" not in content.decode()
        assert (await ask(app, "/predict", body()))[0] == 200
        assert (await look(app, "/health"))[0] == 200

    asyncio.run(run())


def test_a_fault_in_a_batch_is_told_to_all_of_it_and_the_next_batch_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app({"m": watched()})
    batcher, rows = app.shelf.named("m").batcher, records("binary", 2)

    def ends(*_: Any) -> Any:
        raise BaseException("enough")

    async def run() -> None:
        with monkeypatch.context() as patch:
            patch.setattr("assay.serve.batching.INLINE_SECONDS", -1.0)  # in the thread
            patch.setattr(batcher, "_together", ends)
            found = await asyncio.gather(*(ask(app, "/predict", body(rows)) for _ in range(4)))
            assert [status for status, _, _ in found] == [500] * 4
        status, _, content = await ask(app, "/predict", body(rows))
        assert (status, assay_json(content)["predictions"]) == (200, model("logistic", "binary").predict(rows).to_dicts())

    asyncio.run(run())


def test_a_stuck_model_is_refused_at_once_and_a_reload_puts_a_fresh_one_in_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path, freed = tmp_path / "m.assay", threading.Event()
    watched().save(path)
    app = App(Shelf({"m": assay.load(path)}, {"m": path}), Limits(seconds=0.05), Log("none"))
    stuck = app.shelf.named("m").batcher
    monkeypatch.setattr(stuck, "_at_length", lambda *_: freed.wait(30))

    async def run() -> None:
        assert (await ask(app, "/predict", body()))[0] == 504
        await asyncio.sleep(0.1)
        status, _, content = await ask(app, "/predict", body())
        assert (status, "does not come back" in content.decode()) == (503, True)
        assert (await look(app, "/health"))[1]["stuck"] == ["m"]
        assert (await ask(app, "/models/m/reload", b""))[0] == 200
        assert (await look(app, "/health"))[0] == 200
        app.limits = Limits(seconds=10.0)  # the machine may be slow
        assert (await ask(app, "/predict", body()))[0] == 200

    try:
        asyncio.run(run())
        assert stuck.worker.close(0.01) is False  # a stop does not wait for it
    finally:
        freed.set()
    assert stuck.worker.close(20.0) is True


def test_work_that_nobody_waits_for_any_more_is_not_begun() -> None:
    done: list[int] = []

    async def run() -> None:
        one, held = Worker("w"), threading.Event()
        first = one.do(lambda: held.wait(20))
        given_up = one.do(lambda: done.append(1))
        kept = one.do(lambda: done.append(2))
        given_up.cancel()
        held.set()
        await asyncio.gather(first, kept)
        one.close()
        with pytest.raises(WorkerDied):
            await one.do(lambda: None)

    asyncio.run(run())
    assert done == [2]


def test_what_was_asked_is_forgotten_when_it_is_answered() -> None:
    class Rows:
        pass

    async def run() -> None:
        one, rows = Worker("w"), Rows()
        seen = weakref.ref(rows)
        assert await one.do(lambda rows=rows: type(rows).__name__) == "Rows"
        del rows
        await one.do(lambda: None)  # the thread has gone on
        assert seen() is None
        one.close()

    asyncio.run(run())


def test_many_long_bodies_at_once_do_not_fill_the_memory() -> None:
    app = make_app({"m": watched()}, Limits(body_bytes=1000, held_bytes=2500))

    async def run() -> list[int]:
        go, statuses = asyncio.Event(), list[Any]()

        async def one() -> None:
            parts = [
                {"type": "http.request", "body": b" " * 900, "more_body": True},
                {"type": "http.request", "body": b"", "more_body": False},
            ]

            async def receive() -> dict[str, Any]:
                if len(parts) == 1:
                    await go.wait()
                return parts.pop(0)

            async def send(message: Any) -> None:
                statuses.append(message.get("status"))

            headers = [(b"content-type", b"application/json"), (b"host", b"x")]
            await app({"type": "http", "method": "POST", "path": "/predict", "headers": headers}, receive, send)

        asked = [asyncio.ensure_future(one()) for _ in range(5)]
        await asyncio.sleep(0.05)
        go.set()
        await asyncio.gather(*asked)
        return [status for status in statuses if status is not None]

    found = asyncio.run(run())
    assert sorted(found) == [400, 400, 503, 503, 503]  # spaces are no JSON, but they were read
    assert app._held.now == 0
