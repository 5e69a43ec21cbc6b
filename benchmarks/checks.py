"""The checks before anything is fitted, on 100 000 rows of 200 columns: their time, and the size of the page.

The table is made from a seed: 100 numbers, 60 categories of 2 to 1000 levels, 20 dates, 20 numbers with gaps, and a
binary target of which a tenth is positive.  Correctness beside: in the clean table nothing is called a leak, a key or
a constant; with a copy of the target, a key, a constant and repeated rows planted, each is found by its name, and nothing
else is.

CPU seconds are those of the command and its children, as the system counts them: other work on the machine does not
change them, as it does wall-clock seconds.
"""

import argparse
import json
import resource
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from harness import Measured, assay, main, measure, spread, succeed

MOST_SECONDS, MOST_BYTES = 20.0, 3_000_000
TOLD_OF_GAPS = {"missing", "mostly-missing"}
PLANTED = {"target-copy": "copy", "id-like": "key", "constant": "always", "duplicate-rows": None}


def table(rows: int, seed: int) -> pl.DataFrame:
    """The clean table; ten of the numbers and five of the categories tell a little of the target."""
    rng = np.random.default_rng(seed)
    positive = rng.random(rows) < 0.1
    columns: dict[str, Any] = {}
    for place in range(100):
        columns[f"number_{place}"] = (rng.normal(size=rows) + (0.3 * positive if place < 10 else 0)).round(4)
    for place, levels in enumerate(np.geomspace(2, min(1000, rows // 50), 60).astype(int).tolist()):
        codes = rng.integers(0, levels, rows)
        if place < 5:
            codes = np.where(positive & (rng.random(rows) < 0.1), 0, codes)
        columns[f"category_{place}"] = np.array([f"level {code}" for code in range(levels)])[codes]
    for place in range(20):
        columns[f"date_{place}"] = np.datetime64("2018-01-01") + rng.integers(0, 2000, rows).astype("timedelta64[D]")
    for place in range(20):
        values = rng.gamma(2, size=rows).round(3)
        values[rng.random(rows) < 0.1 + 0.03 * place] = np.nan
        columns[f"gaps_{place}"] = values
    columns["target"] = np.where(positive, "yes", "no")
    return pl.DataFrame(columns).fill_nan(None)


def with_faults(clean: pl.DataFrame, seed: int) -> pl.DataFrame:
    """A copy of the target under other words, a key, a constant, and 200 rows that repeat others but for the key."""
    again = np.random.default_rng(seed).choice(clean.height, 200, replace=False)
    rows = pl.concat([clean, clean[again]])
    return rows.with_columns(
        copy=pl.col("target").replace_strict({"yes": "left", "no": "stayed"}),
        key=pl.Series([f"K{place:07d}" for place in range(rows.height)]),
        always=pl.lit("x"),
    )


def told(command: list[str], folder: Path) -> tuple[Measured, float]:
    """The command measured, and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = measure(command, folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def findings(measured: Measured) -> dict[str, list[str]]:
    """The columns by the code of what was found."""
    found: dict[str, list[str]] = {}
    for one in succeed(measured)["findings"]:
        found.setdefault(one["code"], []).extend(one["columns"])
    return found


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    clean = table(arguments.rows, arguments.seed)
    clean.write_csv(folder / "clean.csv")
    with_faults(clean, arguments.seed).write_csv(folder / "faults.csv")
    read = ("--target", "target")
    checks = [told(assay("check", "clean.csv", *read, "--json"), folder) for _ in range(arguments.runs)]
    looked, look_cpu = told(assay("look", "clean.csv", *read, "--out", "look.html", "--json"), folder)
    succeed(looked)
    ran, run_cpu = told(
        assay("run", "clean.csv", *read, "--recipes", "logistic,boosting", "--folds", "3", "--out", "run", "--json"), folder
    )
    fitted = succeed(ran)
    on_clean = findings(checks[0][0])
    on_faults = findings(measure(assay("check", "faults.csv", *read, "--json"), folder))
    look_bytes, report_bytes = (folder / "look.html").stat().st_size, (folder / "run" / "report.html").stat().st_size
    return {
        "rows": arguments.rows,
        "columns": clean.width - 1,
        "check": {
            "seconds": spread([one.seconds for one, _ in checks]),
            "cpu_seconds": spread([cpu for _, cpu in checks]),
            "peak_mib": spread([one.peak_mib for one, _ in checks]),
        },
        "look": {"seconds": looked.seconds, "cpu_seconds": look_cpu, "peak_mib": looked.peak_mib, "bytes": look_bytes},
        "run": {"seconds": ran.seconds, "cpu_seconds": run_cpu, "peak_mib": ran.peak_mib, "bytes": report_bytes},
        "found_clean": on_clean,
        "found_faults": {code: columns for code, columns in on_faults.items() if code not in TOLD_OF_GAPS},
        "checks": {
            "checks_under_20_s": spread([one.seconds for one, _ in checks])["median"] < MOST_SECONDS,
            "look_under_20_s": looked.seconds < MOST_SECONDS,
            "report_under_3_mb": report_bytes < MOST_BYTES,
            "look_under_3_mb": look_bytes < MOST_BYTES,
            "nothing_false_on_clean_columns": set(on_clean) <= TOLD_OF_GAPS,
            "every_fault_found": all(
                code in on_faults and (column is None or column in on_faults[code]) for code, column in PLANTED.items()
            ),
            "nothing_but_the_faults": all(
                code in PLANTED and set(columns) <= {PLANTED[code]}
                for code, columns in on_faults.items()
                if code not in TOLD_OF_GAPS and code != "copies-across-lock"
            ),
            "boosting_leads": bool(json.dumps(fitted["winner"]).count("boosting")),
        },
    }


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)


if __name__ == "__main__":
    main("checks", benchmark, needs_data=False, options=options)
