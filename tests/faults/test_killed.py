"""A process killed in the middle of a write: what was there is whole, and the next ends in the bytes of an undisturbed one."""

import fcntl
import shutil
from pathlib import Path

import pytest
from tests.bundle.models import model
from tests.faults.conftest import Undisturbed, what_counts
from tests.faults.processes import Starter, contents, killed

from assay.bundle import load
from assay.core.files import clear_leftovers
from assay.study.folder import RunFolder

KEEP = """
from pathlib import Path
import numpy as np
from assay.measure.payload import Predictions
from assay.study.cells import Candidate, Cell, Outcome
from assay.study.folder import RunFolder

folder = RunFolder(Path("run"))
with folder.locked():
    folder.clear_unfinished()
    Path("run/predictions").mkdir(exist_ok=True)
    records, torn = folder.records()
    for fold in range(3):
        cell = Cell(Candidate("logistic"), 0, fold)
        if cell not in records or not folder.has(records[cell]):
            folder.keep(Outcome(cell, fold, Predictions("value", np.arange(9), {"value": fold + np.arange(9.0)}), None, 0.0, 0.0))
"""
KEEP_ONE = KEEP.replace("range(3)", "range(1)")
SAVE = """
from assay.bundle import load
load("new{suffix}").save("kept{suffix}")
"""
LEDGER = """
from assay.splits.ledger import Ledger
book = Ledger()
opening = book.begin("k" * 64, study="s", candidate="logistic", when="2026-01-01")
book.finish(book.record_predictions(opening, "digest"))
"""


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.name.endswith((".part", ".old")))


def places(size: int, most: int) -> list[int]:
    """Some places in a file of so many bytes, the first and the last ones among them."""
    return sorted({0, 1, size - 1, size, *range(0, size, max(1, size // most))})


def killed_while_keeping(assay: Starter, what: str, most: int) -> None:
    """Kill the keeping of the second cell after so many bytes of a file; whatever is left, the next run makes the whole of it."""
    assert assay(code=KEEP).code == 0
    whole = contents(Path("run"))
    second, record = "predictions/logistic.r0.f1.npz", whole["journal"].splitlines()[1]
    pattern, size = ("journal", len(record) + 1) if what == "journal" else (".logistic.r0.f1.npz.*", len(whole[second]))
    shutil.rmtree("run")
    assert assay(code=KEEP_ONE).code == 0
    shutil.copytree("run", "one")
    for after in places(size, most):
        shutil.rmtree("run")
        shutil.copytree("one", "run")
        assert killed(assay(code=KEEP, cut=(pattern, after)))
        assert Path("run/predictions/logistic.r0.f0.npz").read_bytes() == whole["predictions/logistic.r0.f0.npz"]
        assert Path("run/journal").read_bytes().startswith(whole["journal"].partition(b"\n")[0])
        assert assay(code=KEEP).code == 0
        assert contents(Path("run")) == whole, f"killed after {after} bytes"
        assert leftovers(Path("run")) == []


def test_a_journal_that_is_killed_in_a_record_goes_on_to_the_same_bytes(assay: Starter) -> None:
    killed_while_keeping(assay, "journal", 6)


def test_predictions_that_are_killed_in_the_middle_are_made_again(assay: Starter) -> None:
    killed_while_keeping(assay, "predictions", 3)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["journal", "predictions"])
def test_a_kill_at_any_byte_of_a_cell_is_mended(assay: Starter, what: str) -> None:
    killed_while_keeping(assay, what, 10**6)


@pytest.mark.parametrize("suffix", ["", ".assay"], ids=["folder", "file"])
def test_a_model_killed_at_any_step_of_its_save_is_the_old_or_the_new_one(assay: Starter, suffix: str) -> None:
    old, new, kept = (Path(f"{name}{suffix}") for name in ("old", "new", "kept"))
    model("logistic").save(old)
    model("tree").save(new)

    def copy(source: Path) -> None:
        shutil.rmtree(kept) if kept.is_dir() else kept.unlink(missing_ok=True)
        shutil.copytree(source, kept) if source.is_dir() else shutil.copy(source, kept)

    def content(path: Path) -> object:
        return contents(path) if path.is_dir() else path.read_bytes()

    copy(old)
    steps = len(assay(code=SAVE.format(suffix=suffix)).steps)
    assert content(kept) == content(new)
    found = []
    for step in range(1, steps + 1):
        copy(old)
        assert killed(assay(code=SAVE.format(suffix=suffix), step=step))
        found.append(content(kept))
        assert assay(code=SAVE.format(suffix=suffix)).code == 0
        assert content(kept) == content(new)
        assert leftovers(Path()) == [], f"killed at step {step}"
    assert found[0] == content(old)
    assert found[-1] == content(new)
    assert all(one in (content(old), content(new)) for one in found), "half of a model"


@pytest.mark.parametrize(("suffix", "pattern"), [("", "state.json"), ("", "weights.safetensors"), (".assay", ".kept.assay.*")])
def test_a_model_killed_in_the_middle_of_a_file_is_the_old_one(assay: Starter, suffix: str, pattern: str) -> None:
    old, kept = Path(f"old{suffix}"), Path(f"kept{suffix}")
    for path, recipe in ((old, "logistic"), (kept, "logistic"), (Path(f"new{suffix}"), "tree")):
        model(recipe).save(path)
    for after in (0, 1, 300):
        assert killed(assay(code=SAVE.format(suffix=suffix), cut=(pattern, after)))
        assert (contents(kept) or kept.read_bytes()) == (contents(old) or old.read_bytes())
    assert assay(code=SAVE.format(suffix=suffix)).code == 0
    assert leftovers(Path()) == []


def test_a_report_that_is_killed_in_the_middle_leaves_the_old_page(assay: Starter, undisturbed: Undisturbed) -> None:
    shutil.copytree(undisturbed.fitted, "run")
    page = Path("run/report.html")
    page.write_text("the page of before")
    assert killed(assay("report", "run", cut=(".report.html.*", 5000)))
    assert page.read_text() == "the page of before"
    assert leftovers(Path("run")) != []
    assert assay("report", "run").code == 0
    assert "</html>" in page.read_text()
    assert leftovers(Path("run")) == []


def test_a_ledger_that_is_killed_in_a_record_counts_once(assay: Starter, assay_home: Path) -> None:
    book = assay_home / "ledger" / ("k" * 64)
    assert assay(code=LEDGER).code == 0
    whole = book.read_bytes()
    steps = len(assay(code=LEDGER.replace("logistic", "other")).steps)
    for how in [{"step": step} for step in range(2, steps + 1, 2)] + [{"cut": ("k" * 64, after)} for after in (0, 26, 90)]:
        book.unlink()
        assert killed(assay(code=LEDGER, **how))
        again = assay(code=LEDGER)
        assert again.code == 0, again
        assert book.read_bytes() == whole, how


def finish_killed_at(assay: Starter, undisturbed: Undisturbed, assay_home: Path, step: int) -> bool:
    """Kill a finish at this step, and finish again; False where it was over before."""
    for folder in (Path("run"), assay_home):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(undisturbed.fitted, "run")
    ended = assay("finish", "run", step=step)
    if ended.code == 0:
        return False
    assert killed(ended)
    again = assay("finish", "run")
    assert again.code == 0, again
    assert what_counts(Path("run")) == what_counts(undisturbed.finished), step
    assert leftovers(Path("run")) == []
    [book] = [path for path in (assay_home / "ledger").iterdir() if path.is_file()]
    assert book.read_bytes().count(b'"intent"') == 1, "one opening, however often it was begun"
    assert book.read_bytes().count(b'"done"') == 1
    return True


def test_a_finish_that_is_killed_goes_on_to_the_same_model_and_is_one_opening(
    assay: Starter, undisturbed: Undisturbed, assay_home: Path
) -> None:
    assert finish_killed_at(assay, undisturbed, assay_home, 28)


@pytest.mark.slow
def test_a_finish_killed_at_any_step_goes_on_to_the_same_model(
    assay: Starter, undisturbed: Undisturbed, assay_home: Path
) -> None:
    step = 1
    while finish_killed_at(assay, undisturbed, assay_home, step):
        step += 1
    assert step > 40, "a finish changes the disk some fifty times"


@pytest.mark.slow
def test_a_run_killed_at_any_step_goes_on_to_the_same_bytes(assay: Starter, undisturbed: Undisturbed) -> None:
    step = 1
    while killed(assay(*undisturbed.words, "run", step=step)):
        again = assay(*undisturbed.words, "run")
        assert again.code == 0, again
        assert what_counts(Path("run")) == what_counts(undisturbed.fitted), step
        assert leftovers(Path("run")) == [], step
        shutil.rmtree("run")
        step += 1
    assert step > 40, "a run changes the disk some fifty times"


def test_what_killed_writes_left_is_removed_by_the_next_run_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    """A killed finish leaves a folder behind, where a killed run leaves files."""
    run = RunFolder(tmp_path / "run")
    (run.path / "predictions").mkdir(parents=True)
    (run.path / ".model.1.part").mkdir()
    (run.path / ".model.1.part" / "state.json").write_text("{")
    (run.path / "predictions" / ".logistic.r0.f0.npz.1.part").write_text("half")
    with (run.path / ".report.html.1.part").open("w") as at_work, run.locked():
        fcntl.flock(at_work, fcntl.LOCK_EX)  # as a report that is being written in another process has it
        run.clear_unfinished()
        assert leftovers(run.path) == [".report.html.1.part"]


def test_a_model_that_stepped_aside_for_one_that_never_came_is_put_back(tmp_path: Path) -> None:
    """Where two folders cannot change places in one step, a kill may come between the two steps."""
    model("logistic").save(tmp_path / "kept")
    (tmp_path / "kept").rename(tmp_path / ".kept.1.old")
    clear_leftovers(tmp_path, "kept")
    assert recipe_of("kept", tmp_path) == "logistic"
    assert leftovers(tmp_path) == []
    (tmp_path / ".kept.1.old").mkdir()
    clear_leftovers(tmp_path, "kept")
    assert recipe_of("kept", tmp_path) == "logistic"
    assert leftovers(tmp_path) == []


def recipe_of(name: str, folder: Path) -> str:
    return load(folder / name).fitted.recipe
