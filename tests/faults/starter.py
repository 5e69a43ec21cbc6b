"""Starts commands as processes of their own, quickly: the imports are done once, and every command is a fork of that.

Run as a script, with requests on stdin and answers on stdout, a JSON object a line (see ``processes.Starter``).  A command can be
made to end itself in the middle: before the n-th step that changes a disk, or after so many bytes of a file.  Nothing of this is
known to Assay: steps are seen by an audit hook, bytes by the file objects that ``open`` gives.
"""

import fnmatch
import gc
import importlib
import io
import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

WARM = (
    *("assay.cli.main", "assay.cli.running", "assay.report.of_study", "assay.cli.results", "assay.cli.progress"),
    *("assay.study.study", "assay.bundle", "assay.data.sources.files", "assay.recipes.linear", "assay.recipes.baseline"),
    *("assay.measure.metrics.values", "assay.measure.metrics.top_k", "assay.measure.metrics.agreement", "matplotlib.figure"),
    *("sklearn.linear_model", "sklearn.preprocessing", "rich.table", "pyarrow", "charset_normalizer"),
)
CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Steps:
    """What changes the disk below the watched folders, in order; ends this process before the step that was asked for."""

    def __init__(self, watched: list[str], at: int | None, how: int, log: int):
        self.watched = tuple(folder.rstrip("/") + "/" for folder in watched)
        self.at, self.how, self.log = at, how, log
        self.count = 0
        self.fsync = os.fsync

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if (event == "open" and arguments[2] & WRITING) or event in CHANGES:
            self.step(event, arguments[0])

    def synced(self, handle: int) -> None:
        self.step("fsync", Path(f"/proc/self/fd/{handle}").readlink())
        self.fsync(handle)

    def step(self, event: str, place: Any) -> None:
        if not isinstance(place, str | Path):
            return
        path = str(Path.cwd() / place)
        if not path.startswith(self.watched):
            return
        self.count += 1
        os.write(self.log, f"{event} {path}\n".encode())
        if self.count == self.at:
            os.kill(os.getpid(), self.how)


class DyingFile(io.FileIO):
    """A file that takes so many bytes more; then its process is killed, in the middle of the write."""

    left = 0

    def write(self, content: Any) -> int:
        whole = bytes(content)
        if len(whole) < self.left:
            self.left -= len(whole)
            return super().write(whole) or 0
        while self.left:
            self.left -= super().write(whole[-len(whole) : self.left]) or 0
        os.kill(os.getpid(), signal.SIGKILL)
        return 0


def cut_short(pattern: str, count: int) -> None:
    """The first file with such a name that is opened for writing takes ``count`` bytes, and then the process is killed."""
    real = io.open

    def opened(file: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if (
            "b" not in mode
            or mode == "rb"
            or not fnmatch.fnmatch(Path(file).name if isinstance(file, str | Path) else "", pattern)
        ):
            return real(file, mode, *rest, **more)
        raw = DyingFile(file, mode.replace("b", ""))
        raw.left = count
        return io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)

    io.open = opened


def run(request: dict[str, Any], log: int) -> int:
    """The exit code of the command, or of a piece of Python."""
    os.chdir(request["cwd"])
    os.environ["ASSAY_HOME"] = request["home"]
    watching = Steps([str(Path.cwd()), request["home"]], request.get("step"), request.get("signal", signal.SIGKILL), log)
    if request.get("cut"):
        cut_short(*request["cut"])
    if request.get("most_bytes"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["most_bytes"], resource.RLIM_INFINITY))
    os.fsync = watching.synced
    sys.addaudithook(watching.hook)
    if "code" in request:
        return run_code(request["code"])
    from assay.cli.main import run as run_command

    return run_command(request["words"])


def run_code(code: str) -> int:
    """A piece of Python, whose AssayError becomes what it is on the command line."""
    from assay.core.errors import AssayError

    try:
        exec(compile(code, "<code>", "exec"), {"__name__": "__main__"})
    except AssayError as error:
        print(f"assay: {error}", file=sys.stderr)
        return 2
    return 0


def fork(request: dict[str, Any]) -> int:
    """The id of the process that does what was asked; its output goes into the files that the request names."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        for name, number in (("out", 1), ("err", 2)):
            os.dup2(os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        code = run(request, log)
    except BaseException:  # noqa: BLE001 - a child must not come back into the loop of its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    for name in WARM:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # or every child would copy what its first collection touches
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            _, status, used = os.wait4(request["wait"], 0)
            answer = [os.waitstatus_to_exitcode(status), used.ru_maxrss // 1024]
        else:
            answer = [fork(request)]
        print(json.dumps(answer), file=answers, flush=True)
    os._exit(0)  # what the libraries would do on their way out takes longer than a test


if __name__ == "__main__":
    main()
