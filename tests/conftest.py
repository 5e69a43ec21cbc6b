"""Shared fixtures: nothing in a test touches the user's own ledger of the lock."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.chromium import Page


@pytest.fixture(autouse=True)
def assay_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path_factory.mktemp("assay-home")
    monkeypatch.setenv("ASSAY_HOME", str(home))
    return home


@pytest.fixture
def chromium(tmp_path: Path) -> "Iterator[Page]":
    """A tab of a headless browser; the test is skipped, and says so, where there is none."""
    from tests.chromium import CHROMIUM, open_page

    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with open_page(tmp_path / "chromium-profile") as page:
        yield page
