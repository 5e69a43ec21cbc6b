"""A table larger than memory allows: does it run, how much memory does it take, and is what it says true?

The table is made here, part by part: 12 columns of numbers and 8 of categories, among them one of 500 levels, 1 % of the cells
missing, and a target of 4 % that is drawn from a known probability.  So the best possible ROC AUC is known, and so is how far
a linear model can come.  ``assay run`` is measured from outside, over its process tree: what the processes hold themselves, and
that with the pages of mapped files, which they share and the system takes back when it needs them.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from harness import assay, main

PART = 500_000
LEVELS = (2, 3, 5, 8, 12, 20, 60, 500)
NUMBERS = 12


def part(rows: int, number: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Some of the rows, and the probability that each target was drawn with."""
    rng = np.random.default_rng([20, number])
    effects = np.random.default_rng(7)
    numbers = rng.normal(size=(rows, NUMBERS))
    numbers[:, 6:9] = np.exp(numbers[:, 6:9])
    numbers[:, 9:] = np.round(numbers[:, 9:] * 20 + 50)
    logit = numbers[:, :4] @ np.array([0.5, -0.4, 0.3, 0.2]) + 0.25 * np.log(numbers[:, 6])
    logit += 0.5 * numbers[:, 0] * numbers[:, 1] - 0.3 * (np.abs(numbers[:, 4]) - 0.8)
    table: dict[str, Any] = {f"number_{i}": numbers[:, i] for i in range(NUMBERS)}
    for i, levels in enumerate(LEVELS):
        codes = np.minimum(rng.geometric(min(0.5, 3 / levels), rows) - 1, levels - 1)
        logit += effects.normal(size=levels)[codes] * 0.3
        names = np.array([f"level {j} of {levels}" for j in range(levels)])
        table[f"category_{i}"] = pl.Series(names)[codes]
    probability = 1 / (1 + np.exp(-(logit * 1.2 - 3.0)))
    table["y"] = np.where(rng.random(rows) < probability, "yes", "no")
    frame = pl.DataFrame(table)
    gone = rng.random((rows, 2)) < 0.01
    frame = frame.with_columns(
        pl.when(pl.Series(~gone[:, 0])).then(pl.col("number_5")).alias("number_5"),
        pl.when(pl.Series(~gone[:, 1])).then(pl.col("category_4")).alias("category_4"),
    )
    return frame, probability


def make(path: Path, rows: int) -> float:
    """Write the file; returns the ROC AUC of the probabilities that the targets were drawn with, on a million rows at most."""
    from sklearn.metrics import roc_auc_score

    kept: list[tuple[np.ndarray, np.ndarray]] = []
    folder = path.with_suffix(".parts")
    folder.mkdir()
    for number, start in enumerate(range(0, rows, PART)):
        frame, probability = part(min(PART, rows - start), number)
        if len(kept) < 2:
            kept.append(((frame["y"] == "yes").to_numpy(), probability))
        frame.write_parquet(folder / f"{number:05d}.parquet")
    lazy = pl.scan_parquet(folder / "*.parquet")
    lazy.sink_csv(path) if path.suffix == ".csv" else lazy.sink_parquet(path)
    for one in folder.iterdir():
        one.unlink()
    folder.rmdir()
    return float(roc_auc_score(*(np.concatenate(side) for side in zip(*kept, strict=True))))


def resident_mib(pid: int) -> tuple[float, float]:
    """(own, of files) of a process and those it started: own pages add up; those of files are shared, so the most counts."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0.0
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("Rss")}
    below = [resident_mib(int(child)) for child in children]
    own = sizes.get("RssAnon", 0.0) + sum(one for one, _ in below)
    return own, max([sizes.get("RssFile", 0.0), *(one for _, one in below)])


def watched(command: list[str], folder: Path, most_mib: float) -> dict[str, Any]:
    """Run it; end it when what it holds itself outgrows ``most_mib``, so that the machine does not have to."""
    peak = [0.0, 0.0]
    environment = {**os.environ, "ASSAY_HOME": str(folder / "home")}
    began = time.perf_counter()
    with (folder / "stdout").open("w+") as out, (folder / "stderr").open("w+") as err:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err)
        done = threading.Event()

        def look() -> None:
            while not done.wait(0.2):
                own, of_files = resident_mib(process.pid)
                peak[:] = [max(peak[0], own + of_files), max(peak[1], own)]
                if own > most_mib:
                    process.kill()

        watcher = threading.Thread(target=look)
        watcher.start()
        code = process.wait()
        done.set()
        watcher.join()
        out.seek(0)
        err.seek(0)
        return {
            "code": code,
            "seconds": time.perf_counter() - began,
            "peak_mib": peak[0],
            "peak_own_mib": peak[1],
            "stdout": out.read(),
            "stderr": err.read(),
        }


def journal_notes(run: Path) -> list[str]:
    """The notes of all cells, each once."""
    from assay.study.folder import RunFolder

    records, _ = RunFolder(run).records(cut=False)
    return list(dict.fromkeys(note for record in records.values() for note in record.notes))


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    folder = folder if arguments.scratch is None else arguments.scratch
    folder.mkdir(parents=True, exist_ok=True)
    file, known = folder / f"table.{arguments.form}", folder / "known.json"
    if not (file.exists() and known.exists()):
        known.write_text(json.dumps(make(file, arguments.rows)))
    best = float(json.loads(known.read_text()))
    command = assay("run", file.name, "--target", "y", "--recipes", arguments.recipes, "--folds", str(arguments.folds))
    command += ["--memory", f"{arguments.memory}g", "--out", "run", "--json"]
    done = watched(command, folder, arguments.memory * 1024)
    if done["code"] != 0:
        held = f"{done['seconds']:.0f} s and {done['peak_own_mib']:.0f} MiB of its own"
        sys.exit(f"the command ended with {done['code']} after {held}:\n{done['stderr'][-3000:]}")
    result = json.loads(done["stdout"])
    rows = {row["name"]: {key: row[key] for key in ("value", "low", "high", "seconds", "failure")} for row in result["rows"]}
    auc = {name: row["value"] for name, row in rows.items()}
    top = max(value for value in auc.values() if value is not None)
    return {
        "rows": arguments.rows,
        "file_mib": file.stat().st_size / 2**20,
        "memory_gib": arguments.memory,
        "seconds": done["seconds"],
        "peak_mib": done["peak_mib"],
        "peak_own_mib": done["peak_own_mib"],
        "best_possible_auc": best,
        "recipes": rows,
        "notes": journal_notes(folder / "run"),
        "warnings": result["warnings"],
        "checks": {
            "every recipe has a score": all(value is not None for value in auc.values()),
            "what it holds itself stays within --memory": done["peak_own_mib"] <= arguments.memory * 1024,
            "no AUC is above the best possible one": top <= best + 0.002,
            "the best AUC is within 0.02 of the best possible one": top >= best - 0.02,
        },
    }


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--memory", type=float, default=12.0, help="GiB, as assay run --memory")
    parser.add_argument("--recipes", default="sgd-logistic,boosting")
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--form", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--scratch", type=Path, help="a folder with room for the table, kept (default: a temporary one)")


if __name__ == "__main__":
    main("beyond_memory", benchmark, needs_data=False, options=options)
