"""The page of one run, its files, its report and its verdicts."""

import asyncio
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.serve.studio.made import AT, browser, fit, make_run, write_board

from assay.core.errors import AssayError, StudyError
from assay.serve.studio.commands import Commands
from assay.serve.studio.files import PAGE_POLICY
from assay.serve.studio.progress import read_progress, read_study
from assay.study.folder import RunFolder

VERDICT = {
    "schema": 1,
    "run": "x",
    "verdict": {
        "a": "logistic",
        "b": "boosting",
        "metric": "roc_auc",
        "difference": -0.045,
        "low": -0.081,
        "high": -0.01,
        "p_raw": 0.013,
        "p": 0.013,
        "family": "asked",
        "method": "paired DeLong",
        "call": "b better",
        "margin": None,
    },
    "separation": {"rows": 1591, "smallest": 0.05, "wanted": 0.045, "needed": 1929, "undefined": None},
}


def ask(runs: Path, *addresses: str, method: str = "GET", **more: Any) -> list[httpx.Response]:
    async def every() -> list[httpx.Response]:
        async with browser(runs) as client:
            return [await client.request(method, address, **more) for address in addresses]

    return asyncio.run(every())


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that pages have given, none of which is run."""
    words: list[list[str]] = []

    def run(_self: Commands, given: list[str], *, seconds: float) -> str:
        assert seconds > 0
        words.append(list(given))
        import json

        return json.dumps(VERDICT)

    monkeypatch.setattr(Commands, "run", run)
    return words


def test_fits_are_counted_from_the_journal(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "a", values=None)
    fit(folder, "logistic", 0)
    fit(folder, "logistic", 1)
    fit(folder, "boosting", 0, failure="no <b>memory</b>")
    found = read_progress(folder, read_study(folder))
    assert (found.done, found.failed, found.total, found.seconds) == (2, 1, 4, 4.5)
    assert [(row.name, row.done, row.failed, row.folds) for row in found.rows] == [("logistic", 2, 0, 2), ("boosting", 0, 1, 2)]
    page = ask(tmp_path, "/runs/a")[0].text
    assert "3 of 4 fits" in page
    assert "no &lt;b&gt;memory&lt;/b&gt;" in page
    assert "Traceback: &lt;b&gt;deep" in page


def test_a_fit_that_was_made_again_counts_once(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "a", values=None)
    fit(folder, "logistic", 0, failure="once")
    fit(folder, "logistic", 0)
    found = read_progress(folder, read_study(folder))
    assert (found.done, found.failed, found.failures) == (1, 0, ())


def test_a_record_that_is_being_written_is_neither_counted_nor_cut_off(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "a", values=None)
    fit(folder, "logistic", 0)
    with (folder / "journal").open("ab") as stream:
        stream.write(b'000000ef 6447277bef3a125b {"cell":')
    before = (folder / "journal").read_bytes()
    assert "1 of 4 fits" in ask(tmp_path, "/runs/a")[0].text
    assert (folder / "journal").read_bytes() == before


def test_a_damaged_journal_is_said_and_the_rest_shown(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "a")
    fit(folder, "logistic", 0)
    fit(folder, "logistic", 1)
    content = bytearray((folder / "journal").read_bytes())
    content[40] ^= 1
    (folder / "journal").write_bytes(bytes(content))
    page = ask(tmp_path, "/runs/a")[0]
    assert page.status_code == 200
    assert "is damaged" in page.text
    assert "Leaderboard" in page.text


def test_only_the_page_of_a_run_that_goes_on_asks_again(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "a", values=None)
    with RunFolder(folder).locked():
        live = ask(tmp_path, "/runs/a/live")[0].text
        assert 'hx-get="/runs/a/live"' in live
        assert ">running<" in live
    still = ask(tmp_path, "/runs/a/live")[0].text
    assert "hx-get" not in still
    assert ">interrupted<" in still


def test_a_leaderboard_that_lacks_candidates_says_that_it_is_an_earlier_one(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "a")
    assert "of the run before" not in ask(tmp_path, "/runs/a")[0].text
    write_board(folder, [("logistic", 0.9)])
    assert "of the run before" in ask(tmp_path, "/runs/a")[0].text


def test_the_opened_rows_are_shown_with_how_often_they_were_opened(tmp_path: Path) -> None:
    make_run(tmp_path, "shut")
    make_run(tmp_path, "open", opened=True)
    shut, opened = ask(tmp_path, "/runs/shut", "/runs/open")
    assert "Shut: no run of this folder has opened them" in shut.text
    assert "They were opened for" in opened.text
    assert "0.700" in opened.text


def test_files_are_fetched_as_they_are(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "a")
    (folder / "model").mkdir()
    (folder / "model" / "weights.safetensors").write_bytes(os.urandom(700_000))
    answer, toml = ask(tmp_path, "/runs/a/files/model/weights.safetensors", "/runs/a/files/study.toml")
    assert answer.content == (folder / "model" / "weights.safetensors").read_bytes()
    assert toml.content == (folder / "study.toml").read_bytes()
    for one in (answer, toml):
        assert one.headers["content-type"] == "application/octet-stream"
        assert one.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "path",
    ["../b/study.toml", "..%2fb%2fstudy.toml", "%2e%2e/b/study.toml", "link", "inside/passwd", ".lock", "model", "", "absent",
     "model/%2e%2e/study.toml", "//etc/passwd", "%2fetc%2fpasswd", "pipe", "a%00b"],
)  # fmt: skip
def test_no_path_leads_out_of_a_run(tmp_path: Path, path: str) -> None:
    runs = tmp_path / "runs"
    folder = make_run(runs, "a")
    make_run(runs, "b")
    (folder / ".lock").touch()
    (folder / "model").mkdir()
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "inside").symlink_to("/etc")
    os.mkfifo(folder / "pipe")
    answer = ask(runs, f"{AT}/runs/a/files/{path}")[0]
    assert answer.status_code == 404
    assert "root:" not in answer.text


def test_a_file_with_a_hostile_name_is_saved_under_a_harmless_one(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "a")
    name = 'x"; filename=evil.html; é.csv'
    (folder / name).write_text("1")
    from urllib.parse import quote

    answer = ask(tmp_path, f"/runs/a/files/{quote(name)}")[0]
    assert answer.status_code == 200
    plain = "x__ filename_evil.html_ _.csv"
    exact = "x%22%3B%20filename%3Devil.html%3B%20%C3%A9.csv"
    assert answer.headers["content-disposition"] == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}"


def test_a_report_is_shut_off_from_the_studio(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "a")
    (folder / "report.html").write_text("<script>parent.document</script>")
    answer = ask(tmp_path, "/runs/a/files/report.html")[0]
    assert answer.headers["content-security-policy"] == PAGE_POLICY
    rules = dict(rule.strip().partition(" ")[::2] for rule in PAGE_POLICY.split(";"))
    assert "allow-same-origin" not in rules["sandbox"]
    assert rules["default-src"] == "'none'"
    assert "connect-src" not in rules
    page = ask(tmp_path, "/runs/a/report")[0].text
    assert "allow-same-origin" not in page


def test_a_report_older_than_the_journal_is_said_to_be(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "a")
    fit(folder, "logistic", 0)
    assert "No report has been drawn" in ask(tmp_path, "/runs/a/report")[0].text
    (folder / "report.html").write_text("drawn")
    os.utime(folder / "journal", (1000, 1000))
    assert "has gone on since" not in ask(tmp_path, "/runs/a/report")[0].text
    os.utime(folder / "report.html", (900, 900))
    assert "has gone on since" in ask(tmp_path, "/runs/a/report")[0].text


def test_drawing_is_asked_for_by_a_form_and_leads_to_the_report(tmp_path: Path, said: list[list[str]]) -> None:
    make_run(tmp_path, "-a b")
    answer = ask(tmp_path, "/runs/-a%20b/report", method="POST")[0]
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs/-a%20b/report")
    assert said == [["report", "--", str(tmp_path / "-a b")]]
    part = ask(tmp_path, "/runs/-a%20b/report", method="POST", headers={"hx-request": "true"})[0]
    assert part.headers["hx-redirect"] == "/runs/-a%20b/report"
    assert ask(tmp_path, "/runs/-a%20b/report", method="POST", headers={"origin": "http://evil.example"})[0].status_code == 403
    assert len(said) == 2


def test_a_verdict_is_asked_for_once(tmp_path: Path, said: list[list[str]]) -> None:
    folder = make_run(tmp_path, "a")
    fit(folder, "logistic", 0)
    address = "?a=logistic&b=boosting&margin=0.005"
    waiting = ask(tmp_path, f"/runs/a/verdict{address}")[0].text
    assert "Comparing" in waiting
    part = ask(tmp_path, f"/runs/a/verdict/part{address}")[0].text
    assert "<bdi>boosting</bdi> is better" in part
    assert "−0.045" in part
    assert "about 1" in part
    assert "<html" not in part
    expected = ["compare", "--json", "--margin", "0.005", "--", str(folder), "logistic", "boosting"]
    assert said == [expected]
    assert "is better" in ask(tmp_path, f"/runs/a/verdict{address}")[0].text, "now it is known"
    ask(tmp_path, f"/runs/a/verdict/part{address}")
    assert said == [expected]
    fit(folder, "logistic", 1)
    assert "Comparing" in ask(tmp_path, f"/runs/a/verdict{address}")[0].text, "the run has gone on"
    ask(tmp_path, f"/runs/a/verdict/part{address}")
    assert said == [expected, expected]


def test_a_damaged_answer_is_asked_for_again(tmp_path: Path, said: list[list[str]]) -> None:
    make_run(tmp_path, "a")
    address = "/runs/a/verdict/part?a=logistic&b=boosting"
    ask(tmp_path, address)
    kept = next((tmp_path / ".studio" / "verdicts").rglob("*.json"))
    kept.write_bytes(kept.read_bytes()[:50])
    assert ask(tmp_path, address)[0].status_code == 200
    assert len(said) == 2


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("a=logistic&b=logistic", "compared with itself"),
        ("a=logistic&b=forest", "is no candidate of this run"),
        ("a=logistic&b=%3Cimg%3E", "&lt;img&gt;"),
        ("a=--json&b=logistic", "is no candidate of this run"),
        ("a=logistic&b=boosting&margin=much", "is no number"),
        ("a=logistic&b=boosting&margin=-1", "must be above 0"),
        ("a=logistic&b=boosting&margin=nan", "must be above 0"),
        ("a=logistic", "choose two"),
    ],
)
def test_what_is_no_pair_is_answered_in_a_sentence(tmp_path: Path, query: str, sentence: str, said: list[list[str]]) -> None:
    make_run(tmp_path, "a")
    page = ask(tmp_path, f"/runs/a/verdict?{query}")[0]
    assert sentence in page.text
    assert said == []


def test_what_a_command_refuses_is_what_the_page_says(tmp_path: Path) -> None:
    """The data of this run is not there, which ``assay compare`` says in a sentence."""
    make_run(tmp_path, "a")
    answer = ask(tmp_path, "/runs/a/verdict/part?a=logistic&b=boosting", headers={"hx-request": "true"})[0]
    assert answer.status_code == 400
    assert 'class="error"' in answer.text
    assert "<html" not in answer.text
    assert "Traceback" not in answer.text


def test_a_command_that_takes_too_long_is_ended() -> None:
    commands = Commands()
    with pytest.raises(StudyError, match=r"took longer than 0\.01 seconds"):
        commands.run(["list", "demos"], seconds=0.01)
    commands.close()
    with pytest.raises(AssayError, match="being stopped"):
        commands.run(["list", "demos"], seconds=10)


def test_what_is_done_so_far_is_measured_on_demand_and_said_to_be_of_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run(tmp_path, "a", values=None)
    write_board(tmp_path / "a", [("logistic", 0.9), ("boosting", None)])
    import json

    summary = json.loads((folder / "leaderboard.json").read_text())
    (folder / "leaderboard.json").unlink()
    summary["rows"][1]["failure"] = "1 of 2 folds are not computed yet."
    asked: list[Any] = []
    monkeypatch.setattr(Commands, "run", lambda _self, words, **_: asked.append(words) or json.dumps({**summary, "test": None}))
    fit(folder, "logistic", 0)
    fit(folder, "logistic", 1)
    assert "Measure what is done so far" in ask(tmp_path, "/runs/a")[0].text
    answer = ask(tmp_path, "/runs/a/measure", method="POST")[0]
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs/a")
    assert asked == [["compare", "--json", "--", str(folder)]]
    fit(folder, "boosting", 0)
    page = ask(tmp_path, "/runs/a")[0].text
    assert "Measured when 2 fits were done" in page
    assert "0.900" in page
    assert "not computed yet" not in page
    write_board(folder, [("logistic", 0.8), ("boosting", 0.7)])
    page = ask(tmp_path, "/runs/a")[0].text
    assert "Measured when" not in page, "the run has its own leaderboard now"
    assert "0.800" in page
