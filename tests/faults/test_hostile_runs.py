"""Files of a run folder that somebody has changed, with checksums that fit: refused by the name of the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.core.errors import AssayError, StudyError
from assay.study.folder import RunFolder
from assay.study.journal import append_record
from assay.study.study_file import read_study_file, study_text

RECORD: dict[str, Any] = {
    "cell": ["logistic", "none", 0, 0],
    "seed": 1,
    "file": "logistic.r0.f0.npz",
    "sha256": "0" * 64,
    "failure": None,
    "seconds": 0.1,
    "peak_mb": 1.0,
    "correction": None,
    "notes": [],
}
IDENTITY = {"fingerprint": "f", "plan": "p", "metric": "roc_auc", "task": "binary", "source": "t.csv"}
SETTINGS: dict[str, Any] = {"metric": "roc_auc", "folds": 5, "repeats": 1, "seed": 0, "copies": "warn", "cost": [5.0, 1.0]}


@pytest.mark.parametrize(
    "change",
    [
        {"cell": None},
        {"cell": ["logistic"]},
        {"cell": [["logistic"], "none", 0, 0]},
        {"file": "../../outside.npz"},
        {"file": "boosting.r0.f0.npz"},
        {"failure": "no"},
        {"seconds": "long"},
        {"seconds": "nan"},
        {"peak_mb": True},
        {"notes": 3},
        {"correction": {"chosen": "magic"}},
    ],
)
def test_a_record_that_no_run_writes_is_refused_by_its_number(workplace: Path, change: dict[str, Any]) -> None:
    folder = RunFolder(workplace)
    append_record(folder.journal, RECORD)
    assert len(folder.records()[0]) == 1
    append_record(folder.journal, {**RECORD, **change})
    with pytest.raises(StudyError, match=r"journal: record 2 is not one that Assay writes"):
        folder.records()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"folds": "5"}, "'folds' is not a whole number"),
        ({"folds": True}, "'folds' is not a whole number"),
        ({"metric": None}, "'metric' is missing"),
        ({"cost": [1]}, "'cost' is not two numbers"),
        ({"read.drop": "a"}, "'read.drop' is not a list of texts"),
        ({"read.source": 3}, "'read.source' is not text"),
        ({"gap": [1]}, "'gap' is not text or a number"),
    ],
)
def test_a_setting_of_another_type_is_refused_by_its_name(workplace: Path, change: dict[str, Any], said: str) -> None:
    path = workplace / "study.toml"
    path.write_text(study_text(IDENTITY, ["logistic"], ["none"], SETTINGS))
    assert read_study_file(path)["settings"]["folds"] == 5
    path.write_text(study_text(IDENTITY, ["logistic"], ["none"], {**SETTINGS, **change}))
    with pytest.raises(StudyError, match=rf"study\.toml is not as Assay writes it: {said}"):
        read_study_file(path)


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000, "\ud800"])
def test_what_the_test_rows_said_is_refused_where_it_cannot_be_read(workplace: Path, content: str) -> None:
    folder = RunFolder(workplace)
    folder.test_file.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(StudyError, match=r"test\.json .* run assay finish"):
        folder.read_opened()


@pytest.mark.parametrize("damage", [lambda text: text.replace("format = 1", "format = 1e"), lambda _text: "x = " + "[" * 100_000])
def test_a_study_that_is_no_toml_is_refused(workplace: Path, damage: Callable[[str], str]) -> None:
    (workplace / "study.toml").write_text(damage(study_text(IDENTITY, ["logistic"], ["none"], SETTINGS)))
    with pytest.raises(AssayError, match=r"study\.toml cannot be read"):
        RunFolder(workplace).read_study()
