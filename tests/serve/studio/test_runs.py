"""The list of runs: filters, order, pages, and what stands in the address."""

import asyncio
import os
import re
from pathlib import Path

import httpx
import pytest
from tests.serve.studio.made import browser, fit, make_run, write_board

from assay.serve.studio.facts import parse_study
from assay.serve.studio.index import Index
from assay.serve.studio.place import Missing, Place
from assay.study.folder import RunFolder

HOSTILE = "<img src=x onerror=alert(1)>\"'&+"


def get(runs: Path, *addresses: str, headers: dict[str, str] | None = None) -> list[httpx.Response]:
    async def every() -> list[httpx.Response]:
        async with browser(runs) as client:
            return [await client.get(address, headers=headers) for address in addresses]

    return asyncio.run(every())


def names(page: httpx.Response) -> list[str]:
    """The runs of a page of the list, in their order."""
    assert page.status_code == 200, page.text
    return re.findall(r'<th scope="row"><a href="/runs/([^"]+)">', page.text)


def listed(runs: Path, address: str = "/") -> list[str]:
    return names(get(runs, address)[0])


@pytest.fixture(autouse=True)
def every_change_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.serve.studio.index.WORTH_KEEPING", 1)


@pytest.fixture
def several(tmp_path: Path) -> Path:
    make_run(tmp_path, "a", data="/t/loans.csv", changed=1000)
    make_run(tmp_path, "b", data="/t/wine.csv", task="regression", metric="rmse", values=(1.5, 2.5), changed=4000)
    make_run(tmp_path, "c", data="/t/loans.csv", candidates=["svm", "svm+smote"], opened=True, changed=3000)
    make_run(tmp_path, "d", data="/t/cars.csv", values=None, changed=2000)
    make_run(tmp_path, "e", data="/t/cars.csv", values=(None, None), target="sold", changed=500)
    return tmp_path


def test_the_run_that_changed_last_stands_first(several: Path) -> None:
    assert listed(several) == ["b", "c", "d", "a", "e"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("task=regression", ["b"]),
        ("metric=roc_auc", ["c", "d", "a", "e"]),
        ("recipe=svm", ["c"]),
        ("data=LOANS", ["c", "a"]),
        ("q=sold", ["e"]),
        ("q=smote+loans", ["c"]),
        ("q=C", ["b", "c", "d", "a", "e"]),  # in the name of a data file, or of the run
        ("state=finished", ["c"]),
        ("state=done", ["b", "a"]),
        ("state=interrupted", ["d"]),
        ("state=failed", ["e"]),
        ("state=running", []),
        ("task=&metric=&q=&state=&data=&recipe=", ["b", "c", "d", "a", "e"]),
        ("task=binary&state=done&data=loans", ["a"]),
        ("sort=name", ["a", "b", "c", "d", "e"]),
        ("sort=-name", ["e", "d", "c", "b", "a"]),
        ("sort=data", ["d", "e", "a", "c", "b"]),
        ("sort=changed", ["e", "a", "d", "c", "b"]),
        ("sort=-value&metric=roc_auc", ["a", "c", "d", "e"]),  # 0.9, 0.7 of the opened rows, none, none
        ("sort=value&metric=roc_auc", ["c", "a", "d", "e"]),
    ],
)
def test_the_address_says_what_is_shown(several: Path, query: str, expected: list[str]) -> None:
    assert listed(several, f"/?{query}") == expected


def test_lower_errors_are_better(tmp_path: Path) -> None:
    for name, value in (("x", 3.0), ("y", 1.0), ("z", 2.0)):
        make_run(tmp_path, name, task="regression", metric="rmse", candidates=["tree"], values=[value])
    assert listed(tmp_path, "/?sort=-value") == ["y", "z", "x"]


@pytest.mark.parametrize("query", ["sort=size", "state=asleep", "size=7", "page=0", "page=x", "size="])
def test_an_address_that_asks_what_there_is_not_is_answered_in_a_sentence(several: Path, query: str) -> None:
    answer = get(several, f"/?{query}")[0]
    assert answer.status_code == 400
    assert query.split("=")[0] in answer.text
    assert "Traceback" not in answer.text


def test_pages_hold_every_run_once(tmp_path: Path) -> None:
    for number in range(45):
        make_run(tmp_path, f"run-{number:02d}", values=None)
    first, second, third, beyond = (
        names(page) for page in get(tmp_path, *(f"/?size=20&sort=name&page={n}" for n in (1, 2, 3, 9)))
    )
    assert [len(first), len(second), len(third)] == [20, 20, 5]
    assert first + second + third == [f"run-{number:02d}" for number in range(45)]
    assert beyond == third, "past the end stands the last page"


def test_links_to_other_pages_keep_the_filters(tmp_path: Path) -> None:
    for number in range(25):
        make_run(tmp_path, f"run-{number:02d}", data=f"/t/{HOSTILE}", values=None)
    page = get(tmp_path, "/?size=20&q=run%20img&sort=name")[0]
    following = re.search(r'rel="next" href="([^"]+)"', page.text)
    assert following is not None
    assert len(listed(tmp_path, following[1].replace("&amp;", "&"))) == 5


def test_htmx_gets_the_list_alone_and_the_address_to_show(several: Path) -> None:
    answer = get(several, "/?q=svm&task=&size=50", headers={"hx-request": "true"})[0]
    assert answer.text.lstrip().startswith('<div id="list">')
    assert answer.headers["hx-push-url"] == "/?q=svm"
    assert names(answer) == ["c"]


def test_a_run_that_is_being_worked_on_is_shown_as_running_and_not_disturbed(several: Path) -> None:
    folder = RunFolder(several / "a")
    fit(folder.path, "logistic", 0)
    with folder.locked():
        page = get(several, "/?state=running")[0]
        assert names(page) == ["a"]
        assert ">1 fit<" in page.text
        assert folder.is_held()
    assert listed(several, "/?state=running") == []


def test_looking_at_a_folder_never_keeps_a_run_from_beginning(tmp_path: Path) -> None:
    """A look holds the lock for an instant; a run that begins within it waits for that instant."""
    import fcntl
    import threading
    import time

    folder = RunFolder(make_run(tmp_path, "a"))
    with folder.locked():
        pass
    with (folder.path / ".lock").open() as look:
        fcntl.flock(look, fcntl.LOCK_SH)
        leave = threading.Timer(0.03, fcntl.flock, (look, fcntl.LOCK_UN))
        leave.start()
        with folder.locked():
            began = time.monotonic()
        leave.join()
    assert began > 0


def test_a_run_with_more_candidates_than_its_leaderboard_was_cut_off(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "a", candidates=["logistic", "svm"], values=(0.9, 0.8))
    assert listed(tmp_path, "/?state=done") == ["a"]
    write_board(folder, [("logistic", 0.9)])
    assert listed(tmp_path, "/?state=interrupted") == ["a"]


def test_the_list_sees_what_has_changed(tmp_path: Path) -> None:
    place = Place(tmp_path)
    index = Index(place)
    for number in range(10):
        make_run(tmp_path, f"r{number}", values=None)
    assert {run.facts.best for run in index.runs()} == {None}
    write_board(tmp_path / "r7", [("logistic", 0.9), ("boosting", 0.8)])
    make_run(tmp_path, "new")
    os.rename(tmp_path / "r8", tmp_path / "moved")  # noqa: PTH104
    fit(tmp_path / "r9", "logistic", 0)
    now = {run.name: run for run in index.runs()}
    assert now["r7"].facts.best == "logistic"
    assert {"new", "moved"} < set(now)
    assert "r8" not in now
    assert max(now.values(), key=lambda run: run.changed_ns).name == "r9"


def test_what_is_kept_of_the_runs_is_what_reading_them_would_say(tmp_path: Path) -> None:
    for number in range(10):
        make_run(tmp_path, f"r{number}", opened=number % 2 == 0)
    first = {run.name: run.facts for run in Index(Place(tmp_path)).runs()}
    kept = tmp_path / ".studio" / "index"
    assert kept.is_file()
    again = Index(Place(tmp_path))
    assert {run.name: run.facts for run in again.runs()} == first
    write_board(tmp_path / "r3", [("boosting", 0.95), ("logistic", 0.9)])
    assert {run.name: run.facts.best for run in Index(Place(tmp_path)).runs()}["r3"] == "boosting"


@pytest.mark.parametrize("how", ["cut", "flipped", "empty", "other", "nonsense"])
def test_a_damaged_index_is_made_anew(tmp_path: Path, how: str) -> None:
    for number in range(10):
        make_run(tmp_path, f"r{number}")
    first = {run.name: run.facts for run in Index(Place(tmp_path)).runs()}
    kept = tmp_path / ".studio" / "index"
    content = kept.read_bytes()
    damaged = {
        "cut": content[: len(content) // 2],
        "flipped": content.replace(b"logistic", b"logjstic"),
        "empty": b"",
        "other": b"0" * 64 + content[64:],
        "nonsense": os.urandom(2000),
    }
    kept.write_bytes(damaged[how])
    assert {run.name: run.facts for run in Index(Place(tmp_path)).runs()} == first


def test_a_folder_that_cannot_be_written_has_its_runs_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("assay.serve.studio.index.write_atomic", refuse)
    for number in range(10):
        make_run(tmp_path, f"r{number}")
    assert len(Index(Place(tmp_path)).runs()) == 10


def test_study_toml_of_another_hand_is_read_as_toml() -> None:
    quick = parse_study(b'candidates = ["a+b"]\n\n[identity]\ntask = "binary"\n\n[settings]\n"read.target" = "y = 1"\n')
    slow = parse_study(b"candidates = [\n  'a+b', # one\n]\nidentity = {task = 'binary'}\n[settings]\n'read.target'='y = 1'\n")
    assert quick == slow == {"candidates": ["a+b"], "identity.task": "binary", "settings.read.target": "y = 1"}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("study.toml", b"\xff\xfe"),
        ("study.toml", b"candidates = ["),
        ("study.toml", b""),
        ("leaderboard.json", b"[1, 2]"),
        ("leaderboard.json", b'{"rows": 3, "winner": "a"}'),
        ("leaderboard.json", b"{" * 100_000),
        ("test.json", b"null"),
    ],
)
def test_a_run_whose_files_cannot_be_read_says_so_among_the_others(several: Path, file: str, content: bytes) -> None:
    (several / "a" / file).write_bytes(content)
    page, one, live = get(several, "/?sort=name", "/runs/a", "/runs/a/live")
    assert names(page) == ["a", "b", "c", "d", "e"]
    assert "its files cannot be read" in page.text
    assert (one.status_code, live.status_code) == (200, 200)
    assert "cannot be read" in one.text


def test_names_with_html_and_dots_stay_text(tmp_path: Path) -> None:
    name = f"..{HOSTILE}".replace("..", "x..")
    make_run(tmp_path, name, candidates=[f"log{HOSTILE}", "svm"], data=f"/t/{HOSTILE}/../x", target=HOSTILE)
    fit(tmp_path / name, f"log{HOSTILE}", 0, failure=HOSTILE)
    (index,) = get(tmp_path, "/")
    address = names(index)[0]
    for page in (index, *get(tmp_path, f"/runs/{address}", f"/runs/{address}/verdict", f"/side?run={address}")):
        assert page.status_code == 200
        assert "<img" not in page.text
        assert "&lt;img" in page.text


def test_only_run_folders_are_listed(tmp_path: Path) -> None:
    make_run(tmp_path, "real")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    make_run(tmp_path / "deep", "inner")
    outside = make_run(tmp_path.parent / f"{tmp_path.name}-outside", "away")
    (tmp_path / "link").symlink_to(outside)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "study.toml").write_text("format = 1")
    os.makedirs(os.fsencode(tmp_path) + b"/\xff\xfe")  # noqa: PTH103
    assert listed(tmp_path) == ["real"]


@pytest.mark.parametrize("name", ["..", ".", "", "../x", "a/b", "link", ".hidden", "file", "empty", "a\0b", "x" * 300, "\udcff"])
def test_no_name_leads_out_of_the_folder_of_runs(tmp_path: Path, name: str) -> None:
    runs = tmp_path / "runs"
    make_run(runs, "real")
    make_run(tmp_path, "x")
    (runs / "link").symlink_to(tmp_path / "x")
    (runs / "file").touch()
    (runs / "empty").mkdir()
    with pytest.raises(Missing, match="there is no run"):
        Place(runs).run(name)


@pytest.mark.parametrize("path", ["/runs/%2e%2e%00", "/runs/..%2fx", "/runs/%2fetc", "/runs/a%00b", "/runs/absent", "/x"])
def test_what_is_not_there_is_a_page_that_says_so(several: Path, path: str) -> None:
    answer = get(several, path)[0]
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "there is no" in answer.text


def test_an_empty_folder_says_how_to_begin(tmp_path: Path) -> None:
    page = get(tmp_path, "/")[0].text
    assert "There is no run in this folder yet" in page
    assert "/new" in page


def test_runs_side_by_side_say_whether_they_can_be_compared(several: Path) -> None:
    same, other, none = get(several, "/side?run=a&run=c&run=a", "/side?run=a&run=b", "/side")
    assert "share data, folds and locked rows" in same.text
    assert "different metrics" in other.text
    assert none.status_code == 400
    assert get(several, "/side?run=a&run=..%2fx")[0].status_code == 404
