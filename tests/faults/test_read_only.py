"""A folder that cannot be written: one line that names it, and what lies in it can still be read."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.faults.conftest import Undisturbed
from tests.faults.processes import Starter, contents


def test_every_command_that_writes_into_a_read_only_folder_says_so_in_one_line(
    assay: Starter, undisturbed: Undisturbed, read_only: Callable[[Path], None], workplace: Path
) -> None:
    archive = workplace / "archive"
    shutil.copytree(undisturbed.finished, archive / "run")
    before = contents(archive)
    read_only(archive)
    run, model = archive / "run", archive / "run" / "model"
    for words in (
        (*undisturbed.words, run),
        (*undisturbed.words, archive / "new"),
        ("finish", run),
        ("report", run),
        ("predict", model, undisturbed.table, "-o", archive / "said.csv"),
    ):
        said = assay(*words).complaint
        assert "Read-only file system" in said or "Permission denied" in said
        assert str(archive) in said
    assert contents(archive) == before
    assert assay("predict", model, undisturbed.table, "-o", "said.csv").code == 0
    assert assay("model", "verify", model).code == 0


def test_a_ledger_that_cannot_be_written_stops_a_finish_before_the_rows_are_opened(
    assay: Starter, undisturbed: Undisturbed, read_only: Callable[[Path], None], workplace: Path
) -> None:
    shutil.copytree(undisturbed.fitted, "run")
    home = workplace / "home"
    home.mkdir()
    read_only(home)
    said = assay("finish", "run", home=str(home)).complaint
    assert "ASSAY_HOME" in said
    assert not Path("run/test.json").exists()
    assert not Path("run/model").exists()
