"""A study whose table and fits would not fit into its memory runs, and says what it left out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import assay
from assay.data.sources import large
from assay.recipes.learner import Context
from assay.study import memory as study_memory
from assay.study.cells import Candidate
from assay.study.memory import jobs_within
from assay.study.study import Progress, Study


class Told(Progress):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def table(n: int) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    town = rng.choice(["Perm", "Омск", "a town of a long name"], n)
    return pl.DataFrame({"x": x, "town": town, "y": np.where(rng.random(n) < 1 / (1 + np.exp(1 - x)), "yes", "no")})


def test_a_table_on_disk_gives_the_bytes_of_the_table_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.parquet"
    table(600).write_parquet(path)
    kept = []
    for share in (1.0, 0.0):
        monkeypatch.setattr(large, "SHARE", share)
        monkeypatch.setattr("assay.data.shelf.SHARE_TAKEN", 0.0)
        data = assay.read(path, target="y")
        assert (data.stored is None) == (share == 1.0)
        folder = tmp_path / f"run {share}"
        Study(data, ["logistic"], folds=2).run(folder, jobs=1 if share else 2)
        kept.append({one.name: one.read_bytes() for one in (folder / "predictions").iterdir()})
    assert kept[0] == kept[1]


def test_what_was_left_out_for_want_of_memory_stands_in_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.recipes.memory.SHARE", 0.005)
    data = assay.read(table(6000), target="y")
    result = Study(data, ["baseline", "logistic"], folds=2, memory="64m").run(tmp_path / "run", jobs=1)
    notes = {cell.candidate.name: record.notes for cell, record in result.records.items() if cell.fold == 0}
    assert notes["baseline"] == ()
    assert "training rows, drawn at random, as many of each class in proportion" in notes["logistic"][0]
    assert result.winner == "logistic"
    told = [warning for warning in result.summary()["warnings"] if warning["code"] == "sampled"]
    assert [warning["message"] for warning in told] == [f"logistic {notes['logistic'][0]}."]


def test_there_are_fewer_jobs_before_there_are_fewer_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = Study(assay.read(table(4000), target="y"), ["logistic"], folds=2, memory="64m")
    work = replace(study._workload(assay.study.folder.RunFolder(tmp_path)), context=Context(memory=2**26))
    assert jobs_within(work, [Candidate("logistic")], 8) == (8, None)
    monkeypatch.setattr(study_memory, "free_memory", lambda: 3 * 2**20)
    monkeypatch.setattr(study_memory, "bytes_of_fit", lambda *_, **__: 2**20)
    fit, note = jobs_within(work, [Candidate("logistic")], 8)
    assert fit == 2
    assert note is not None
    assert note.startswith("2 of 8 jobs at once: a fit of logistic takes 1.")
