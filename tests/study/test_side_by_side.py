"""Runs beside each other: verdicts only between rows that were paired, and then those of one study with all candidates."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import assay
from assay.core.errors import StudyError
from assay.study.result import StudyResult
from assay.study.side_by_side import side_by_side


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    random = np.random.default_rng(5)
    x = random.normal(size=(260, 3))
    y = np.where(x[:, 0] * x[:, 1] + x[:, 0] + 0.5 * random.normal(size=260) > 0.3, "yes", "no")
    return pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y})


def a_run(rows: pl.DataFrame, folder: Path, recipes: list[str], **how: object) -> StudyResult:
    return assay.Study(assay.read(rows, target="y"), recipes, folds=3, **how).run(folder, jobs=1)


@pytest.fixture(scope="module")
def runs(rows: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, StudyResult]:
    folder = tmp_path_factory.mktemp("runs")
    return {
        "linear": a_run(rows, folder / "linear", ["logistic"]),
        "bayes": a_run(rows, folder / "bayes", ["naive-bayes", "logistic"]),
        "both": a_run(rows, folder / "both", ["logistic", "naive-bayes"]),
        "other folds": a_run(rows, folder / "other folds", ["logistic"], seed=1),
    }


def test_a_verdict_between_two_runs_is_that_of_one_study_with_both_candidates(runs: dict[str, StudyResult]) -> None:
    found = side_by_side([runs["linear"], runs["bayes"]])
    by_pair = {(verdict.a, verdict.b): verdict for verdict in found.verdicts}
    assert by_pair.keys() == {("linear · logistic", "bayes · naive-bayes"), ("linear · logistic", "bayes · logistic")}
    assert by_pair["linear · logistic", "bayes · logistic"].difference.value == 0.0
    between, whole = by_pair["linear · logistic", "bayes · naive-bayes"], runs["both"].verdict("logistic", "naive-bayes")
    assert between.difference == whole.difference
    assert between.p_raw == whole.p_raw


def test_runs_with_other_folds_are_shown_and_not_judged(runs: dict[str, StudyResult]) -> None:
    found = side_by_side([runs["linear"], runs["other folds"]])
    assert found.verdicts == ()
    assert found.settings == {"seed": ("0", "1")}
    told = found.to_json()
    values = [one["value"] for one in told["rows"][0]["metrics"]["roc_auc"]]
    assert values == [runs[name].interval("logistic").value for name in ("linear", "other folds")]


def test_a_candidate_that_a_run_has_not_is_an_empty_place(runs: dict[str, StudyResult]) -> None:
    found = side_by_side([runs["linear"], runs["bayes"]])
    linear, bayes = found.runs
    assert found.interval(linear, "naive-bayes", "roc_auc") is None
    assert found.interval(bayes, "naive-bayes", "roc_auc") == runs["bayes"].interval("naive-bayes")


def test_one_run_and_one_run_twice_are_refused(runs: dict[str, StudyResult]) -> None:
    with pytest.raises(StudyError, match="no comparison"):
        side_by_side([runs["linear"]])
    with pytest.raises(StudyError, match="named twice"):
        side_by_side([runs["linear"], runs["linear"]])


def test_folders_of_one_name_get_longer_labels(rows: pl.DataFrame, tmp_path: Path) -> None:
    results = [a_run(rows, tmp_path / part / "run", ["baseline"]) for part in ("old", "new")]
    assert [run.label for run in side_by_side(results).runs] == ["old/run", "new/run"]
