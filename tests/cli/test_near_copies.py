"""``assay near-copies``: planted rows come out in words, as one object and as a file."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.cli.commands import Command


@pytest.fixture
def typed_twice(tmp_path: Path) -> str:
    """200 rows, the first twenty again with a little noise, half of these with the other target."""
    random = np.random.default_rng(0)
    frame = pl.DataFrame({f"n{at}": random.normal(size=200) for at in range(5)})
    frame = frame.with_columns(pl.Series("denied", random.choice(["yes", "no"], 200)))
    again = frame[:20].with_columns(pl.col("n0") + 0.001)
    other = pl.Series([{"yes": "no", "no": "yes"}[y] if at < 10 else y for at, y in enumerate(again["denied"])])
    pl.concat([frame, again.with_columns(other.alias("denied"))]).write_csv(tmp_path / "twice.csv")
    return "twice.csv"


def test_planted_rows_are_counted_shown_and_written(assay: Command, typed_twice: str, tmp_path: Path) -> None:
    done = assay("near-copies", typed_twice, "--target", "denied", "-o", "near.csv")
    assert done.code == 0, done.err
    assert "40 of 220 rows are almost equal to another, in 20 groups; 0 rows equal an earlier one" in done.out
    assert "with every column shuffled by itself it is 0" in done.out
    assert "20 of them stand in groups that disagree in the target." in done.out
    assert "  rows 0 and 200" in done.out
    written = pl.read_csv(tmp_path / "near.csv")
    assert written.height == 40
    assert written["group"].to_list() == np.repeat(np.arange(20), 2).tolist()


def test_json_is_one_object_and_says_what_stands_on_both_sides(assay: Command, typed_twice: str) -> None:
    found = assay("near-copies", typed_twice, "--target", "denied", "--json").object
    assert (found["near"], found["groups"], found["torn"], found["complete"]) == (40, 20, 20, True)
    assert 0 < found["across_lock"] <= 20
    assert 0 < found["across_folds"] <= 40
    blind = assay("near-copies", typed_twice, "--drop", "denied", "--json").object
    assert (blind["near"], blind["torn"], blind["across_lock"]) == (40, None, None)
    exact = assay("near-copies", typed_twice, "--drop", "denied", "--tolerance", "0.00001", "--json").object
    assert exact["near"] == 0


def test_bad_input_is_one_line(assay: Command, typed_twice: str) -> None:
    assert "a tolerance above 0" in assay("near-copies", typed_twice, "--tolerance", 0).complaint
    assert "did you mean 'denied'" in assay("near-copies", typed_twice, "--target", "denyed").complaint
    assert "ends in .csv" in assay("near-copies", typed_twice, "-o", "near.txt").complaint
