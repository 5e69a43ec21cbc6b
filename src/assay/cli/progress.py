"""How far a run has come, on stderr: a bar on a terminal, one line a cell elsewhere."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assay.cli.console import is_quiet, one_line, tell
from assay.study.study import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from assay.data.checks.finding import Finding
    from assay.study.cells import Cell, Outcome

MOST_NAMED = 3
"""Running cells that are named; the others are counted."""


class RunProgress(Progress):
    """Counts, names what is running, and estimates the time left from the cells that this run has done."""

    def __init__(self, warnings: Sequence["Finding"] = ()):
        self.warnings = warnings
        self.total = 0
        self.done = 0
        self.before = 0
        self.running: list[Cell] = []
        self.began = time.monotonic()

    def begin(self, total: int, done: int) -> None:
        self.total, self.done, self.before = total, done, done
        self.began = time.monotonic()
        # Said here, not earlier: by now nothing that can be checked stands in the way of the run.
        for finding in self.warnings:
            self.note(f"warning: {finding.message.rstrip('.')}; {finding.advice}")
        if done:
            self.note(f"{done} of {total} fits are there already; {total - done} to go.")

    def started(self, cell: "Cell") -> None:
        self.running.append(cell)

    def finished(self, outcome: "Outcome") -> None:
        self.done += 1
        self.running = [cell for cell in self.running if cell != outcome.cell]

    def note(self, text: str) -> None:
        tell(text)

    @property
    def seconds_left(self) -> float | None:
        fresh = self.done - self.before
        if not self.total:  # a budget of time: how many fits there will be is not known
            return None
        return (time.monotonic() - self.began) / fresh * (self.total - self.done) if fresh else None


class LineProgress(RunProgress):
    """For a log file or a pipe."""

    def finished(self, outcome: "Outcome") -> None:
        super().finished(outcome)
        said = f"failed: {outcome.failure.reason}" if outcome.failure is not None else f"{outcome.seconds:.1f} s"
        left = self.seconds_left
        rest = f", about {duration(left)} left" if left is not None and self.done < self.total else ""
        of = f"/{self.total}" if self.total else ""
        tell(f"{self.done}{of} {cell_words(outcome.cell)}: {said}{rest}")


class BarProgress(RunProgress):
    """For a terminal."""

    def __init__(self, bar: "Bar", warnings: Sequence["Finding"]):
        super().__init__(warnings)
        self.bar = bar
        self.task: TaskID = bar.add_task("", total=None, left="")

    def begin(self, total: int, done: int) -> None:
        super().begin(total, done)
        self._draw()

    def started(self, cell: "Cell") -> None:
        super().started(cell)
        self._draw()

    def finished(self, outcome: "Outcome") -> None:
        super().finished(outcome)
        if outcome.failure is not None:
            self.note(f"{cell_words(outcome.cell)} failed: {outcome.failure.reason}")
        self._draw()

    def note(self, text: str) -> None:
        self.bar.console.print(one_line(text), soft_wrap=True)

    def _draw(self) -> None:
        named = ", ".join(one_line(cell_words(cell)) for cell in self.running[:MOST_NAMED])
        more = len(self.running) - MOST_NAMED
        left = self.seconds_left
        self.bar.update(
            self.task,
            total=self.total,
            completed=self.done,
            description=named + (f" and {more} more" if more > 0 else ""),
            left="" if left is None or self.done >= self.total else f"{duration(left)} left",
            refresh=True,  # quick cells would be done before the next tick of the bar's own clock
        )


@contextmanager
def showing(warnings: Sequence["Finding"]) -> Iterator[RunProgress]:
    """The progress of one run, in the form that suits stderr."""
    if is_quiet():
        yield RunProgress()
        return
    if not sys.stderr.isatty():
        yield LineProgress(warnings)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    columns = (
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}", markup=False),
        TextColumn("{task.description}", markup=False),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        yield BarProgress(bar, warnings)


def cell_words(cell: "Cell") -> str:
    """Folds and repeats counted from 1, as people do; the first repeat is not named."""
    repeat = f", repeat {cell.repeat + 1}" if cell.repeat else ""
    return f"{cell.candidate.name}, fold {cell.fold + 1}{repeat}"


def duration(seconds: float) -> str:
    """In words, rounded up to the last unit shown.

    >>> duration(8.2), duration(75), duration(7300)
    ('9 s', '1 min 15 s', '2 h 2 min')
    """
    whole = int(seconds) + (seconds > int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = -(-whole // 60)
    return f"{minutes // 60} h {minutes % 60} min"
