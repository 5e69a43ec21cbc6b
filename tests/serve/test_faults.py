"""What comes over a socket from somebody who means no good, or knows no better: one clear answer, and the server goes on."""

import base64
import gzip
import io
import json
import select
import socket
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import polars as pl
import pytest
from starlette.testclient import TestClient
from tests.bundle.models import HOSTILE
from tests.bundle.models import model as hostile_model
from tests.bundle.test_quick import NUMBER, WORD, model, records
from tests.serve.running import Running, hear, post, running, status_of
from tests.serve.test_app import pictures  # noqa: F401 - a fixture

from assay.serve.app import App, make_app
from assay.serve.parquet import NotParquetError, ParquetReader, TooManyRowsError

PARQUET = "application/vnd.apache.parquet"

ROWS = records("binary", 2)
GOOD = post("/predict", json.dumps({"rows": ROWS}).encode())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    path = tmp_path_factory.mktemp("served") / "loans.assay"
    model("logistic", "binary").save(path)
    with running(str(path), "--timeout", "1") as found:
        yield found
        assert_answers(found)  # whatever was done to it


def assert_answers(server: Running) -> None:
    answer = server.say(GOOD)
    assert status_of(answer) == 200
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["predictions"] == model("logistic", "binary").predict(ROWS).to_dicts()


def sentence_of(answer: bytes) -> str:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower(), answer[:500]
    detail = json.loads(body)["detail"]
    assert detail
    assert "\n" not in detail
    return str(detail)


def row(**change: object) -> dict[str, object]:
    return {**ROWS[0], **change}


# ---- bodies


def test_a_body_of_sixty_megabytes_is_refused_and_its_sender_can_read_why(server: Running) -> None:
    answer = server.say(post("/predict", b" " * 60_000_000))
    assert status_of(answer) == 413
    assert "16777216 bytes" in sentence_of(answer)
    assert server.resident_mib < 300


def test_so_is_one_that_does_not_say_how_long_it_will_be(server: Running) -> None:
    head = b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = server.say(head + (b"F4240\r\n" + b" " * 1_000_000 + b"\r\n") * 60 + b"0\r\n\r\n")
    assert status_of(answer) == 413


def test_what_is_never_whole_is_given_up_and_closed(server: Running) -> None:
    lines = b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    waiting = {
        "no head at all": (b"", b"", None),
        "a head by the byte": (b"POST /pre", b"d", None),
        "a body that does not begin": (lines + b"Content-Length: 100\r\n\r\n", b"", 408),
        "a body by the byte": (lines + b"Content-Length: 100000\r\n\r\n", b" ", 408),
        "chunks without end": (lines + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 408),
    }
    found: dict[str, bytes] = {}

    def drip(name: str, first: bytes, more: bytes) -> None:
        with server.connect() as connection:
            connection.sendall(first)
            over = threading.Event()

            def go_on() -> None:
                while more and not over.wait(0.05):
                    try:
                        connection.sendall(more)
                    except OSError:
                        return

            writer = threading.Thread(target=go_on)
            writer.start()
            found[name] = hear(connection)  # ends when the server answers or closes
            over.set()
            writer.join()

    threads = [threading.Thread(target=drip, args=(name, first, more)) for name, (first, more, _) in waiting.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {name: status_of(answer) if answer else None for name, answer in found.items()} == {
        name: status for name, (_, _, status) in waiting.items()
    }


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b'{"rows":[{"number":' + b"[" * 1_000_000, 400, "not JSON"),
        (json.dumps({"rows": [row(**{NUMBER: [[]] * 1_000_000})]}).encode(), 422, "expected a number, found a list"),
        (b'{"rows":' + b"[" * 900 + b"]" * 900 + b"}", 422, "expected an object"),
        (b'{"rows":[' + b"{}," * 1_000_000 + b"{}]}", 422, "1000001 rows"),
        (json.dumps({"rows": [row()]}).replace('"gaps"', '"number": 1, "gaps"').encode(), 400, "'number' twice"),
        (b'{"rows":[], "rows":[]}', 400, "'rows' twice"),
        (json.dumps({"rows": [row(**{WORD: "a"})]}).replace('"a"', '"\xff"').encode("latin-1"), 400, "not JSON"),
        (json.dumps({"rows": [row(**{NUMBER: 1})]}).replace(": 1,", ": " + "9" * 5000 + ",", 1).encode(), 400, "not JSON"),
        (json.dumps({"rows": [row(**{NUMBER: 1})]}).replace(": 1,", ": 1e999,", 1).encode(), 400, "not JSON"),
        (json.dumps({"rows": [row(), {NUMBER: 1}]}).encode(), 422, "row 2: column 'gaps' is missing"),
        (json.dumps({"rows": [row(), [1, 2]]}).encode(), 422, "row 2: expected an object"),
    ],
    ids=[
        "deep and cut off", "a million nested lists", "nine hundred deep", "a million rows", "a column twice", "the rows twice",
        "not UTF-8", "five thousand digits", "beyond floats", "ragged", "a list for a row",
    ],
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused(server: Running, body: bytes, status: int, words: str) -> None:
    answer = server.say(post("/predict", body))
    assert status_of(answer) == status, answer[:300]
    assert words in sentence_of(answer)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"number,gaps,word,label\n1,2,north,1\n1,2\n", "record 3 has 2 cells, and the first one 4"),
        (b"number,gaps,word,label\n1,2,north,1,5,6\n", "record 2 has 6 cells, and the first one 4"),
        (b'number,gaps,word,label\n1,2,"north,1\n', "a quote is not closed"),
        (b'number,gaps,word,label\n1,2,"a,b",1\n1,2,"a\n""b",1\n1,2,3', "record 4 has 3 cells, and the first one 4"),
        (b"number,gaps,word,label\n1,2,north,1\n\n1,2,north,1\n", "record 3 has 1 cells"),
        (b"number,gaps,word,label\n", "no rows"),
    ],
    ids=["short", "long", "a quote without end", "after quotes", "a blank line", "no rows"],
)
def test_a_ragged_file_is_refused(server: Running, body: bytes, words: str) -> None:
    answer = server.say(post("/predict", body, "text/csv"))
    assert status_of(answer) in (400, 422)
    assert words in sentence_of(answer)


def test_a_file_with_quotes_is_read(server: Running) -> None:
    body = b'"number",gaps,word,label\r\n1,2,"nor, th",1\r\n1.5,,"a\n""b""",1\r\n'
    answer = server.say(post("/predict", body, "text/csv"))
    rows = [{NUMBER: n, "gaps": g, WORD: w, "label": "1"} for n, g, w in ((1.0, 2.0, "nor, th"), (1.5, None, 'a\n"b"'))]
    said = json.loads(answer.partition(b"\r\n\r\n")[2])["predictions"]
    assert said == model("logistic", "binary").predict(rows).to_dicts()


def test_a_parquet_body_that_ends_its_reader_is_refused_and_the_next_is_read(server: Running) -> None:
    stream = io.BytesIO()
    pl.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}).write_parquet(stream)
    body = bytearray(stream.getvalue())
    body[162] = 39  # makes polars 1 end its process for want of memory
    for _ in range(2):
        answer = server.say(post("/predict", bytes(body), PARQUET))
        assert status_of(answer) in (400, 422)
        sentence_of(answer)
    good = io.BytesIO()
    pl.DataFrame(ROWS).write_parquet(good)
    answer = server.say(post("/predict", good.getvalue(), PARQUET))
    said = json.loads(answer.partition(b"\r\n\r\n")[2])["predictions"]
    assert said == model("logistic", "binary").predict(ROWS).to_dicts()


def test_a_reader_of_parquet_that_is_killed_or_late_is_replaced() -> None:
    stream = io.BytesIO()
    pl.DataFrame(ROWS).write_parquet(stream)
    reader = ParquetReader(60.0)
    try:
        assert reader.read(stream.getvalue(), 10).equals(pl.DataFrame(ROWS))
        assert reader._process is not None
        reader._process.kill()
        reader._process.wait()
        assert reader.read(stream.getvalue(), 10).equals(pl.DataFrame(ROWS))
        with pytest.raises(TooManyRowsError) as caught:
            reader.read(stream.getvalue(), 1)
        assert caught.value.rows == 2
        late = ParquetReader(0.0)
        with pytest.raises(NotParquetError, match="gave up"):
            late.read(stream.getvalue(), 10)
    finally:
        reader.close()
    assert reader._process is None


def test_a_colon_in_a_text_is_no_name(server: Running) -> None:
    rows = [row(**{WORD: 'a:b": "c'})]
    answer = server.say(post("/predict", json.dumps({"rows": rows}).encode()))
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["predictions"] == model("logistic", "binary").predict(rows).to_dicts()


def test_a_compressed_body_and_one_in_another_alphabet_are_refused(server: Running) -> None:
    body = json.dumps({"rows": ROWS}).encode()
    answer = server.say(post("/predict", gzip.compress(body), "application/json", "Content-Encoding: gzip"))
    assert status_of(answer) == 415
    assert "Content-Encoding" in sentence_of(answer)
    assert status_of(server.say(post("/predict", body, "application/json; charset=latin-1"))) == 415
    assert status_of(server.say(post("/predict", body, "application/json", "Content-Encoding: identity"))) == 200
    bomb = gzip.compress(b" " * 100_000_000)
    assert status_of(server.say(post("/predict", bomb, "application/json", "Content-Encoding: gzip"))) == 415


# ---- addresses, methods, heads


@pytest.mark.parametrize(
    "path",
    [
        "/models/../health", "/models/%2e%2e/predict", "/models/..%2fhealth/predict", "/models/loans/../../etc/passwd",
        "/models/loans%00/predict", "//predict", "/predict/", "/models//predict", "/models/loans/predict/x", "/%2e%2e/%2e%2e/etc",
        "/models/%3Cscript%3E/predict", "/models/..%5c..%5c/predict", "/Predict", "/models/LOANS/predict",
    ],
)  # fmt: skip
def test_a_trick_with_an_address_finds_nothing(server: Running, path: str) -> None:
    for method in ("GET", "POST"):
        body = b"{}" if method == "POST" else b""
        answer = server.say(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        assert status_of(answer) in (404, 405), answer
        assert "root:" not in sentence_of(answer)


def test_other_methods_are_refused_with_those_that_there_are(server: Running) -> None:
    def say(method: str, path: str) -> bytes:
        return server.say(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())

    for method in ("OPTIONS", "PUT", "DELETE", "PATCH", "GET", "TRACE"):
        answer = say(method, "/predict")
        assert status_of(answer) == 405
        assert b"allow: POST" in answer
        assert b"access-control" not in answer.lower()
    assert b"allow: GET, HEAD" in say("OPTIONS", "/health")
    head = say("HEAD", "/health")
    assert status_of(head) == 200
    assert head.partition(b"\r\n\r\n")[2] == b""


def test_a_page_from_elsewhere_cannot_ask_over_a_socket(server: Running) -> None:
    body = json.dumps({"rows": ROWS}).encode()
    assert status_of(server.say(post("/predict", body, "application/json", "Origin: http://evil.example"))) == 403
    assert status_of(server.say(post("/models/loans/reload", b"", "text/plain", "Origin: null"))) == 403


def test_a_head_without_end_is_cut_off(server: Running) -> None:
    for head in (b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"x-a: b\r\n" * 100_000, b"GET /" + b"a" * 1_000_000):
        answer = server.say(head)
        assert answer == b"" or status_of(answer) in (400, 431)


def test_connections_beyond_a_number_are_told_to_come_back(tmp_path: Path) -> None:
    model("logistic", "binary").save(tmp_path / "m.assay")
    with running(str(tmp_path / "m.assay"), "--most-connections", "20") as few, ExitStack() as open_ones:
        connections = [open_ones.enter_context(few.connect()) for _ in range(30)]
        told: list[socket.socket] = []
        while len(told) < 10:
            told, _, _ = select.select(connections, [], [], 20)
        assert told == connections[20:]
        for answer in map(hear, told):
            assert status_of(answer) == 503
            assert b"retry-after: 1" in answer
            sentence_of(answer)
        connections[0].sendall(GOOD)
        assert status_of(hear(connections[0])) == 200


# ---- pictures


def bomb(side: int) -> bytes:
    """A picture of so many pixels a side in a few hundred bytes: its rows are never there."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def test_a_picture_bomb_is_refused_before_it_is_expanded(pictures: App) -> None:  # noqa: F811
    cell = "data:image/png;base64," + base64.b64encode(bomb(100_000)).decode()
    response = TestClient(pictures).post("/predict", json={"rows": [{"photo": cell}]})
    assert response.status_code == 422
    assert "\n" not in response.json()["detail"]


def test_a_picture_is_never_fetched(pictures: App) -> None:  # noqa: F811
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
        for cell in (address, f"data:image/png;base64,{address}", f"data:{address}"):
            response = TestClient(pictures).post("/predict", json={"rows": [{"photo": cell}]})
            assert response.status_code == 422
        with pytest.raises(TimeoutError):
            listener.accept()


# ---- names


def test_hostile_names_of_columns_and_classes_stay_text() -> None:
    client = TestClient(make_app({"m": hostile_model()}))
    answer = client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    schema = answer.json()["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert HOSTILE in schema["properties"]["rows"]["items"]["required"]
    refused = client.post("/predict", json={"rows": [{HOSTILE: 1}]})
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/json"
    assert client.get("/models/<script>alert(1)</script>/predict").headers["content-type"] == "application/json"
