"""``assay doubtful-labels``: planted mistakes come out with their columns; locked rows do not."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.cli.commands import Command, table, write_csv

from assay.cli.main import run as run_command


@pytest.fixture(scope="module")
def flipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, set[int]]]:
    """A run on the cancer table in which twelve clear labels were turned round, and a run that predicts a number."""
    folder = tmp_path_factory.mktemp("doubts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(folder / "home"))
        frame = pl.read_csv(write_csv(folder / "cancer.csv", table()))
        clear = (frame["mean_concavity"] > 0.2) | (frame["mean_concavity"] < 0.02)
        rows = np.random.default_rng(0).choice(np.flatnonzero(clear.to_numpy()), 12, replace=False)
        turned = {"malignant": "benign", "benign": "malignant"}
        labels = [turned[label] if at in rows else label for at, label in enumerate(frame["diagnosis"])]
        area = frame["mean_area"].to_numpy().copy()
        area[5] *= 10
        frame = frame.with_columns(pl.Series("diagnosis", labels), pl.Series("row", np.arange(240)), pl.Series("mean_area", area))
        frame.write_csv(folder / "cancer.csv")
        words = ["run", str(folder / "cancer.csv"), "--folds", "3", "--jobs", "1"]
        area_run = [*words, "--target", "mean_area", "--drop", "row,diagnosis", "--recipes", "linear"]
        assert (
            run_command(
                [
                    *words,
                    "--target",
                    "diagnosis",
                    "--drop",
                    "mean_area",
                    "--kind",
                    "row=id",
                    "--recipes",
                    "logistic",
                    "--out",
                    str(folder / "run"),
                ]
            )
            == 0
        )
        assert run_command([*area_run, "--out", str(folder / "area")]) == 0
        yield folder, set(rows.tolist())


def test_turned_labels_are_named_and_written_with_their_columns(
    assay: Command, flipped: tuple[Path, set[int]], tmp_path: Path
) -> None:
    folder, turned = flipped
    done = assay("doubtful-labels", folder / "run", "-o", "doubts.csv")
    assert done.code == 0, done.err
    assert "of the values of diagnosis (95%" in done.out
    assert done.out.splitlines()[-1] == "Rows: doubts.csv"
    written = pl.read_csv(tmp_path / "doubts.csv")
    found = assay("doubtful-labels", folder / "run", "--json").object
    named = [one["row"] for one in found["doubtful"]]
    assert written["row_"].to_list() == named, "the table has a column called row itself"
    assert written["row"].to_list() == named
    offered = found["rows"]
    assert offered == 192, "a fifth of 240 rows is locked"
    assert len(turned & set(named)) >= 6
    assert found["wrong"]["low"] < found["wrong"]["value"] < found["wrong"]["high"]


def test_of_numbers_the_odd_ones_are_named(assay: Command, flipped: tuple[Path, set[int]]) -> None:
    folder, _ = flipped
    found = assay("doubtful-labels", folder / "area", "--json").object
    done = assay("doubtful-labels", folder / "area")
    assert "usual residuals off" in done.out
    assert found["beyond"]["method"] == "Wilson"


def test_bad_input_is_one_line(assay: Command, flipped: tuple[Path, set[int]]) -> None:
    run = flipped[0] / "run"
    assert (
        "no candidate 'logistik' in this study; did you mean 'logistic'?"
        in assay("doubtful-labels", run, "--name", "logistik").complaint
    )
    assert "ends in .csv" in assay("doubtful-labels", run, "-o", "doubts.xlsx").complaint
    assert "is no run folder" in assay("doubtful-labels", flipped[0]).complaint
