"""Tables that are bad or extreme: each ends in a model with a warning, or in one sentence that says what to do."""

import threading
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.cli.commands import Command, Done

QUICK = ("--recipes", "baseline,logistic", "--folds", "2", "--jobs", "1")


def written(path: str, rows: int, columns: dict[str, Any], target: Any = None, seed: int = 0) -> str:
    """A table in which x1 tells the target, ``columns`` beside it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows).round(4)
    y = np.where(rng.random(rows) < 1 / (1 + np.exp(-2 * x)), "yes", "no") if target is None else target
    pl.DataFrame({"x1": x, **columns, "y": y}).write_csv(path)
    return path


def modelled(done: Done, run: str) -> None:
    assert done.code == 0, done
    assert Path(run, "model").is_dir()
    assert Path(run, "report.html").is_file()


def warnings(done: Done) -> list[str]:
    return [line for line in done.err.splitlines() if line.startswith("warning: ")]


def towns(rows: int, levels: int) -> dict[str, list[str]]:
    return {"town": [f"town {code}" for code in np.random.default_rng(1).integers(0, levels, rows)]}


def test_a_category_of_very_many_levels_ends_in_a_model_with_a_warning(assay: Command) -> None:
    done = assay("run", written("t.csv", 2000, towns(2000, 1500)), "--target", "y", *QUICK, "--finish", "--out", "r")
    modelled(done, "r")
    (said,) = warnings(done)
    assert "'town' has 1" in said
    assert "100% of its rows lie in levels of fewer than 10 rows" in said
    assert "--drop town" in said


def test_a_category_whose_levels_have_rows_enough_is_not_warned_of(assay: Command) -> None:
    assert "'town' has" not in assay("check", written("t.csv", 2000, towns(2000, 60)), "--target", "y").out


@pytest.mark.slow
def test_a_hundred_thousand_levels_end_in_a_model(assay: Command) -> None:
    done = assay("run", written("t.csv", 200_000, towns(200_000, 100_000)), "--target", "y", *QUICK, "--finish", "--out", "r")
    modelled(done, "r")
    assert "'town' has 8" in warnings(done)[0]


def test_words_among_numbers_are_counted_and_named_and_the_column_still_serves(assay: Command) -> None:
    cells = [str(value) for value in np.random.default_rng(2).normal(size=1000).round(3)]
    cells[400:410] = ["12 kg"] * 10
    data = written("t.csv", 1000, {"weight": cells})
    done = assay("run", data, "--target", "y", *QUICK, "--finish", "--out", "r")
    modelled(done, "r")
    said = next(line for line in warnings(done) if "'weight': " in line)
    assert "10 of 1000 cells are no numbers (first: '12 kg')" in said
    assert "--kind weight=KIND" in said
    assert "row 401" in assay("check", data, "--target", "y", "--kind", "weight=number").complaint


DAYS = [date(2020, 1, 1) + timedelta(days=int(day)) for day in np.random.default_rng(3).integers(0, 1000, 600)]


def test_dates_in_three_clear_forms_are_read_each_by_its_own(assay: Command) -> None:
    forms = ("%Y-%m-%d", "%d.%m.%Y", "%b %d, %Y")
    mixed = written("mixed.csv", 600, {"seen": [day.strftime(forms[place % 3]) for place, day in enumerate(DAYS)]})
    plain = written("plain.csv", 600, {"seen": [day.isoformat() for day in DAYS]})
    words = ("--target", "y", *QUICK, "--finish", "--json", "--out")
    done, same = assay("run", mixed, *words, "r"), assay("run", plain, *words, "s")
    modelled(done, "r")
    assert "'seen': dates are written in 3 forms" in warnings(done)[0]
    assert done.object["rows"][0]["metrics"] == same.object["rows"][0]["metrics"]
    assert assay("predict", "r/model", mixed, "-o", "p.csv").code == 0
    assert assay("predict", "r/model", plain, "-o", "q.csv").code == 0
    assert Path("p.csv").read_bytes() == Path("q.csv").read_bytes()


def test_dates_whose_day_and_month_change_places_are_not_guessed(assay: Command) -> None:
    forms = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y")
    data = written("t.csv", 600, {"seen": [day.strftime(forms[place % 3]) for place, day in enumerate(DAYS)]})
    done = assay("run", data, "--target", "y", *QUICK, "--finish", "--out", "r")
    modelled(done, "r")
    assert "of 600 dates can be read as day/month and as month/day" in warnings(done)[0]
    assert "as day/month and as month/day" in assay("check", data, "--target", "y", "--kind", "seen=date").complaint


def test_columns_without_any_value_or_with_one_are_warned_of_and_stop_no_recipe(assay: Command) -> None:
    columns = {"none": [None] * 200, "same": ["u"] * 200}
    recipes = ("--recipes", "logistic,forest,boosting,hist-boosting", "--folds", "2", "--jobs", "1")
    done = assay("run", written("t.csv", 200, columns), "--target", "y", *recipes, "--finish", "--out", "r")
    modelled(done, "r")
    assert any("no value at all in none" in line for line in warnings(done))
    assert any("the same value in every row of same" in line for line in warnings(done))
    assert "failed" not in done.err


def wide(rows: int, columns: int) -> dict[str, Any]:
    table = np.random.default_rng(4).normal(size=(rows, columns)).round(3)
    return {f"f{place}": column for place, column in enumerate(table.T)}


def test_far_more_columns_than_rows_end_in_a_model(assay: Command) -> None:
    data = written("t.csv", 60, wide(60, 500))
    modelled(assay("run", data, "--target", "y", *QUICK, "--finish", "--out", "r"), "r")


@pytest.mark.slow
def test_ten_thousand_columns_end_in_a_model(assay: Command) -> None:
    data = written("t.csv", 100, wide(100, 10_000))
    modelled(assay("run", data, "--target", "y", *QUICK, "--finish", "--out", "r"), "r")
    assert Path("r/report.html").stat().st_size < 3_000_000
    assert assay("look", data, "--target", "y").code == 0


@pytest.mark.parametrize(
    ("target", "said"),
    [(["yes", "no"] * 6, "class 'no' has 6 rows"), (np.arange(12) * 1.5, "12 rows, about 4.8 in each of 2 folds")],
)
def test_twelve_rows_end_in_a_model_with_a_warning(assay: Command, target: Any, said: str) -> None:
    recipes = ("--recipes", "baseline,boosting", "--folds", "2", "--jobs", "1")
    done = assay("run", written("t.csv", 12, {}, target), "--target", "y", *recipes, "--finish", "--out", "r")
    modelled(done, "r")
    assert said in warnings(done)[0]


def test_twelve_rows_with_three_of_a_class_are_looked_at_and_said_to_be_too_few_for_five_folds(assay: Command) -> None:
    data = written("t.csv", 12, {}, ["yes", "no", "no", "no"] * 3)
    assert assay("look", data, "--target", "y").code == 0
    assert "pass folds=2" in assay("run", data, "--target", "y").complaint
    assert "--folds 2" in assay("check", data, "--target", "y").out


def test_check_is_strict_about_errors_too(assay: Command) -> None:
    data = written("t.csv", 40, {}, ["yes", "no"] + ["no"] * 38)
    checked = assay("check", data, "--target", "y")
    assert checked.code == 0
    assert "error: class 'yes' has 1 row, too few" in checked.out
    strict = assay("check", data, "--target", "y", "--strict")
    assert strict.code == 2
    assert strict.err.splitlines()[-1].startswith("assay: --strict: class 'yes' has 1 row, too few")


def test_five_hundred_classes_end_in_a_model(assay: Command) -> None:
    target = [f"k{place % 500}" for place in range(3000)]
    recipes = ("--recipes", "naive-bayes", "--folds", "2", "--jobs", "1")
    done = assay("run", written("t.csv", 3000, {}, target), "--target", "y", *recipes, "--finish", "--out", "r")
    modelled(done, "r")
    (said,) = [line for line in warnings(done) if "classes" in line]
    assert "500 of 500 classes have fewer than 10 rows in each of 2 folds" in said
    assert Path("r/report.html").stat().st_size < 3_000_000


def test_rare_classes_among_five_hundred_are_one_sentence_and_not_five_hundred(assay: Command) -> None:
    target = [f"k{place % 500}" for place in range(1400)]
    data = written("t.csv", 1400, {}, target)
    assert assay("check", data, "--target", "y").out.count("warning: ") == 1
    complaint = assay("run", data, "--target", "y").complaint
    assert "more of 500 classes" in complaint
    assert "pass folds=" in complaint or "join rare classes" in complaint


def test_a_table_whose_columns_are_all_dropped_says_so(assay: Command) -> None:
    data = written("t.csv", 100, {"x2": np.arange(100) % 7})
    for more in ((), ("--recipes", "logistic"), ("--budget", "5s")):
        complaint = assay("run", data, "--target", "y", "--drop", "x1,x2", *more).complaint
        assert "no column besides the target 'y' is left to learn from (2 are dropped)" in complaint


def test_a_budget_of_a_second_ends_in_a_model_or_asks_for_more_time(assay: Command) -> None:
    data = written("t.csv", 300, {})
    done = assay("run", data, "--target", "y", "--budget", "1s", "--jobs", "1", "--finish", "--out", "r")
    if done.code == 0:
        modelled(done, "r")
    else:
        assert done.code == 2, done
        assert done.err.splitlines()[-1].endswith("give it more time.")


def test_a_file_that_grows_between_two_looks_at_it_is_refused(assay: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from assay.data.sources import files

    data, parse = written("t.csv", 100, {}), files._parse

    def late(*words: Any) -> Any:
        with Path(data).open("a") as file:
            file.write("0.5,yes\n")
        return parse(*words)

    monkeypatch.setattr(files, "_parse", late)
    assert "changed while it was read" in assay("check", data, "--target", "y").complaint


def test_a_file_that_grows_all_the_time_is_read_as_it_was_at_one_moment_or_refused(assay: Command) -> None:
    data, done = Path(written("t.csv", 20_000, {})), threading.Event()

    def grow() -> None:
        with data.open("a") as file:
            while not done.is_set():
                file.write("0.5,")  # and half a row is there for others to see
                file.flush()
                time.sleep(0.001)
                file.write("yes\n")
                file.flush()

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        for _ in range(5):
            found = assay("check", data, "--target", "y")
            assert found.code == 0 or "changed while it was read" in found.complaint
    finally:
        done.set()
        writer.join()
    assert assay("check", data, "--target", "y").code == 0
