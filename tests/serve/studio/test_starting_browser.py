"""A run from a browser: a file is sent, a kind corrected, the checks seen, the run started and watched to its end."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from tests.serve.studio.posting import served

from assay.serve.studio.app import make_studio
from assay.serve.studio.jobs import jobs, stop
from assay.serve.studio.place import Place

if TYPE_CHECKING:
    from tests.chromium import Page

EVIL = "<img src=x onerror=alert(1)>"
SETTLED = "document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added') === null"
"""What came with the last answer hears what is clicked; a person cannot click sooner, a test can."""


@pytest.mark.browser
def test_a_run_is_started_from_a_file_and_watched_to_its_end(chromium: "Page", tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = {"zip": random.integers(10_000, 10_006, 80), EVIL: random.normal(size=80), "denied": random.integers(0, 2, 80)}
    pl.DataFrame(rows).write_csv(tmp_path / "my loans.csv")
    (tmp_path / "runs").mkdir()
    place, page = Place(tmp_path / "runs"), chromium
    with served(make_studio(place)) as address:
        page.goto(f"{address}/new")
        page.files("#file", tmp_path / "my loans.csv")
        page.click("#upload button")
        page.wait("location.pathname === '/new/preview' && document.querySelector('#setup') !== null")
        assert "my loans.csv" in page.text("h1")
        assert EVIL in page.text("table.columns")
        assert page.ask("document.querySelector('#start').disabled")

        page.type("#f-target", "denied")
        page.wait("document.querySelector('#checks .told') !== null")
        assert "80 rows checked" in page.text("#checks")
        page.wait(SETTLED)
        page.type("#kind-1", "zip=category")
        page.wait("document.querySelector('#command')?.textContent.includes('--kind zip=category')")
        page.wait(SETTLED)
        page.click("input[name=recipes][value=baseline]")
        page.wait("document.querySelector('#command')?.textContent.includes('--recipes baseline')")
        page.wait(SETTLED)
        page.type("#f-folds", "many")
        page.wait("document.querySelector('#problem .error') !== null")
        assert "no whole number" in page.text("#problem")
        page.wait(SETTLED)
        page.type("#f-folds", "2")
        page.wait("document.querySelector('#problem .error') === null")
        page.wait(SETTLED)
        page.type("#f-jobs", "1")
        page.wait("document.querySelector('#command')?.textContent.includes('--jobs 1')")
        assert "kind=zip%3Dcategory" in page.ask("location.search")  # the address holds the whole form
        assert "role=" not in page.ask("location.search")

        page.wait(SETTLED)
        page.click("#start")
        page.wait("location.pathname.startsWith('/jobs/') || location.pathname.startsWith('/runs/')")
        job = jobs(place)[0]
        try:
            page.wait("location.pathname === '/runs/my-loans'")
            page.goto(f"{address}/jobs/{job.id}")
            page.wait("document.querySelector('#stand')?.textContent === 'done'")
        finally:
            stop(job)
        assert "2 of 2 fits" in page.text("#job")
        assert (place.runs / "my-loans" / "leaderboard.json").is_file()
        errors = [error for error in page.errors if "422" not in error]  # the browser tells of the answer to "many" folds
        assert errors == []
        assert len(page.errors) <= 1
