"""A quick way to start commands, a working folder for every test, a small table, a finished run of it, and small disks."""

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.faults.processes import Starter, contents

ROWS = 80
RECIPES = ("--recipes", "baseline,logistic", "--folds", "2", "--jobs", "1")
PAGE = 4096


@pytest.fixture(scope="session")
def starter_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    with Starter(tmp_path_factory.mktemp("starter")) as starter:
        yield starter


@pytest.fixture
def assay(starter_of_session: Starter, assay_home: Path) -> Starter:
    """``assay("run", DATA, …)`` in a process of its own; see ``Starter.start`` for what can be done to it."""
    starter_of_session.home = assay_home
    return starter_of_session


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_table(path: Path) -> Path:
    """A number that tells something, one that does not, a category, and a class."""
    draw = random.Random(0)
    lines = ["a,b,c,y"]
    for _ in range(ROWS):
        y = draw.random() < 0.5
        lines.append(f"{draw.gauss(y, 1):.3f},{draw.gauss(0, 1):.3f},{draw.choice('uvw')},{'yes' if y else 'no'}")
    path.write_text("\n".join(lines) + "\n")
    return path


@dataclass(frozen=True)
class Undisturbed:
    """A run of ``table`` that nothing happened to, as it was after the fits and after its finish."""

    table: Path
    fitted: Path
    finished: Path

    @property
    def words(self) -> tuple[str, ...]:
        return ("run", str(self.table), "--target", "y", *RECIPES, "--out")


@pytest.fixture(scope="session")
def undisturbed(starter_of_session: Starter, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    made = Undisturbed(write_table(folder / "table.csv"), folder / "fitted", folder / "finished")
    for words, kept in (((*made.words, folder / "run"), made.fitted), (("finish", folder / "run"), made.finished)):
        ended = starter_of_session(*words, home=folder / "home", cwd=str(folder))
        assert ended.code == 0, ended
        shutil.copytree(folder / "run", kept)
    return made


def what_counts(run: Path) -> dict[str, bytes]:
    """What of a run folder must not depend on what happened to it: all but what holds seconds, and how it was asked for."""
    return {name: content for name, content in contents(run).items() if name not in ("journal", "report.html", "study.toml")}


@dataclass(frozen=True)
class Disk:
    """A disk of its own, some of which is taken by a file of no meaning."""

    path: Path

    @property
    def filler(self) -> Path:
        return self.path / "filler"

    def leave(self, pages: int) -> None:
        """Fill it up to so many pages of 4096 bytes."""
        self.make_room()
        free = os.statvfs(self.path).f_bavail - pages
        self.filler.write_bytes(b"\0" * (free * PAGE))

    def make_room(self) -> None:
        self.filler.unlink(missing_ok=True)


def _mounted(stack: ExitStack, *words: str) -> None:
    """Mount, until the test ends; skips it where that is not permitted."""
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    stack.callback(subprocess.run, ["umount", "--lazy", words[-1]], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of one megabyte in memory."""
    path = tmp_path / "disk"
    path.mkdir()
    with ExitStack() as stack:
        _mounted(stack, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path))
        yield Disk(path)


@pytest.fixture
def read_only() -> Iterator[Callable[[Path], None]]:
    """Makes a folder one that cannot be written, by root neither: a mount of it upon itself."""
    with ExitStack() as stack:

        def make(folder: Path) -> None:
            if os.geteuid():
                folder.chmod(0o555)
                stack.callback(folder.chmod, 0o755)
                return
            _mounted(stack, "--bind", str(folder), str(folder))
            subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)

        yield make
