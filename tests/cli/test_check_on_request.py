"""``assay check``: the levels that differ, the leak on request, and one line for what cannot be shown."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.cli.commands import Command

CLASSIC = ("loans.csv", "--target", "denied")
QUICK_LEAK = ("--show-leak", "--recipe", "tree")


@pytest.fixture(autouse=True)
def loans(tmp_path):
    """loans.csv: students are denied more often than the others; nothing else is known of the target."""
    rng = np.random.default_rng(0)
    n = 600
    job = rng.choice(["clerk", "nurse", "student"], n, p=[0.5, 0.3, 0.2])
    denied = rng.random(n) < np.where(job == "student", 0.4, 0.1)
    towns = rng.choice([f"town {k:02d}" for k in range(4)], n)
    frame = pl.DataFrame(
        {
            "job": job,
            "town": towns,
            "income": rng.normal(size=n).round(6),
            "age": rng.integers(18, 80, n),
            "branch": np.arange(n) // 3,
        }
    )
    frame.with_columns(denied=np.where(denied, "yes", "no")).write_csv(tmp_path / "loans.csv")
    return frame


def test_the_levels_that_differ_are_shown_the_surest_first(assay: Command) -> None:
    said = assay("check", *CLASSIC)
    assert said.code == 0
    assert "after correction for 7 comparisons of levels in 2 categories (Holm):" in said.out
    rows = [line.split() for line in said.out.splitlines() if line.strip().startswith(("job ", "town "))]
    assert [row[:2] for row in rows][:1] == [["job", "student"]]
    assert not any(row[0] == "town" for row in rows)


def test_json_holds_every_level_and_null_for_what_was_not_asked(assay: Command) -> None:
    found = assay("check", *CLASSIC, "--json").object
    assert len(found["levels"]) == 7
    assert {one["column"] for one in found["levels"]} == {"job", "town"}
    [student] = [one for one in found["levels"] if one["level"] == "student"]
    assert student["call"] == "higher"
    assert student["rate"]["low"] < student["positives"] / student["rows"] < student["rate"]["high"]
    assert (found["leak"], found["treatments"]) == (None, None)


def test_only_rows_that_are_not_locked_are_counted(assay: Command) -> None:
    found = assay("check", *CLASSIC, "--json").object["levels"]
    assert sum(one["rows"] for one in found if one["column"] == "job") == 480


def test_where_no_level_differs_it_is_said(assay: Command) -> None:
    said = assay("check", *CLASSIC, "--drop", "job")
    assert "No level differs from the other rows in its rate, after correction for 4 comparisons" in said.out


def test_a_table_without_categories_or_classes_has_no_levels(assay: Command) -> None:
    assert "evel" not in assay("check", *CLASSIC, "--drop", "job,town").out
    assert assay("check", "loans.csv", "--target", "income", "--json").object["levels"] == []


def test_rows_in_groups_are_said_to_be_counted_by_group(assay: Command) -> None:
    assert "count groups of 'branch', not rows" in assay("check", *CLASSIC, "--group", "branch").out


def test_the_leak_is_shown_beside_the_honest_number(assay: Command) -> None:
    said = assay("check", *CLASSIC, *QUICK_LEAK)
    assert said.code == 0
    assert "The leak shown: tree with smote, 5 folds, on the 480 rows that are not locked." in said.out
    assert "only the second holds for new rows" in said.out
    for title in ("ROC AUC", "F1 at 0.5", "Average precision", "Brier score"):
        assert any(line.startswith(f" {title}") and line.count("[") == 3 for line in said.out.splitlines()), title
    assert said.err.splitlines()[-1] == "10/10 fits of tree with smote"


def test_the_leak_as_json_says_the_same(assay: Command) -> None:
    leak = assay("check", *CLASSIC, *QUICK_LEAK, "--treatment", "smote@0.5", "--rows", "300", "--json").object["leak"]
    assert (leak["recipe"], leak["treatment"], leak["rows"]) == ("tree", "smote@0.5", 480)
    assert 300 <= leak["used"] <= 306  # 46 positives would be their share; 50 are kept
    assert leak["share_false"] == pytest.approx(1 / 3, abs=0.01)
    false, honest = leak["metrics"]["roc_auc"]["false"], leak["metrics"]["roc_auc"]["honest"]
    assert false["low"] < false["value"] < false["high"]
    assert false["value"] > honest["value"]
    assert leak["sentences"]


def test_rows_under_treatments_are_shown_and_drawn_on_a_page(assay: Command) -> None:
    words = ("--treatments", "smote,random-oversample", "--columns", "age,income", "--out", "rows.html")
    said = assay("check", *CLASSIC, *words)
    assert said.code == 0
    for name in ("smote", "random-oversample"):
        assert any(line.split()[:2] == [name, "yes"] for line in said.out.splitlines()), said.out
    assert "Page: rows.html" in said.out
    assert "<svg" in Path("rows.html").read_text(encoding="utf-8")


def test_rows_under_treatments_as_json_are_one_part_of_the_object(assay: Command) -> None:
    found = assay("check", *CLASSIC, "--treatments", "smote", "--json").object
    assert found["treatments"]["seed"] == 0
    assert found["treatments"]["locked"] == 120
    assert "smote" in json.dumps(found["treatments"])
    assert len(found["levels"]) == 7


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--show-leak", "--recipe", "forst"], "did you mean 'forest'"),
        (["--show-leak", "--treatment", "smot"], "did you mean 'smote'"),
        (["--show-leak", "--treatment", "class-weight"], "nothing can leak by it"),
        (["--show-leak", "--treatment", "smote@2"], "above 0 and at most 1"),
        (["--show-leak", "--recipe", "baseline"], "learns nothing"),
        (["--show-leak", "--recipe", "stack"], "no one matrix to resample"),
        (["--show-leak", "--recipe", "lenet"], "image"),
        (["--show-leak", "--rows", "10"], "at least 100"),
        (["--recipe", "forest"], "add --show-leak"),
        (["--treatment", "smote"], "add --show-leak"),
        (["--rows", "500"], "add --show-leak"),
        (["--treatments", "smote,adsyn"], "no treatment 'adsyn'"),
        (["--treatments", "smote,"], "empty name"),
        (["--treatments", "smote", "--columns", "age"], "two different columns"),
        (["--treatments", "smote", "--columns", "age,age"], "two different columns"),
        (["--treatments", "smote", "--columns", "age,incom"], "did you mean 'income'"),
        (["--columns", "age,income"], "--treatments"),
        (["--out", "page.html"], "--treatments"),
        (["--treatments", "smote", "--out", "page.png"], "name it page.html"),
        (["--treatments", "smote", "--out", "nowhere/page.html"], "a file in a folder that exists"),
        (["--treatments", "smote", "--out", "loans.csv/page.html"], "a file in a folder that exists"),
        (["--treatments", "smote", "--out", f"{'long' * 70}.html"], "cannot be written"),
        (["--treatments", "cost-weight@5"], "two numbers above 0"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(assay: Command, words: list[str], said: str) -> None:
    done = assay("check", *CLASSIC, *words)
    assert said in done.complaint
    assert done.out == ""


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_page_that_cannot_be_written_is_known_before_the_data_is_read(assay: Command, tmp_path: Path, as_json) -> None:
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "loans.csv").unlink()
    done = assay("check", *CLASSIC, "--treatments", "smote", "--out", "folder.html", *as_json)
    assert "--out folder.html: it must be a file" in done.complaint
    assert done.out == ""


def test_a_folder_that_nothing_can_be_written_to_is_known_before_the_work(assay: Command, tmp_path: Path, monkeypatch) -> None:
    def refused(**_where: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("assay.cli.outputs.NamedTemporaryFile", refused)
    before = sorted(tmp_path.iterdir())
    done = assay("check", *CLASSIC, "--treatments", "smote", "--out", "page.html")
    assert "--out page.html cannot be written: Permission denied." in done.complaint
    assert sorted(tmp_path.iterdir()) == before


def test_looking_for_a_page_leaves_nothing_behind(assay: Command, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    assert assay("check", *CLASSIC, "--treatments", "smote,adsyn", "--out", "page.html").code == 2
    assert sorted(tmp_path.iterdir()) == before


def test_a_target_of_numbers_has_nothing_to_balance(assay: Command) -> None:
    for words in (("--show-leak",), ("--treatments", "smote")):
        assert "'income' is a regression target" in assay("check", "loans.csv", "--target", "income", *words).complaint
