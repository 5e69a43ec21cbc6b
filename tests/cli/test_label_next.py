"""``assay label-next`` over a saved model and over a run folder, and the gain played through."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from tests.cli.commands import Command, table, write_csv

from assay.cli.main import run as run_command


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A finished run; beside it a file of which forty rows have no diagnosis."""
    folder = tmp_path_factory.mktemp("next")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(folder / "home"))
        data = write_csv(folder / "cancer.csv", table())
        frame = pl.read_csv(data)
        empty = pl.int_range(pl.len()) % 6 == 0
        partly = frame.with_columns(pl.when(empty).then(None).otherwise(pl.col("diagnosis")).alias("diagnosis"))
        partly.write_csv(folder / "partly.csv")
        words = ["run", str(data), "--target", "diagnosis", "--recipes", "logistic,tree", "--folds", "3", "--jobs", "1"]
        assert run_command([*words, "--out", str(folder / "run"), "--finish"]) == 0
        yield folder / "run"


def test_a_saved_model_names_the_rows_it_is_least_sure_of(assay: Command, run: Path, tmp_path: Path) -> None:
    partly = run.parent / "partly.csv"
    done = assay("label-next", run / "model", partly, "--count", 5, "--by", "uncertainty", "-o", "next.csv")
    assert done.code == 0, done.err
    assert "5 of the 40 rows of partly.csv without a target: those the model is least sure of." in done.out
    written = pl.read_csv(tmp_path / "next.csv")
    assert written.columns[:2] == ["row", "uncertainty"]
    assert written["diagnosis"].null_count() == 5
    said = assay("predict", run / "model", partly, "-o", "all.csv")
    assert said.code == 0
    probability = pl.read_csv(tmp_path / "all.csv")["probability"]
    empty = [row for row in range(240) if row % 6 == 0]
    assert written["row"].to_list() == sorted(empty, key=lambda row: abs(probability[row] - 0.5))[:5]
    assert written["mean_radius"].to_list() == pl.read_csv(partly)["mean_radius"].gather(written["row"]).to_list()


def test_the_models_of_a_run_disagree_and_mixed_is_the_default(assay: Command, run: Path) -> None:
    partly = run.parent / "partly.csv"
    found = assay("label-next", run, partly, "--count", 4, "--by", "disagreement", "--json").object
    assert found["committee"] == "3 models fitted on different rows"
    worth = [row["disagreement"] for row in found["rows"]]
    assert worth == sorted(worth, reverse=True)
    mixed = assay("label-next", run / "model", partly, "--count", 4, "--json").object
    assert (mixed["by"], mixed["worth"], mixed["offered"], len(mixed["rows"])) == ("mixed", "uncertainty", 40, 4)
    assert "disagree about most" in assay("label-next", run, partly, "--count", 4, "--by", "disagreement").out


def test_a_file_without_the_target_is_all_to_be_labelled(assay: Command, run: Path, tmp_path: Path) -> None:
    pl.read_csv(run.parent / "cancer.csv").drop("diagnosis")[:50].write_csv(tmp_path / "new.csv")
    found = assay("label-next", run / "model", "new.csv", "--count", 60, "--by", "diversity", "--json").object
    assert found["offered"] == 50
    assert sorted(row["row"] for row in found["rows"]) == list(range(50))


def test_the_gain_is_played_through_on_the_rows_of_the_run(assay: Command, run: Path) -> None:
    words = (
        "label-next",
        run,
        "--measure",
        "--start",
        20,
        "--count",
        10,
        "--rounds",
        2,
        "--simulations",
        2,
        "--name",
        "logistic",
    )
    found = assay(*words, "--json").object
    assert [one["way"] for one in found["ways"]] == ["mixed", "uncertainty", "disagreement", "diversity"]
    assert found["labelled"] == [20.0, 30.0, 40.0]
    assert "Gain over random" in assay(*words).out


def test_bad_input_is_one_line(assay: Command, run: Path) -> None:
    model, partly = run / "model", run.parent / "partly.csv"
    assert "each of its 240 rows has a value of 'diagnosis'" in assay("label-next", model, run.parent / "cancer.csv").complaint
    assert "did you mean 'mixed'" in assay("label-next", model, partly, "--by", "mixd").complaint
    assert "name 1 row or more" in assay("label-next", model, partly, "--count", 0).complaint
    assert "name the rows to choose from" in assay("label-next", model).complaint
    assert "is no file of rows" in assay("label-next", model, "nothing.csv").complaint
    assert "--name is a row of a run" in assay("label-next", model, partly, "--name", "tree").complaint
    assert "leave out DATA" in assay("label-next", run, partly, "--measure").complaint
    assert "ends in .csv" in assay("label-next", model, partly, "-o", "next.parquet").complaint
