"""The section of wrong pictures: what stands on it, in both languages, small, escaped, and never a locked row."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.chromium import Page as Browser
from tests.report.conftest import HOSTILE

from assay.data.reader import read
from assay.data.task import Task
from assay.explain.confused import gallery, judged
from assay.report.content import ReportInput
from assay.report.gallery import Pictures, gallery_view, pictures_of_study
from assay.report.language import Words
from assay.report.of_study import report_input
from assay.report.page import render
from assay.report.thumbnails import thumbnail
from assay.study.study import Study

CLASSES = ("cat", HOSTILE.replace("\x00", ""), "owl")


@pytest.fixture(scope="module")
def content() -> ReportInput:
    from tests.report.conftest import Simulated, build

    return build(Simulated(Task("multiclass", "animal", CLASSES), {"boosting": 0.7, "logistic": 0.5}))


def pictures_of(content: ReportInput, side: int = 32) -> Pictures:
    """Of the first row of the leaderboard."""
    name = next(iter(content.folds))
    rows = [one for part in content.folds[name] for one in judged(part, content.task)]
    found = gallery(rows, content.task, most_wrong=24, most_pairs=15, most_each=4)
    random = np.random.default_rng(0)
    shown = {unit: thumbnail(random.integers(0, 256, (side, side, 3)).astype(np.uint8)) for unit in found.units}
    return Pictures(name, found, shown)


def test_a_report_without_pictures_has_no_such_section(content: ReportInput) -> None:
    assert 'id="gallery"' not in render(content)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_wrong_picture_says_truth_answer_and_probability(content: ReportInput, language: str) -> None:
    shown = pictures_of(content)
    text = render(replace(content, pictures=shown, language=language))  # type: ignore[arg-type]
    assert '<section id="gallery"' in text
    assert '<a href="#gallery">' in text
    alts = re.findall(r'<img src="data:[^"]*" width="\d+" height="\d+" alt="([^"]*)"', text)
    expected = len(shown.found.wrong) + sum(len(pair.rows) for pair in shown.found.pairs)
    assert len(alts) == expected > 24
    first = shown.found.wrong[0]
    point = "," if language == "ru" else "."
    assert f"{first.chance:.3f}".replace(".", point) in alts[0]
    assert str(first.unit) in alts[0]
    assert "<img src=x" not in text
    assert all(("истина" in alt) == (language == "ru") for alt in alts)


def test_a_picture_that_cannot_be_opened_any_more_is_said_in_its_place(content: ReportInput) -> None:
    shown = pictures_of(content)
    gone = replace(shown, thumbnails={})
    text = render(replace(content, pictures=gone))
    assert text.count("The picture cannot be shown.") == len(shown.found.wrong) + sum(
        len(pair.rows) for pair in shown.found.pairs
    )


def test_a_model_that_is_never_wrong_is_said_to_be_right(content: ReportInput) -> None:
    shown = pictures_of(content)
    right = replace(shown, found=replace(shown.found, wrong=(), wrongs=0, pairs=()))
    view = gallery_view(right, Words("en"))
    assert view is not None
    assert "is right about every picture" in view.lead


@pytest.mark.browser
def test_in_a_browser_every_picture_is_shown_and_nothing_complains(
    content: ReportInput, tmp_path: Path, chromium: Browser
) -> None:
    page = tmp_path / "page.html"
    page.write_text(render(replace(content, pictures=pictures_of(content))), encoding="utf-8")
    for width, dark in ((1200, False), (400, True)):
        chromium.size(width, 900)
        if dark:
            chromium.dark()
        chromium.goto(page.as_uri())
        assert chromium.ask("[...document.images].every(one => one.naturalWidth > 0 && one.clientWidth > 20)")
        assert chromium.ask("document.documentElement.scrollWidth <= window.innerWidth")
    assert chromium.ask("document.images.length") > 24
    assert chromium.errors == []
    assert [one for one in chromium.requests() if not one.startswith("data:")] == [page.as_uri()]


def folder_of_pictures(folder: Path, side: int, rows: int = 90) -> None:
    from PIL import Image

    random = np.random.default_rng(5)
    for row in range(rows):
        kind = ("dark", "light", "odd")[row % 3]
        (folder / kind).mkdir(parents=True, exist_ok=True)
        level = {"dark": 124, "light": 132, "odd": 128}[kind] + random.normal(0, 6)
        pixels = np.clip(random.normal(level, 60, (side, side, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / kind / f"{row:03}.png")


def test_of_a_study_the_leaders_unseen_answers_are_shown_and_no_locked_row(tmp_path: Path) -> None:
    folder_of_pictures(tmp_path / "photos", side=150)
    study = Study(read(tmp_path / "photos"), recipes=["baseline", "logistic"], folds=3, seed=0)
    result = study.run(tmp_path / "run", jobs=1)
    shown = pictures_of_study(result)
    assert shown is not None
    assert shown.name == result.winner
    wrong = {
        int(unit)
        for part in result.parts[result.winner]
        for unit, truth, chance in zip(part.truth.units, part.truth["target"], part.predictions["probability"], strict=True)
        if chance.argmax() != truth
    }
    assert shown.found.wrongs == len(wrong) > 0
    assert set(shown.found.units) <= wrong
    assert not set(shown.found.units) & set(result.plan.locked.tolist())
    assert set(shown.thumbnails) == set(shown.found.units)
    page = render(report_input(result))
    assert len(page.encode()) < 2_000_000
    assert "://" not in re.sub(r'xmlns(:\w+)?="[^"]*"|data:[^"]*"', "", page)
    assert page == render(report_input(result))


def test_a_table_without_pictures_has_none(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=80)
    frame = pl.DataFrame({"x": x, "y": np.where(x > 0, "a", "b")})
    result = Study(read(frame, target="y"), recipes=["baseline"], folds=2, seed=0).run(tmp_path / "run", jobs=1)
    assert pictures_of_study(result) is None
