"""``assay compare-data``: the verdict in words and as one object; drift is a result and no error."""

import numpy as np
import polars as pl
import pytest

QUICK = ("--recipe", "naive-bayes")


@pytest.fixture
def files(tmp_path):
    """Three tables: a, b like a, and c where income has grown."""

    def write(name: str, seed: int, shift: float) -> str:
        rng = np.random.default_rng(seed)
        frame = pl.DataFrame(
            {
                "id": np.arange(seed * 1000, seed * 1000 + 200),
                "income": rng.normal(size=200) + shift,
                "town": rng.choice(["Perm", "Омск"], 200),
                "denied": rng.choice(["yes", "no"], 200),
            }
        )
        frame.write_csv(tmp_path / name)
        return name

    return write("a.csv", 1, 0.0), write("b.csv", 2, 0.0), write("c.csv", 3, 1.0)


def test_equal_files_show_no_drift(assay, files):
    done = assay("compare-data", files[0], files[1], "--target", "denied", *QUICK)
    assert done.code == 0
    assert "No drift shown: naive-bayes tells A from B with AUC 0." in done.out
    assert "A: a.csv, 200 rows." in done.out
    assert "Left out: id (it holds a different number in every row" in done.out
    assert "denied (as asked)" in done.out


def test_drift_is_found_named_and_no_error(assay, files):
    done = assay("compare-data", files[0], files[2], "--target", "denied", *QUICK)
    assert done.code == 0
    assert "Drift: naive-bayes tells A from B" in done.out
    assert "most of all 'income'." in done.out
    [line] = [line for line in done.out.splitlines() if line.strip().startswith("income")]
    assert "differs" in line
    assert "median" in line


def test_json_is_one_object_with_every_column(assay, files):
    found = assay("compare-data", files[0], files[2], "--drop", "denied", "--json", *QUICK).object
    assert (found["schema"], found["call"], found["rows"]) == (1, "drift", [200, 200])
    assert [column["name"] for column in found["columns"]] == ["income", "town"]
    assert found["columns"][0]["drifted"]
    assert found["auc"]["low"] > 0.5
    assert {one["name"] for one in found["left_out"]} == {"id", "denied"}


def test_a_few_odd_cells_do_not_make_another_kind_of_a_column(assay, files, tmp_path):
    frame = pl.read_csv(tmp_path / files[1]).with_columns(pl.col("town").replace({"Perm": "1", "Омск": "2"}))
    frame.write_csv(tmp_path / "codes.csv")
    found = assay("compare-data", files[0], "codes.csv", "--drop", "denied", "--json", *QUICK).object
    [town] = [column for column in found["columns"] if column["name"] == "town"]
    assert town["kind"] == "category"
    assert town["drifted"]


def test_the_rows_that_are_drawn_are_said(assay, files):
    done = assay("compare-data", files[0], files[1], "--rows", "60", *QUICK)
    assert "A: a.csv, 200 rows, 60 of them drawn." in done.out


def test_bad_input_is_one_line(assay, files):
    assert "did you mean 'denied'" in assay("compare-data", files[0], files[1], "--target", "denyed").complaint
    assert (
        "no recipe 'bosting'; did you mean 'boosting'"
        in assay("compare-data", files[0], files[1], "--recipe", "bosting").complaint
    )
    assert "no such file" in assay("compare-data", files[0], "none.csv").complaint
    assert "at least 10" in assay("compare-data", files[0], files[1], "--rows", "3").complaint
