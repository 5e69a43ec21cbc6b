"""What a run's report shows of the treatments that it tried."""

from pathlib import Path

import pytest
from tests.cli.commands import Command

from assay.report.of_study import looks_of
from assay.study.study import Study
from assay.study.treated import needs_net


def test_a_report_draws_the_rows_before_and_after_each_treatment_that_changes_them(assay: Command, cancer: Path) -> None:
    said = assay(
        "run", cancer, "--target", "diagnosis", "--recipes", "naive-bayes", "--treatments", "class-weight,smote@0.9,tomek-links",
        "--folds", "2", "--out", "kept",
    )  # fmt: skip
    assert said.code == 0
    page = Path("kept/report.html").read_text()
    rows = page[page.index('id="rows"') : page.index('id="warnings"')]
    assert "Rows before and after" in rows
    assert rows.count("<details") == 2
    assert "smote@0.9" in rows
    assert "tomek-links" in rows
    assert rows.count("<svg") >= 4


def test_a_study_without_treatments_has_nothing_to_look_at(assay: Command, cancer: Path) -> None:
    assert assay("run", cancer, "--target", "diagnosis", "--recipes", "naive-bayes", "--folds", "2", "--out", "kept").code == 0
    assert 'id="rows"' not in Path("kept/report.html").read_text()


@pytest.mark.parametrize(("name", "expected"), [("smote@0.5", False), ("none", False), ("ctgan", True), ("vae@0.5", True)])
def test_treatments_that_train_a_net_are_known(name: str, expected: bool) -> None:
    assert needs_net(name) is expected


def test_the_locked_rows_are_not_drawn(cancer: Path) -> None:
    import assay

    study = Study(assay.read(cancer, target="diagnosis"), recipes=["naive-bayes"], treatments=["smote"], folds=2)
    result = study.run(Path("kept"))
    looks = looks_of(result)
    assert looks is not None
    assert sum(looks.counts) == len(result.plan.development)
