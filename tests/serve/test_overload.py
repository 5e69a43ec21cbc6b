"""More than it can take: every request is answered right or told to come back, and the server is as well as before."""

import asyncio
import json
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.bundle.test_quick import WORD, model, records
from tests.serve.running import Running, hear, post, running, status_of

ROWS, KINDS, SOCKETS, TIMES = 100, 5, 100, 10
MOST_GROWN_MIB = 100


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """It answers through frames, and so slowly enough that one process can ask far too much of it."""
    model("knn", "binary").save(tmp_path / "slow.assay")
    with running(str(tmp_path / "slow.assay"), "--most-waiting", "16") as found:
        yield found


def rows(kind: int) -> list[dict[str, object]]:
    return [{**row, WORD: f"never seen {kind}"} for row in (records("binary", 40) * 3)[kind : kind + ROWS]]


def requests() -> tuple[list[bytes], list[object]]:
    """Requests of several kinds, and the answers to each."""
    one = model("knn", "binary")
    return (
        [post("/predict", json.dumps({"rows": rows(kind)}).encode()) for kind in range(KINDS)],
        [one.predict(rows(kind)).to_dicts() for kind in range(KINDS)],
    )


@dataclass
class Seen:
    """sent, by kind.  answers: (kind, status, body) of those that are not 503.  busy: how many were told to come back."""

    sent: int = 0
    busy: int = 0
    bodies: Counter[tuple[int, int, bytes]] = field(default_factory=Counter)
    unsaid: int = 0  # 503 without Retry-After
    lost: int = 0

    @property
    def answered(self) -> int:
        return sum(self.bodies.values())


async def ask_again_and_again(port: int, asked: list[bytes], seen: Seen, until: float, pause: float, place: int) -> None:
    """One connection, one request at a time; it begins a request every ``pause`` seconds where the answers let it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    begin = time.monotonic() + pause * place / SOCKETS
    try:
        while time.monotonic() < until:
            await asyncio.sleep(max(0.0, begin - time.monotonic()))
            begin += pause
            kind = seen.sent % KINDS
            seen.sent += 1
            writer.write(asked[kind])
            try:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                body = await reader.readexactly(length)
            except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
                seen.lost += 1
                return
            if head.startswith(b"HTTP/1.1 503"):
                seen.busy += 1
                seen.unsaid += b"retry-after: 1" not in head
            else:
                seen.bodies[kind, status_of(head), body] += 1
    finally:
        writer.close()


def offer(port: int, asked: list[bytes], *, sockets: int, seconds: float, rate: float | None = None) -> Seen:
    """rate: requests a second of all sockets together; None: each asks as soon as it was answered."""
    pause = 0.0 if rate is None else sockets / rate

    async def run() -> Seen:
        seen, until = Seen(), time.monotonic() + seconds
        await asyncio.gather(*(ask_again_and_again(port, asked, seen, until, pause, place) for place in range(sockets)))
        return seen

    return asyncio.run(run())


@pytest.mark.parametrize("seconds", [1.5, pytest.param(10.0, marks=pytest.mark.slow)])
def test_ten_times_what_it_can_take_is_answered_right_or_told_to_come_back(server: Running, seconds: float) -> None:
    asked, expected = requests()
    alone = offer(server.port, asked, sockets=4, seconds=1.0)
    assert alone.busy == alone.lost == 0
    capacity = alone.answered / 1.0
    before = server.resident_mib
    seen = offer(server.port, asked, sockets=SOCKETS, seconds=seconds, rate=TIMES * capacity)
    assert seen.lost == 0
    assert seen.answered + seen.busy == seen.sent
    assert seen.busy > seen.answered > 0  # it was too much
    assert seen.unsaid == 0
    assert {status for _, status, _ in seen.bodies} == {200}
    for kind, _, body in seen.bodies:
        assert json.loads(body)["predictions"] == expected[kind]
    assert server.resident_mib < before + MOST_GROWN_MIB
    after = offer(server.port, asked, sockets=4, seconds=0.3)
    assert after.lost == after.busy == 0
    assert after.answered > 0


def test_a_stop_answers_what_was_taken(server: Running) -> None:
    asked, expected = requests()
    connections = [server.connect(60) for _ in range(10)]
    for place, connection in enumerate(connections):
        connection.sendall(asked[place % KINDS] if place else asked[0])
    taken = wait_until_taken(server, len(connections))
    server.process.send_signal(signal.SIGTERM)
    answers = [hear(connection) for connection in connections]
    assert server.process.wait(30) == 0
    assert taken
    for place, answer in enumerate(answers):
        assert status_of(answer) == 200
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["predictions"] == expected[place % KINDS]
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", server.port), timeout=5):
        pass


def wait_until_taken(server: Running, many: int) -> bool:
    """Whether as many requests were taken, answered or not."""
    for _ in range(1000):
        text = server.say(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").decode()
        counts = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("assay_"))
        answered = sum(int(count) for name, count in counts.items() if name.startswith('assay_requests_total{model="slow"'))
        if answered + int(counts["assay_requests_under_way"]) - 1 >= many:
            return True
        time.sleep(0.002)
    return False


def test_models_under_names_are_loaded_again_under_load_without_a_failed_request(tmp_path: Path) -> None:
    paths = [tmp_path / "a.assay", tmp_path / "b.assay"]
    for path in paths:
        model("logistic", "binary").save(path)
    body = json.dumps({"rows": records("binary", 2)}).encode()
    with running(*map(str, paths)) as server:
        asked = [post(f"/models/{name}/predict", body) for name in "ab"] * 3
        asked = asked[:KINDS]

        async def run() -> tuple[Seen, list[int]]:
            seen, until = Seen(), time.monotonic() + 0.5
            loads = [ask_again_and_again(server.port, asked, seen, until, 0.0, place) for place in range(4)]
            load = asyncio.gather(*loads)
            statuses = []
            while not load.done():
                reload = asyncio.to_thread(server.say, post("/models/b/reload", b""))
                statuses.append(status_of(await reload))
            await load
            return seen, statuses

        seen, statuses = asyncio.run(run())
    assert set(statuses) == {200}
    assert seen.lost == seen.busy == 0
    assert {status for _, status, _ in seen.bodies} == {200}
    expected = model("logistic", "binary").predict(records("binary", 2)).to_dicts()
    said = [json.loads(answer) for _, _, answer in seen.bodies]
    assert all(one["predictions"] == expected for one in said)
    assert {one["model"] for one in said} == {"a", "b"}
