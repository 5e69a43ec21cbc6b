"""The choice of a correction travels out of a cell, into the journal and the card; folders without it are still read."""

import json
import re

import numpy as np
import polars as pl
import pytest
from tests.bundle.models import model

import assay
from assay.bundle.card import markdown
from assay.bundle.model import Model, read_manifest
from assay.core.errors import ConfigError
from assay.recipes.correction import CorrectionChoice
from assay.study.folder import RunFolder
from assay.study.journal import append_record, read_journal


def table(n: int = 300) -> pl.DataFrame:
    random = np.random.default_rng(0)
    x = random.normal(size=n)
    return pl.DataFrame(
        {"x": x, "z": random.normal(size=n), "y": np.where(random.random(n) < 1 / (1 + np.exp(1.5 - x)), "yes", "no")}
    )


def study(**settings: object) -> assay.Study:
    return assay.Study(assay.read(table(), target="y"), recipes=["logistic"], folds=3, **settings)


def test_every_treated_cell_has_its_choice_on_record_and_no_other_has(tmp_path) -> None:
    study(treatments=["none", "random-undersample"]).run(tmp_path / "run")
    records, _ = RunFolder(tmp_path / "run").records()
    assert len(records) == 6
    for cell, record in records.items():
        assert (record.correction is None) == (cell.candidate.treatment == "none")
        if record.correction is not None:
            assert record.correction.rows == 160
            assert min(record.correction.log_loss, key=record.correction.log_loss.get) == record.correction.chosen


def test_a_journal_that_was_written_before_choices_were_kept_is_read(tmp_path) -> None:
    study(treatments=["none", "random-undersample"]).run(tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    entries = read_journal(folder.journal).records
    assert all("correction" in entry for entry in entries)
    folder.journal.unlink()
    for entry in entries:
        append_record(folder.journal, {key: value for key, value in json.loads(json.dumps(entry)).items() if key != "correction"})
    records, _ = folder.records()
    assert len(records) == 6
    assert all(record.correction is None and folder.has(record) for record in records.values())


def test_the_card_of_a_finished_run_keeps_the_choice_of_its_model(tmp_path) -> None:
    finished = study(treatments=["none", "random-undersample"], metric="balanced_accuracy").run(tmp_path / "run").finish()
    choice = finished.fitted.correction
    assert read_manifest(tmp_path / "run" / "model").card["correction"] == (None if choice is None else choice.to_json())


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (
            CorrectionChoice("prior", {"unchanged": 0.5, "prior": 0.25}, 160),
            r"prior, by out-of-fold log loss on 160 rows \(prior 0.25, unchanged 0.5\)",
        ),
        (CorrectionChoice("prior", {}, 0), "prior, without a comparison: too few rows for inner folds"),
        (None, None),
    ],
)
def test_the_page_of_a_model_says_what_was_chosen(choice, said, tmp_path) -> None:
    Model(model().fitted, None, {"correction": None if choice is None else choice.to_json()}).save(tmp_path / "m")
    page = markdown(read_manifest(tmp_path / "m"))
    found = re.search(r"probabilities after the treatment: (.*)", page)
    assert (found is None) == (said is None)
    if said is not None:
        assert re.fullmatch(said, found[1])


def test_a_calibrator_that_cannot_undo_the_treatments_is_refused_before_any_fit(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"'temperature' shifts no probability, .* treatment 'class-weight' moves"):
        study(treatments=["none", "class-weight"], calibration="temperature").run(tmp_path / "run")
