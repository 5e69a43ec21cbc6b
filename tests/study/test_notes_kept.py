"""Rules that applied inside a fit (a neighbourhood that was cut short) reach the journal, the JSON object and the sentences."""

import json

import numpy as np
import polars as pl

import assay
from assay.study.folder import RunFolder
from assay.study.journal import append_record, read_journal

LOWERED = "k_neighbors was lowered from 5 to 3: class 'fraud' has no more rows to find."


def study() -> assay.Study:
    random = np.random.default_rng(0)
    rare = np.repeat([True, False], [8, 160])
    table = pl.DataFrame(
        {"x": random.normal(size=168) + rare, "z": random.normal(size=168), "y": np.where(rare, "fraud", "fine")}
    )
    return assay.Study(assay.read(table, target="y", positive="fraud"), recipes=["logistic"], treatments=["smote"], folds=3)


def test_a_rule_that_applied_is_kept_and_said_with_the_class_by_its_name(tmp_path) -> None:
    result = study().run(tmp_path / "run")
    records, _ = RunFolder(tmp_path / "run").records()
    said = {note for record in records.values() for note in record.notes}
    assert LOWERED in said
    assert all(not record.notes for cell, record in records.items() if cell.candidate.treatment == "none")
    treatments = result.summary()["treatments"]
    row = next(row for row in treatments["rows"] if row["treatment"] == "smote")
    assert LOWERED in row["notes"]
    assert sum(row["corrections"].values()) == 3
    assert f"smote: {LOWERED}" in treatments["sentences"]
    assert any(sentence.startswith("Correction chosen by out-of-fold log loss: smote ") for sentence in treatments["sentences"])


def test_a_journal_without_notes_is_read(tmp_path) -> None:
    study().run(tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    entries = [json.loads(json.dumps(entry)) for entry in read_journal(folder.journal).records]
    folder.journal.unlink()
    for entry in entries:
        del entry["notes"]
        append_record(folder.journal, entry)
    records, _ = folder.records()
    assert len(records) == len(entries)
    assert not any(record.notes for record in records.values())
