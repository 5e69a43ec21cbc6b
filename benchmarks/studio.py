"""The studio over ten thousand runs: seconds to the first page, cold and warm, of filters and of the last page; memory.

The folders are copies of two real runs, one finished and one cut off, under other names of data.  "never seen": a studio that
has just been started on a folder without an index; "restarted": on one that has it.  Both are asked the moment they say that
they listen.
"""

import argparse
import http.client
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harness import assay, main, spread, tree_mib

MOST_SECONDS = 1.0
MOST_NEVER_SEEN = 3.0  # once for a folder: every study.toml and leaderboard.json is read
KINDS = 40  # of data


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    number = arguments.folders
    moulds = make_moulds(folder)
    runs = folder / "runs"
    began = time.perf_counter()
    make_runs(moulds, runs, number)
    made = time.perf_counter() - began
    seconds: dict[str, Any] = {"never seen": [], "restarted": []}
    for _ in range(arguments.runs):
        shutil.rmtree(runs / ".studio", ignore_errors=True)
        for how in seconds:
            with studio(runs, folder) as (port, _process):
                seconds[how].append(ask(port, "/")[0])
    with studio(runs, folder) as (port, process):
        page = ask(port, "/")[1]
        pages = {
            "first page": "/",
            "text": "/?q=smote+data-7",
            "metric and data": f"/?metric=roc_auc&data={quote('data-3.csv')}",
            "by value": "/?sort=-value",
            "state": "/?state=interrupted",
            "last page": f"/?page={-(-number // 50)}",
        }
        shown = {}
        for what, address in pages.items():
            times = []
            for _ in range(5 * arguments.runs):
                taken, shown[what] = ask(port, address)
                times.append(taken)
            seconds[what] = times
        one = runs / "run-00003"
        os.utime(one / "journal")
        after = ask(port, "/")[1]
        mib = tree_mib(process.pid)
    cut_off = len(range(0, number, 5))
    return {
        "folders": number,
        "making the folders took": made,
        "seconds": {what: spread(times) for what, times in seconds.items()},
        "mib": mib,
        "checks": {
            "all runs are counted": f"{number:,} runs".replace(",", "\u202f") in page,
            "runs that were cut off are found": f"{cut_off:,} of".replace(",", "\u202f") in shown["state"],
            "the last page is the last": 'rel="next"' not in shown["last page"] and 'rel="prev"' in shown["last page"],
            "a run that goes on is the first": after.index("run-00003")
            < after.index("/runs/run-", after.index("run-00003") + 60),
            **{f"{what}: under {most(what):g} s": max(times) < most(what) for what, times in seconds.items()},
        },
    }


def most(what: str) -> float:
    return MOST_NEVER_SEEN if what == "never seen" else MOST_SECONDS


def make_moulds(folder: Path) -> tuple[Path, Path]:
    """Two real runs: one with its lock opened, one that was cut off (its leaderboard is missing)."""
    table = folder / "table.csv"
    rows = "".join(f"{k % 17},{k % 5},{'yes' if (7 * k) % 17 > 9 else 'no'}\n" for k in range(300))
    table.write_text("x,z,y\n" + rows, encoding="utf-8")
    words = ["--target", "y", "--recipes", "logistic,boosting", "--treatments", "smote,class-weight", "--jobs", "1"]
    environment = {**os.environ, "ASSAY_HOME": str(folder / "home")}
    for name, more in (("finished", ["--finish"]), ("cut", [])):
        out = ["--out", str(folder / name)]
        subprocess.run(assay("run", str(table), *words, *out, *more), check=True, capture_output=True, env=environment)
    (folder / "cut" / "leaderboard.json").unlink()
    return folder / "finished", folder / "cut"


def make_runs(moulds: tuple[Path, Path], runs: Path, number: int) -> None:
    """Every fifth one is cut off.  Predictions and models stay out: a list does not look at them."""
    kept = [
        {file.name: file.read_bytes() for file in mould.iterdir() if file.is_file() and file.suffix != ".html"}
        for mould in moulds
    ]
    runs.mkdir()
    for place in range(number):
        one = runs / f"run-{place:05d}"
        one.mkdir()
        for name, content in kept[place % 5 == 0].items():
            there = content.replace(b"table.csv", b"data-%d.csv" % (place % KINDS)) if name == "study.toml" else content
            (one / name).write_bytes(there)


@contextmanager
def studio(runs: Path, folder: Path) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """Listening, and stopped on leaving."""
    process = subprocess.Popen(
        assay("studio", str(runs), "--port", "0"),
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "ASSAY_HOME": str(folder / "home")},
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        yield int(said.split("localhost:" if "localhost:" in said else "127.0.0.1:")[1].split("/")[0]), process
    finally:
        process.terminate()
        process.wait(timeout=30)


def ask(port: int, address: str) -> tuple[float, str]:
    """Seconds and the page."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", address)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(json.dumps({"address": address, "status": answer.status, "body": body[:500]}))
    return time.perf_counter() - began, body


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folders", type=int, default=10_000, help="how many runs there are")


if __name__ == "__main__":
    main("studio", benchmark, needs_data=False, options=_options)
