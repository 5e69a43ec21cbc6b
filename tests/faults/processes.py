"""Commands as real processes that can be killed, stopped and hemmed in, and how they ended."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

STARTER = Path(__file__).with_name("starter.py")


@dataclass(frozen=True)
class Ended:
    """code: the exit code; negative: the signal.  steps: what changed the disk, in order, as "open /path".

    peak_mb: the most memory that it took, what it shares with the starter among it.
    """

    code: int
    out: str
    err: str
    steps: tuple[str, ...]
    peak_mb: int

    @property
    def complaint(self) -> str:
        """The one line of a command that ended with 2; what it tells about its progress aside."""
        assert self.code == 2, self
        assert "Traceback" not in self.err, self
        lines = [line for line in self.err.splitlines() if line.startswith("assay: ")]
        assert len(lines) == 1, self
        assert self.err.splitlines()[-1] == lines[0], self
        return lines[0]


@dataclass(frozen=True)
class Process:
    starter: "Starter"
    id: int
    files: tuple[Path, Path, Path]

    def wait(self) -> Ended:
        code, peak_mb = self.starter.ask({"wait": self.id})
        out, err, log = (file.read_text(errors="replace") if file.exists() else "" for file in self.files)
        return Ended(code, out, err, tuple(log.splitlines()), peak_mb)

    def wait_until_stopped(self) -> None:
        """Wait until it has stopped itself (see ``signal`` of ``Starter.start``)."""
        state = Path(f"/proc/{self.id}/stat")
        while (letter := state.read_text().rpartition(")")[2].split()[0]) != "T":
            assert letter != "Z", "the process ended before it stopped itself"

    def go_on(self) -> None:
        os.kill(self.id, signal.SIGCONT)


class Starter:
    """See ``starter``.  A with block of it ends it."""

    def __init__(self, scratch: Path):
        self.scratch = scratch
        self.started = 0
        self.home = scratch / "home"
        self.process = subprocess.Popen(
            [sys.executable, str(STARTER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, request: dict[str, Any]) -> list[int]:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def start(self, *words: object, home: Path | None = None, **how: Any) -> Process:
        """``assay WORDS`` in the current folder.

        code: Python to run instead.  home: where the ledger of the lock lies.
        step, signal: before which step that changes the disk the process sends itself which signal (SIGKILL).
        cut: (pattern, bytes): it is killed after so many bytes of the first file with such a name that it opens for writing.
        most_bytes: how large its files may become.  out: a file that takes what it prints.  cwd: the folder it works in.
        """
        self.started += 1
        files = tuple(self.scratch / f"{self.started}.{kind}" for kind in ("out", "err", "log"))
        named = dict(zip(("out", "err", "log"), map(str, files), strict=True))
        request = {"words": [str(word) for word in words], "cwd": str(Path.cwd()), "home": str(home or self.home), **named, **how}
        [child] = self.ask(request)
        return Process(self, child, files)

    def __call__(self, *words: object, **how: Any) -> Ended:
        """``start`` and ``wait``."""
        return self.start(*words, **how).wait()


def killed(ended: Ended) -> bool:
    return ended.code == -signal.SIGKILL


def contents(folder: Path, without: Sequence[str] = (".lock",)) -> dict[str, bytes]:
    """The bytes of every file below the folder, by path."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in without)
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(files)}
