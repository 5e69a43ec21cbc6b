"""The page at /docs in a browser: it says how to ask, and what comes from data stays text."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.bundle.models import HOSTILE, model
from tests.serve.running import running

if TYPE_CHECKING:
    from tests.chromium import Page

BROKEN = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.browser
def test_the_page_shows_every_model_without_an_error_and_hostile_names_as_text(chromium: "Page", tmp_path: Path) -> None:
    for name, task in (("loans", "binary"), ("kinds", "multiclass"), ("amounts", "regression")):
        model("logistic" if task != "regression" else "knn", task).save(tmp_path / f"{name}.assay")
    with running(*(str(tmp_path / f"{name}.assay") for name in ("loans", "kinds", "amounts"))) as server:
        chromium.goto(f"http://127.0.0.1:{server.port}/docs")
        text = chromium.text("body")
        assert HOSTILE in text
        assert "<b>yes</b>" in text
        assert chromium.ask("document.querySelectorAll('script, img, main b, iframe').length") == 0
        assert chromium.ask("document.querySelectorAll('h2').length") == 3
        for path in ("/predict", "/models/loans/predict", "/models/kinds/predict", "/models/amounts/predict"):
            assert f"POST {path}" in text
        assert {address.rpartition("/")[2] for address in chromium.requests()} <= {"docs", "favicon.ico"}
        chromium.screenshot(tmp_path / "light.png", whole=True)
        chromium.size(400, 900)
        assert not chromium.ask(BROKEN)
        chromium.dark()
        chromium.screenshot(tmp_path / "dark.png", whole=True)
        assert chromium.ask("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
        assert chromium.errors == []
