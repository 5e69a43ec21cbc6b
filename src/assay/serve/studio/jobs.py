"""Commands that the studio has started: what they are, how they stand, and how they are ended.

Everything is on disk, one folder a job, so that any studio over the same runs sees the same:

command.json   the words, the run, the address of the form it came from
keeper.json    the process that watches the command (``jobs_keeper``), process.json the command's own
stdout, stderr what it said
exit.json      how it ended; written whole, by the keeper
"""

import fcntl
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from assay.core.errors import ConfigError, StudyError
from assay.core.files import write_atomic
from assay.serve.studio.jobs_keeper import boot, started
from assay.serve.studio.place import Missing, Place
from assay.serve.studio.starting_form import check_name, command_line

MOST_AT_ONCE = 2
"""Each run takes every core by itself."""

Kind = Literal["run", "finish"]
Stand = Literal["starting", "running", "stopping", "done", "refused", "failed", "stopped", "lost"]
ACTIVE: tuple[Stand, ...] = ("starting", "running", "stopping")
STOPPED, REFUSED = 130, 2
_START_SECONDS = 30.0  # for the keeper to say who it is
_TAIL = 16 * 2**10
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}")
_FITS = re.compile(r"^(\d+)(?:/(\d+))? \S")


@dataclass(frozen=True)
class Job:
    """kind: what it does.  run: the name of its run.  words: the command line after "assay".  form: the query it came from."""

    folder: Path
    kind: Kind
    run: str
    words: tuple[str, ...]
    form: str
    made: str

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def command(self) -> str:
        return command_line(self.words)


@dataclass(frozen=True)
class State:
    """said: the line that the command line ended with, "" where there is none.  done, total: fits so far, None where not told."""

    stand: Stand
    code: int | None = None
    said: str = ""
    done: int | None = None
    total: int | None = None

    @property
    def is_active(self) -> bool:
        return self.stand in ACTIVE


def jobs_folder(place: Place) -> Path:
    return place.kept / "jobs"


def start(place: Place, *, kind: Kind, run: str, words: Sequence[str], form: str = "", is_new: bool) -> Job:
    """Start a command, and return once its keeper is at work.

    is_new: its run must not exist yet.  Raises ConfigError for a name that is taken, StudyError when enough is running already,
    or when this very run is being worked on.
    """
    home = jobs_folder(place)
    with _held(home), _written(home):
        if is_new:
            _check_free(place, run)
        active = [job for job in jobs(place) if state(job).is_active]
        same = next((job for job in active if job.run == run), None)
        if same is not None:
            raise StudyError(f"the run {run} is being worked on; wait for it, or stop it.")
        if len(active) >= MOST_AT_ONCE:
            names = " and ".join(job.run for job in active)
            raise StudyError(
                f"{names} are running, and more than {MOST_AT_ONCE} at once would slow each other; wait, or stop one."
            )
        made = datetime.now(UTC)
        folder = home / f"{made:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        folder.mkdir()
        job = Job(folder, kind, run, tuple(words), form, made.isoformat(timespec="seconds"))
        kept = {"kind": kind, "run": run, "words": job.words, "form": form, "made": job.made}
        argv = [sys.executable, "-m", "assay", *words]
        write_atomic(folder / "command.json", json.dumps({"schema": 1, "argv": argv, **kept}, indent=1).encode())
        _launch(folder)
    return job


def _launch(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "assay.serve.studio.jobs_keeper", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,
    )
    threading.Thread(target=process.wait, daemon=True).start()  # or it would stay, as a zombie, when it has ended
    until = time.monotonic() + _START_SECONDS
    while not (folder / "keeper.json").is_file():
        if process.poll() is not None or time.monotonic() > until:
            raise StudyError("the process that watches a run could not be started; see whether this machine is out of memory.")
        time.sleep(0.01)


def _check_free(place: Place, run: str) -> None:
    check_name(run)
    path = place.runs / run
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise ConfigError(f"there is something else called {run!r} among the runs; choose another name.")
    # A run that was refused before its first fit leaves nothing, or the file of its lock.
    if path.is_dir() and any(entry.name != ".lock" for entry in path.iterdir()):
        raise ConfigError(f"there is a run {run!r} already; choose another name.")


def is_free(place: Place, run: str) -> bool:
    try:
        _check_free(place, run)
    except ConfigError:
        return False
    return True


def jobs(place: Place) -> list[Job]:
    """Every job, the newest first."""
    home = jobs_folder(place)
    names = sorted((entry.name for entry in home.iterdir()), reverse=True) if home.is_dir() else []
    found = (_read(home / name) for name in names if _ID.fullmatch(name))
    return [job for job in found if job is not None]


def job_named(place: Place, name: str) -> Job:
    """Raises Missing."""
    job = _read(jobs_folder(place) / name) if _ID.fullmatch(name) else None
    if job is None:
        raise Missing(f"there is no job {name[:80]!r} here.")
    return job


def job_of(place: Place, run: str) -> Job | None:
    """The newest job of a run."""
    return next((job for job in jobs(place) if job.run == run), None)


def state(job: Job) -> State:
    """How it stands now, by what is on disk and by which processes there are."""
    ended = _json(job.folder / "exit.json")
    said = tail(job.folder / "stderr")
    done, total = _fits(said)
    if ended is not None:
        return _ended(ended, said, done, total)
    keeper, process = _json(job.folder / "keeper.json"), _json(job.folder / "process.json")
    if is_alive(keeper) or is_alive(process):
        stopping = (job.folder / "stop").exists()
        return State("stopping" if stopping else "running" if process else "starting", None, "", done, total)
    ended = _json(job.folder / "exit.json")  # it may have ended between two looks
    if ended is not None:
        return _ended(ended, tail(job.folder / "stderr"), done, total)
    if keeper is None and time.time() - job.folder.stat().st_mtime < _START_SECONDS:
        return State("starting")
    return State("lost", None, "it ended without saying how: it was killed, or the machine was stopped.", done, total)


def _ended(ended: dict[str, Any], said: str, done: int | None, total: int | None) -> State:
    code = ended.get("code")
    lines = [line.removeprefix("assay: ") for line in said.splitlines() if line.startswith("assay: ")]
    last = lines[-1] if lines else str(ended.get("said") or "")
    if code == 0:
        return State("done", 0, "", done, total)
    if ended.get("stopped") or code == STOPPED:
        return State("stopped", code, last, done, total)
    if code == REFUSED:
        return State("refused", code, last, done, total)
    if not last and isinstance(code, int) and code < 0:
        last = f"it was ended by signal {-code}" + (", as a machine out of memory does." if code == -signal.SIGKILL else ".")
    return State("failed", code, last or "it ended without a word; see what it wrote.", done, total)


def stop(job: Job) -> None:
    """Ask it to end; it keeps what it has done and can go on later.  A job that has ended stays as it is."""
    keeper, process = _json(job.folder / "keeper.json"), _json(job.folder / "process.json")
    if (job.folder / "exit.json").exists():
        return
    with suppress(ProcessLookupError):  # it has ended by itself meanwhile
        if keeper is not None and is_alive(keeper):
            (job.folder / "stop").touch()
            os.kill(int(keeper["pid"]), signal.SIGTERM)
        elif process is not None and is_alive(process):  # the keeper was killed
            (job.folder / "stop").touch()
            os.killpg(int(process["pid"]), signal.SIGINT)


def is_alive(known: dict[str, Any] | None) -> bool:
    """Whether a process is there and is the one that was written down, not a later one of the same number."""
    if known is None or known.get("boot") != boot():
        return False
    pid = known.get("pid")
    return isinstance(pid, int) and pid > 1 and known.get("started") is not None and started(pid) == known["started"]


def tail(path: Path, most: int = _TAIL) -> str:
    """The end of what a command wrote, in whole lines."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - most))
            cut = stream.tell() > 0
            content = stream.read(most)
    except OSError:
        return ""
    text = content.decode("utf-8", errors="replace")
    return text.partition("\n")[2] if cut and "\n" in text else text


def _fits(said: str) -> tuple[int | None, int | None]:
    """How many fits are done, and of how many, by the last line that says so."""
    for line in reversed(said.splitlines()):
        found = _FITS.match(line)
        if found is not None:
            return int(found[1]), None if found[2] is None else int(found[2])
    return None, None


def _read(folder: Path) -> Job | None:
    kept = _json(folder / "command.json")
    if kept is None or kept.get("kind") not in ("run", "finish"):
        return None
    words = kept.get("words")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return None
    return Job(folder, kept["kind"], str(kept.get("run")), tuple(words), str(kept.get("form", "")), str(kept.get("made", "")))


def _json(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


@contextmanager
def _held(home: Path) -> Iterator[None]:
    """One start at a time, of all studios over the same runs."""
    with _written(home):
        home.mkdir(parents=True, exist_ok=True)
        handle = (home / ".lock").open("a")
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def _written(home: Path) -> Iterator[None]:
    """A full disk, or one that takes nothing, is told in a sentence."""
    try:
        yield
    except OSError as error:
        raise StudyError(
            f"{home} cannot be written ({error.strerror or error}); make room, or let the studio write there."
        ) from error
