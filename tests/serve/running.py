"""A server in a process of its own, on a free port of this machine, ended by its process id; and sockets that speak to it."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

JSON = "application/json"


@dataclass(frozen=True)
class Running:
    port: int
    process: "subprocess.Popen[str]"

    @property
    def resident_mib(self) -> float:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("the process has ended")

    def connect(self, seconds: float = 20.0) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

    def say(self, content: bytes) -> bytes:
        """What comes back on a connection of its own for these bytes, until the answer is whole or the connection closed."""
        with self.connect() as connection:
            with suppress(BrokenPipeError, ConnectionResetError):  # it has heard enough; what it said is read
                connection.sendall(content)
            return hear(connection)


def hear(connection: socket.socket) -> bytes:
    """One answer, head and body."""
    found = b""
    while not _whole(found):
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            break
        if not more:
            break
        found += more
    return found


def _whole(found: bytes) -> bool:
    head, end, body = found.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(end) and bool(lengths) and len(body) >= int(lengths[0])


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def post(path: str, body: bytes, kind: str = JSON, *more: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextmanager
def running(*arguments: str) -> Iterator[Running]:
    """``assay serve`` with these arguments."""
    command = [sys.executable, "-m", "assay", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            line = process.stderr.readline() if process.stderr else ""
            address = next((word for word in line.split() if word.startswith("http://")), None)
            assert address is not None, line
            yield Running(int(address.rpartition(":")[2]), process)
        finally:
            process.kill()
