"""Locks: one that a dead process left stops nobody, and of two runs on one folder the second is told."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from tests.faults.conftest import Undisturbed, what_counts
from tests.faults.processes import Starter, killed


def test_a_lock_file_of_a_dead_process_does_not_stop_a_run(assay: Starter, undisturbed: Undisturbed) -> None:
    assert killed(assay(*undisturbed.words, "run", step=14))
    assert Path("run/.lock").exists()
    Path("run/.lock").write_text("1\n")  # as other tools write the number of the process that holds it
    again = assay(*undisturbed.words, "run")
    assert again.code == 0, again
    assert what_counts(Path("run")) == what_counts(undisturbed.fitted)


def test_of_two_runs_on_one_folder_the_second_is_told_and_the_first_is_unharmed(assay: Starter, undisturbed: Undisturbed) -> None:
    first = assay.start(*undisturbed.words, "run", step=21, signal=signal.SIGSTOP)  # a record is written and not yet synced
    first.wait_until_stopped()
    journal = Path("run/journal").read_bytes()
    assert "another run is working in run" in assay(*undisturbed.words, "run").complaint
    assay("report", "run")  # a reader may look on, and draws what there is
    assert Path("run/journal").read_bytes() == journal, "nobody but the holder of the lock cuts a journal"
    first.go_on()
    ended = first.wait()
    assert ended.code == 0, ended
    assert what_counts(Path("run")) == what_counts(undisturbed.fitted)


def test_two_that_save_one_model_at_once_leave_one_of_the_two(assay: Starter, undisturbed: Undisturbed) -> None:
    shutil.copytree(undisturbed.finished / "model", "new")
    save = "from assay.bundle import load; load('new').save('kept')"
    first = assay.start(code=save, step=4, signal=signal.SIGSTOP)
    first.wait_until_stopped()
    assert assay(code=save).code == 0, "what the first is writing is not taken for a leftover, and stands in nobody's way"
    first.go_on()
    assert first.wait().code == 0
    assert sorted(path.name for path in Path().iterdir()) == ["kept", "new"]
    assert {path.name: path.read_bytes() for path in Path("kept").iterdir()} == {
        path.name: path.read_bytes() for path in Path("new").iterdir()
    }


def processes_with(home: str) -> list[int]:
    """Every process in whose environment this folder stands: those that a command with it has started, and their own."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if f"ASSAY_HOME={home}\0".encode() in (entry / "environ").read_bytes() + b"\0":
                found.append(int(entry.name))
        except OSError:  # gone meanwhile, or somebody else's
            continue
    return found


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
@pytest.mark.parametrize("step", [1, 4, 9, 15, 21, 28])
def test_a_signal_in_any_phase_leaves_no_process(
    assay: Starter, undisturbed: Undisturbed, workplace: Path, step: int, number: int
) -> None:
    words = ("run", undisturbed.table, "--target", "y", "--recipes", "baseline,logistic", "--folds", "5", "--jobs", "2")
    home = str(workplace / "home")
    os.mkdir(home)  # noqa: PTH102
    ended = assay(*words, "--out", "run", step=step, signal=number, home=home)
    assert ended.code == (130 if number == signal.SIGINT else -signal.SIGTERM), ended
    while processes_with(home):  # SIGTERM ends the parent at once; a worker sees that within a second
        os.sched_yield()
    assert assay(*words, "--out", "run").code == 0
