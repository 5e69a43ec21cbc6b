"""Cells in worker processes: a worker that dies costs its own cell and no other."""

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import wait
from typing import cast

from assay.study.cells import Cell, Failure, Outcome
from assay.study.work import Workload, cell_seed, run_cell

Started = Callable[[Cell], None]


class Worker:
    """One process and the cell it is working on."""

    def __init__(self, work: Workload):
        ours, theirs = Pipe()
        self.connection = ours
        self.cell: Cell | None = None
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

    def give(self, cell: Cell) -> None:
        self.cell = cell
        self._send(cell)

    def _send(self, message: Workload | Cell) -> None:
        # A process that died before it listened is met when its outcome is asked for, where the reason is known.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send(message)

    def stop(self) -> None:
        """End the process by its id and wait for it."""
        self.process.kill()
        self.process.wait()
        self.connection.close()


def run_cells(work: Workload, cells: Sequence[Cell], *, jobs: int, started: Started) -> Generator[Outcome, None, None]:
    """Outcomes as they come; the order depends on timing, their content does not.

    jobs: worker processes; 1 works in this process.
    """
    if jobs == 1 or len(cells) <= 1:
        for cell in cells:
            started(cell)
            yield run_cell(work, cell)
        return
    waiting = deque(cells)
    workers: list[Worker] = []
    try:
        for _ in range(min(jobs, len(cells))):
            workers.append(_put_to_work(Worker(work), waiting, started))
        while workers:
            ready = wait([worker.connection for worker in workers])
            for worker in [one for one in workers if one.connection in ready]:
                outcome = _receive(worker, work)
                workers.remove(worker)
                if outcome.failure is not None and worker.process.poll() is not None:
                    worker.stop()
                    worker = Worker(work) if waiting else worker
                if waiting:
                    workers.append(_put_to_work(worker, waiting, started))
                else:
                    worker.stop()
                yield outcome
    finally:
        for worker in workers:
            worker.stop()


def _put_to_work(worker: Worker, waiting: deque[Cell], started: Started) -> Worker:
    cell = waiting.popleft()
    started(cell)
    worker.give(cell)
    return worker


def _receive(worker: Worker, work: Workload) -> Outcome:
    """The worker's outcome, or a failure that says how the process ended."""
    cell = worker.cell
    if cell is None:
        raise RuntimeError("a worker without a cell has spoken.")
    try:
        return cast(Outcome, worker.connection.recv())
    except (EOFError, ConnectionResetError):
        code = worker.process.wait()
        cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        hint = "; the system may have run out of memory: try fewer --jobs" if code == -signal.SIGKILL else ""
        return Outcome(cell, cell_seed(work.seed, cell), None, Failure(f"the worker process ended with {cause}{hint}."), 0.0, 0.0)
