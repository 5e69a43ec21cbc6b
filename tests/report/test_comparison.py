"""Runs side by side on one page: every value of every run, verdicts only where there are some, in both languages."""

import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assay.cli.main import run as assay_run
from assay.report.comparison import render_comparison
from assay.study.side_by_side import SideBySide, side_by_side

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = np.random.default_rng(2)
    x = random.normal(size=(180, 2))
    said = np.where(x[:, 0] + 0.7 * random.normal(size=180) > 0, HOSTILE, "no")
    path = tmp_path_factory.mktemp("table") / "rows.csv"
    pl.DataFrame({"a": x[:, 0], HOSTILE: x[:, 1], "y": said}).write_csv(path)
    return path


@pytest.fixture(scope="module")
def folders(table: Path) -> dict[str, Path]:
    made = {}
    for name, seed, recipes in (("first", 0, "logistic"), (HOSTILE, 0, "logistic,baseline"), ("other", 1, "logistic")):
        made[name] = table.parent / name
        words = [
            "run",
            str(table),
            "--target",
            "y",
            "--recipes",
            recipes,
            "--folds",
            "2",
            "--seed",
            str(seed),
            "--jobs",
            "1",
            "-q",
        ]
        assert assay_run([*words, "--out", str(made[name])]) == 0
    return made


def compared(folders: dict[str, Path], *names: str) -> SideBySide:
    from assay.cli.folders import open_run

    return side_by_side([open_run(str(folders[name]))[0] for name in names])


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.S)))


def test_the_page_holds_every_value_and_the_verdicts(folders: dict[str, Path]) -> None:
    found = compared(folders, "first", HOSTILE)
    page = text_of(render_comparison(found))
    for run in found.runs:
        for name in run.scores.parts:
            assert f"{run.scores.interval(name).value:.3f}" in page
    assert len(found.verdicts) == 1
    assert "first · logistic" in page
    assert "no difference shown" in page
    assert "<img" not in render_comparison(found)


def test_runs_that_cannot_be_paired_are_not_judged_and_the_page_says_why(folders: dict[str, Path]) -> None:
    alone = text_of(render_comparison(compared(folders, "first", "other")))
    assert "none is judged" in alone
    three = text_of(render_comparison(compared(folders, "first", "other", HOSTILE)))
    assert "Shown beside the others and not judged, for their rows, folds or metric are others: other." in three


def test_the_russian_page_is_in_russian(folders: dict[str, Path]) -> None:
    page = render_comparison(compared(folders, "first", HOSTILE), "ru")
    assert '<html lang="ru">' in page
    assert "Вердикты между запусками" in page
    assert "Verdicts" not in text_of(page)


def test_the_command_writes_the_page_and_says_what_is_wrong(
    folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, other = str(folders["first"]), str(folders["other"])
    page = tmp_path / "both.html"
    assert assay_run(["report", first, other, "--out", str(page), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["label"] for one in told["runs"]] == ["first", "other"]
    assert page.read_text(encoding="utf-8").count("<!doctype html>") == 1
    for words, fault in (
        (["report", first, first], "named twice"),
        (["report", first, other, "--files", "x"], "one run"),
        (["report", first, "--out", str(page)], "several runs"),
        (["report", first, other, "--out", "x.pdf"], "HTML"),
        (["report", first, other, "--lang", "de"], "de"),
    ):
        assert assay_run(words) == 2
        assert fault in capsys.readouterr().err


@pytest.mark.browser
def test_a_browser_draws_it_without_a_complaint(folders: dict[str, Path], tmp_path: Path, chromium: object) -> None:
    (tmp_path / "x.html").write_text(render_comparison(compared(folders, "first", HOSTILE, "other")), encoding="utf-8")
    chromium.goto((tmp_path / "x.html").as_uri())
    assert chromium.errors == []
    assert chromium.ask("document.querySelectorAll('img, script').length") == 0
    assert HOSTILE in chromium.text("h1")
    assert chromium.ask("document.documentElement.scrollWidth <= window.innerWidth")
