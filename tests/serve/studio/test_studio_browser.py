"""The studio in a browser: from the list to a run, its verdicts and its report, and a run that goes on before one's eyes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.chromium import Page
from tests.serve.studio.made import make_run

from assay.cli.main import run

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"


@contextmanager
def studio(runs: Path) -> Iterator[str]:
    """Its address; it is ended with Ctrl-C, and must then say nothing."""
    words = [sys.executable, "-m", "assay", "studio", str(runs), "--port", "0"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("studio on http://127.0.0.1:"), line + process.stderr.read()
        yield line.split()[2].rstrip("/").replace("127.0.0.1", "localhost")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """The label follows x, with some of it turned round."""
    path = tmp_path / "loans.csv"
    rows = [f"{k % 17},{k % 5},{'yes' if (k % 17 > 9) != (k % 7 == 0) else 'no'}" for k in range(240)]
    path.write_text("\n".join(["x,z,denied", *rows]) + "\n")
    return path


def test_from_the_list_to_a_verdict_and_the_report(chromium: Page, tmp_path: Path, table: Path) -> None:
    runs = tmp_path / "runs"
    for number in range(30):
        make_run(runs, f"old-{number:02d}", data="/t/wine.csv", changed=1000 + number)
    make_run(runs, HOSTILE, candidates=[HOSTILE, "svm"], data=f"/t/{HOSTILE}", target=HOSTILE)
    out = runs / "loans"
    assert run(["run", str(table), "--target", "denied", "--recipes", "logistic,baseline", "--out", str(out), "--jobs", "1"]) == 0

    with studio(runs) as address:
        chromium.goto(f"{address}/?size=20")
        assert "32 runs" in chromium.text(".count")
        assert chromium.ask("document.querySelectorAll('table.runs tbody tr').length") == 20
        assert HOSTILE in chromium.text("table.runs")
        chromium.type("#q", "loans denied")
        chromium.wait("document.querySelectorAll('table.runs tbody tr').length === 1")
        assert chromium.ask("location.search") == "?q=loans+denied&size=20"
        chromium.click("table.runs tbody a")
        chromium.wait("document.title === 'loans · Assay' && document.readyState === 'complete'")
        assert chromium.text("#state") == "done"
        assert "logistic" in chromium.text("#leaderboard tr.winner")
        assert chromium.ask("document.querySelectorAll('#leaderboard svg .dot').length") == 2

        chromium.click('a[href$="/verdict"]')
        chromium.wait("!!document.querySelector('#b')")
        chromium.click("main form button")
        chromium.wait("!!document.querySelector('#found')")
        assert "a=logistic&b=baseline" in chromium.ask("location.search")
        assert "logistic is better" in chromium.text("#found h2")

        chromium.goto(f"{address}/runs/loans/report")
        chromium.wait("!!document.querySelector('iframe.report')")
        assert f"{address}/runs/loans/files/report.html" in chromium.requests()
        chromium.goto(f"{address}/runs/loans/files/report.html")
        assert "loans.csv" in chromium.text("h1")

        chromium.goto(f"{address}/?q=img")
        chromium.click("table.runs tbody a")
        chromium.wait("document.readyState === 'complete' && !!document.querySelector('#live')")
        assert chromium.text("h1") == HOSTILE
        assert chromium.ask("document.querySelectorAll('img').length") == 0
    assert chromium.errors == []


@pytest.mark.slow
def test_a_run_that_goes_on_is_followed_until_it_ends(chromium: Page, tmp_path: Path, table: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    more = ["--recipes", "baseline,forest", "--repeats", "30", "--jobs", "1", "--out", str(runs / "long")]
    words = [sys.executable, "-m", "assay", "run", str(table), "--target", "denied", *more]
    with studio(runs) as address:
        chromium.goto(address)
        assert "There is no run" in chromium.text("main")
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            journal = runs / "long" / "journal"
            chromium.wait(f"fetch('{address}/runs/long').then(answer => answer.ok)")
            chromium.errors.clear()  # of asking before it was there
            chromium.goto(f"{address}/runs/long")
            done = "Number.parseInt(document.querySelector('#fits')?.innerText)"
            chromium.wait(f"{done} > 0")
            assert chromium.text("#state") == "running"
            assert chromium.text("#fits").endswith("of 300 fits")
            before = chromium.ask(done)
            chromium.wait(f"{done} > {before}")  # nobody has loaded the page again
            chromium.wait(f"{done} > 150")  # the first candidate is through
            chromium.click("#measure button")
            chromium.wait("document.querySelector('#leaderboard')?.innerText.includes('Measured when')")
            assert process.poll() is None, "a look at the leaderboard has not ended the run"
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=60)
            chromium.wait("document.querySelector('#state').innerText === 'interrupted'")
            assert chromium.ask(done) == len(journal.read_text().splitlines())
            assert chromium.ask("document.querySelector('#live').hasAttribute('hx-get')") is False
        finally:
            process.kill()
            process.wait()
    assert chromium.errors == []


@pytest.mark.slow
def test_a_report_is_drawn_on_demand(chromium: Page, tmp_path: Path, table: Path) -> None:
    out = tmp_path / "runs" / "loans"
    assert run(["run", str(table), "--target", "denied", "--recipes", "logistic", "--out", str(out), "--jobs", "1"]) == 0
    (out / "report.html").unlink()
    with studio(out.parent) as address:
        chromium.goto(f"{address}/runs/loans/report")
        assert chromium.ask("document.querySelector('iframe')") is None
        chromium.click("main form button")
        chromium.wait("!!document.querySelector('iframe.report')")
        assert (out / "report.html").is_file()
    assert chromium.errors == []
