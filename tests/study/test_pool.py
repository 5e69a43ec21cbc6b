"""Worker processes: one that dies costs its own cell, and none is left behind."""

import os
import signal
from pathlib import Path

import pytest

from assay.data.dataset import Dataset
from assay.study import Progress, Study
from assay.study.cells import Cell, Outcome

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
