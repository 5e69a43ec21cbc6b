"""Cells in worker processes: a worker that dies costs its own cell and no other.

Which cell comes next may depend on what has come of the others, so the cells come from a source that is asked for one
whenever a worker is free, and told every outcome.
"""

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import wait
from typing import Protocol, cast

from assay.core.errors import DefectError
from assay.study.cells import Cell, Failure, Outcome
from assay.study.work import Workload, cell_seed, run_cell

Started = Callable[[Cell], None]


@dataclass(frozen=True, slots=True)
class Order:
    """One cell to be done.

    seconds: what its fit should take at most, which it sees to itself where it can.  most: when its worker is ended.
    """

    cell: Cell
    seconds: float | None = None
    most: float | None = None


class Source(Protocol):
    def next(self) -> Order | None:
        """What a free worker does now; None: nothing, unless an outcome that is still awaited changes that."""
        ...

    def told(self, outcome: Outcome) -> None: ...


class Listed:
    """Cells whose order was fixed beforehand."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self._left: Iterator[Cell] = iter(cells)

    def next(self) -> Order | None:
        cell = next(self._left, None)
        return None if cell is None else Order(cell)

    def told(self, outcome: Outcome) -> None:
        """The order stays as it is."""


class Worker:
    """One process, the cell it is working on, and when it is ended for it."""

    def __init__(self, work: Workload):
        ours, theirs = Pipe()
        self.connection = ours
        self.order: Order | None = None
        self.began = math.nan
        # Threads are part of the study: a native library must not take as many as the machine happens to have.
        threads = str(work.context.threads)
        environment = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        environment["POLARS_MAX_THREADS"] = threads
        self.process = subprocess.Popen(
            [sys.executable, "-m", "assay.study.worker", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a terminal's Ctrl-C is the parent's to handle, also while a worker still imports
        )
        theirs.close()
        self._send(work)

    @property
    def ends(self) -> float:
        """When it is to be ended, on the monotonic clock."""
        return math.inf if self.order is None or self.order.most is None else self.began + self.order.most

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def give(self, order: Order) -> None:
        self.order, self.began = order, time.monotonic()
        self._send((order.cell, order.seconds))

    def _send(self, message: object) -> None:
        # A process that died before it listened is met when its outcome is asked for, where the reason is known.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send(message)

    def stop(self) -> None:
        """End the process by its id and wait for it."""
        self.process.kill()
        self.process.wait()
        self.connection.close()


def run_cells(work: Workload, cells: Iterable[Cell] | Source, *, jobs: int, started: Started) -> Generator[Outcome, None, None]:
    """Outcomes as they come; the order depends on timing, their content does not.

    jobs: worker processes; a list of cells is done in this process where there is 1 of them, for one, or for one cell.
    """
    if isinstance(cells, Iterable):
        listed = list(cells)
        if jobs == 1 or len(listed) <= 1:
            for cell in listed:
                started(cell)
                yield run_cell(work, cell)
            return
        cells, jobs = Listed(listed), min(jobs, len(listed))
    source, every, busy, free = cells, list[Worker](), list[Worker](), list[Worker]()
    try:
        while True:
            while len(busy) < jobs and (order := source.next()) is not None:
                if not free:
                    every.append(Worker(work))
                worker = free.pop() if free else every[-1]
                busy.append(worker)
                started(order.cell)
                worker.give(order)
            if not busy:
                return
            for worker, outcome in _outcomes(work, busy):
                busy.remove(worker)
                if worker.is_alive:
                    free.append(worker)
                else:
                    worker.stop()
                    every.remove(worker)
                source.told(outcome)
                yield outcome
    finally:
        for worker in every:  # and not those in the two lists: Ctrl-C may come when a worker is on its way between them
            worker.stop()


def _outcomes(work: Workload, busy: list[Worker]) -> list[tuple[Worker, Outcome]]:
    """Of those that are ready, or whose time is up: waits until there is one."""
    ends = min(worker.ends for worker in busy)
    timeout = None if math.isinf(ends) else max(0.0, ends - time.monotonic())
    ready = wait([worker.connection for worker in busy], timeout)
    found = [(worker, _receive(worker, work)) for worker in busy if worker.connection in ready]
    late = [worker for worker in busy if worker.connection not in ready and worker.ends <= time.monotonic()]
    for worker in late:
        worker.process.kill()
        worker.process.wait()
        found.append((worker, _failed(worker, work, f"stopped after {time.monotonic() - worker.began:.0f} s: its time was up.")))
    return found


def _receive(worker: Worker, work: Workload) -> Outcome:
    """The worker's outcome, or a failure that says how the process ended."""
    try:
        return cast(Outcome, worker.connection.recv())
    except (EOFError, ConnectionResetError):
        code = worker.process.wait()
        cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        hint = "; the system may have run out of memory: try fewer --jobs" if code == -signal.SIGKILL else ""
        return _failed(worker, work, f"the worker process ended with {cause}{hint}.")


def _failed(worker: Worker, work: Workload, reason: str) -> Outcome:
    if worker.order is None:
        raise DefectError("a worker without a cell has ended.")
    cell, seconds = worker.order.cell, time.monotonic() - worker.began
    return Outcome(cell, cell_seed(work.seed, cell), None, Failure(reason), seconds, 0.0)
