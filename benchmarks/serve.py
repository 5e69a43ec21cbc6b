"""`assay serve` against a plain FastAPI endpoint over scikit-learn: requests a second, waiting times, memory, start.

Both serve logistic regression on twenty numbers, learned from the same rows, with uvicorn, one process.  The client is one
process on the same machine that keeps some connections busy, each with one request at a time, for a few seconds; both sides
are asked in turns.  Every answer's status is looked at, all answers to one request must be the same bytes, and the first is
compared with what the model says in Python.  The client's own share of a core is told: it must not be what is measured.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import uvloop
from harness import assay as assay_command
from harness import main, measure, spread, succeed, tree_mib

import assay

COLUMNS, TRAINED, CONNECTIONS, MANY = 20, 5000, 16, 1000
LEAST_REQUESTS, LEAST_OF_MANY, MOST_P99_MS, MOST_MIB, MOST_START = 5000.0, 250.0, 20.0, 250.0, 2.5
AGREE = 1e-9
HEAD = b"\r\n\r\n"


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=8.0, help="of each case")


@dataclass
class Load:
    """What a client saw.  first: the bodies of the first answers, by the place of the request.

    others: answers that differ from the first one to the same request.  share: of a core that the client itself took.
    """

    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    first: dict[int, bytes] = field(default_factory=dict)
    others: int = 0
    share: float = 0.0


class Connection(asyncio.Protocol):
    """Asks, waits for the whole answer, asks again, until the time is up."""

    def __init__(self, requests: list[bytes], place: int, until: float, load: Load, done: asyncio.Future[None]) -> None:
        self.requests, self.place, self.until, self.load, self.done = requests, place, until, load, done
        self.held, self.began = b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self.held += data
        head = self.held.find(HEAD)
        if head < 0:
            return
        length = int(self.held[:head].lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(self.held) < head + len(HEAD) + length:
            return
        now = time.perf_counter()
        self.load.seconds.append(now - self.began)
        if not self.held.startswith(b"HTTP/1.1 200"):
            self.load.failed += 1
        body = self.held[head + len(HEAD) :]
        self.load.others += self.load.first.setdefault(self.place, body) != body
        self.held = b""
        if now < self.until:
            self.place = (self.place + CONNECTIONS) % len(self.requests)
            self._ask()
        else:
            self.transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self) -> None:
        self.began = time.perf_counter()
        self.transport.write(self.requests[self.place])  # type: ignore[attr-defined]


def ask_for(seconds: float, port: int, requests: list[bytes]) -> Load:
    async def run() -> Load:
        loop, load = asyncio.get_running_loop(), Load()
        until = time.perf_counter() + seconds
        ends = [loop.create_future() for _ in range(CONNECTIONS)]
        for place, end in enumerate(ends):
            await loop.create_connection(
                lambda place=place, end=end: Connection(requests, place % len(requests), until, load, end), "127.0.0.1", port
            )
        await asyncio.gather(*ends)
        return load

    before = time.process_time()
    load = uvloop.run(run())
    load.share = (time.process_time() - before) / seconds
    return load


def request(path: str, body: object) -> bytes:
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


@dataclass(frozen=True)
class Running:
    port: int
    pid: int
    start: float


@contextmanager
def running(command: list[str], folder: Path, ready: bytes) -> Iterator[Running]:
    """A server from its start to its first answer, ended by its process id."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "ASSAY_HOME": str(folder / "home")}
    began = time.perf_counter()
    process = subprocess.Popen([*command, str(port)], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    try:
        while not _answers(port, ready):
            if process.poll() is not None:
                sys.exit(f"{command} ended with {process.returncode}.")
            time.sleep(0.01)
        yield Running(port, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait()


def _answers(port: int, ready: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(ready)
            return connection.recv(12).endswith(b"200")
    except OSError:
        return False


def table(rows: int) -> pl.DataFrame:
    draw = np.random.default_rng(0)
    values = draw.normal(size=(rows, COLUMNS)).round(3)
    score = values[:, :5].sum(axis=1) - 2 + draw.logistic(size=rows)
    return pl.DataFrame({f"x{n}": values[:, n] for n in range(COLUMNS)}).with_columns(
        y=pl.Series(np.where(score > 0, "yes", "no"))
    )


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    data = table(TRAINED)
    data.write_csv(folder / "train.csv")
    said = ("--target", "y", "--recipes", "logistic", "--finish", "--out", "run", "--json")
    succeed(measure(assay_command("run", "train.csv", *said), folder))
    model = assay.load(folder / "run" / "model")
    rows = data.drop("y").head(512).to_dicts()
    many = (data.drop("y").head(MANY)).to_dicts()
    expected = model.predict(many)["probability"].to_numpy()
    peer = Path(__file__).with_name("serve_peer.py")
    sides = {
        "assay": (
            [*assay_command("serve", "run/model", "--port")],
            "/predict",
            [{"rows": [row]} for row in rows],
            {"rows": many},
        ),
        "fastapi": ([sys.executable, str(peer), "train.csv"], "/predict", rows, None),
    }
    found: dict[str, dict[str, list[float]]] = {name: {} for name in sides}
    agrees = dict.fromkeys(sides, True)
    failed = 0
    for _ in range(arguments.runs):
        for name, (command, path, singles, whole) in sides.items():
            ready = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            with running(command, folder, ready) as server:
                into = found[name]
                into.setdefault("start_seconds", []).append(server.start)
                ask_for(1.0, server.port, [request(path, body) for body in singles])  # warm
                load = ask_for(arguments.seconds, server.port, [request(path, body) for body in singles])
                into.setdefault("requests_a_second", []).append(len(load.seconds) / arguments.seconds)
                into.setdefault("p50_ms", []).append(1000 * float(np.quantile(load.seconds, 0.5)))
                into.setdefault("p99_ms", []).append(1000 * float(np.quantile(load.seconds, 0.99)))
                into.setdefault("client_share_of_a_core", []).append(load.share)
                failed += load.failed
                agrees[name] &= _agrees(load, expected) and load.others == 0
                if whole is not None:
                    load = ask_for(arguments.seconds, server.port, [request(path, whole)])
                    into.setdefault("requests_of_1000_rows_a_second", []).append(len(load.seconds) / arguments.seconds)
                    failed += load.failed
                    agrees[name] &= load.others == 0
                    said = [one["probability"] for one in json.loads(load.first[0])["predictions"]]
                    agrees[name] &= bool(np.allclose(said, expected, rtol=0, atol=AGREE))
                into.setdefault("mib", []).append(tree_mib(server.pid))
    summary = {name: {figure: spread(values) for figure, values in into.items()} for name, into in found.items()}
    ours, theirs = ({figure: one["median"] for figure, one in summary[name].items()} for name in sides)
    return {
        "columns": COLUMNS,
        "connections": CONNECTIONS,
        **summary,
        "times_fastapi": ours["requests_a_second"] / theirs["requests_a_second"],
        "checks": {
            "every_answer_is_200": failed == 0,
            "answers_are_the_models": all(agrees.values()),
            "5000_requests_a_second": ours["requests_a_second"] >= LEAST_REQUESTS,
            "p99_at_most_20_ms": ours["p99_ms"] <= MOST_P99_MS,
            "250_requests_of_1000_rows_a_second": ours["requests_of_1000_rows_a_second"] >= LEAST_OF_MANY,
            "below_250_MiB": max(found["assay"]["mib"]) < MOST_MIB,
            "starts_in_2.5_s": ours["start_seconds"] < MOST_START,
        },
    }


def _agrees(load: Load, expected: np.ndarray) -> bool:
    """Of single rows: what was said is the model's probability.  The peer's model is its own; that it said one is enough."""
    said = {place: json.loads(body) for place, body in load.first.items()}
    ours = {place: one["predictions"][0]["probability"] for place, one in said.items() if "predictions" in one}
    return bool(said) and all(abs(value - expected[place]) < AGREE for place, value in ours.items())


if __name__ == "__main__":
    main("serve", benchmark, needs_data=False, options=options)
