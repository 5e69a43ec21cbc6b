"""Commands that the studio starts: how they stand, how they end, and that a studio started later knows both."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.serve.studio.posting import Client

from assay.core.errors import ConfigError, StudyError
from assay.serve.studio import jobs as module
from assay.serve.studio import jobs_pages
from assay.serve.studio.app import make_studio
from assay.serve.studio.jobs import Job, is_alive, job_named, job_of, jobs, jobs_folder, start, state, stop, tail
from assay.serve.studio.jobs_keeper import identity, keep, started
from assay.serve.studio.place import Missing, Place

SECONDS = 60.0


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "runs").mkdir()
    (tmp_path / "data").mkdir()
    random = np.random.default_rng(0)
    rows = {"x": random.normal(size=60), "y": random.integers(0, 2, 60)}
    pl.DataFrame(rows).write_csv(tmp_path / "data" / "rows.csv")
    return Place(tmp_path / "runs", (tmp_path / "data",))


@pytest.fixture
def client(place: Place) -> Client:
    return Client(make_studio(place))


def wait(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.02)


def made(place: Place, script: str = "", *, run: str = "a", grace: float = 20.0, **kept: Any) -> Job:
    """A job whose command is a small script, as it lies on disk before it is started."""
    number = len(list(jobs_folder(place).iterdir())) if jobs_folder(place).is_dir() else 0
    folder = jobs_folder(place) / f"20250101-0000{number:02d}-0123abcd"
    folder.mkdir(parents=True)
    known = {"kind": "run", "run": run, "words": ["run", "x"], "form": "data=x", "made": "2025-01-01T00:00:00"}
    argv = [sys.executable, "-c", script]
    (folder / "command.json").write_text(json.dumps({"argv": argv, "grace": grace, **known, **kept}))
    return job_named(place, folder.name)


def launched(job: Job) -> Job:
    module._launch(job.folder)
    return job


def ended(job: Job) -> module.State:
    wait(lambda: (job.folder / "exit.json").is_file())
    return state(job)


# ---- one command


@pytest.mark.parametrize(
    ("script", "stand", "code", "said"),
    [
        ("print('out')", "done", 0, ""),
        ("import sys; print('note: x\\nassay: no column q.', file=sys.stderr); sys.exit(2)", "refused", 2, "no column q."),
        ("raise SystemExit(1)", "failed", 1, "it ended without a word; see what it wrote."),
        ("import os; os.kill(os.getpid(), 9)", "failed", -9, "it was ended by signal 9, as a machine out of memory does."),
    ],
    ids=["done", "refused", "failed", "killed"],
)
def test_how_a_command_ended_is_on_disk(place: Place, script: str, stand: str, code: int, said: str) -> None:
    job = launched(made(place, script))
    found = ended(job)
    assert (found.stand, found.code, found.said) == (stand, code, said)
    assert not found.is_active


def test_a_command_that_cannot_be_begun_has_failed_with_its_reason(place: Place) -> None:
    job = made(place, argv=["/no/such/program"])
    assert ended(launched(job)).said == "No such file or directory"


def test_a_stop_is_an_interrupt_first(place: Place) -> None:
    script = "import time\ntry:\n print('up', flush=True); time.sleep(600)\nexcept KeyboardInterrupt:\n raise SystemExit(130)"
    job = launched(made(place, script))
    wait(lambda: tail(job.folder / "stdout") == "up\n")
    assert state(job).stand == "running"
    stop(job)
    assert ended(job).stand == "stopped"
    assert ended(job).code == 130
    stop(job)  # it has ended: nothing more happens
    assert ended(job).code == 130


@pytest.mark.parametrize(
    ("ignored", "code"), [("SIGINT", -signal.SIGTERM), ("SIGINT, signal.SIGTERM", -signal.SIGKILL)], ids=["term", "kill"]
)
def test_what_does_not_hear_an_interrupt_is_ended_all_the_same(place: Place, ignored: str, code: int) -> None:
    script = (
        f"import signal, subprocess, sys, time\nfor one in (signal.{ignored},): signal.signal(one, signal.SIG_IGN)\n"
        "worker = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(worker.pid, flush=True); time.sleep(600)"
    )
    job = launched(made(place, script, grace=0.3))
    wait(lambda: tail(job.folder / "stdout").endswith("\n"))
    worker = int(tail(job.folder / "stdout"))
    stop(job)
    found = ended(job)
    assert (found.stand, found.code) == ("stopped", code)
    wait(lambda: started(worker) is None)


def test_a_keeper_that_was_killed_leaves_a_job_of_which_nothing_is_known(place: Place) -> None:
    job = launched(made(place, "import time; time.sleep(600)"))
    wait(lambda: (job.folder / "process.json").is_file())
    keeper, process = (json.loads((job.folder / f"{name}.json").read_text())["pid"] for name in ("keeper", "process"))
    os.kill(keeper, signal.SIGKILL)
    wait(lambda: started(keeper) is None)
    assert state(job).stand == "running"  # the command is still there, and can be stopped
    stop(job)
    wait(lambda: started(process) is None)
    assert state(job).stand == "lost"


def test_a_later_process_of_the_same_number_is_not_taken_for_the_job(place: Place) -> None:
    job = made(place)
    mine = identity(os.getpid())
    assert is_alive(mine)
    for other in ({**mine, "started": "1"}, {**mine, "boot": "another"}, {**mine, "pid": 0}, {**mine, "pid": "1"}, {}, None):
        assert not is_alive(other)
        if other:
            (job.folder / "keeper.json").write_text(json.dumps(other))
            assert state(job).stand == "lost"
            stop(job)  # hits nobody: this process goes on


def test_a_zombie_is_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    wait(lambda: started(process.pid) is None)
    assert process.wait() == 0


def test_a_damaged_job_is_no_job_and_no_error(place: Place, client: Client) -> None:
    for name, content in (
        ("20250101-000000-00000000", "{"),
        ("20250101-000001-00000000", "[]"),
        ("20250101-000002-00000000", "{}"),
    ):
        (jobs_folder(place) / name).mkdir(parents=True)
        (jobs_folder(place) / name / "command.json").write_text(content)
    assert jobs(place) == []
    assert client.get("/jobs").status_code == 200
    for name in ("20250101-000000-00000000", "%2e%2e%2fjobs", "x", "20250101-000000-0000000g"):
        assert client.get(f"/jobs/{name}").status_code == 404
    with pytest.raises(Missing):
        job_named(place, "../jobs")


def test_the_tail_is_bounded_and_in_whole_lines(tmp_path: Path) -> None:
    (tmp_path / "said").write_bytes(b"first line\n" + b"x" * 50 + b"\nlast \xff line\n")
    assert tail(tmp_path / "said") == "first line\n" + "x" * 50 + "\nlast \ufffd line\n"
    assert tail(tmp_path / "said", 30) == "last \ufffd line\n"
    assert tail(tmp_path / "nothing") == ""


# ---- several


def test_no_more_than_some_run_at_once_and_one_run_is_worked_on_once(place: Place) -> None:
    script = "import time; time.sleep(600)"
    running = [launched(made(place, script, run=name)) for name in ("one", "two")]
    try:
        with pytest.raises(StudyError, match="one is being worked on"):
            start(place, kind="run", run="one", words=["list", "tasks"], is_new=False)
        with pytest.raises(StudyError, match="two and one are running"):
            start(place, kind="run", run="three", words=["list", "tasks"], is_new=True)
    finally:
        for job in running:
            stop(job)
    assert [ended(job).stand for job in running] == ["stopped", "stopped"]
    assert len(jobs(place)) == 2


def test_a_name_that_is_taken_is_refused_and_one_of_an_empty_folder_is_free(place: Place) -> None:
    (place.runs / "taken").mkdir()
    (place.runs / "taken" / "study.toml").write_text("")
    (place.runs / "file").write_text("")
    (place.runs / "link").symlink_to(place.data[0])
    (place.runs / "empty").mkdir()
    (place.runs / "empty" / ".lock").write_text("")
    for name in ("taken", "file", "link", "../data", ".studio"):
        with pytest.raises(ConfigError):
            start(place, kind="run", run=name, words=["list", "tasks"], is_new=True)
        assert not module.is_free(place, name)
    assert jobs(place) == []
    assert module.is_free(place, "empty")


# ---- a real run, over HTTP


def form(place: Place, **more: str) -> dict[str, str]:
    return {"data": str(place.data[0] / "rows.csv"), "target": "y", "recipes": "baseline", "folds": "2", "jobs": "1", **more}


def begun(client: Client, place: Place, **more: str) -> Job:
    answer = client.post("/new", data=form(place, **more))
    assert answer.status_code == 303, answer.text
    return job_named(place, answer.headers["location"].removeprefix("/jobs/").partition("?")[0])


def test_a_run_is_started_followed_stopped_resumed_and_finished(place: Place, client: Client) -> None:
    job = begun(client, place, name="tiny", repeats="15")
    wait(lambda: (state(job).done or 0) >= 2)
    group = json.loads((job.folder / "process.json").read_text())["pid"]
    os.killpg(group, signal.SIGSTOP)  # so that it is not done before it is stopped
    followed = client.get(f"/jobs/{job.id}/part?follow=1")
    assert followed.headers["hx-redirect"] == "/runs/tiny"
    assert "of 30 fits" in followed.text
    assert 'action="/jobs/' in client.get("/jobs/of/tiny").text
    again = client.post("/new", data=form(place, name="tiny"))
    assert again.status_code == 422
    assert "there is a run &#39;tiny&#39; already" in again.text

    later = Client(make_studio(place))  # the studio started anew
    assert later.post(f"/jobs/{job.id}/stop").status_code == 303
    assert "disabled" in later.get(f"/jobs/{job.id}").text
    os.killpg(group, signal.SIGCONT)
    found = ended(job)
    assert found.stand == "stopped"
    assert "To go on: assay run" in found.said
    page = later.get(f"/jobs/{job.id}").text
    assert "Go on" in page
    kept = (place.runs / "tiny" / "journal").stat().st_size

    assert later.post(f"/jobs/{job.id}/again").status_code == 303
    resumed = job_of(place, "tiny")
    assert resumed is not None
    assert resumed.id != job.id
    assert resumed.words == job.words
    assert ended(resumed).stand == "done"
    assert "fits are there already" in tail(resumed.folder / "stderr")
    assert (place.runs / "tiny" / "journal").stat().st_size > kept
    leaders = json.loads((place.runs / "tiny" / "leaderboard.json").read_text())
    assert leaders["rows"][0]["recipe"] == "baseline"
    assert client.get("/jobs").text.count('<th scope="row">') == 2


@pytest.mark.slow
def test_a_finish_opens_the_lock_once_and_saves_the_winner(place: Place, client: Client) -> None:
    assert ended(begun(client, place, name="tiny")).stand == "done"
    assert client.post("/finish/tiny", data={"prefer": "best"}).status_code == 422
    assert client.post("/finish/tiny", data={"sure": "1", "reason": "--json"}).status_code == 303
    finishing = job_of(place, "tiny")
    assert finishing is not None
    assert finishing.kind == "finish"
    assert ended(finishing).stand == "done", tail(finishing.folder / "stderr")
    assert (place.runs / "tiny" / "model" / "manifest.json").is_file()
    assert "openings so far: 1" in client.get("/finish/tiny").text


def test_what_the_command_line_refuses_is_shown_on_the_page_of_the_job(place: Place, client: Client) -> None:
    script = "import sys; print('assay: /no/<b>such</b>/file.csv: there is no such file.', file=sys.stderr); sys.exit(2)"
    job = launched(made(place, script, run="bad"))
    found = ended(job)
    assert found.stand == "refused"
    page = client.get(f"/jobs/{job.id}").text
    assert "there is no such file" in page
    assert "<b>such" not in page
    assert "/no/&lt;b&gt;such&lt;/b&gt;/file.csv" in page
    line = client.get("/jobs/of/bad").text
    assert "there is no such file" in line
    assert client.get("/jobs/of/nothing").text == ""


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "tick the box"),
        ({"sure": "1", "prefer": "worst"}, "the best, or the simplest"),
        ({"sure": "1", "prefer": "simple"}, "needs a margin"),
        ({"sure": "1", "prefer": "simple", "margin": "-1"}, "needs a margin"),
        ({"sure": "1", "prefer": "simple", "margin": "nan"}, "needs a margin"),
    ],
)
def test_a_finish_that_was_not_meant_is_not_begun(place: Place, client: Client, said: dict[str, str], words: str) -> None:
    (place.runs / "one").mkdir()
    (place.runs / "one" / "study.toml").write_text("")
    answer = client.post("/finish/one", data={"reason": "<i>why</i>", **said})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="&lt;i&gt;why&lt;/i&gt;"' in answer.text
    assert jobs(place) == []
    assert client.post("/finish/none", data={"sure": "1"}).status_code == 404
    assert client.get("/finish/..%2Fdata").status_code == 404


def test_a_finish_is_the_command_of_the_command_line(place: Place, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    begun_with: list[dict[str, Any]] = []

    def begin(_place: Place, **said: Any) -> Job:
        begun_with.append(said)
        return made(place)

    monkeypatch.setattr(jobs_pages, "start", begin)
    folder = place.runs / "one"
    folder.mkdir()
    (folder / "study.toml").write_text("")
    said = {"sure": "1", "prefer": "simple", "margin": "0.005", "reason": "--json"}
    assert client.post("/finish/one", data=said).status_code == 303
    words = ["finish", str(folder), "--prefer", "simple", "--margin", "0.005", "--reason=--json"]
    assert begun_with == [{"kind": "finish", "run": "one", "words": words, "is_new": False}]


def test_a_keeper_reads_what_it_keeps_from_its_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        keep(tmp_path)
