"""What is exported is what was measured: read back by polars, by MLflow, and judged by scikit-learn."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

import assay
from assay.cli.main import run as assay_run
from assay.core.errors import ConfigError
from assay.study.result import StudyResult
from assay.study.tracking import tables_of, write_tables
from assay.study.tracking.mlflow import log_to_mlflow


def a_table(folder: Path) -> Path:
    random = np.random.default_rng(0)
    x = random.normal(size=(240, 2))
    y = np.where(x[:, 0] + 0.5 * random.normal(size=240) > 0.6, "yes", "no")
    path = folder / "rows.csv"
    pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y}).write_csv(path)
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    folder = tmp_path_factory.mktemp("tracked")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ASSAY_HOME", str(folder / "home"))
        data = assay.read(a_table(folder), target="y")
        study = assay.Study(data, ["baseline", "logistic"], folds=3, seed=0)
        result = study.run(folder / "run", jobs=1)
        result.finish()
        yield result


def test_tables_hold_every_number_of_the_summary(finished: StudyResult) -> None:
    tables, summary = tables_of(finished), finished.summary()
    told = {(row["name"], row["rows"], row["metric"]): row for row in tables["metrics"].to_dicts()}
    for row in summary["rows"]:
        for metric, interval in row["metrics"].items():
            found = told.pop((row["name"], "out of fold", metric))
            assert {key: found[key] for key in interval if key in found} == {
                key: value for key, value in interval.items() if key in found
            }
    for metric, interval in summary["test"]["metrics"].items():
        assert told.pop((summary["test"]["name"], "locked test rows", metric))["value"] == interval["value"]
    assert not told
    assert tables["verdicts"]["call"].to_list() == [verdict["call"] for verdict in summary["verdicts"]]
    assert tables["fits"].height == 2 * 3


def test_predictions_are_enough_to_work_out_the_score_again(finished: StudyResult) -> None:
    rows = tables_of(finished)["predictions"].filter(pl.col("name") == "logistic")
    by_fold = [roc_auc_score(part["target"], part["score"]) for _, part in rows.group_by("fold")]
    assert finished.interval("logistic", "roc_auc").value == pytest.approx(np.mean(by_fold), abs=1e-12)


def test_equal_runs_write_equal_files_but_for_seconds(finished: StudyResult, tmp_path: Path) -> None:
    first, second = write_tables(finished, tmp_path / "a"), write_tables(finished, tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert {path.stem for path in first} == tables_of(finished).keys()


def test_a_folder_that_is_a_file_is_refused(finished: StudyResult, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_tables(finished, tmp_path / "taken")


def test_mlflow_finds_what_was_logged_and_a_second_export_replaces_the_first(finished: StudyResult, tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = MlflowClient(tracking_uri=uri)
    client.create_experiment("loans", artifact_location=(tmp_path / "artifacts").as_uri())
    first = log_to_mlflow(finished, uri, "loans")
    top = log_to_mlflow(finished, uri, "loans")
    assert client.get_run(first).info.lifecycle_stage == "deleted"
    experiment = client.get_experiment_by_name("loans").experiment_id
    runs = {run.data.tags["mlflow.runName"]: run for run in client.search_runs([experiment])}
    assert runs.keys() == {"run", "logistic", "baseline"}
    interval = finished.interval("logistic", "roc_auc")
    logged = runs["logistic"].data
    assert logged.tags["mlflow.parentRunId"] == top
    assert (logged.metrics["roc_auc"], logged.metrics["roc_auc.low"]) == (interval.value, interval.low)
    test = runs["run"].data.metrics["test.roc_auc"]
    assert test == finished.opened["metrics"]["roc_auc"]["value"]
    assert "gain_at_10pct" in logged.metrics
    assert {file.path for file in client.list_artifacts(top)} >= {"model", "study.toml", "test.json"}


def test_a_server_that_is_not_there_is_one_line(finished: StudyResult, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match="MLflow says"):
        log_to_mlflow(finished, "http://127.0.0.1:9", "x")


def test_the_command_wants_to_know_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert assay_run(["export", "nowhere"]) == 2
    assert "say where the run goes" in capsys.readouterr().err
