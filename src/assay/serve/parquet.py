"""Parquet bodies, read in a process of their own: a few wrong bytes make the reader end the process that it runs in.

The process is begun with the first such body, reads one after the other, and has a bound on its memory; where it ends, the
body was no Parquet file, and the next one gets another process.  ``python -m assay.serve.parquet`` is that process.
"""

import io
import os
import struct
import subprocess
import sys
import threading
from typing import IO, BinaryIO

import polars as pl

_ASKED, _SAID = struct.Struct(">QQ"), struct.Struct(">cQ")
FRAME, LONG, WRONG = b"f", b"l", b"w"
MOST_BYTES = 4 * 2**30
"""Of the addresses of the process; what is read is a fraction of it."""


class NotParquetError(Exception):
    """A body that cannot be read; the message is a few words."""


class TooManyRowsError(Exception):
    """rows: how many there are."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.rows = rows


class ParquetReader:
    """seconds: for one body.  Any thread may ask; one body is read at a time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, body: bytes, most: int) -> pl.DataFrame:
        """Raises NotParquetError, and TooManyRowsError before any of them is expanded."""
        with self._lock:
            kind, content = self._ask(body, most)
        if kind == FRAME:
            return pl.read_ipc_stream(io.BytesIO(content))
        if kind == LONG:
            raise TooManyRowsError(int(content))
        raise NotParquetError(content.decode("utf-8", "replace"))

    def close(self) -> None:
        with self._lock:
            if self._process is not None:
                self._end(self._process)

    def _ask(self, body: bytes, most: int) -> tuple[bytes, bytes]:
        process = self._process if self._process is not None and self._process.poll() is None else self._begin()
        late = threading.Timer(self._seconds, process.kill)
        late.start()
        try:
            if process.stdin is None or process.stdout is None:
                raise OSError("no pipes")
            process.stdin.write(_ASKED.pack(most, len(body)) + body)
            process.stdin.flush()
            kind, length = _SAID.unpack(_exactly(process.stdout, _SAID.size))
            return kind, _exactly(process.stdout, length)
        except (OSError, EOFError):
            self._end(process)
            return WRONG, b"its reader gave up"
        finally:
            late.cancel()

    def _begin(self) -> "subprocess.Popen[bytes]":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "assay.serve.parquet"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "POLARS_MAX_THREADS": "1"},
            start_new_session=True,  # Ctrl-C is for the server, which answers what it took
        )
        return self._process

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:  # of what it had not read
                    continue
        process.wait()
        self._process = None


def _exactly(stream: IO[bytes], size: int) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise EOFError
    return found


def _read(body: bytes, most: int) -> tuple[bytes, bytes]:
    try:
        rows = pl.scan_parquet(io.BytesIO(body)).select(pl.len()).collect().item()
        if rows > most:
            return LONG, str(rows).encode()
        stream = io.BytesIO()
        pl.read_parquet(io.BytesIO(body)).write_ipc_stream(stream)
        return FRAME, stream.getvalue()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, MemoryError) as error:
        return WRONG, (str(error).strip().splitlines() or [type(error).__name__])[0][:200].encode()


def _serve(asked: BinaryIO, said: BinaryIO) -> None:
    """Until the server has ended, which closes the pipe."""
    while len(head := asked.read(_ASKED.size)) == _ASKED.size:
        most, length = _ASKED.unpack(head)
        kind, content = _read(asked.read(length), most)
        said.write(_SAID.pack(kind, len(content)) + content)
        said.flush()


def _bound_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _bound_memory()
    _serve(sys.stdin.buffer, sys.stdout.buffer)
