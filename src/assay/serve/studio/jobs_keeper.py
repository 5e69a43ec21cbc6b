"""Runs the command of one job to its end and writes down how it ended: ``python -m assay.serve.studio.jobs_keeper FOLDER``.

It outlives the studio that started it, so that a studio that is started again finds what ran and how it ended.  SIGTERM to it
stops the command: SIGINT to its processes, after a while SIGTERM, at last SIGKILL.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.core.files import write_atomic

GRACE_SECONDS = 20.0
STEPS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


class Stopping:
    """How far a stop has come; its methods are called by signals."""

    def __init__(self, grace: float) -> None:
        self.grace, self.step, self.asked = grace, 0, False
        self.child: int | None = None

    def ask(self, *_: object) -> None:
        if not self.asked:
            self.asked = True
            self.go_on()

    def go_on(self, *_: object) -> None:
        if self.child is None or self.step >= len(STEPS):
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child, STEPS[self.step])
        self.step += 1
        signal.setitimer(signal.ITIMER_REAL, self.grace if self.step < len(STEPS) else 0)


def keep(folder: Path) -> None:
    command = json.loads((folder / "command.json").read_text(encoding="utf-8"))
    stopping = Stopping(float(command.get("grace", GRACE_SECONDS)))
    # Handlers, not SIG_IGN: what is ignored here would be ignored in the command too.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stopping.ask)
    signal.signal(signal.SIGALRM, stopping.go_on)
    _write(folder / "keeper.json", identity(os.getpid()))
    try:
        with (folder / "stdout").open("ab") as out, (folder / "stderr").open("ab") as err:
            child = subprocess.Popen(
                command["argv"], stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder, start_new_session=True
            )
    except OSError as error:
        _write(folder / "exit.json", {"code": None, "stopped": False, "said": str(error.strerror or error)})
        return
    _write(folder / "process.json", identity(child.pid))
    stopping.child = child.pid
    if stopping.asked and stopping.step == 0:  # asked before there was anything to stop
        stopping.go_on()
    code = child.wait()
    signal.setitimer(signal.ITIMER_REAL, 0)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)  # workers of a command that was killed
    ended = datetime.now(UTC).isoformat(timespec="seconds")
    _write(folder / "exit.json", {"code": code, "stopped": stopping.asked, "ended": ended})


def identity(pid: int) -> dict[str, Any]:
    """What tells this process from a later one with the same number."""
    return {"pid": pid, "started": started(pid), "boot": boot()}


def started(pid: int) -> str | None:
    """When a process began, in ticks since the machine did; "" where a system does not tell, None for one that is no more."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            return ""
        return ""
    return None if fields[0] in ("Z", "X") else fields[19]


def boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _write(path: Path, value: dict[str, Any]) -> None:
    write_atomic(path, json.dumps(value).encode())


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
