"""What the commands do when all is well: what they print, where, and what they leave behind."""

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import polars as pl
import pytest
from tests.cli.commands import QUICK, ROWS, Command, Done, start, table, write_csv

from assay.cli.demo import JOBS, Job
from assay.core.errors import ConfigError

RUN = ("run", "cancer.csv", "--target", "diagnosis", *QUICK, "--treatments", "class-weight", "--out", "kept")
SUMMARY = {"schema", "task", "metric", "rows", "verdicts", "winner", "test", "warnings", "run"}
ROW = {"name", "recipe", "treatment", "metrics", "value", "low", "high", "seconds", "failure"}
INTERVAL = {"value", "low", "high", "level", "method", "estimand", "n", "undefined"}
VERDICT = {"a", "b", "metric", "difference", "low", "high", "p_raw", "p", "family", "call"}


@pytest.fixture
def done(assay: Command, cancer: Path) -> Done:
    """A finished ``assay run``, its lock still shut."""
    return assay(*RUN)


def test_a_run_prints_its_leaderboard_and_what_comes_next(done: Done) -> None:
    assert done.code == 0
    for said in ("logistic+class-weight", "95 % interval", "the leader", "kept/report.html", "assay finish kept"):
        assert said in done.out
    assert "class-weight" in done.out.partition("fitted in")[2]
    assert "15/15" in done.err
    assert Path("kept/report.html").is_file()
    assert not Path("kept/model").exists()


TEST = {
    "name",
    "threshold",
    "threshold_rule",
    "threshold_note",
    "threshold_interval",
    "metrics",
    "openings",
    "seen_before",
    "conformal",
    "predictions_sha256",
}


def test_json_is_one_object_with_the_documented_keys(assay: Command, cancer: Path) -> None:
    summary = assay(*RUN, "--json").object
    assert set(summary) == SUMMARY | {"treatments"}
    assert summary["schema"] == 1
    assert summary["test"] is None
    assert summary["rows"][0]["name"] == summary["winner"]
    for row in summary["rows"]:
        assert set(row) == ROW
        assert {frozenset(interval) for interval in row["metrics"].values()} == {frozenset(INTERVAL)}
        chosen = row["metrics"][summary["metric"]]
        assert (row["value"], row["low"], row["high"]) == (chosen["value"], chosen["low"], chosen["high"])
    assert summary["verdicts"]
    for verdict in summary["verdicts"]:
        assert set(verdict) >= VERDICT
    finished = assay("finish", "kept", "--json").object
    assert set(finished) == SUMMARY | {"treatments"}
    assert set(finished["test"]) == TEST
    assert finished["test"]["openings"] == 1
    assert finished["test"]["seen_before"] == 0
    between = finished["test"]["threshold_interval"]
    assert between["low"] <= finished["test"]["threshold"] <= between["high"]
    assert {**finished, "test": None} == summary


def test_a_finish_opens_the_lock_once_and_names_what_it_made(assay: Command, done: Done) -> None:
    first = assay("finish", "kept")
    assert first.code == 0
    for said in ("first opening", "kept/report.html", "assay predict kept/model cancer.csv -o", "assay serve kept/model"):
        assert said in first.out
    again = assay("finish", "kept")
    assert again.out == first.out  # the same answer read twice is no new opening


def test_a_second_opening_is_said_plainly(assay: Command, done: Done) -> None:
    assert assay("finish", "kept").code == 0
    simple = assay("finish", "kept", "--prefer", "simple", "--margin", "0.6")
    assert simple.code == 0
    assert "This is opening 2 of these rows" in simple.out
    assert (
        assay("run", "cancer.csv", "--target", "diagnosis", *QUICK, "--out", "other", "--metric", "brier", "--finish").code == 0
    )
    assert "opening 3" in assay("finish", "other").out


def test_run_with_finish_gives_what_the_two_commands_give(assay: Command, done: Done) -> None:
    assay("finish", "kept")
    both = assay(*RUN[:-1], "both", "--finish")
    assert both.code == 0
    assert "assay serve both/model" in both.out
    names = [path.name for path in Path("kept/model").iterdir()]
    assert "manifest.json" in names
    for name in set(names) - {"manifest.json"}:  # which holds the number of the opening, 2 here
        assert Path("both/model", name).read_bytes() == Path("kept/model", name).read_bytes()


def test_a_report_is_drawn_again_without_touching_the_lock(assay: Command, done: Done) -> None:
    first = Path("kept/report.html").read_bytes()
    Path("kept/report.html").unlink()
    assert "kept/report.html" in assay("report", "kept").out
    assert Path("kept/report.html").read_bytes() == first
    assert not Path("kept/test.json").exists()


def test_the_report_says_the_command_that_made_the_run(done: Done) -> None:
    assert "assay run cancer.csv --target diagnosis" in Path("kept/report.html").read_text(encoding="utf-8")


def test_recipes_can_be_added_to_a_run(assay: Command, done: Done) -> None:
    words = [word if word != "baseline,naive-bayes,logistic" else "tree" for word in RUN]
    more = assay(*words)
    assert more.code == 0
    assert "15 of 21 fits are there already; 6 to go." in more.err
    assert "naive-bayes" in more.out
    assert "tree" in more.out


def test_compare_says_which_is_better(assay: Command, done: Done) -> None:
    said = assay("compare", "kept", "logistic", "baseline")
    assert said.code == 0
    assert said.out.startswith("logistic is better than baseline.\n")
    verdict = assay("compare", "kept", "baseline", "logistic", "--json").object["verdict"]
    assert verdict["call"] == "b better"
    assert verdict["difference"] < verdict["high"] < 0
    assert "the same within the margin" in assay("compare", "kept", "logistic", "logistic+class-weight", "--margin", "0.2").out
    assert "'logistic'" in assay("compare", "kept", "logistc", "baseline").complaint


def test_predictions_are_the_models_in_the_order_of_the_rows(assay: Command, done: Done, cancer: Path) -> None:
    import assay as library

    assay("finish", "kept")
    expected = library.load("kept/model").predict(cancer)
    assert assay("predict", "kept/model", cancer).out == expected.write_csv()
    for suffix, read in (("csv", pl.read_csv), ("parquet", pl.read_parquet), ("jsonl", pl.read_ndjson)):
        said = assay("predict", "kept/model", cancer, "-o", f"out.{suffix}")
        assert (said.code, said.out) == (0, "")
        assert read(f"out.{suffix}").equals(expected)
    turned = write_csv(Path("turned.csv"), [table()[0], *reversed(table()[1:])])
    backwards = assay("predict", "kept/model", turned).out.splitlines()
    assert backwards[1:] == expected.write_csv().splitlines()[:0:-1]
    assert len(backwards) == ROWS + 1


def test_a_served_model_answers_as_python_and_the_command_do(assay: Command, done: Done, cancer: Path) -> None:
    assay("finish", "kept")
    expected = pl.read_csv(io.StringIO(assay("predict", "kept/model", cancer).out))
    process = start("serve", "kept/model", "--port", "0")
    assert process.stderr is not None
    said = process.stderr.readline()
    address = re.search(r"http://[\d.]+:\d+", said)
    assert address is not None, said
    rows = pl.read_csv(cancer).drop("diagnosis").head(3).to_dicts()
    request = urllib.request.Request(
        f"{address[0]}/predict", json.dumps({"rows": rows}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        predictions = json.load(answer)["predictions"]
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 0
    assert [one["prediction"] for one in predictions] == expected["prediction"].head(3).to_list()
    for one, probability in zip(predictions, expected["probability"], strict=False):
        assert one["probability"] == pytest.approx(probability, abs=1e-9)


def test_a_predicted_class_that_looks_like_a_formula_is_escaped(assay: Command, tmp_path: Path) -> None:
    head, *lines = table()
    words = {"malignant": "=1+2", "benign": "-1"}
    data = write_csv(tmp_path / "formulas.csv", [head, *([*line[:-1], words[line[-1]]] for line in lines)])
    assert assay("run", data, "--target", "diagnosis", *QUICK, "--out", "kept", "--finish").code == 0
    assert assay("predict", "kept/model", data, "-o", "out.csv").code == 0
    assert set(pl.read_csv("out.csv", infer_schema=False)["prediction"]) == {"'=1+2", "-1"}
    assay("predict", "kept/model", data, "-o", "out.parquet")
    assert set(pl.read_parquet("out.parquet")["prediction"]) == {"=1+2", "-1"}


def test_a_check_shows_what_was_read_and_found(assay: Command, cancer: Path) -> None:
    said = assay("check", cancer, "--target", "diagnosis")
    assert said.code == 0
    assert f"{ROWS} rows; binary target 'diagnosis'" in said.out
    found = assay("check", cancer, "--target", "diagnosis", "--json").object
    about = {"schema", "source", "rows", "task", "columns", "notes"}
    assert set(found) == about | {"findings", "drift", "levels", "leak", "treatments"}
    assert found["drift"] is None  # test rows drawn at random cannot differ
    assert found["rows"] == ROWS
    for finding in found["findings"]:
        assert set(finding) == {"code", "level", "columns", "message", "evidence", "advice"}
    assert not Path("runs").exists()


def test_how_data_was_read_outlives_the_run(assay: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head, *lines = table()
    wide = [[*head, "when", "a,b", "who"]] + [[*line, str(n), "x", f"p{n // 2}"] for n, line in enumerate(lines)]
    write_csv(tmp_path / "wide.csv", wide)
    words = ("--target", "diagnosis", "--drop", '"a,b",when', "--kind", "mean_area=number", "--group", "who", "--cost", "5,1")
    options = (*words, "--positive", "benign", "--recipes", "baseline,naive-bayes", "--folds", "3", "--jobs", "1")
    assert assay("run", "wide.csv", *options, "--out", "kept").code == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    summary = assay("finish", tmp_path / "kept", "--json").object
    assert summary["test"]["openings"] == 1
    shown = assay("model", "show", tmp_path / "kept" / "model").out
    assert "Says 'benign' from a probability of" in shown
    assert "when" not in shown.partition("Reads")[2].partition("\n")[0]


def test_a_model_shows_its_proof_and_its_columns(assay: Command, done: Done) -> None:
    assay("finish", "kept")
    said = assay("model", "show", "kept/model").out
    for part in (
        "diagnosis",
        "Reads 8 number: mean_radius, ",
        "In cross-validation: roc_auc 0.",
        "On the locked test rows: roc_auc 0.",
    ):
        assert part in said
    assert assay("model", "show", "kept/model", "--json").object["schema"] == 1
    assert "kept/model is whole." in assay("model", "verify", "kept/model").out


@pytest.mark.parametrize(
    ("what", "member"),
    [("recipes", "boosting"), ("treatments", "smote"), ("metrics", "roc_auc"), ("tasks", "binary"), ("demos", "digits")],
)
def test_a_list_has_a_line_on_each_name(assay: Command, what: str, member: str) -> None:
    lines = assay("list", what).out.splitlines()
    assert any(line.startswith(f"{member} ") for line in lines)
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines)
    names = [one["name"] for one in assay("list", what, "--json").object[what]]
    assert names == [line.split()[0] for line in lines]


def test_an_unknown_list_brings_the_nearest_one(assay: Command) -> None:
    assert "'recipes'" in assay("list", "recipe").complaint


def test_a_failing_recipe_is_a_row_and_the_others_go_on(assay: Command, cancer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import assay.study.work as work

    fit = work.fit

    def failing(recipe: object, *words: object, **named: object) -> object:
        if getattr(recipe, "name", "") == "logistic":
            raise ZeroDivisionError("made up")
        return fit(recipe, *words, **named)

    monkeypatch.setattr(work, "fit", failing)
    said = assay("run", cancer, "--target", "diagnosis", *QUICK, "--json")
    assert said.code == 0
    failed = said.object["rows"][-1]
    assert failed["name"] == "logistic"
    assert failed["failure"] == "3 of 3 folds failed: ZeroDivisionError: made up"
    assert failed["value"] is None


@pytest.mark.parametrize(("error", "code"), [(ConfigError("no column suits."), 2), (ZeroDivisionError("made up"), 1)])
def test_a_run_without_any_measured_row_says_why_and_whose_fault_it_is(
    assay: Command, cancer: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("assay.study.work.fit", failing)
    said = assay("run", cancer, "--target", "diagnosis", *QUICK, "--finish")
    assert said.code == code
    assert "assay: nothing could be measured. baseline: 3 of 3 folds failed: " in said.err
    assert str(error) in said.err
    assert ("Traceback" in said.err) == (code == 1)


def test_a_terminal_gets_a_bar_with_what_is_running(cancer: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "assay", *RUN]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    ) as process:
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 65536):
                seen += part
        except OSError:  # how Linux says that the other end is closed
            pass
        finally:
            os.close(ours)
        assert process.stdout is not None
        out = process.stdout.read().decode()
    assert process.returncode == 0
    text = seen.decode()
    assert "15/15" in text
    assert "logistic, fold" in text
    assert "left" in text
    assert "\x1b[" in text
    assert "\x1b[" not in out
    assert "assay finish kept" in out


def test_the_table_demo_does_the_whole_job(assay: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(JOBS, "loanapp", Job(("baseline", "naive-bayes"), ("none", "class-weight"), at_once=True))
    said = assay("demo", "loanapp", "--out", "here", "--jobs", "1")
    assert said.code == 0
    assert Path("here/loanapp.csv").is_file()
    for part in ("here/run/report.html", "here/run/model", "assay predict here/run/model", "assay serve here/run/model"):
        assert part in said.out
    command = next(line for line in said.out.splitlines() if line.startswith("Doing:"))
    assert "--target denied --drop reject,approve,action" in command
    predict = next(line for line in said.out.splitlines() if line.startswith("Next:")).split()[2:]
    assert assay(*predict).code == 0
    assert pl.read_csv("predictions.csv").height == 1989


def test_the_picture_demo_writes_the_pictures_and_says_the_command(assay: Command) -> None:
    said = assay("demo", "digits", "--out", "here")
    assert said.code == 0
    assert len(list(Path("here/digits").rglob("*.png"))) == 1797
    assert "assay run here/digits --recipes logistic,lenet --out here/run --finish" in said.out
    assert "'digits'" in assay("demo", "digit").complaint


def test_every_demo_has_its_job() -> None:
    from assay.data.examples import EXAMPLES

    assert set(JOBS) == set(EXAMPLES)


def test_names_from_the_data_cannot_steer_the_terminal(assay: Command, tmp_path: Path) -> None:
    head, *lines = table()
    words = {"malignant": "[bold]\x1b[31mbad", "benign": "<img src=x onerror=alert(1)>"}
    data = write_csv(tmp_path / "odd.csv", [[*head[:-1], "[red]t[/red]"], *([*line[:-1], words[line[-1]]] for line in lines)])
    checked = assay("check", data, "--target", "[red]t[/red]")
    ran = assay("run", data, "--target", "[red]t[/red]", *QUICK, "--out", "kept", "--finish")
    assert (checked.code, ran.code) == (0, 0)
    assert "\x1b" not in checked.out + checked.err + ran.out + ran.err
    assert "[bold]\\x1b[31mbad" in checked.out
    assert "<img src=x" not in Path("kept/report.html").read_text(encoding="utf-8")
    assert json.loads(assay("check", data, "--target", "[red]t[/red]", "--json").out)["task"]["target"] == "[red]t[/red]"


def test_compare_says_what_the_rows_can_tell_apart(assay: Command, done: Done) -> None:
    said = assay("compare", "kept", "logistic", "baseline", "--margin", "0.0001").out
    assert "a difference below 0.0001 does not matter" in said
    assert "measured rows find a true difference in" in said
    assert "measured rows are needed" in said
    found = assay("compare", "kept", "logistic", "baseline", "--margin", "0.0001", "--json").object
    apart = found["separation"]
    assert apart["wanted"] == found["verdict"]["margin"] == 0.0001
    assert apart["needed"] > apart["rows"]
    assert apart["smallest"] > 0.0001


def test_a_check_of_given_test_rows_says_whether_they_are_of_another_kind(assay: Command, cancer: Path) -> None:
    import polars as pl

    rows = pl.read_csv(cancer)
    column = next(name for name in rows.columns if name != "diagnosis")
    rows.head(400).write_csv("train.csv")
    shifted = rows.tail(169).with_columns(pl.col(column) * 3)
    shifted.write_csv("shifted.csv")
    said = assay("check", "train.csv", "--target", "diagnosis", "--test", "shifted.csv")
    assert "Do the test rows come from where the others do? drift:" in said.out
    assert repr(column) in said.out.split("Do the test rows")[1]
