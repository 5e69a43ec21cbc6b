"""The page in a real browser: it renders, no script runs, hostile names make no elements."""

import subprocess

import pytest
from tests.chromium import CHROMIUM, FLAGS

from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.report import write_report


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_browser_draws_the_page_and_makes_no_element_of_a_hostile_name(build, simulated, hostile_text, tmp_path):
    task = Task("binary", hostile_text, ("no", "yes" + hostile_text))
    schema = Schema((Column(hostile_text, "category", "target", ("no", "yes")),))
    content = build(
        simulated(task, {hostile_text: 0.8, f"{hostile_text}+smote": 0.7}),
        test=True,
        title=hostile_text,
        schema=schema,
        warnings=[hostile_text],
    )
    page, picture = tmp_path / "page.html", tmp_path / "page.png"
    write_report(content, page)
    common = [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1200,1600"]
    shot = subprocess.run([*common, f"--screenshot={picture}", page.as_uri()], capture_output=True, timeout=120, check=False)
    assert shot.returncode == 0, shot.stderr.decode()
    assert picture.read_bytes().startswith(b"\x89PNG")
    dump = subprocess.run([*common, "--dump-dom", page.as_uri()], capture_output=True, timeout=120, check=False)
    dom = dump.stdout.decode()
    assert dump.returncode == 0, dump.stderr.decode()
    assert dom.rstrip().endswith("</html>")
    assert "<script" not in dom
    assert "<img" not in dom
    assert "&lt;img src=x onerror=alert(1)&gt;" in dom
