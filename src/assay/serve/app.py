"""The HTTP face of saved models as an ASGI application: predict, health, metrics, and a page that says how to ask.

It stands on ASGI itself, not on a framework: between a socket and a model of twenty numbers a framework would take most of
the time.  The sentence in a 4xx answer is the one that Python and the command line give.
"""

import asyncio
import itertools
import os
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import assay
from assay.archive.manifest import versions_here
from assay.bundle.model import Model
from assay.core.errors import AssayError
from assay.serve.batching import by_name
from assay.serve.bodies import is_json, read_rows
from assay.serve.counts import Counts
from assay.serve.http import (
    COME_BACK,
    HTML,
    TEXT,
    Answer,
    Asked,
    Held,
    Receive,
    Refusal,
    Scope,
    Send,
    as_json,
    send_answer,
)
from assay.serve.limits import Limits
from assay.serve.log import Log
from assay.serve.openapi import document
from assay.serve.page import docs_page
from assay.serve.parquet import ParquetReader
from assay.serve.reasons import check_reasons
from assay.serve.served import Served, Shelf
from assay.serve.worker import WorkerDied

_CLOSED = b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_OPEN = ("/health",)
"""What answers without a key, and when too much is under way: whoever watches the server must not think that it is gone."""


class App:
    """``POST /predict`` asks the first model, ``POST /models/NAME/predict`` any; ``GET /health /metrics /docs /openapi.json``.

    What is the caller's fault gets 4xx and {"detail": one sentence}, a server that is too busy 503 with Retry-After.
    """

    def __init__(self, shelf: Shelf, limits: Limits, log: Log) -> None:
        self.shelf, self.limits, self.log, self.counts = shelf, limits, log, Counts()
        self._held, self._parquet = Held(limits.held_bytes), ParquetReader(limits.seconds)
        self._retiring: set[asyncio.Task[None]] = set()
        self._ids, self._prefix = itertools.count(1), os.urandom(6).hex()
        self._versions = {"assay": assay.__version__, **versions_here()}
        self._describe()
        self._gets: dict[str, Callable[[], Answer]] = {
            "/health": self._health,
            "/metrics": self._metrics,
            "/shadow": self._shadow,
            "/docs": lambda: self._page,
            "/": lambda: self._page,
            "/openapi.json": lambda: self._document,
        }
        self._posts: dict[str, Callable[[Asked, str], Awaitable[Answer]]] = {"predict": self._predict, "reload": self._reload}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(Asked.of(scope, receive), send)
        else:  # a WebSocket
            await send({"type": "websocket.close", "code": 1000})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self.shelf.close()
                self._parquet.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _answer(self, asked: Asked, send: Send) -> None:
        began, counts = time.perf_counter(), self.counts
        request_id = self._id_of(asked)
        named, why = "", None
        counts.under_way += 1
        try:
            self._admit(asked)
            name, what = _asks_model(asked.path)
            post = self._posts.get(what)
            if post is None:
                answer = await self._get(asked)
            elif asked.method != "POST":
                raise Refusal(405, f"{asked.path[:80]} is asked with POST.", ((b"allow", b"POST"),))
            else:
                named = self.shelf.named(name).name
                answer = await post(asked, named)
        except Refusal as refusal:
            answer = as_json({"detail": refusal.detail}, refusal.status, refusal.headers)
        except AssayError as error:
            answer = as_json({"detail": str(error)}, 422)
        except WorkerDied:
            why = traceback.format_exc()
            sentence = "the model's thread ended before it had answered; another takes its place, so ask again."
            answer = as_json({"detail": sentence}, 503, COME_BACK)
        except Exception:  # noqa: BLE001 - the boundary of a request: it is logged in full, and told without what it is made of
            why = traceback.format_exc()
            answer = as_json({"detail": f"a defect of the server's; request {request_id} is in its log."}, 500)
        finally:
            counts.under_way -= 1
        seconds = time.perf_counter() - began
        counts.answered(named, answer.status, seconds)
        self.log.request(request_id, asked.method, asked.path, answer.status, seconds, why)
        await send_answer(send, answer, ((b"x-request-id", request_id.encode()),))

    def _admit(self, asked: Asked) -> None:
        """Raises Refusal for a host that is not ours, a key that opens nothing, and when too much is under way."""
        if not self.limits.is_host(asked.text(b"host")):
            raise Refusal(421, "this server is not asked under that name; see --allow-host.")
        if self.counts.under_way > self.limits.waiting and asked.path not in _OPEN:
            raise Refusal(503, "too many requests at once; come back in a second.", COME_BACK)
        origin = asked.text(b"origin")
        if origin and asked.method not in ("GET", "HEAD") and not origin.endswith(f"://{asked.text(b'host')}"):
            raise Refusal(403, "a page from elsewhere asks; this server answers programs, and pages of its own.")
        if asked.path not in _OPEN and not self.limits.is_open_to(asked.text(b"authorization")):
            raise Refusal(401, "this server wants Authorization: Bearer KEY.", ((b"www-authenticate", b"Bearer"),))

    def _id_of(self, asked: Asked) -> str:
        said = asked.text(b"x-request-id")
        return said if 0 < len(said) <= 128 and said.isprintable() and said.isascii() else f"{self._prefix}-{next(self._ids):x}"

    async def _get(self, asked: Asked) -> Answer:
        found = self._gets.get(asked.path)
        if found is None and asked.path != "/drift":
            raise Refusal(404, f"there is nothing at {asked.path[:80]!r}; see /docs.")
        if asked.method not in ("GET", "HEAD"):
            raise Refusal(405, f"{asked.path} is asked with GET.", ((b"allow", b"GET, HEAD"),))
        if found is None:  # its first time loads what takes half a second
            return await asyncio.get_running_loop().run_in_executor(None, self._drift)
        return found()

    async def _predict(self, asked: Asked, name: str) -> Answer:
        coding = asked.text(b"content-encoding").strip().lower()
        if coding not in ("", "identity"):
            raise Refusal(415, f"the request must be sent without Content-Encoding, not in {coding[:40]!r}.")
        body = await asked.body(self.limits.body_bytes, self.limits.seconds, self._held)
        try:
            return await self._answered(asked, body, name)
        finally:
            self._held.give_back(len(body))

    async def _answered(self, asked: Asked, body: bytes, name: str) -> Answer:
        kind = asked.text(b"content-type")
        if is_json(kind):  # what holds the interpreter gains nothing from a thread
            rows = read_rows(kind, body, self.limits.rows, self._parquet, self.shelf.named(name).batcher.typed)
        else:
            rows = await asyncio.get_running_loop().run_in_executor(None, read_rows, kind, body, self.limits.rows, self._parquet)
        if rows.reasons is not None:
            check_reasons(rows.reasons)
        one = self.shelf.named(name)  # only now: while the body came another model may have taken its place
        if one.batcher.busy_for > self.limits.seconds:
            raise Refusal(503, f"model {one.name!r} does not come back from an earlier request; see /health.", COME_BACK)
        try:
            async with asyncio.timeout(self.limits.seconds):
                found = await one.batcher.ask(rows.records, rows.level, rows.reasons)
        except TimeoutError as error:
            raise Refusal(504, f"no answer within {self.limits.seconds:g} seconds; send fewer rows at a time.") from error
        self.counts.rows[one.name] += len(found)
        if one.shadow is not None and isinstance(rows.records, list):
            one.shadow.hear(by_name(rows.records, one.model.fitted.schema), found)
        return as_json({"predictions": found, "model": one.name, "n": len(found)})

    async def _reload(self, _asked: Asked, name: str) -> Answer:
        """The model's file as it is now takes its place between two requests; what the old one took it still answers."""
        new = await asyncio.get_running_loop().run_in_executor(None, self.shelf.load_again, name)
        old = self.shelf.put(new)
        self._describe()
        retiring = asyncio.ensure_future(self._retire(old))  # nobody waits for what the old one may still be at
        self._retiring.add(retiring)
        retiring.add_done_callback(self._retiring.discard)
        return as_json({"model": new.name, "title": new.model.name})

    async def _retire(self, old: Served) -> None:
        await old.retire()

    def _describe(self) -> None:
        """Draw what says how to ask: once for the models that there are, not for everyone who looks."""
        models = self.shelf.models
        self._page = Answer(docs_page(models).encode(), 200, HTML, ((b"content-security-policy", _CLOSED),))
        self._document = as_json(document(models, self.limits))

    def _drift(self) -> Answer:
        return as_json({"models": {one.name: one.batcher.drift.shifts() for one in self.shelf}})

    def _shadow(self) -> Answer:
        told = {one.name: one.shadow.told() for one in self.shelf if one.shadow is not None}
        return as_json({"models": told})

    def _health(self) -> Answer:
        """503 where a model's thread has been at one piece of work for longer than any request waits: it will not come back.

        503 too, once, where a model's thread has died: another takes its place, and the next one who asks hears of health.
        """
        stuck = [one.name for one in self.shelf if one.batcher.busy_for > self.limits.seconds]
        dead = [one.name for one in self.shelf if one.batcher.worker.is_dead]
        told: dict[str, Any] = {
            "status": "stuck" if stuck else "dead" if dead else "ok",
            "versions": self._versions,
            "models": [one.name for one in self.shelf],
        }
        told |= {"stuck": stuck} if stuck else {}
        told |= {"dead": dead} if dead else {}
        for one in self.shelf:
            if one.name in dead:
                one.batcher.worker.revive()
        return as_json(told, 503 if stuck or dead else 200)

    def _metrics(self) -> Answer:
        for one in self.shelf:
            for column, cells in one.batcher.unseen.items():
                self.counts.unseen[one.name, column] = cells
            self.counts.deaths[one.name] = one.batcher.worker.deaths
        return Answer(self.counts.exposition().encode(), 200, TEXT)


def _asks_model(path: str) -> tuple[str, str]:
    """(name, what) of an address that asks a model, the name "" for the first one; ("", "") for another address."""
    if path == "/predict":
        return "", "predict"
    parts = path.split("/")
    return (parts[2], parts[3]) if len(parts) == 4 and parts[1] == "models" and parts[2] else ("", "")


def make_app(models: Mapping[str, Model], limits: Limits | None = None) -> App:
    """An ASGI application over models by name.  Raises ConfigError without a model, and for a name that fits no address."""
    return App(Shelf(models), limits or Limits(), Log())
