"""``assay explain`` over a run folder and over a saved model: what it says, what it leaves alone, what it refuses."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.cli.commands import Command, table, write_csv

from assay.cli.explained_rows import of_model, of_run
from assay.cli.main import run as run_command


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run on the cancer table, with its model; the last column is dropped from it."""
    folder = tmp_path_factory.mktemp("explain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(folder / "home"))
        data = write_csv(folder / "cancer.csv", table())
        frame = pl.read_csv(data)
        side = np.where(np.arange(frame.height) % 3 == 0, "left", "right")
        frame.with_columns(pl.Series("side", side)).write_csv(data)
        words = ["run", str(data), "--target", "diagnosis", "--drop", "side", "--recipes", "logistic,tree", "--folds", "3"]
        assert run_command([*words, "--jobs", "1", "--out", str(folder / "run"), "--finish"]) == 0
        yield folder / "run"


def test_models_of_the_folds_are_the_studys_own_and_locked_rows_are_left_alone(run: Path) -> None:
    held, result, _ = of_run(str(run), None)
    assert held.warnings == (), "the models fitted now answer as the run's kept predictions do"
    rows = np.concatenate([part.units for part in held.parts])
    assert sorted(rows) == result.plan.development.tolist()
    for part, fold in zip(held.parts, result.plan.folds, strict=True):
        assert part.units.tolist() == fold.test.tolist()
        assert part.reference.height == len(fold.train)
    assert held.estimand == "this recipe"


def test_a_run_is_explained_on_the_screen_as_json_and_as_a_page(assay: Command, run: Path, tmp_path: Path) -> None:
    row = of_run(str(run), None)[1].plan.development[0]
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.is_file()}
    said = assay("explain", run, "--group", "side", "--row", row, "--out", "page.html", "--columns", "mean_radius")
    assert said.code == 0, said.err
    assert "each explained by the model fitted without them" in said.out
    assert "roc_auc 0.9" in said.out
    assert "By side: " in said.out
    assert f"Row {row}: " in said.out
    assert said.out.splitlines()[-1] == "Page: page.html"
    assert (tmp_path / "page.html").read_text().count("<section") >= 8
    assert before == {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.is_file() and path in before}


def test_json_is_one_object_and_equal_each_time(assay: Command, run: Path) -> None:
    found, again = (assay("explain", run, "--name", "tree", "--json", "--columns", "mean_radius").object for _ in range(2))
    assert found == again
    assert (found["schema"], found["recipe"], found["models"], found["fairness"], found["row"]) == (1, "tree", 3, None, None)
    assert {one["columns"][0] for one in found["importance"]["columns"]} >= {"mean_radius"}
    json.dumps(found, allow_nan=False)


def test_a_saved_model_is_explained_on_rows_that_are_brought(assay: Command, run: Path, tmp_path: Path) -> None:
    data = run.parent / "cancer.csv"
    warned = assay("explain", run / "model", data, "--columns", "mean_radius")
    assert "Warning: cancer.csv is the file that the model was trained on" in warned.out
    frame = pl.read_csv(data)
    frame[:90].write_csv(tmp_path / "new.csv")
    found = assay("explain", run / "model", "new.csv", "--group", "side", "--columns", "mean_radius", "--json").object
    assert (found["rows"], found["models"], found["warnings"]) == (90, 1, [])
    assert found["fairness"]["column"] == "side"
    frame[:90].drop("diagnosis").write_csv(tmp_path / "blind.csv")
    blind = assay("explain", run / "model", "blind.csv", "--columns", "mean_radius", "--json").object
    assert blind["importance"] is None
    assert blind["shap"] is not None


def test_what_cannot_be_explained_is_refused_in_a_sentence_before_any_fit(assay: Command, run: Path, tmp_path: Path) -> None:
    locked = int(of_run(str(run), None)[1].plan.locked[0])
    assert "is one of the locked test rows" in assay("explain", run, "--row", locked).complaint
    assert "no such row" in assay("explain", run, "--row", "99999").complaint
    assert "no column 'sid'; did you mean 'side'?" in assay("explain", run, "--group", "sid").complaint
    assert "no candidate 'tre'" in assay("explain", run, "--name", "tre").complaint
    assert "is no run folder" in assay("explain", run / "model").complaint
    assert "name it with --row N" in assay("explain", run, "--keep", "side").complaint
    assert "the page is HTML" in assay("explain", run, "--out", "page.pdf").complaint
    assert "is no file of rows" in assay("explain", run / "model", "nothing.csv").complaint
    assert "--name is a row of a run" in assay("explain", run / "model", run.parent / "cancer.csv", "--name", "tree").complaint
    frame = pl.read_csv(run.parent / "cancer.csv")
    frame[:20].with_columns(pl.lit("maybe").alias("diagnosis")).write_csv(tmp_path / "odd.csv")
    assert "20 rows have a 'diagnosis' that the model does not know" in assay("explain", run / "model", "odd.csv").complaint
    held, _ = of_model(str(run / "model"), str(run.parent / "cancer.csv"))
    assert set(np.unique(held.parts[0].target)) == {0, 1}
