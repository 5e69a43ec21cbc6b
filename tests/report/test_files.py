"""The files beside a page: pictures that stand alone, tables that read back as the numbers, the same bytes each time."""

import dataclasses
import io
import re
import warnings
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest
from PIL import Image

from assay.data.task import Task
from assay.measure.threshold import ThresholdRule
from assay.report import write_files
from assay.report.files_of import files_of
from assay.report.files_of_pictures import LIGHT
from assay.report.files_of_tables import tables_of
from assay.report.operating import where_to_cut
from assay.report.pictures.canvas import GRID, INK, MUTED, PAPER, SERIES

COST = ThresholdRule("cost", cost_fn=5, cost_fp=1)
TABLES = {"leaderboard.csv", "metrics.csv", "verdicts.csv", "folds.csv", "thresholds.csv"}


@pytest.fixture(scope="module")
def written(opened, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files") / "beside" / "page"
    paths = write_files(dataclasses.replace(opened, threshold_rule=COST), folder)
    assert sorted(paths) == sorted(folder.iterdir())
    return folder


def table(content, name):
    cut = where_to_cut(content)
    return pl.read_csv(io.BytesIO(tables_of(content, None if cut is None else cut.slider)[name]))


def test_every_picture_is_there_twice_and_every_table_once(written):
    names = {path.name for path in written.iterdir()}
    keys = {name.removesuffix(".svg") for name in names if name.endswith(".svg")}
    assert {"leaderboard", "roc", "pr", "calibration-oof", "calibration-test", "cut"} <= keys
    assert names == TABLES | {f"{key}.{form}" for key in keys for form in ("svg", "png")}


def test_an_svg_stands_alone_with_its_own_colours_title_and_legend(written):
    for path in written.glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        root = ElementTree.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("width")
        assert root.find("{http://www.w3.org/2000/svg}title").text
        assert root.find("{http://www.w3.org/2000/svg}desc").text
        assert "var(--" not in text
        assert not re.search("#0000(0[1-4]|a[1-8])", text)  # no stand-in is left
        assert LIGHT[SERIES[0]] in text
    roc = (written / "roc.svg").read_text(encoding="utf-8")
    assert "boosting+smote" in roc
    assert "boosting, locked test" in roc


def test_a_png_is_a_picture_of_more_than_paper(written):
    for path in written.glob("*.png"):
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 300
            assert len(picture.convert("RGB").getcolors(maxcolors=1 << 24)) > 10
            assert "Software" not in picture.info


def test_the_light_colours_are_those_of_the_page():
    css = files("assay.report").joinpath("templates/report.css").read_text(encoding="utf-8")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", css[: css.index("@media")]))
    names = {"ink": INK, "muted": MUTED, "rule": GRID, "paper": PAPER} | {f"s{n}": one for n, one in enumerate(SERIES, 1)}
    assert {name: LIGHT[stand_in] for name, stand_in in names.items()} == {name: found[name] for name in names}


def test_equal_content_gives_equal_bytes(build, simulated):
    task = Task("binary", "y", ("no", "yes"))
    given = [build(simulated(task, {"one": 0.8, "two": 0.5}, rows=300), metrics=("roc_auc",)) for _ in range(2)]
    assert files_of(given[0]) == files_of(given[1])


def test_the_tables_read_back_as_the_numbers_of_the_summary(opened):
    content = dataclasses.replace(opened, threshold_rule=COST)
    board = table(content, "leaderboard.csv")
    assert board["name"].to_list() == [row["name"] for row in opened.summary["rows"]]
    assert board["value"].to_list() == [row["value"] for row in opened.summary["rows"]]
    assert board["rank"].to_list() == [1, 2, 3, 4, 5]
    assert board.filter(pl.col("chosen") == "yes")["name"].to_list() == ["boosting"]
    metrics = table(content, "metrics.csv").filter((pl.col("rows") == "locked test") & (pl.col("metric") == "f1"))
    assert metrics["value"].to_list() == [opened.summary["test"]["metrics"]["f1"]["value"]]
    verdicts = table(content, "verdicts.csv")
    assert verdicts["difference"].to_list() == [verdict["difference"] for verdict in opened.summary["verdicts"]]
    folds = table(content, "folds.csv").filter(pl.col("name") == "logistic")
    assert folds["rows"].to_list() == [60] * 5


def test_the_table_of_thresholds_is_that_of_the_slider(opened):
    content = dataclasses.replace(opened, threshold_rule=COST)
    slider, found = where_to_cut(content).slider, table(content, "thresholds.csv")
    assert found["threshold"].to_list() == slider.threshold.tolist()
    assert found["fn"].to_list() == slider.fn.tolist()
    expected = 1000 * (5 * slider.fn + slider.fp) / 300
    assert found["cost_per_1000"].to_list() == pytest.approx(expected.tolist())
    assert found.filter(pl.col("chosen") == "yes")["threshold"].to_list() == [0.3]


def test_no_cell_is_taken_for_a_formula_and_hostile_names_stay_text(build, simulated, hostile_text, tmp_path):
    names = ("=1+1", "+x", "-x", "@x", hostile_text, "_hidden", "$x_1$", "名前")
    task = Task("binary", hostile_text, ("no" + hostile_text, "yes" + hostile_text))
    content = build(
        simulated(task, {name: 0.8 - 0.05 * place for place, name in enumerate(names)}, rows=300),
        metrics=("roc_auc",),
        failures={"=2+2": "=cmd|' /C calc'!A0"},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_files(content, tmp_path)
    for name in TABLES - {"thresholds.csv"}:
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert not re.search(r"""(?m)(^|,)"?[=@]""", text), name
    board = pl.read_csv(tmp_path / "leaderboard.csv")
    assert "'=1+1" in board["name"].to_list()
    assert board.filter(pl.col("name") == "'=2+2")["failure"].to_list() == ["'=cmd|' /C calc'!A0"]
    root = ElementTree.parse(tmp_path / "roc.svg").getroot()
    assert not [element for element in root.iter() if element.tag.endswith(("script", "}img"))]
    drawn = (tmp_path / "leaderboard.svg").read_text(encoding="utf-8")
    assert "$x_1$" in drawn
    assert "_hidden" in drawn


def test_russian_pictures_have_commas_and_russian_words(build, simulated):
    content = build(simulated(Task("binary", "y", ("no", "yes")), {"one": 0.8}, rows=300), metrics=("roc_auc",), language="ru")
    found = files_of(content)
    assert ">0,25<" in found["roc.svg"].decode()
    assert re.search("[а-я]{5}", found["roc.svg"].decode())
    assert b"roc_auc,0." in found["leaderboard.csv"]  # numbers of a table are read by programs


def test_a_language_that_there_is_not_is_refused_before_the_run_is_read(capfd, tmp_path):
    from assay.cli.main import run

    assert run(["report", str(tmp_path), "--lang", "de"]) == 2
    assert capfd.readouterr().err == "assay: language 'de': pages are written in en or ru.\n"


@pytest.mark.slow
def test_a_run_writes_its_files_and_its_page_in_the_language_asked_for(tmp_path, capfd, monkeypatch):
    from tests.cli.commands import table as lines
    from tests.cli.commands import write_csv

    from assay.cli.main import run

    monkeypatch.chdir(tmp_path)
    write_csv(Path("cancer.csv"), lines())
    words = ["--target", "diagnosis", "--recipes", "naive-bayes,baseline", "--folds", "2", "--jobs", "1", "--out", "kept"]
    assert run(["run", "cancer.csv", *words]) == 0
    assert run(["report", "kept", "--lang", "ru", "--files", "beside/page"]) == 0
    assert '<html lang="ru">' in Path("kept/report.html").read_text(encoding="utf-8")
    assert {path.name for path in Path("beside/page").iterdir()} > TABLES
    capfd.readouterr()
    assert run(["report", "kept", "--files", "cancer.csv"]) == 2
    assert capfd.readouterr().err.splitlines()[-1].startswith("assay: --files cancer.csv cannot be written")
