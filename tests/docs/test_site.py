"""The documentation as a site: built without a network, no link leads nowhere, nothing is loaded from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assay.cli.manual import MANUAL

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    environment = {
        **os.environ,
        "NO_MKDOCS_2_WARNING": "1",
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    words = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_guide_is_a_page_of_the_site(site: Path) -> None:
    guides = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert {str(path) for path in guides if not (site / path).is_file()} == set()
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [path for path in guides if f" {path.with_suffix('.md')}" not in navigation] == []


def test_the_page_of_commands_is_made_of_the_manual(site: Path) -> None:
    page = (site / "commands.html").read_text(encoding="utf-8")
    assert [name for name in MANUAL if f"assay {name}<" not in page] == []


def test_the_reference_holds_what_the_package_exports(site: Path) -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in (site / "reference").glob("*.html"))
    for name in ("assay.study.study.Study", "assay.bundle.model.Model", "assay.data.read", "assay.measure.direct.measure"):
        assert f'id="{name}"' in pages, name


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loading = re.compile(
        r"""<(?:script|img|iframe|source)[^>]*\ssrc=["']?(https?:)?//|<link[^>]*rel=["']?stylesheet[^>]*href=["']?(https?:)?//"""
    )
    assert [str(path) for path in site.rglob("*.html") if loading.search(path.read_text(encoding="utf-8"))] == []
