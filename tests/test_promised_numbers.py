"""Numbers that are promised on data which ships inside a package; minutes, so they run by ``make check-slow``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def assay(folder: Path, *words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "assay", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_lenet_reads_the_digits_in_cross_validation_and_on_the_locked_rows(tmp_path: Path) -> None:
    assay(tmp_path, "demo", "digits", "--out", "data")
    said = assay(tmp_path, "run", "data/digits", "--recipes", "logistic,lenet", "--finish", "--json", "--out", "run")
    summary = json.loads(said)
    accuracy = {row["name"]: row["metrics"]["accuracy"]["value"] for row in summary["rows"]}
    assert accuracy["lenet"] >= 0.97
    assert summary["test"]["name"] == "lenet"
    assert summary["test"]["metrics"]["accuracy"]["value"] >= 0.97


def test_the_demo_ends_with_the_same_bytes_whatever_the_number_of_jobs(tmp_path: Path) -> None:
    for jobs in ("1", "2"):
        assay(tmp_path, "demo", "loanapp", "--jobs", jobs, "--out", jobs)
    for name in ("leaderboard.json", "model/weights.safetensors", "model/state.json"):
        assert (tmp_path / "1" / "run" / name).read_bytes() == (tmp_path / "2" / "run" / name).read_bytes()
