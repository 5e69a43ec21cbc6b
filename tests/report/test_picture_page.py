"""The page of a model of pictures: its sections, that it is small and loads nothing, that names stay text, in a browser too."""

import re
from pathlib import Path

import pytest
from tests.chromium import Page as Browser
from tests.explain.picture_models import held_of, net_of, pictures, plain_of, training_of

from assay.explain.picture_explanation import PictureSettings
from assay.explain.pictures import explain_pictures
from assay.report.picture_explanation import picture_files, render_picture_explanation, write_picture_explanation

HOSTILE = "<img src=x onerror=alert(1)>"
BRIEF = PictureSettings(pictures=4, climbed=2, steps=3, near=2, points=8)


@pytest.fixture(scope="module")
def page() -> str:
    data = pictures(40, 8, classes=("cross", HOSTILE, "ring"), column=HOSTILE)
    held = held_of(net_of(data), data)
    found = explain_pictures(held, BRIEF, [training_of(data)])
    return render_picture_explanation(found, held.task, HOSTILE, seed=0)


def test_every_section_is_in_the_contents_and_every_picture_says_what_it_is(page: str) -> None:
    sections = re.findall(r'<section id="(\w+)"', page)
    assert sections == ["looks", "wrong", "climbed", "maps", "filters", "reading"]
    assert sections == re.findall(r'<li><a href="#(\w+)"', page)
    alts = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert len(alts) == page.count("<img ") > 4 * (4 + 2) + 4
    assert all(alts)
    looked = [alt for alt in alts if "Grad-CAM" in alt]
    assert len(looked) == 4
    assert all(re.search(r"row \d+: truth .* called .* with probability 0\.\d{3}; Grad-CAM, strongest", alt) for alt in looked)


def test_it_loads_nothing_stays_small_and_names_stay_text(page: str) -> None:
    assert len(page.encode()) < 2_000_000
    assert "://" not in re.sub(r'data:[^"]*"', '"', page)
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
    assert "nan" not in re.sub(r"<[^>]+>", "", page)


def test_equal_explanations_give_equal_bytes_and_files(tmp_path: Path) -> None:
    data = pictures(20, 8)
    held = held_of(net_of(data), data)
    one, other = (explain_pictures(held, BRIEF) for _ in range(2))
    for number, found in enumerate((one, other)):
        write_picture_explanation(found, held.task, "photos", tmp_path / f"{number}.html", seed=0)
    assert (tmp_path / "0.html").read_bytes() == (tmp_path / "1.html").read_bytes()
    files = picture_files(one)
    assert files == picture_files(other)
    row = one.looks[0].row.unit
    assert {f"row-{row}.png", f"row-{row}-grad-cam.png", f"row-{row}-occlusion.png", "filters.png", "excites-1.png"} <= set(files)
    assert all(data.startswith(b"\x89PNG") for data in files.values())


def test_of_a_recipe_without_a_net_the_page_says_what_is_left_out() -> None:
    data = pictures(60, 4)
    held = held_of(plain_of(data), data)
    page = render_picture_explanation(explain_pictures(held, BRIEF), held.task, "photos", seed=0)
    assert re.findall(r'<section id="(\w+)"', page)[0] == "looks"
    assert "is no net" in page
    assert ">Occlusion<" in page
    assert 'id="maps"' not in page


@pytest.mark.browser
def test_in_a_browser_every_picture_is_shown_and_nothing_complains(page: str, tmp_path: Path, chromium: Browser) -> None:
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    for width, dark in ((1200, False), (400, True)):
        chromium.size(width, 900)
        if dark:
            chromium.dark()
        chromium.goto(path.as_uri())
        assert chromium.ask("[...document.images].every(one => one.naturalWidth > 0 && one.clientWidth > 20)")
        assert chromium.ask("document.documentElement.scrollWidth <= window.innerWidth")
    assert chromium.errors == []
    assert [one for one in chromium.requests() if not one.startswith("data:")] == [path.as_uri()]
    assert HOSTILE in chromium.ask("document.body.textContent")
