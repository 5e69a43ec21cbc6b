"""Every page that a command writes, in a real browser: nothing complains, hostile names stay text, light, dark and narrow."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.chromium import CHROMIUM, Page, open_page

from assay.cli.main import run

HOSTILE = '<img src=x onerror="alert(1)">'
ROWS = 150


def write_tables(folder: Path) -> None:
    """rows.csv: a column, a level and a class with a hostile name.  taken.csv: users and items."""
    random = np.random.default_rng(4)
    x = random.normal(size=(ROWS, 3))
    said = np.where(x[:, 0] + 0.6 * random.normal(size=ROWS) > 0.8, HOSTILE, "no")
    level = random.choice([HOSTILE, "u", "v"], ROWS)
    pl.DataFrame({HOSTILE: x[:, 0], "b": x[:, 1], "c": x[:, 2], "d": level, "y": said}).write_csv(folder / "rows.csv")
    users, items = random.integers(0, 30, 400), random.integers(0, 12, 400)
    names = [HOSTILE if item == 0 else f"item {item}" for item in items]
    pl.DataFrame({"user": users, "item": names, "at": np.arange(400)}).unique(["user", "item"], maintain_order=True).write_csv(
        folder / "taken.csv"
    )


RUN = ["--target", "y", "--positive", HOSTILE]
PAGES: dict[str, list[str]] = {
    "look": ["look", "rows.csv", *RUN, "--out", "look.html"],
    "look-ru": ["look", "rows.csv", *RUN, "--lang", "ru", "--out", "look-ru.html"],
    "balance": ["check", "rows.csv", *RUN, "--treatments", "smote,class-weight", "--out", "balance.html"],
    "anomalies": ["anomalies", "rows.csv", "--drop", "y", "--detectors", "isolation-forest", "-o", "anomalies.html"],
    "clusters": ["clusters", "rows.csv", "--target", "y", "--methods", "k-means", "-o", "clusters.html"],
    "project": ["project", "rows.csv", "--target", "y", "--methods", "pca", "--out", "project.html"],
    "recommend": ["recommend", "taken.csv", "--user", "user", "--item", "item", "--time", "at", "--recipes", "popularity",
                  "--folds", "2", "--out", "recommend"],
    "train-report": ["train-report", "rows.csv", *RUN, "--recipe", "mlp", "--out", "train-report.html"],
    "explain": ["explain", "run", "--out", "explain.html"],
    "ablate": ["ablate", "run", "logistic", "--columns", "--jobs", "1", "--out", "ablate.html"],
    "comparison": ["report", "run", "other", "--out", "comparison.html"],
}  # fmt: skip
NAMELESS = ("clusters", "comparison", "recommend")
"""Pages that show no name of a column or a class here: no groups were found, what is compared has names of ours."""

FILES = {"recommend": "recommend/report.html"}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setenv("ASSAY_HOME", str(folder / "home"))
        write_tables(folder)
        for name, seed in (("run", "0"), ("other", "1")):
            words = [
                "run",
                "rows.csv",
                *RUN,
                "--recipes",
                "logistic",
                "--folds",
                "2",
                "--jobs",
                "1",
                "--seed",
                seed,
                "--out",
                name,
            ]
            assert run([*words, "-q"]) == 0
        yield folder


@pytest.fixture(scope="module")
def browser(workplace: Path) -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with open_page(workplace / "profile") as page:
        yield page


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_drawn_without_a_complaint_and_names_stay_text(
    name: str, workplace: Path, browser: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*PAGES[name], "-q"]) == 0, capsys.readouterr().err
    page = workplace / FILES.get(name, f"{name}.html")
    browser.errors.clear()
    for width, dark in ((1200, False), (400, True)):
        browser.size(width, 900)
        browser.send(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        )
        browser.goto(page.as_uri())
        assert browser.ask("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} is wider than {width} px"
    assert browser.errors == []
    assert browser.ask('document.querySelectorAll(\'img:not([src^="data:"]), script[src], link[href^="http"]\').length') == 0
    assert name in NAMELESS or HOSTILE in browser.ask("document.documentElement.textContent")
    assert browser.requests() == [page.as_uri()]
    levels = browser.ask("[...document.querySelectorAll('h1, h2, h3, h4')].map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), f"{name} leaves out a heading: {levels}"
