"""What every benchmark shares: run a command, measure it from outside, write one JSON object.

Seconds are wall clock; memory is what the command's whole process tree holds, sampled ten times a second, with pages that
several of its processes share counted once (the proportional set size).
"""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measured:
    """code: the exit code.  peak_mib: of the process tree."""

    code: int
    seconds: float
    peak_mib: float
    stdout: str
    stderr: str


def measure(command: Sequence[str], folder: Path) -> Measured:
    """Run a command in a folder, with a ledger of its own, and measure it."""
    environment = {**os.environ, "ASSAY_HOME": str(folder / "assay-home")}
    peak = [0.0]
    started = time.perf_counter()
    with (folder / "stdout").open("w+") as out, (folder / "stderr").open("w+") as err:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err)
        done = threading.Event()

        def sample() -> None:
            while not done.wait(0.1):
                peak[0] = max(peak[0], tree_mib(process.pid))

        sampler = threading.Thread(target=sample)
        sampler.start()
        code = process.wait()
        seconds = time.perf_counter() - started
        done.set()
        sampler.join()
        out.seek(0)
        err.seek(0)
        return Measured(code, seconds, peak[0], out.read(), err.read())


def tree_mib(pid: int) -> float:
    """MiB held by a process and all that descend from it; what has just ended counts nothing."""
    try:
        held = next(line for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError, StopIteration):
        return 0.0
    return int(held.split()[1]) / 1024 + sum(tree_mib(int(child)) for child in children)


def assay(*arguments: str) -> list[str]:
    """The command line of Assay in this environment."""
    return [sys.executable, "-m", "assay", *arguments]


def versions() -> dict[str, str]:
    """Of everything whose speed or numbers are in a benchmark."""
    names = ("assay", "numpy", "scipy", "scikit-learn", "polars", "lightgbm", "torch", "imbalanced-learn", "numba")
    return {"python": platform.python_version(), "cores": str(os.cpu_count())} | {
        name: importlib.metadata.version(name) for name in names
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "runs": len(values)}


def main(
    name: str,
    benchmark: Callable[[argparse.Namespace, Path], dict[str, Any]],
    *,
    needs_data: bool,
    options: Callable[[argparse.ArgumentParser], None] | None = None,
) -> None:
    """Parse the arguments, run the benchmark in an empty folder, print (and with --out write) its JSON.

    options: adds what only this script takes.  Exits with 1 when one of its checks fails.
    """
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    if needs_data:
        parser.add_argument("data", type=Path, help="the folder of data sets that holds tables/, text/ and images/")
    parser.add_argument("--runs", type=int, default=1, help="how often each side runs; medians are reported")
    parser.add_argument("--out", type=Path, help="also write the JSON to this file")
    if options is not None:
        options(parser)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = benchmark(arguments, Path(folder))
    result = {"benchmark": name, **result, "versions": versions()}
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.out is not None:
        arguments.out.write_text(text + "\n", encoding="utf-8")
    sys.exit(0 if all(result["checks"].values()) else 1)


def succeed(measured: Measured) -> dict[str, Any]:
    """The JSON that a command printed; ends the benchmark with the command's own words when it failed."""
    if measured.code != 0:
        sys.exit(f"the command ended with {measured.code}:\n{measured.stderr[-3000:]}")
    printed: dict[str, Any] = json.loads(measured.stdout)
    return printed
