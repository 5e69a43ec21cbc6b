"""Commands that are shown can be typed as they are shown."""

from pathlib import Path

import pytest

from assay.cli.console import runnable


def test_a_command_is_shown_by_its_path_where_it_is_not_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    monkeypatch.setattr("sys.argv", [str(tmp_path / "my env" / "bin" / "assay")])
    assert runnable("assay finish run") == "'my env/bin/assay' finish run"


def test_a_command_on_the_path_is_shown_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "assay"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", [str(script)])
    assert runnable("assay finish run") == "assay finish run"
