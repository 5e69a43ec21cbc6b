"""Worker processes: one that dies costs its own cell, and none is left behind."""

import os
import signal
from pathlib import Path

import pytest

from assay.data.dataset import Dataset
from assay.study import Progress, Study
from assay.study.cells import Candidate, Cell, Outcome
from assay.study.pool import Order, run_cells
from assay.study.work import Workload

children_are_listed = pytest.mark.skipif(
    not Path(f"/proc/{os.getpid()}/task").exists(), reason="child processes are looked up in /proc"
)


def children() -> list[int]:
    """Process ids of the workers of this process."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            command = (entry / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == os.getpid() and b"assay.study.worker" in command:
            found.append(int(entry.name))
    return found


class KillOnce(Progress):
    """Kills one worker as soon as the first outcome of another one is in."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.running: list[Cell] = []
        self.killed = False

    def started(self, cell: Cell) -> None:
        self.running.append(cell)

    def finished(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if not self.killed:
            self.killed = True
            os.kill(children()[0], signal.SIGKILL)


@children_are_listed
def test_a_worker_that_is_killed_costs_its_own_cell_and_no_other(loans: Dataset, tmp_path: Path) -> None:
    seen = KillOnce()
    study = Study(loans, ["forest", "boosting", "logistic", "tree"], folds=3)
    study.run(tmp_path / "run", jobs=2, progress=seen)
    failures = [outcome.failure.reason for outcome in seen.outcomes if outcome.failure is not None]
    assert len(seen.outcomes) == 12
    assert len(failures) == 1
    assert "signal SIGKILL; the system may have run out of memory" in failures[0]
    assert children() == []
    Study(loans, ["forest", "boosting", "logistic", "tree"], folds=3).run(tmp_path / "run", jobs=1)
    Study(loans, ["forest", "boosting", "logistic", "tree"], folds=3).run(tmp_path / "whole", jobs=1)
    assert (tmp_path / "run" / "leaderboard.json").read_bytes() == (tmp_path / "whole" / "leaderboard.json").read_bytes()


@children_are_listed
def test_no_worker_outlives_a_run_that_is_stopped(loans: Dataset, tmp_path: Path) -> None:
    class Stop(Progress):
        def finished(self, outcome: Outcome) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Study(loans, ["forest", "boosting"], folds=3).run(tmp_path / "run", jobs=2, progress=Stop())
    assert children() == []


class OneAfterAnother:
    """Gives the next cell only when the one before has come back."""

    def __init__(self, orders: list[Order]) -> None:
        self.left = orders
        self.told_of: list[Outcome] = []
        self.given = 0

    def next(self) -> Order | None:
        if not self.left or self.given > len(self.told_of):
            return None
        self.given += 1
        return self.left.pop(0)

    def told(self, outcome: Outcome) -> None:
        self.told_of.append(outcome)


def load(data: Dataset) -> tuple[Workload, list[Cell]]:
    study = Study(data, ["logistic"], folds=3)
    cells = [Cell(Candidate("logistic"), fold.repeat, fold.fold) for fold in study.plan.folds]
    return Workload(data, study.plan, 0), cells


@children_are_listed
def test_a_source_may_wait_for_an_outcome_before_it_names_the_next_cell(loans: Dataset) -> None:
    work, cells = load(loans)
    source = OneAfterAnother([Order(cell) for cell in cells])
    outcomes = list(run_cells(work, source, jobs=2, started=print))
    assert [outcome.cell for outcome in outcomes] == cells == [outcome.cell for outcome in source.told_of]
    assert all(outcome.failure is None for outcome in outcomes)
    assert children() == []


@children_are_listed
def test_a_worker_whose_time_is_up_is_ended_and_another_goes_on(loans: Dataset) -> None:
    work, cells = load(loans)
    orders = [Order(cells[0], most=0.01), Order(cells[1], most=300), Order(cells[2])]
    outcomes = list(run_cells(work, OneAfterAnother(orders), jobs=1, started=print))
    assert "its time was up" in outcomes[0].failure.reason
    assert [outcome.predictions is None for outcome in outcomes] == [True, False, False]
    assert children() == []
