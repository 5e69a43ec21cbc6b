"""What ``assay check`` says of the data of a form, asked before a run is started.

The command itself is run, in a process of its own: its findings are those of the command line, whatever the data do to the
process that reads them, and a check that takes too long is ended.
"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.core.errors import AssayError
from assay.core.files import canonical_json, sha256_bytes, write_atomic
from assay.serve.studio.place import Place

SECONDS = 60.0
AT_ONCE = 2
MOST_KEPT = 100
_LEVELS = ("error", "warning", "note")


class Left(Exception):  # noqa: N818 - nobody waits for the answer any more
    """The page that asked is gone."""


@dataclass(frozen=True)
class Found:
    """level: error, warning or note.  evidence: the numbers behind the message, in words.

    columns: those that the advice is to leave out.
    """

    level: str
    message: str
    evidence: str
    advice: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """problem: the sentence with which the check refused the data, or "".  in_time: False where it was ended; nothing is known.

    drift: whether the test rows are of another kind, in a sentence, or "".
    """

    found: tuple[Found, ...] = ()
    problem: str = ""
    drift: str = ""
    rows: int = 0
    in_time: bool = True

    def count(self, level: str) -> int:
        return sum(one.level == level for one in self.found)

    def refusal(self, *, strict: bool) -> str:
        """Why a run would not begin, as the command line decides it: an error always, with --strict a warning too."""
        if self.problem:
            return self.problem
        stops = ("error", "warning") if strict else ("error",)
        first = next((one for one in self.found if one.level in stops), None)
        if first is None:
            return ""
        why = "" if first.level == "error" else "a warning is an error here, as was asked for: "
        return f"{why}{first.message} {first.advice}".rstrip()


class Checker:
    """Runs checks, few at a time; keeps what they said, as long as the file is the same."""

    def __init__(self, place: Place, seconds: float = SECONDS) -> None:
        self.folder, self.seconds = place.kept / "checks", seconds
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def check(self, words: Sequence[str], data: Path, left: Callable[[], Awaitable[bool]] | None = None) -> Checked:
        """words: of the command line after "assay".  left: whether whoever asked has gone; then Left is raised."""
        key = _key(words, data)
        kept = self._kept(key)
        if kept is not None:
            return kept
        async with self._turn:
            code, out, said = await self._run(words, left)
        if code is None:
            return Checked(in_time=False)
        checked = _understood(code, out, said)
        if key is not None and code in (0, 2):
            await asyncio.to_thread(self._keep, key, code, out, said)
        return checked

    async def _run(self, words: Sequence[str], left: Callable[[], Awaitable[bool]] | None) -> tuple[int | None, str, str]:
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "assay", *words, "--json"],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
            cwd=self.folder.parent if self.folder.parent.is_dir() else None,
        )
        reading = asyncio.ensure_future(process.communicate())
        try:
            waited = 0.0
            while waited < self.seconds:
                done, _ = await asyncio.wait({reading}, timeout=0.5)
                if done:
                    out, said = reading.result()
                    return process.returncode, out.decode(errors="replace"), said.decode(errors="replace")
                waited += 0.5
                if left is not None and await left():
                    raise Left
            return None, "", ""
        finally:
            if process.returncode is None:
                _end(process)
                await reading

    def _kept(self, key: str | None) -> Checked | None:
        if key is None:
            return None
        try:
            kept = json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
            return _understood(kept["code"], kept["out"], kept["said"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _keep(self, key: str, code: int, out: str, said: str) -> None:
        """It is worth nothing but time, so that a disk that takes no more does not matter."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(self.folder / f"{key}.json", json.dumps({"code": code, "out": out, "said": said}).encode())
            kept = sorted(self.folder.glob("*.json"), key=lambda path: -path.stat().st_mtime_ns)
            for path in kept[MOST_KEPT:]:
                path.unlink(missing_ok=True)


def _end(process: Process) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _key(words: Sequence[str], data: Path) -> str | None:
    """Changes with the file; a folder tells nothing of the files in it, and is checked anew."""
    if not data.is_file():
        return None
    stat = data.stat()
    return sha256_bytes(canonical_json([1, list(words), stat.st_size, stat.st_mtime_ns]).encode())


def _understood(code: int, out: str, said: str) -> Checked:
    if code == 0:
        told: dict[str, Any] = json.loads(out)
        findings = sorted(told["findings"], key=lambda one: _LEVELS.index(one["level"]))
        found = tuple(_found(one, told["task"]["target"]) for one in findings)
        drift = told.get("drift") or {}
        return Checked(found, drift=str(drift.get("verdict", "")), rows=int(told["rows"]))
    lines = [line.removeprefix("assay: ") for line in said.splitlines() if line.startswith("assay: ")]
    if code == 2 and lines:
        return Checked(problem=lines[-1])
    raise CheckFailedError(lines[-1] if lines else f"the check ended with code {code} and said nothing.")


def _found(told: dict[str, Any], target: str) -> Found:
    columns = tuple(name for name in told["columns"] if name != target) if "--drop" in told["advice"] else ()
    return Found(told["level"], told["message"], _evidence(told["evidence"]), told["advice"], columns)


class CheckFailedError(AssayError):
    """The check itself failed; the data may be in order."""


def _evidence(values: dict[str, Any]) -> str:
    return "; ".join(f"{key.replace('_', ' ')} {_short(value)}" for key, value in values.items())


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key} {_short(one)}" for key, one in list(value.items())[:8]) + ")"
    if isinstance(value, list):
        return ", ".join(_short(one) for one in value[:8]) + (" …" if len(value) > 8 else "")
    return str(value)
