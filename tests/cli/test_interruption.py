"""A run that is killed at any moment, or stopped, ends in the same bytes as one that was not."""

import shlex
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from tests.cli.commands import Command, start

CELLS = 9
RUN = ["--target", "diagnosis", "--recipes", "baseline,naive-bayes,logistic", "--folds", "3"]

KILLED_AT_A_WRITE = """
import os, signal, sys
left, real = [int(sys.argv.pop(1))], os.fsync
def fsync(handle):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    real(handle)
os.fsync = fsync
from assay.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.fixture
def expected(assay: Command, cancer: Path) -> bytes:
    """leaderboard.json of a run that nobody disturbed."""
    assert assay("run", cancer, *RUN, "--jobs", "1", "--out", "whole").code == 0
    return Path("whole/leaderboard.json").read_bytes()


def wait_for(process: "object", mark: str) -> None:
    """Read the process's stderr up to a line with ``mark``."""
    for line in process.stderr:  # type: ignore[attr-defined]
        if mark in line:
            return
    raise AssertionError(f"the process ended before it said {mark!r}")


@pytest.mark.parametrize("write", [1, 3, 4, 5, 17])
def test_a_run_killed_at_a_write_ends_in_the_same_bytes(assay: Command, cancer: Path, expected: bytes, write: int) -> None:
    process = start(write, "run", cancer, *RUN, "--jobs", "1", "--out", "killed", code=KILLED_AT_A_WRITE)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not Path("killed/leaderboard.json").exists()
    assert assay("run", cancer, *RUN, "--jobs", "1", "--out", "killed").code == 0
    assert Path("killed/leaderboard.json").read_bytes() == expected


def test_a_run_killed_among_its_workers_ends_in_the_same_bytes(assay: Command, cancer: Path, expected: bytes) -> None:
    process = start("run", cancer, *RUN, "--jobs", "2", "--out", "killed")
    wait_for(process, f"2/{CELLS} ")
    process.kill()
    process.communicate()
    assert assay("run", cancer, *RUN, "--jobs", "1", "--out", "killed").code == 0
    assert Path("killed/leaderboard.json").read_bytes() == expected


def test_two_jobs_give_the_bytes_of_one(assay: Command, cancer: Path, expected: bytes) -> None:
    assert assay("run", cancer, *RUN, "--jobs", "2", "--out", "two").code == 0
    assert Path("two/leaderboard.json").read_bytes() == expected


@pytest.mark.parametrize("cut", [1, 40])
def test_a_torn_journal_is_cut_and_said_and_its_cell_run_again(assay: Command, cancer: Path, expected: bytes, cut: int) -> None:
    journal = Path("whole/journal")
    journal.write_bytes(journal.read_bytes()[:-cut])
    Path("whole/leaderboard.json").unlink()
    done = assay("run", cancer, *RUN, "--jobs", "1", "--out", "whole")
    assert done.code == 0
    assert "torn" in done.err
    assert f"{CELLS}/{CELLS} logistic, fold 3" in done.err
    assert Path("whole/leaderboard.json").read_bytes() == expected


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_stops_cleanly_and_says_the_command_that_goes_on(
    assay: Command, cancer: Path, expected: bytes, workplace: Path, jobs: int
) -> None:
    # Enough folds of a recipe that takes its time, so that the signal comes in the middle.
    words = ["run", str(cancer), *RUN, "--repeats", "20", "--jobs", str(jobs), "--out", "with space"]
    process = start(*words, cwd=workplace)
    wait_for(process, "3/180 ")
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate()
    assert process.returncode == 130
    last = rest.splitlines()[-1]
    assert last.startswith("assay: stopped; ")
    assert last.endswith(f" of 180 fits are kept in with space. To go on: {shlex.join(['assay', *words])}")
    assert "Traceback" not in rest
    kept = len(Path("with space/journal").read_bytes().splitlines())
    assert 3 <= kept < 180
    resumed = start(*words, cwd=workplace)
    wait_for(resumed, f"{kept} of 180 fits are there already")
    resumed.kill()
    resumed.communicate()


def workers_of(parent: int) -> list[Path]:
    """The worker processes of a process, found by their parent: the list that /proc keeps of children leaves some out while
    others come and go."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):  # gone meanwhile
            owner = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if owner == parent and b"assay.study.worker" in (entry / "cmdline").read_bytes():
                found.append(entry)
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_no_worker_outlives_a_stopped_run(cancer: Path, workplace: Path) -> None:
    process = start("run", cancer, *RUN, "--repeats", "20", "--jobs", "2", "--out", "stopped", cwd=workplace)
    wait_for(process, "3/180 ")
    workers = workers_of(process.pid)
    assert len(workers) == 2
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert [worker for worker in workers if worker.exists()] == []


def test_a_second_run_in_a_folder_at_work_is_refused(assay: Command, cancer: Path, workplace: Path) -> None:
    process = start("run", cancer, *RUN, "--repeats", "20", "--jobs", "1", "--out", "busy", cwd=workplace)
    wait_for(process, "1/180 ")
    try:
        assert "another run" in assay("run", cancer, *RUN, "--repeats", "20", "--jobs", "1", "--out", "busy").complaint
    finally:
        process.kill()
        process.communicate()


def test_a_reader_that_goes_away_is_no_defect(cancer: Path, workplace: Path) -> None:
    process = start("check", cancer, "--target", "diagnosis", cwd=workplace)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 141
    process.stderr.close()
