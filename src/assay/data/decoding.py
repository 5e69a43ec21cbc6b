"""Many pictures decoded at once, by this process and by others that help it.

Of a small JPEG Python's share of the work is most of it, so threads gain nothing and processes are needed.  A helper is a new
interpreter (a fork of a process with threads may hang) that has loaded nothing but Pillow.  It is started only where the time
that this process took for the first pictures says that it pays, and this process goes on decoding meanwhile.

Blocks of pictures are numbers in a pipe, from which whoever is free takes the next; pixels go into memory that all share, each
picture to its own place, so the bytes do not depend on who decoded what.  A helper that dies costs nothing but time: its blocks
are not marked as done, and are done here.
"""

import json
import mmap
import os
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Literal, Self

from assay.core.errors import DataError
from assay.data.picture_cells import Cell, flat_picture, refuse_unreadable, where

PAYS = 0.3
"""Seconds of work left from which helpers are started; one takes about a tenth of a second to start."""
FEWEST = 64
"""Pictures below which nobody is asked for help, whatever they are."""

_MOST_BLOCKS = 1000  # so that their numbers fit into any pipe before somebody reads
_BLOCK = 8  # pictures in a block at least
_NUMBER = 4  # bytes of a block's number
_MISSING = -1  # in place of where a cell begins

Failures = list[tuple[int, str]]
"""(position, sentence) of pictures that cannot be decoded."""


@dataclass(frozen=True)
class Job:
    """What is done with each picture.

    name: of the column, for messages.  size: (height, width) of every picture afterwards.
    channels: 0: nothing is decoded, it is only seen whether it can be.  resize: False: one of another size is a failure.
    stop: at the first failure, which is then the only one that counts.
    """

    name: str
    size: tuple[int, int] = (0, 0)
    channels: Literal[0, 1, 3] = 0
    resize: bool = True
    stop: bool = True

    @property
    def record(self) -> int:
        """Bytes of one picture."""
        return self.size[0] * self.size[1] * self.channels

    def do(self, cell: Cell, row: int, position: int, into: Any) -> None:
        """One picture, to its place in ``into``.  Raises DataError, with the row."""
        if not self.channels:
            refuse_unreadable(cell, row, self.name)
            return
        picture = flat_picture(cell, row, self.name, self.size if self.resize else None, self.channels)
        if (picture.height, picture.width) != tuple(self.size):
            raise DataError(
                f"{where(cell, row, self.name)} is {picture.height}×{picture.width}, the first is "
                f"{self.size[0]}×{self.size[1]}; give a size."
            )
        start = position * self.record
        into[start : start + self.record] = picture.tobytes()

    def do_block(self, cells: "Sequence[Cell] | Cells", rows: Sequence[int], positions: range, into: Any) -> Failures:
        failures: Failures = []
        for position in positions:
            try:
                self.do(cells[position], rows[position], position, into)
            except DataError as error:
                failures.append((position, str(error)))
                if self.stop:
                    break
        return failures


@dataclass(frozen=True)
class Shared:
    """Memory that other processes can map by the descriptor of its file."""

    stream: BinaryIO
    memory: mmap.mmap

    @classmethod
    def new(cls, size: int) -> Self:
        """Zeros, which go with the object."""
        if hasattr(os, "memfd_create"):
            stream: BinaryIO = os.fdopen(os.memfd_create("assay-pictures"), "w+b")
        else:
            stream = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the object is there
        stream.truncate(max(1, size))
        return cls(stream, mmap.mmap(stream.fileno(), max(1, size)))


def decode_all(
    job: Job, cells: Sequence[Cell], into: Shared | bytearray, *, workers: int, rows: Sequence[int] | None = None
) -> Failures:
    """Do the job with every picture; what fails comes back, by position (with ``job.stop`` the first alone).

    rows: the row number of each picture, for messages; None: its position.
    into: len(cells) · job.record bytes or more; where it is no shared memory, and something is decoded, nobody can help.
    workers: processes at most, this one among them.
    """
    blocks, rows = blocks_of(len(cells)), range(len(cells)) if rows is None else rows
    may_help = len(cells) >= FEWEST and (isinstance(into, Shared) or not job.record)
    others = workers - 1 if may_help else 0
    memory: Any = into.memory if isinstance(into, Shared) else into
    failures: Failures = []
    with ExitStack() as stack:
        queue = _Queue(len(blocks), stack)
        done = Shared.new(len(blocks))
        helpers = stack.enter_context(_Helpers())
        began = time.perf_counter()
        for finished, block in enumerate(queue, start=1):
            failures += job.do_block(cells, rows, blocks[block], memory)
            done.memory[block] = 1
            if failures and job.stop:
                queue.drain()
                break
            left = (time.perf_counter() - began) / finished * (len(blocks) - finished)
            if others and left > PAYS:
                shared = into if isinstance(into, Shared) else done
                helpers.start(min(others, len(blocks) - finished), job, Cells.lay(cells, rows), (shared, done, queue))
                others = 0
        failures += helpers.told()
        for number, left_over in enumerate(blocks):  # of helpers that died
            if not done.memory[number] and not (job.stop and failures and min(failures)[0] < left_over.start):
                failures += job.do_block(cells, rows, left_over, memory)
    failures.sort()
    return failures[:1] if job.stop else failures


def blocks_of(count: int) -> list[range]:
    """Positions 0 … count - 1 in blocks of one length, the last may be shorter."""
    length = max(_BLOCK, -(-count // _MOST_BLOCKS))
    return [range(start, min(start + length, count)) for start in range(0, count, length)]


class _Queue:
    """Numbers from 0 in a pipe; processes that read from it each get others."""

    def __init__(self, count: int, stack: ExitStack) -> None:
        self.descriptor, end = os.pipe()
        stack.callback(os.close, self.descriptor)
        os.write(end, array("i", range(count)).tobytes())
        os.close(end)

    def __iter__(self) -> Iterator[int]:
        return numbers_from(self.descriptor)

    def drain(self) -> None:
        """Nobody finds another one."""
        for _ in self:
            pass


def numbers_from(descriptor: int) -> Iterator[int]:
    while number := os.read(descriptor, _NUMBER):
        yield int.from_bytes(number, sys.byteorder)


class _Helpers:
    """Processes that take blocks from the queue; ended and waited for at the end, whatever happens."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def start(self, count: int, job: Job, laid: Shared, parts: tuple[Shared, Shared, _Queue]) -> None:
        into, done, queue = parts
        given = {"job": asdict(job), "parent": os.getpid()}
        descriptors = [laid.stream.fileno(), into.stream.fileno(), done.stream.fileno(), queue.descriptor]
        for _ in range(count):
            command = [sys.executable, "-m", "assay.data.decoding_helper", json.dumps(given), *map(str, descriptors)]
            self.processes.append(
                subprocess.Popen(
                    command,
                    pass_fds=descriptors,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # a terminal's Ctrl-C is this process's to handle
                )
            )
        laid.memory.close()
        laid.stream.close()

    def told(self) -> Failures:
        """What they failed at, once all have ended; of one that died nothing."""
        found: Failures = []
        for process in self.processes:
            said, _ = process.communicate()
            if process.returncode == 0:
                found += [(int(position), str(sentence)) for position, sentence in json.loads(said)]
        return found

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


@dataclass(frozen=True)
class Cells:
    """Cells laid into memory as int64: how many, whether they are texts; the row of each; where each begins (-1: it is missing)
    and ends; and then their bytes."""

    memory: memoryview
    rows: memoryview
    bounds: memoryview
    texts: bool

    @staticmethod
    def lay(cells: Sequence[Cell], rows: Sequence[int]) -> Shared:
        coded = [cell.encode() if isinstance(cell, str) else cell for cell in cells]
        bounds, end = array("q"), 8 * (2 + 3 * len(coded))
        for one in coded:
            start, end = end, end + len(one or b"")
            bounds.extend((_MISSING if one is None else start, end))
        laid = Shared.new(end)
        laid.memory.write(array("q", (len(cells), any(isinstance(cell, str) for cell in cells))).tobytes())
        laid.memory.write(array("q", rows).tobytes())
        laid.memory.write(bounds.tobytes())
        for one in coded:
            laid.memory.write(one or b"")
        return laid

    @classmethod
    def of(cls, memory: memoryview) -> Self:
        """As they were laid."""
        count, texts = memory[:16].cast("q")
        rows, bounds = memory[16 : 16 + 8 * count].cast("q"), memory[16 + 8 * count : 16 + 24 * count].cast("q")
        return cls(memory, rows, bounds, bool(texts))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, position: int) -> Cell:
        start, end = self.bounds[2 * position], self.bounds[2 * position + 1]
        if start == _MISSING:
            return None
        content = bytes(self.memory[start:end])
        return content.decode() if self.texts else content
