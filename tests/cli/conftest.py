"""The command as a function, and a working folder for every test."""

from pathlib import Path

import pytest
from tests.cli.commands import Command, Done, table, write_csv

from assay.cli.main import run as run_command


@pytest.fixture
def assay(capfd: pytest.CaptureFixture[str]) -> Command:
    """``assay("run", DATA, …)`` in this process."""

    def call(*words: object) -> Done:
        capfd.readouterr()
        code = run_command([str(word) for word in words])
        captured = capfd.readouterr()
        return Done(code, captured.out, captured.err)

    return call


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command works in a folder of its own, so that ``runs/`` lands there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cancer(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "cancer.csv", table())
