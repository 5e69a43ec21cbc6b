"""A treatment of decisions makes no fits, and the folder still knows that it was asked for."""

from pathlib import Path

import assay
from assay.cli.folders import open_run
from assay.data.dataset import Dataset
from assay.study import Study
from assay.study.folder import RunFolder
from assay.study.result import StudyResult


def run(data: Dataset, out: Path, treatments: list[str], recipes: tuple[str, ...] = ("logistic",)) -> StudyResult:
    read = {"source": data.source, "target": "denied", "drop": ["branch"]}
    return Study(data, recipes, treatments, folds=3, read=read).run(out, jobs=1)


def helped(result: StudyResult) -> object:
    return result.summary()["treatments"]


def test_what_helped_is_there_again_when_the_folder_is_opened_with_threshold_only_alone(table, tmp_path: Path) -> None:
    table.write_csv(tmp_path / "loans.csv")
    loans = assay.read(tmp_path / "loans.csv", target="denied", drop=["branch"])
    first = helped(run(loans, tmp_path / "run", ["threshold-only"]))
    assert [row["treatment"] for row in first["rows"]] == ["none", "threshold-only"]
    assert helped(Study(loans, ["logistic"], folds=3).open(tmp_path / "run")) == first
    assert helped(open_run(str(tmp_path / "run"))[0]) == first
    assert helped(run(loans, tmp_path / "run", ["none"])) == first


def test_a_folder_that_had_none_has_it_once_it_was_asked_for(loans: Dataset, tmp_path: Path) -> None:
    assert "treatments" not in run(loans, tmp_path / "run", ["none"]).summary()
    before = (tmp_path / "run" / "journal").read_bytes()
    run(loans, tmp_path / "run", ["threshold-only"])
    assert (tmp_path / "run" / "journal").read_bytes() == before, "nothing had to be fitted"
    assert RunFolder(tmp_path / "run").treatments == ["none", "threshold-only"]
    assert helped(Study(loans, ["logistic"], folds=3).open(tmp_path / "run"))


def test_a_folder_of_before_treatments_were_kept_knows_those_of_its_candidates(loans: Dataset, tmp_path: Path) -> None:
    run(loans, tmp_path / "run", ["class-weight"])
    file = tmp_path / "run" / "study.toml"
    file.write_text("".join(line for line in file.read_text().splitlines(True) if not line.startswith("treatments = ")))
    assert RunFolder(tmp_path / "run").treatments == ["none", "class-weight"]
    assert helped(Study(loans, ["logistic"], folds=3).open(tmp_path / "run"))
    assert RunFolder(tmp_path / "nowhere").treatments == []
