"""A disk that is full: one line, nothing that was computed is lost, and with room the same command ends in the same bytes."""

import shutil
from pathlib import Path

import pytest
from tests.bundle.models import model
from tests.faults.conftest import Disk, Undisturbed, what_counts
from tests.faults.processes import Starter, contents
from tests.faults.test_killed import KEEP, LEDGER, SAVE, leftovers

from assay.splits.ledger import Ledger


def test_a_disk_that_fills_up_while_cells_are_kept_loses_none(
    assay: Starter, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert assay(code=KEEP).code == 0
    whole = contents(Path("run"))
    monkeypatch.chdir(disk.path)
    met = set()
    for pages in range(1, 7):
        shutil.rmtree("run", ignore_errors=True)
        disk.leave(pages)
        ended = assay(code=KEEP)
        if ended.code:
            assert "the disk of run is full. What was computed is kept" in ended.complaint
            met.add("journal" if "journal" in ended.steps[-1] else "predictions")
            assert leftovers(Path("run")) == []
        kept = len(list(Path("run").glob("predictions/*")))
        disk.make_room()
        again = assay(code=KEEP)
        assert again.code == 0
        made = sum(step.startswith("open ") and ".npz." in step for step in again.steps)
        assert made <= 3 - kept + 1, "what was recorded is not computed again"
        assert contents(Path("run")) == whole, f"{pages} pages were free"
    assert met == {"journal", "predictions"}, "the disk was to fill up at both"


def test_a_run_on_a_full_disk_goes_on_when_there_is_room(assay: Starter, disk: Disk, undisturbed: Undisturbed) -> None:
    run = disk.path / "run"
    disk.leave(7)
    assert f"the disk of {run} is full" in assay(*undisturbed.words, run).complaint
    assert (run / "journal").stat().st_size > 0, "something was computed"
    disk.make_room()
    again = assay(*undisturbed.words, run)
    assert again.code == 0, again
    assert "1/4" not in again.err, "a fit that was kept is not made again"
    assert what_counts(run) == what_counts(undisturbed.fitted)


def test_a_finish_on_a_full_disk_keeps_the_run_and_goes_on(
    assay: Starter, disk: Disk, undisturbed: Undisturbed, assay_home: Path
) -> None:
    run = disk.path / "run"
    shutil.copytree(undisturbed.fitted, run)
    disk.leave(4)  # enough for the predictions of the test rows, and not for the model
    said = assay("finish", run).complaint
    assert "No space left on device" in said or "is full" in said
    assert what_counts(run).items() >= what_counts(undisturbed.fitted).items()
    assert leftovers(run) == []
    disk.make_room()
    assert assay("finish", run).code == 0
    assert what_counts(run) == what_counts(undisturbed.finished)
    [opening] = Ledger(assay_home / "ledger").openings()
    assert (opening.number, opening.state) == (1, "done")


def test_a_ledger_on_a_full_disk_says_so_and_counts_once_when_there_is_room(assay: Starter, disk: Disk) -> None:
    home = disk.path / "home"
    (home / "ledger").mkdir(parents=True)
    disk.leave(0)
    said = assay(code=LEDGER, home=str(home)).complaint
    assert "the ledger of the test rows" in said
    assert "No space left on device; free the disk" in said
    assert Ledger(home / "ledger").openings() == []
    disk.make_room()
    assert assay(code=LEDGER, home=str(home)).code == 0
    [opening] = Ledger(home / "ledger").openings()
    assert (opening.number, opening.state) == (1, "done")


def test_a_report_on_a_full_disk_leaves_the_old_page(assay: Starter, disk: Disk, undisturbed: Undisturbed) -> None:
    run = disk.path / "run"
    shutil.copytree(undisturbed.fitted, run)
    (run / "report.html").write_text("the page of before")
    disk.leave(1)
    assert f"the disk of {run} is full" in assay("report", run).complaint
    assert (run / "report.html").read_text() == "the page of before"
    assert leftovers(run) == []


def test_predictions_for_a_full_disk_are_refused_and_the_old_file_stays(
    assay: Starter, disk: Disk, undisturbed: Undisturbed
) -> None:
    out = disk.path / "said.csv"
    out.write_text("of before")
    disk.leave(0)
    words = ("predict", undisturbed.finished / "model", undisturbed.table)
    assert f"{out} cannot be written: No space left on device" in assay(*words, "-o", out).complaint
    assert out.read_text() == "of before"
    assert leftovers(disk.path) == []
    disk.make_room()
    assert assay(*words, "-o", out).code == 0
    assert out.read_text().startswith("prediction,")
    printed = assay(*words, out="/dev/full")
    assert "the disk takes no more (No space left on device): what was to be printed" in printed.complaint


@pytest.mark.parametrize("suffix", ["", ".assay"], ids=["folder", "file"])
def test_a_model_for_a_full_disk_leaves_the_old_one(
    assay: Starter, disk: Disk, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.chdir(disk.path)
    for name, recipe in (("kept", "logistic"), ("old", "logistic"), ("new", "tree")):
        model(recipe).save(f"{name}{suffix}")
    kept = disk.path / f"kept{suffix}"
    before = contents(disk.path)
    disk.leave(0)
    assert (
        f"kept{suffix}: the model cannot be saved here (No space left on device)"
        in assay(code=SAVE.format(suffix=suffix)).complaint
    )
    disk.make_room()
    assert contents(disk.path) == before
    assert assay(code=SAVE.format(suffix=suffix)).code == 0
    new = disk.path / f"new{suffix}"
    assert (contents(kept) or kept.read_bytes()) == (contents(new) or new.read_bytes())


def test_a_limit_on_the_size_of_files_is_said_like_a_full_disk(assay: Starter, undisturbed: Undisturbed) -> None:
    """The other way in which a disk takes no more, which needs no rights to be tried: ulimit -f."""
    words = ("predict", undisturbed.finished / "model", undisturbed.table, "-o", "said.csv")
    assert "said.csv cannot be written: File too large" in assay(*words, most_bytes=1000).complaint
    assert "a file in run would be larger than the system allows" in assay(code=KEEP, most_bytes=500).complaint
    model("logistic").save("new")
    assert "the model cannot be saved here (File too large)" in assay(code=SAVE.format(suffix=""), most_bytes=500).complaint
    assert leftovers(Path()) == []
    assert not Path("said.csv").exists()
