"""Work that the studio does with Assay's own commands, each in a process of its own.

What ``assay compare`` says is what the page says, because it is what the page asks.  A process of its own reads the data and
gives its memory back, and one that dies takes no page with it.
"""

import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

import orjson

from assay.core.errors import AssayError, StudyError

AT_ONCE = 2


class Commands:
    """Runs commands for pages, few at once.  ``close`` ends those that are under way."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._room = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._alive: set[subprocess.Popen[str]] = set()
        self._closed = False

    def json(self, words: Sequence[str], *, seconds: float) -> dict[str, Any]:
        """The object that a command prints with --json; raises as ``run``."""
        found = orjson.loads(self.run(words, seconds=seconds))
        if not isinstance(found, dict):
            raise StudyError(f"assay {words[0]} printed no JSON object.")
        return found

    def run(self, words: Sequence[str], *, seconds: float) -> str:
        """What ``assay WORDS`` prints.  Raises AssayError with its own sentence when it refuses, StudyError when it takes longer
        than ``seconds`` or ends in a defect."""
        if not self._room.acquire(timeout=seconds):
            raise StudyError("the studio is busy with other work; try again in a minute.")
        try:
            return self._run(words, seconds)
        finally:
            self._room.release()

    def _run(self, words: Sequence[str], seconds: float) -> str:
        # -P: nothing is imported from the folder that the studio was started in
        with self._lock:
            if self._closed:
                raise StudyError("the studio is being stopped.")
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "assay", *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
            self._alive.add(process)
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.communicate()
            raise StudyError(f"assay {words[0]} took longer than {seconds:g} seconds; run it in a shell.") from error
        finally:
            with self._lock:
                self._alive.discard(process)
        if process.returncode == 2:
            raise AssayError(_sentence(err) or f"assay {words[0]} refused.")
        if process.returncode:
            sys.stderr.write(err)
            raise StudyError(f"assay {words[0]} ended with {process.returncode}; its words are where the studio was started.")
        return out

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for process in self._alive:
                process.terminate()


def _sentence(err: str) -> str:
    """The last line, which says what was refused."""
    lines = [line for line in err.splitlines() if line.strip()]
    return lines[-1].removeprefix("assay: ") if lines else ""
